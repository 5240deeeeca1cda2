//! What the comparison of two policies promises, for random policies and requests.

use crate::worlds::*;
use domain::{ActionKind, ClientId};
use gate::differences;
use proptest::collection::vec;
use proptest::prelude::*;

fn facts_and_kinds() -> impl Strategy<Value = Vec<(domain::Facts, ActionKind, usize)>> {
    vec((facts(), kinds(), 1usize..4), 12)
}

proptest! {
    #![proptest_config(ProptestConfig {
        // About half of all changes loosen something, and most differ in something.
        max_global_rejects: 100_000,
        ..ProptestConfig::with_cases(400)
    })]

    /// The point of it all: where nothing loosens, no verdict gets milder, for the client with
    /// settings of its own as little as for one without.
    #[test]
    fn what_loosens_nothing_makes_no_verdict_milder(
        before in policies(), edits in vec(edits(), 1..3), worlds in facts_and_kinds(),
    ) {
        let mut after = before.clone();
        edits.iter().for_each(|(edit, own)| edit.apply(*own, &mut after));
        let found = differences(Some(&before), &after);
        prop_assume!(found.iter().all(|d| d.loosens.is_none()));
        let (old, new) = (before.compile().unwrap(), after.compile().unwrap());
        for (facts, kind, things) in worlds {
            for who in ["acme", "initech"] {
                let mut request = request_for(kind, things);
                request.client = ClientId::new(who).unwrap();
                let milder = gate::tier(Ok(&new), &request, &facts, NOW);
                let was = gate::tier(Ok(&old), &request, &facts, NOW);
                prop_assert!(milder >= was, "{who}: {was} became {milder} by {found:#?}");
            }
        }
    }

    /// Nothing happens silently: where nothing differs, every verdict stays as it was.
    #[test]
    fn what_differs_in_nothing_changes_no_verdict(
        before in policies(), edit in edits(), worlds in facts_and_kinds(),
    ) {
        let mut after = before.clone();
        edit.0.apply(edit.1, &mut after);
        prop_assume!(differences(Some(&before), &after).is_empty());
        let (old, new) = (before.compile().unwrap(), after.compile().unwrap());
        for (facts, kind, things) in worlds {
            let request = request_for(kind, things);
            let was = gate::judge(Ok(&old), request.clone(), &facts, NOW);
            let is = gate::judge(Ok(&new), request, &facts, NOW);
            prop_assert_eq!(was.record(), is.record());
        }
    }

    /// The way back shows the same settings, the other way round.
    #[test]
    fn the_way_back_shows_the_same_settings(before in policies(), edit in edits()) {
        let mut after = before.clone();
        edit.0.apply(edit.1, &mut after);
        let there = differences(Some(&before), &after);
        let back = differences(Some(&after), &before);
        prop_assert_eq!(there.len(), back.len());
        for d in &there {
            let other = back.iter().find(|b| b.path == d.path).expect("the same path");
            prop_assert_eq!((&d.before, &d.after), (&other.after, &other.before));
        }
    }
}
