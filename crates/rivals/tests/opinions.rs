//! The gate and the other opinion on the same random inputs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use domain::ActionKind;
use gate::{judge, tier};
use rivals::engines::{Cedar, Cel, Cut, Engine, Rego, RegoVm, Rival};
use rivals::{policy, world};

/// Compares so many inputs and says which tiers came up.
fn compare<E: Engine>(cut: Cut, inputs: u32, seed: u64) -> [u32; 4] {
    let compiled = policy::policy().unwrap().compile().unwrap();
    let mut other = Rival::<E>::new(cut, true).unwrap();
    let mut world = world::World::seeded(seed).unwrap();
    let mut tiers = [0; 4];
    for n in 0..inputs {
        let input = world.input();
        let alone = tier(Ok(&compiled), &input.request, &input.facts, input.now);
        let theirs = other.tier(&input.request, &input.facts, input.now).unwrap();
        let judged = judge(Ok(&compiled), input.request.clone(), &input.facts, input.now);
        assert_eq!(alone, judged.tier(), "input {n}: tier and judge differ: {input:#?}");
        assert_eq!(
            alone,
            theirs,
            "input {n}: the gate and {} differ: {input:#?}\n{:#?}",
            E::NAME,
            judged.record().findings
        );
        tiers[alone as usize] += 1;
    }
    tiers
}

#[test]
fn the_gate_and_cedar_agree_on_a_hundred_thousand_inputs() {
    let tiers = compare::<Cedar>(Cut::ByKind, 100_000, 20_261_121);
    // Agreement says little where every answer is the same.
    assert!(tiers.iter().all(|n| *n > 5_000), "tiers that came up: {tiers:?}");
}

#[test]
fn every_rival_in_every_form_says_the_same() {
    compare::<Cedar>(Cut::Whole, 1_000, 1);
    compare::<Cel>(Cut::Whole, 300, 2);
    compare::<Cel>(Cut::ByKind, 1_000, 3);
    compare::<Rego>(Cut::Whole, 100, 4);
    compare::<Rego>(Cut::ByKind, 300, 5);
    compare::<RegoVm>(Cut::Whole, 300, 6);
    compare::<RegoVm>(Cut::ByKind, 1_000, 7);
}

#[test]
fn the_world_makes_every_kind() {
    let mut world = world::World::seeded(9).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3_000 {
        seen.insert(world.input().request.action.kind());
    }
    assert_eq!(seen.len(), ActionKind::ALL.len(), "{seen:?}");
}
