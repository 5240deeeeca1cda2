//! The law of the gate (DESIGN §3) as properties over every kind of action and state of facts.

use crate::worlds::*;
use domain::{
    Action, ActionKind, Autonomy, Fact, Facts, Follow, GroupFacts, Tier, UnixMs, Verification,
    Volume,
};
use gate::{Policy, judge};
use proptest::prelude::*;
use proptest::sample::select;

fn kinds() -> impl Strategy<Value = ActionKind> {
    select(ActionKind::ALL.to_vec())
}

fn autonomies() -> impl Strategy<Value = Autonomy> {
    select(Autonomy::ALL.to_vec())
}

fn state<T: Clone + std::fmt::Debug + 'static>(
    states: States<T>,
) -> impl Strategy<Value = Fact<T>> {
    select(states.into_iter().map(|(_, fact)| fact).collect::<Vec<_>>())
}

fn volume() -> impl Strategy<Value = Fact<Volume>> {
    prop_oneof![8 => (0u32..200).prop_map(targets), 1 => Just(missing())]
}

fn facts() -> impl Strategy<Value = Facts> {
    let (requester, relation) = (state(requesters()), state(relations()));
    let (target, group, brain) = (state(target_states()), state(groups()), state(brains()));
    (requester, relation, target, group, volume(), brain, state(tickets()), state(cool_downs()))
        .prop_map(|(requester, relation, target, group, volume, brain, ticket, cooling_down)| {
            Facts { requester, relation, target, group, volume, brain, ticket, cooling_down }
        })
}

prop_compose! {
    fn policies()(
        default in autonomies(),
        own in proptest::option::of((kinds(), autonomies())),
        strong in proptest::option::of((kinds(), select(Verification::ALL.to_vec()))),
        bulk in 1u32..20,
        more in 1u32..100,
    ) -> Policy {
        let mut policy = Policy {
            bulk_threshold: bulk,
            critical_threshold: bulk + more,
            ..policy(default)
        };
        if let Some((kind, autonomy)) = own {
            policy.autonomy.entry("acme".into()).or_default().insert(kind, autonomy);
        }
        if let Some((kind, verification)) = strong {
            policy.identity.insert(kind, verification);
        }
        policy
    }
}

fn tier(policy: &Policy, kind: ActionKind, facts: &Facts) -> Tier {
    judge(Some(policy), request(kind), facts, NOW).tier()
}

/// The same facts with one of them changed into a gap.
fn gaps(facts: &Facts, gap: impl Fn() -> Gap) -> Vec<(&'static str, Facts)> {
    macro_rules! each {
        ($($name:ident),*) => {
            vec![$((stringify!($name), Facts {
                $name: match gap() {
                    Gap::Missing => missing(),
                    Gap::ReadAt(at) => known_at(facts.$name.clone(), at),
                },
                ..facts.clone()
            })),*]
        };
    }
    each!(requester, relation, target, group, volume, brain, ticket, cooling_down)
}

enum Gap {
    Missing,
    ReadAt(UnixMs),
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_same_arguments_give_the_same_verdict(k in kinds(), f in facts(), p in policies()) {
        let first = judge(Some(&p), request(k), &f, NOW);
        let second = judge(Some(&p), request(k), &f, NOW);
        prop_assert_eq!(first.record(), second.record());
        prop_assert_eq!(first.request(), second.request());
    }

    #[test]
    fn the_tier_is_the_highest_finding_and_decides_what_follows(
        k in kinds(), f in facts(), p in policies(),
    ) {
        let verdict = judge(Some(&p), request(k), &f, NOW);
        let record = verdict.record();
        let highest = record.findings.iter().map(|f| f.minimum).max();
        prop_assert_eq!(Some(record.tier), highest);
        prop_assert!(record.findings.iter().all(|f| !f.code.is_empty() && !f.because.is_empty()));
        let expected = match record.tier {
            Tier::Low => "run",
            Tier::Medium => "run_and_notify",
            Tier::High => "hold",
            Tier::Critical => "refuse",
        };
        prop_assert_eq!(record.follows.name(), expected);
        prop_assert!(record.tier >= action(k).base(&f).0, "never below the action's own base");
    }

    #[test]
    fn the_verdict_binds_the_digest_of_the_request(k in kinds(), f in facts(), p in policies()) {
        let verdict = judge(Some(&p), request(k), &f, NOW);
        prop_assert_eq!(verdict.digest(), action(k).digest(&client()));
        prop_assert_eq!(verdict.record().digest, verdict.digest());
        prop_assert_eq!(&verdict.request().action, &action(k));
        prop_assert_eq!(&verdict.record().policy_version, &p.version);
    }

