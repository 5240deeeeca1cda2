//! Asking for the tier alone allocates nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use rivals::{policy, world::World};

#[test]
fn the_tier_alone_allocates_nothing() {
    let compiled = policy::native_policy().unwrap().compile().unwrap();
    let mut world = World::seeded(11).unwrap();
    let inputs: Vec<_> = (0..5_000).map(|_| world.input()).collect();
    let tier = |i: &rivals::world::Input| gate::tier(Ok(&compiled), &i.request, &i.facts, i.now);
    let counted = allocation_counter::measure(|| {
        for input in &inputs {
            std::hint::black_box(tier(input));
        }
    });
    assert_eq!((counted.count_total, counted.bytes_total), (0, 0));
    // The counter counts: a judgement builds its findings.
    let request = inputs[0].request.clone();
    let judged = allocation_counter::measure(|| {
        let verdict = gate::judge(Ok(&compiled), request, &inputs[0].facts, inputs[0].now);
        std::hint::black_box(&verdict);
    });
    assert!(judged.count_total > 0);
}
