//! Allocations per decision, by a counting allocator. Apart from the timing, which it would slow.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use rivals::{policy, world::World};
use std::hint::black_box;

fn main() {
    let compiled = policy::native_policy().unwrap().compile().unwrap();
    let mut world = World::seeded(1).unwrap();
    let inputs: Vec<_> = (0..20_000).map(|_| world.input()).collect();
    let requests: Vec<_> = inputs.iter().map(|i| i.request.clone()).collect();
    let alone = allocation_counter::measure(|| {
        for i in &inputs {
            black_box(gate::tier(Ok(&compiled), &i.request, &i.facts, i.now));
        }
    });
    let judged = allocation_counter::measure(|| {
        for (i, request) in inputs.iter().zip(requests) {
            black_box(gate::judge(Ok(&compiled), request, &i.facts, i.now));
        }
    });
    let out = serde_json::json!({
        "decisions": inputs.len(),
        "tier_allocations": alone.count_total,
        "judge_allocations_per_decision": judged.count_total as f64 / inputs.len() as f64,
    });
    println!("{out:#}");
}
