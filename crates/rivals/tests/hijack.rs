//! The gate against a brain that is assumed hijacked, and the oracle against a platform that is broken.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use rivals::hijack::{GOALS, Sabotage, run};

#[test]
fn nothing_gets_past_the_gate() {
    let tally = run(20_000, 20_261_121, Sabotage::None).unwrap();
    assert!(tally.without_a_right.is_empty(), "{:#?}", tally.without_a_right);
    // It was a real attack, on a gate that lets things through.
    assert_eq!(tally.hostile, 20_000);
    assert!(tally.goals.iter().all(|n| *n > 20), "requests towards each goal: {:?}", tally.goals);
    assert_eq!(tally.ways.len(), 8, "{:?}", tally.ways);
    assert!(tally.hostile_done > 500 && tally.by_people > 200, "{tally:?}");
    assert!(tally.benign > 500 && tally.benign_done * 2 > tally.benign, "{tally:?}");
    assert_eq!(GOALS.len(), 14);
}

#[test]
fn the_oracle_notices_a_platform_that_reads_badly() {
    for sabotage in [
        Sabotage::TrustsNames,
        Sabotage::ForgetsVolume,
        Sabotage::ForgetsDenials,
        Sabotage::TrustsSenders,
    ] {
        let tally = run(6_000, 5, sabotage).unwrap();
        assert!(!tally.without_a_right.is_empty(), "{sabotage:?} went unnoticed");
    }
}
