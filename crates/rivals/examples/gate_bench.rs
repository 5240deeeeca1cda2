//! Time per decision: the gate beside the engines that others build gates with, all of them judging
//! the same inputs by the same policy in the same run. Prints one JSON object; `cargo xtask bench gate
//! --json FILE` runs it. With `gate` as argument the rivals are left out, with `scale` all but that.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use domain::ActionKind;
use gate::{CompiledPolicy, Request, judge, tier};
use rivals::engines::{Cedar, Cel, Cut, Engine, Rego, RegoVm, Rival};
use rivals::world::{Input, World};
use rivals::{many, policy};
use serde_json::{Value, json};
use std::hint::black_box;
use std::time::Instant;

/// The allocator of the program `journeyman`, for the gate and the rivals alike.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Others use this machine too: the best of so many rounds counts.
const ROUNDS: usize = 1_000;
/// The same for the visits to many clients, whose rounds are long.
const LONG_ROUNDS: usize = 60;
/// Inputs of a round for the gate.
const INPUTS: usize = 500;
/// Rounds for a rival.
const RIVAL_ROUNDS: usize = 12;

/// Writes over the whole catalogue: reads are judged faster.
fn inputs(kind: Option<ActionKind>) -> Vec<Input> {
    let mut world = World::seeded(20_261_121).unwrap();
    let wanted = |i: &Input| {
        let k = i.request.action.kind();
        k.is_write() && kind.is_none_or(|only| only == k)
    };
    std::iter::repeat_with(|| world.input()).filter(wanted).take(INPUTS).collect()
}

/// Nanoseconds per call in the best round. What each round uses up is made outside of the time.
fn best<T>(
    rounds: usize,
    calls: usize,
    mut make: impl FnMut() -> T,
    mut round: impl FnMut(T),
) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..rounds {
        let made = make();
        let start = Instant::now();
        round(made);
        best = best.min(start.elapsed().as_nanos() as f64);
    }
    best / calls as f64
}

fn judge_ns(compiled: &CompiledPolicy, inputs: &[Input]) -> f64 {
    let requests = || inputs.iter().map(|i| i.request.clone()).collect::<Vec<_>>();
    best(ROUNDS, inputs.len(), requests, |requests| {
        for (input, request) in inputs.iter().zip(requests) {
            black_box(judge(Ok(compiled), request, &input.facts, input.now));
        }
    })
}

fn tier_ns(compiled: &CompiledPolicy, inputs: &[Input]) -> f64 {
    best(
        ROUNDS,
        inputs.len(),
        || (),
        |()| {
            for input in inputs {
                black_box(tier(Ok(compiled), &input.request, &input.facts, input.now));
            }
        },
    )
}

fn digest_ns(inputs: &[Input]) -> f64 {
    best(
        ROUNDS,
        inputs.len(),
        || (),
        |()| {
            for input in inputs {
                black_box(input.request.action.digest(&input.request.client));
            }
        },
    )
}

fn rival_ns<E: Engine>(cut: Cut, inputs: &[Input]) -> f64 {
    let mut rival = Rival::<E>::new(cut, false).unwrap();
    best(
        RIVAL_ROUNDS,
        inputs.len(),
        || (),
        |()| {
            for input in inputs {
                black_box(rival.tier(&input.request, &input.facts, input.now).unwrap());
            }
        },
    )
}

/// The gate on the same inputs as the rivals.
fn speed() -> Value {
    let compiled = policy::native_policy().unwrap().compile().unwrap();
    let all = inputs(None);
    let patches = inputs(Some(ActionKind::DeployPatches));
    let findings: usize = all
        .iter()
        .map(|i| {
            let v = judge(Ok(&compiled), i.request.clone(), &i.facts, i.now);
            v.record().findings.len()
        })
        .sum();
    json!({
        "judge_ns": judge_ns(&compiled, &all),
        "tier_ns": tier_ns(&compiled, &all),
        "digest_ns": digest_ns(&all),
        "deploy_patches_judge_ns": judge_ns(&compiled, &patches),
        "deploy_patches_tier_ns": tier_ns(&compiled, &patches),
        "findings_per_decision": findings as f64 / all.len() as f64,
        "custom_rules": policy::native_policy().unwrap().custom_rules.len(),
    })
}

/// What a rule costs that only the interpreter can evaluate.
fn interpreted() -> Value {
    let native = policy::native_policy().unwrap().compile().unwrap();
    let with_macro = policy::policy().unwrap().compile().unwrap();
    let reboots = inputs(Some(ActionKind::Reboot));
    let (without, with) = (judge_ns(&native, &reboots), judge_ns(&with_macro, &reboots));
    json!({ "judge_ns_without": without, "judge_ns_with": with, "rule_ns": with - without })
}

fn rivals(out: &mut Value) {
    let all = inputs(None);
    let named = |name: &str, cut: &str| format!("{name}, {cut}");
    let mut measured: Vec<(String, f64)> = Vec::new();
    for (cut, words) in [(Cut::Whole, "whole policy"), (Cut::ByKind, "cut by kind of action")] {
        measured.push((named(Cedar::NAME, words), rival_ns::<Cedar>(cut, &all)));
        measured.push((named(Cel::NAME, words), rival_ns::<Cel>(cut, &all)));
        measured.push((named(Rego::NAME, words), rival_ns::<Rego>(cut, &all)));
        measured.push((named(RegoVm::NAME, words), rival_ns::<RegoVm>(cut, &all)));
    }
    let fastest = |wanted: &str| {
        let of = measured.iter().filter(|(name, _)| name.ends_with(wanted));
        of.min_by(|a, b| a.1.total_cmp(&b.1)).cloned().unwrap()
    };
    let (judge_ns, tier_ns) = (out["judge_ns"].as_f64().unwrap(), out["tier_ns"].as_f64().unwrap());
    for (key, words) in [("whole_policy", "whole policy"), ("cut_by_kind", "cut by kind of action")]
    {
        let (name, ns) = fastest(words);
        out["fastest_rival"][key] = json!({
            "name": name,
            "ns": ns,
            "times_judge": ns / judge_ns,
            "times_tier": ns / tier_ns,
        });
    }
    out["rivals_ns"] = measured.into_iter().map(|(name, ns)| (name, json!(ns))).collect();
}