    #[test]
    fn a_fact_that_is_missing_never_lowers(k in kinds(), f in facts(), p in policies()) {
        let before = tier(&p, k, &f);
        for (name, with_gap) in gaps(&f, || Gap::Missing) {
            let after = tier(&p, k, &with_gap);
            prop_assert!(after >= before, "{name} missing: {before} became {after}");
        }
    }

    #[test]
    fn a_fact_that_is_too_old_or_from_the_future_counts_as_missing(
        k in kinds(), f in facts(), p in policies(), future: bool, beyond_ms in 1i64..1_000_000,
    ) {
        let off = p.max_fact_age_ms + beyond_ms;
        let at = NOW.plus_ms(if future { off } else { -off });
        let stale = gaps(&f, || Gap::ReadAt(at));
        for ((name, stale), (_, gone)) in stale.iter().zip(gaps(&f, || Gap::Missing)) {
            prop_assert_eq!(tier(&p, k, stale), tier(&p, k, &gone), "{} read at {}", name, at);
        }
        let on_the_limit = all_at(f.clone(), NOW.plus_ms(-p.max_fact_age_ms));
        prop_assert_eq!(tier(&p, k, &on_the_limit), tier(&p, k, &f));
    }

    #[test]
    fn stricter_autonomy_never_lowers(k in kinds(), f in facts(), p in policies()) {
        let tiers = Autonomy::ALL.map(|default_autonomy| {
            let all = Policy { default_autonomy, autonomy: Default::default(), ..p.clone() };
            tier(&all, k, &f)
        });
        prop_assert!(tiers.is_sorted_by(|strict, free| strict >= free), "{tiers:?}");
        if k.is_write() {
            prop_assert_eq!(tiers[0], Tier::Critical);
            prop_assert!(tiers[1] >= Tier::High);
        }
    }

    #[test]
    fn weaker_verification_never_lowers(k in kinds(), f in facts(), p in policies()) {
        let tiers = Verification::ALL
            .map(|v| tier(&p, k, &Facts { requester: verified(v), ..f.clone() }));
        prop_assert!(tiers.is_sorted_by(|weak, strong| weak >= strong), "{tiers:?}");
    }

    #[test]
    fn growing_volume_never_lowers(
        k in kinds(), f in facts(), p in policies(), few in 0u32..200, more in 0u32..200,
    ) {
        let at = |n| tier(&p, k, &Facts { volume: targets(n), ..f.clone() });
        prop_assert!(at(few) <= at(few + more));
        let touches_accounts = k.is_write() && action(k).account().is_some();
        if touches_accounts {
            prop_assert_eq!(at(p.critical_threshold), Tier::Critical);
            prop_assert!(at(p.bulk_threshold + 1) >= action(k).base(&f).0.raised());
        }
    }

    #[test]
    fn a_more_sensitive_group_never_lowers(k in kinds(), f in facts(), p in policies()) {
        let tiers = domain::Sensitivity::ALL.map(|s| {
            let facts = GroupFacts { exists: true, ..group(s) };
            tier(&p, k, &Facts { group: known(facts), ..f.clone() })
        });
        prop_assert!(tiers.is_sorted(), "{tiers:?}");
    }

    #[test]
    fn a_lower_ceiling_never_lowers_and_above_it_is_for_people(
        k in kinds(), f in facts(), p in policies(),
    ) {
        let at = |ceiling| tier(&p, k, &Facts { brain: brain(true, ceiling), ..f.clone() });
        let unlimited = at(Tier::Critical);
        for ceiling in Tier::ALL {
            let expected = if unlimited > ceiling { Tier::Critical } else { unlimited };
            prop_assert_eq!(at(ceiling), expected, "ceiling {}", ceiling);
        }
    }

    #[test]
    fn out_of_scope_or_an_unknown_brain_is_refused(k in kinds(), f in facts(), p in policies()) {
        for brain in [brain(false, Tier::Critical), missing()] {
            let verdict = judge(Some(&p), request(k), &Facts { brain, ..f.clone() }, NOW);
            prop_assert_eq!(verdict.tier(), Tier::Critical);
            prop_assert_eq!(verdict.follows(), &Follow::Refuse);
        }
    }

    #[test]
    fn administrators_services_and_emergency_accounts_are_for_people(
        k in kinds(), f in facts(), p in policies(), target in 1..Target::ALL.len(),
    ) {
        let facts = Facts { target: Target::ALL[target].fact(), ..f };
        if k.is_write() && action(k).account().is_some() {
            prop_assert_eq!(tier(&p, k, &facts), Tier::Critical);
        }
    }

