#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use domain::action::UnlockAccount;
use domain::{
    AccountRef, Action, BrainFacts, BrainId, CaseId, ClientId, Fact, Relation, Requester,
    TargetFacts, Verification, Volume,
};
use proptest::prelude::*;

const NOW: UnixMs = UnixMs(1_800_000_000_000);

fn request() -> Request {
    let account =
        AccountRef { id: "guid-1".into(), login: "jroe@acme.test".into(), name: "Jane Roe".into() };
    Request {
        client: ClientId::new("acme").unwrap(),
        case: "00000000-0000-0000-0000-000000000001".parse::<CaseId>().unwrap(),
        brain: BrainId::new("technician").unwrap(),
        action: Action::UnlockAccount(UnlockAccount { account }),
    }
}

/// Facts with which nearly every assessor has something to say.
fn facts(verification: Verification, targets: u32, ceiling: Tier, break_glass: bool) -> Facts {
    let known = NOW;
    Facts {
        requester: Fact::known(
            Requester {
                identities: vec![],
                account_id: None,
                address: "x@acme.test".into(),
                verification,
            },
            "directory",
            known,
        ),
        relation: Fact::known(Relation::Unrelated, "directory", known),
        target: Fact::known(
            TargetFacts {
                exists: true,
                identities: vec![],
                privileged: vec![],
                service: vec![],
                break_glass,
            },
            "directory",
            known,
        ),
        volume: Fact::known(Volume { targets }, "platform", known),
        brain: Fact::known(BrainFacts { in_scope: true, ceiling }, "platform", known),
        ..Facts::none("not needed")
    }
}

fn highest(findings: &[Finding]) -> Option<Tier> {
    findings.iter().map(|f| f.minimum).max()
}

proptest! {
    /// Laws 1: order never matters, and one more assessor never loosens anything.
    #[test]
    fn one_more_assessor_only_raises_and_order_never_matters(
        verification in proptest::sample::select(Verification::ALL.to_vec()),
        targets in 0u32..120,
        ceiling in proptest::sample::select(Tier::ALL.to_vec()),
        break_glass: bool,
        shuffled in Just(ASSESSORS.to_vec()).prop_shuffle(),
        cut in 0..=ASSESSORS.len(),
    ) {
        let policy = Policy::cautious("test-1");
        let (request, facts) = (request(), facts(verification, targets, ceiling, break_glass));
        let ctx = Ctx { policy: &policy, request: &request, facts: &facts };
        let all = ask(ASSESSORS, &ctx);
        prop_assert_eq!(&all, &ask(&shuffled, &ctx), "another order is another verdict");
        let mut before = None;
        for n in 0..=cut {
            let now = highest(&ask(&shuffled[..n], &ctx));
            prop_assert!(now >= before, "assessor {} lowered the tier", n);
            before = now;
        }
        prop_assert!(highest(&all) >= before);
    }
}

#[test]
fn findings_carry_the_name_of_their_assessor() {
    let policy = Policy::cautious("test-1");
    let request = request();
    for facts in [facts(Verification::Unverified, 120, Tier::Low, true), Facts::none("outage")] {
        let ctx = Ctx { policy: &policy, request: &request, facts: &facts };
        for (name, assess) in ASSESSORS {
            let mut found = Vec::new();
            assess(&ctx, &mut found);
            assert!(found.iter().all(|f| f.assessor == *name), "{name}: {found:?}");
        }
    }
}
