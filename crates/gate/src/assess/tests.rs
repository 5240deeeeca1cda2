#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::{Policy, calendar::ChangeFreeze};
use domain::action::{AssignLicence, DeployPatches, ResetPassword, UnlockAccount};
use domain::{
    AccountRef, Action, Autonomy, BrainFacts, BrainId, CaseId, ClientId, Contract, CostFacts,
    DataMark, DeviceFacts, DeviceHealth, DeviceRef, DeviceRole, Fact, FleetFacts, LicenceRef,
    PatchFacts, PatchSeverity, Relation, Requester, TargetFacts, Verification, Volume,
};
use proptest::prelude::*;
use proptest::sample::select;

const NOW: UnixMs = UnixMs(1_800_000_000_000);

fn request(n: usize) -> Request {
    let account =
        AccountRef { id: "guid-1".into(), login: "jroe@acme.test".into(), name: "Jane Roe".into() };
    let devices = vec![DeviceRef { id: "d-1".into(), name: "pc-1".into() }];
    let action = match n {
        0 => Action::UnlockAccount(UnlockAccount { account }),
        1 => Action::ResetPassword(ResetPassword { account, must_change: true }),
        2 => Action::AssignLicence(AssignLicence {
            account,
            licence: LicenceRef { sku: "s-1".into(), name: "Office".into() },
        }),
        _ => Action::DeployPatches(DeployPatches { devices, patches: vec!["KB1".into()] }),
    };
    Request {
        client: ClientId::new("acme").unwrap(),
        case: "00000000-0000-0000-0000-000000000001".parse::<CaseId>().unwrap(),
        brain: BrainId::new("technician").unwrap(),
        action,
        undoes: None,
    }
}

fn known<T>(value: T) -> Fact<T> {
    Fact::known(value, "directory", NOW)
}

/// Facts with which nearly every assessor has something to say.
fn facts(verification: Verification, targets: u32, ceiling: Tier, break_glass: bool) -> Facts {
    Facts {
        requester: known(Requester {
            identities: vec![],
            account_id: None,
            address: "x@acme.test".into(),
            verification,
            verified_at: None,
        }),
        relation: known(Relation::Unrelated),
        target: known(TargetFacts {
            exists: true,
            identities: vec![],
            privileged: vec![],
            service: vec![],
            break_glass,
            as_named: true,
        }),
        devices: known(vec![DeviceFacts {
            id: "d-1".into(),
            exists: true,
            role: DeviceRole::DomainController,
            user_active: Some(true),
            online: true,
            health: DeviceHealth::Failing,
        }]),
        patch: known(PatchFacts {
            known: false,
            lowest: PatchSeverity::Low,
            highest: PatchSeverity::Unknown,
            known_exploited: false,
        }),
        fleet: known(FleetFacts { attempts: 100, failures: 40 }),
        cost: known(CostFacts { monthly_minor: 900, free_seats: 0, contract: Contract::Unknown }),
        volume: known(Volume { targets }),
        brain: known(BrainFacts { in_scope: true, ceiling, requests: 99, rate: 60, repeats: 9 }),
        confidence: known(domain::Confidence { percent: 20 }),
        cooling_down: known(true),
        ..Facts::none("not needed")
    }
}

fn policy() -> CompiledPolicy {
    let mut policy = Policy {
        default_autonomy: Autonomy::AutoWithGuardrails,
        hypercare_until: Some(NOW.plus_ms(1)),
        regulated: DataMark::ALL.into(),
        ..Policy::cautious("test-1")
    };
    policy.change_freezes.push(ChangeFreeze {
        name: "january".into(),
        from: "2027-01-01".into(),
        until: "2027-01-31".into(),
        time_zone: "UTC".into(),
        actions: None,
    });
    policy.compile().unwrap()
}

fn asked(assessors: &[(&str, Assessor)], ctx: &Ctx<'_>) -> Findings {
    let mut found = Findings::default();
    for (_, assess) in assessors {
        assess(ctx, &mut found);
    }
    found
}

proptest! {
    /// Law 1: order never matters, and one more assessor never loosens anything.
    #[test]
    fn one_more_assessor_only_raises_and_order_never_matters(
        action in 0usize..4,
        verification in select(Verification::ALL.to_vec()),
        targets in 0u32..120,
        ceiling in select(Tier::ALL.to_vec()),
        break_glass: bool,
        shuffled in Just(ASSESSORS.to_vec()).prop_shuffle(),
        cut in 0..=ASSESSORS.len(),
    ) {
        let policy = policy();
        let (request, facts) = (request(action), facts(verification, targets, ceiling, break_glass));
        let ctx = Ctx::new(&policy, &request, &facts, NOW);
        let (all, again) = (asked(ASSESSORS, &ctx), asked(&shuffled, &ctx));
        let highest = all.highest();
        prop_assert_eq!(highest, again.highest());
        let (all, again) = (crate::judge::ordered(all.all), crate::judge::ordered(again.all));
        prop_assert_eq!(all, again, "another order is another verdict");
        let mut before = None;
        for n in 0..=cut {
            let now = asked(&shuffled[..n], &ctx).highest();
            prop_assert!(now >= before, "assessor {} lowered the tier", n);
            before = now;
        }
        prop_assert!(highest >= before);
    }
}

#[test]
fn both_ways_of_asking_ask_everybody() {
    let names = |list: &[(&'static str, Assessor)]| list.iter().map(|l| l.0).collect::<Vec<_>>();
    let (mut decisive, in_order) = (names(DECISIVE), names(ASSESSORS));
    assert!(in_order.is_sorted(), "findings would have to be sorted: {in_order:?}");
    decisive.sort_unstable();
    assert_eq!(decisive, in_order, "the tier alone is another verdict");
}

#[test]
fn findings_carry_the_name_of_their_assessor_and_a_reason() {
    let policy = policy();
    let mut silent: Vec<&str> = ASSESSORS.iter().map(|(name, _)| *name).collect();
    let grave = || facts(Verification::Unverified, 120, Tier::Low, true);
    for facts in [grave(), Facts::none("outage")] {
        for request in (0..4).map(request) {
            let ctx = Ctx::new(&policy, &request, &facts, NOW);
            for (name, assess) in ASSESSORS {
                let mut found = Findings::default();
                assess(&ctx, &mut found);
                assert!(found.all.iter().all(|f| f.assessor == *name), "{name}: {:?}", found.all);
                assert!(found.all.iter().all(|f| !f.because.is_empty()), "{name}");
                let highest = found.all.iter().map(|f| f.minimum).max();
                assert_eq!(highest, found.highest(), "{name}");
                if !found.all.is_empty() {
                    silent.retain(|s| s != name);
                }
            }
        }
    }
    // These need a policy, an action or a fact of their own; the verdict table has them.
    let elsewhere = [
        "business_hours",
        "custom_rules",
        "data_sensitivity",
        "foreign_ticket",
        "group_sensitivity",
        "reversibility",
        "script",
        "two_person",
        "undo",
    ];
    silent.sort_unstable();
    assert_eq!(silent, elsewhere);
}