    #[test]
    fn without_a_sound_policy_everything_is_refused(
        k in kinds(), f in facts(), p in policies(), broken in 0usize..6,
    ) {
        let mut bad = p;
        match broken {
            0 => bad.version = " ".into(),
            1 => bad.critical_threshold = bad.bulk_threshold,
            2 => bad.bulk_threshold = 0,
            3 => bad.max_fact_age_ms = 0,
            4 => bad.approval_ttl_ms = -1,
            _ => drop(bad.autonomy.insert("Acme GmbH".into(), Default::default())),
        }
        for policy in [None, Some(&bad)] {
            let verdict = judge(policy, request(k), &f, NOW);
            prop_assert_eq!(verdict.tier(), Tier::Critical);
            prop_assert_eq!(verdict.follows(), &Follow::Refuse);
            prop_assert!(!verdict.record().findings[0].because.is_empty());
        }
    }
}

#[test]
fn a_second_channel_is_demanded_where_the_policy_says_so() {
    let mut strict = policy(Autonomy::AutoAndClose);
    let kind = ActionKind::ResetPassword;
    let facts = Facts { requester: verified(Verification::AddressOnFile), ..harmless() };
    assert_eq!(tier(&strict, kind, &facts), Tier::Medium);
    strict.identity.insert(kind, Verification::SecondChannel);
    assert_eq!(tier(&strict, kind, &facts), Tier::High);
    strict.identity.insert(kind, Verification::Unverified);
    let unknown = Facts { requester: verified(Verification::Unverified), ..harmless() };
    assert_eq!(tier(&strict, kind, &unknown), Tier::High, "no policy makes a stranger verified");
}

#[test]
fn the_clients_own_word_comes_before_the_one_for_every_client() {
    let kind = ActionKind::UnlockAccount;
    let mut p = policy(Autonomy::Deny);
    assert_eq!(tier(&p, kind, &harmless()), Tier::Critical);
    p.autonomy.entry("*".into()).or_default().insert(kind, Autonomy::AlwaysAsk);
    assert_eq!(tier(&p, kind, &harmless()), Tier::High);
    p.autonomy.entry("acme".into()).or_default().insert(kind, Autonomy::AutoAndClose);
    assert_eq!(tier(&p, kind, &harmless()), Tier::Low);
    p.autonomy.entry("globex".into()).or_default().insert(kind, Autonomy::Deny);
    assert_eq!(tier(&p, kind, &harmless()), Tier::Low, "another client's word counts nothing here");
}

#[test]
fn a_broken_policy_says_what_is_wrong_and_what_would_be_right() {
    let mut p = policy(Autonomy::AutoAndClose);
    p.critical_threshold = 3;
    let verdict = judge(Some(&p), request(ActionKind::UnlockAccount), &harmless(), NOW);
    let because = verdict.record().findings[0].because.join(" ");
    assert!(
        because.contains("`critical_threshold` (3) must be above `bulk_threshold` (5)"),
        "{because}"
    );
}

#[test]
fn a_written_policy_with_a_misspelt_key_is_not_a_policy() {
    let text = r#"{"version": "1", "bulk_treshold": 50}"#;
    let error = serde_json::from_str::<Policy>(text).unwrap_err().to_string();
    assert!(error.contains("bulk_treshold"), "{error}");
    let minimal: Policy = serde_json::from_str(r#"{"version": "1"}"#).unwrap();
    assert_eq!(minimal, Policy::cautious("1"), "what is left out is asked about");
}

#[test]
fn actions_on_accounts_name_the_facts_they_cannot_be_judged_without() {
    let known: Vec<Action> = ActionKind::ALL.iter().map(|k| action(*k)).collect();
    for action in known.iter().filter(|a| a.kind().is_write()) {
        let nothing = Facts { brain: brain(true, Tier::Critical), ..Facts::none("outage") };
        let p = policy(Autonomy::AutoAndClose);
        let verdict = judge(Some(&p), request(action.kind()), &nothing, NOW);
        let named: Vec<&str> = verdict.record().findings.iter().map(|f| f.code.as_str()).collect();
        for need in action.kind().needs() {
            let code = format!("missing_{}", format!("{need:?}").to_lowercase());
            assert!(named.contains(&code.as_str()), "{}: {named:?}", action.kind().name());
        }
        assert_eq!(verdict.tier(), Tier::Critical);
    }
}