/// The same requests, each for a client of its own.
fn for_clients(inputs: &[Input], order: &[usize]) -> Vec<(Request, usize)> {
    let of = |(n, client): (usize, &usize)| {
        let at = n % inputs.len();
        let mut request = inputs[at].request.clone();
        request.client = many::client(*client).unwrap();
        (request, at)
    };
    order.iter().enumerate().map(of).collect()
}

/// `calls` visits: to random clients, each visited `burst` times in a row.
fn visits(clients: usize, calls: usize, burst: usize) -> Vec<usize> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % clients
    };
    let mut out = Vec::with_capacity(calls);
    while out.len() < calls {
        let client = next();
        out.extend(std::iter::repeat_n(client, burst.min(calls - out.len())));
    }
    out
}

/// Best times of a slice of visits: for the judgement, and for the tier alone.
#[derive(Clone, Copy)]
struct Slice {
    judge_ns: f64,
    tier_ns: f64,
}

/// Visits in slices, each timed by itself: a slice that others of this machine disturb is timed again
/// in the next round, and between two rounds of a slice all the others have filled the cache.
struct Visits<'a> {
    compiled: &'a CompiledPolicy,
    inputs: &'a [Input],
    requests: Vec<(Request, usize)>,
    best: Vec<Slice>,
}

impl<'a> Visits<'a> {
    const CALLS: usize = 20_000;
    const SLICE: usize = 500;

    fn new(
        compiled: &'a CompiledPolicy,
        inputs: &'a [Input],
        clients: usize,
        burst: usize,
    ) -> Visits<'a> {
        let order = visits(clients, Self::CALLS, burst);
        let none = Slice { judge_ns: f64::INFINITY, tier_ns: f64::INFINITY };
        let best = vec![none; Self::CALLS / Self::SLICE];
        Visits { compiled, inputs, requests: for_clients(inputs, &order), best }
    }

    fn round(&mut self) {
        let input = |at: usize| (&self.inputs[at].facts, self.inputs[at].now);
        for (slice, best) in self.requests.chunks(Self::SLICE).zip(&mut self.best) {
            let start = Instant::now();
            for (request, at) in slice {
                let (facts, now) = input(*at);
                black_box(tier(Ok(self.compiled), request, facts, now));
            }
            best.tier_ns = best.tier_ns.min(start.elapsed().as_nanos() as f64);
        }
        for (slice, best) in self.requests.chunks(Self::SLICE).zip(&mut self.best) {
            let own = slice.to_vec();
            let start = Instant::now();
            for (request, at) in own {
                let (facts, now) = input(at);
                black_box(judge(Ok(self.compiled), request, facts, now));
            }
            best.judge_ns = best.judge_ns.min(start.elapsed().as_nanos() as f64);
        }
    }

    fn judge_ns(&self) -> f64 {
        self.best.iter().map(|s| s.judge_ns).sum::<f64>() / Self::CALLS as f64
    }

    fn tier_ns(&self) -> f64 {
        self.best.iter().map(|s| s.tier_ns).sum::<f64>() / Self::CALLS as f64
    }
}

/// Costs for few clients and for many, visited in bursts of so many decisions.
fn scale() -> Value {
    const FEW: usize = 10;
    const MANY: usize = 10_000;
    let base = policy::native_policy().unwrap();
    let inputs = inputs(None);
    let few = many::policy(&base, FEW).unwrap().compile().unwrap();
    let document = many::policy(&base, MANY).unwrap();
    let compiling = Instant::now();
    let many = document.compile().unwrap();
    let compile_s = compiling.elapsed().as_secs_f64();
    let mut out =
        json!({ "clients": [FEW, MANY], "rules_each": many::RULES, "compile_s": compile_s });
    for burst in [1, 8, 64] {
        let mut a = Visits::new(&few, &inputs, FEW, burst);
        let mut b = Visits::new(&many, &inputs, MANY, burst);
        for _ in 0..LONG_ROUNDS {
            a.round();
            b.round();
        }
        out[format!("bursts_of_{burst}")] = json!({
            "judge_ns": [a.judge_ns(), b.judge_ns()],
            "tier_ns": [a.tier_ns(), b.tier_ns()],
            "judge_ratio": b.judge_ns() / a.judge_ns(),
            "tier_ratio": b.tier_ns() / a.tier_ns(),
        });
    }
    out
}

fn main() {
    let only = std::env::args().nth(1);
    let is = |part: &str| only.as_deref().is_none_or(|o| o == part);
    let mut out = json!({});
    if is("gate") || is("rivals") {
        out = speed();
        out["interpreted_rule"] = interpreted();
    }
    if is("rivals") {
        rivals(&mut out);
    }
    if is("scale") {
        out["scale"] = scale();
    }
    println!("{out:#}");
}
