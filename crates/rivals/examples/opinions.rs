//! How often the gate and the law as Cedar disagree on random inputs, on every core. Prints one JSON
//! object. Run it by `cargo xtask bench opinions --json FILE`, or with a number of inputs and a seed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use rivals::engines::{Cedar, Cut, Rival};
use rivals::{policy, world::World};
use std::collections::BTreeMap;
use std::time::Instant;

/// Disagreements that are shown.
const SHOWN: usize = 20;

#[derive(Default)]
struct Counted {
    tiers: [u64; 4],
    kinds: BTreeMap<&'static str, u64>,
    disagreements: u64,
    first: Vec<serde_json::Value>,
}

fn count(inputs: u64, seed: u64) -> Counted {
    let compiled = policy::policy().unwrap().compile().unwrap();
    let mut cedar = Rival::<Cedar>::new(Cut::ByKind, true).unwrap();
    let mut world = World::seeded(seed).unwrap();
    let mut counted = Counted::default();
    for _ in 0..inputs {
        let input = world.input();
        let kind = input.request.action.kind().name();
        let alone = gate::tier(Ok(&compiled), &input.request, &input.facts, input.now);
        let cedar = cedar.tier(&input.request, &input.facts, input.now);
        let judged = gate::judge(Ok(&compiled), input.request.clone(), &input.facts, input.now);
        counted.tiers[alone as usize] += 1;
        *counted.kinds.entry(kind).or_default() += 1;
        if judged.tier() != alone || cedar.as_ref() != Ok(&alone) {
            counted.disagreements += 1;
            if counted.first.len() < SHOWN {
                let findings: Vec<_> = judged.record().findings.iter().map(|f| &f.code).collect();
                counted.first.push(serde_json::json!({
                    "kind": kind,
                    "client": input.request.client,
                    "now": input.now.to_string(),
                    "judge": judged.tier(),
                    "tier": alone,
                    "cedar": format!("{cedar:?}"),
                    "findings": findings,
                }));
            }
        }
    }
    counted
}

fn main() {
    let mut args = std::env::args().skip(1).filter_map(|a| a.parse::<u64>().ok());
    let inputs = args.next().unwrap_or(100_000);
    let seed = args.next().unwrap_or(1);
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let start = Instant::now();
    let all: Vec<Counted> = std::thread::scope(|scope| {
        let share = |n: u64| inputs / threads + u64::from(n < inputs % threads);
        let run = |n: u64| scope.spawn(move || count(share(n), seed.wrapping_add(n << 32)));
        let handles: Vec<_> = (0..threads).map(run).collect();
        handles.into_iter().map(|h| h.join().unwrap()).collect()
    });
    let mut tiers = [0; 4];
    let mut kinds = BTreeMap::new();
    for counted in &all {
        tiers.iter_mut().zip(counted.tiers).for_each(|(sum, n)| *sum += n);
        counted.kinds.iter().for_each(|(k, n)| *kinds.entry(*k).or_insert(0) += n);
    }
    let first: Vec<_> = all.iter().flat_map(|c| c.first.iter()).take(SHOWN).collect();
    let out = serde_json::json!({
        "inputs": inputs,
        "seed": seed,
        "opinion": "the law of the gate as Cedar policies (cedar-policy)",
        "disagreements": all.iter().map(|c| c.disagreements).sum::<u64>(),
        "first_disagreements": first,
        "low": tiers[0],
        "medium": tiers[1],
        "high": tiers[2],
        "critical": tiers[3],
        "kinds_of_action": kinds.len(),
        "rarest_kind": kinds.values().min(),
        "seconds": start.elapsed().as_secs_f64(),
    });
    println!("{out:#}");
}
