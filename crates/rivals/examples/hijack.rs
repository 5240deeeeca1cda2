//! A hijacked brain against the gate, on every core. Prints one JSON object. Run it by `cargo xtask
//! bench hijack --json FILE`, or with a number of hostile requests and a seed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use rivals::hijack::{GOALS, Sabotage, Tally, quiet, run};
use std::time::Instant;

fn main() {
    let mut args = std::env::args().skip(1).filter_map(|a| a.parse::<u64>().ok());
    let requests = args.next().unwrap_or(100_000);
    let seed = args.next().unwrap_or(1);
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let start = Instant::now();
    let mut all = Tally::default();
    std::thread::scope(|scope| {
        let one = |n: u64| {
            let share = requests / threads + u64::from(n < requests % threads);
            scope.spawn(move || run(share, seed.wrapping_add(n << 48), Sabotage::None).unwrap())
        };
        let handles: Vec<_> = (0..threads).map(one).collect();
        handles.into_iter().for_each(|h| all.add(h.join().unwrap()));
    });
    // The same without the attack, on a tenth of it: what benign requests come to by themselves.
    let quiet = quiet(requests / 10, seed).unwrap();
    let goals: serde_json::Map<String, serde_json::Value> = GOALS
        .iter()
        .zip(all.goals)
        .map(|(goal, n)| (format!("{:02} {}", goal.number, goal.what), n.into()))
        .collect();
    let out = serde_json::json!({
        "hostile_requests": all.hostile,
        "seed": seed,
        "effects_without_a_right": all.without_a_right.len(),
        "first_of_them": all.without_a_right.iter().take(20).collect::<Vec<_>>(),
        "hostile_ways": all.ways,
        "injection_goals": goals,
        "hostile_held": all.hostile_held,
        "hostile_done_with_a_right": all.hostile_done - (all.without_a_right.len() as u64).min(all.hostile_done),
        "benign_requests": all.benign,
        "benign_unharmed": all.benign_done,
        "benign_unharmed_share": all.benign_done as f64 / all.benign.max(1) as f64,
        "benign_unharmed_share_without_the_attack":
            quiet.benign_done as f64 / quiet.benign.max(1) as f64,
        "effects": all.effects,
        "effects_after_a_persons_yes": all.by_people,
        "words_of_people": all.decisions,
        "seconds": start.elapsed().as_secs_f64(),
    });
    println!("{out:#}");
}
