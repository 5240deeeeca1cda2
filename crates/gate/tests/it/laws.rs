//! The law of the gate (DESIGN §3) as properties over every kind of action and state of facts.

use crate::worlds::*;
use domain::{Action, ActionKind, Autonomy, Facts, Follow, GroupFacts, Seen, Tier, Verification};
use gate::{CompiledPolicy, Policy, Request, judge};
use proptest::prelude::*;
use proptest::sample::select;

fn compiled(policy: &Policy) -> CompiledPolicy {
    policy.compile().unwrap()
}

fn tier_of(policy: &CompiledPolicy, request: &Request, facts: &Facts) -> Tier {
    gate::tier(Ok(policy), request, facts, NOW)
}

fn tier(policy: &CompiledPolicy, kind: ActionKind, facts: &Facts) -> Tier {
    tier_of(policy, &request(kind), facts)
}

/// A request on one to three things; an undo now and then.
fn requests() -> impl Strategy<Value = Request> {
    (kinds(), 1usize..4, prop_oneof![5 => Just(false), 1 => Just(true)]).prop_map(
        |(kind, things, undoes)| Request {
            undoes: undoes.then(undo_of),
            ..request_for(kind, things)
        },
    )
}

fn base(policy: &CompiledPolicy, request: &Request, facts: &Facts) -> Tier {
    let max_age_ms = policy.document().max_fact_age_ms;
    // Without a window open no base is lower than with one.
    request.action.base(&Seen::of(facts, max_age_ms, NOW, true)).0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_same_arguments_give_the_same_verdict(r in requests(), f in facts(), p in policies()) {
        let (p, again) = (compiled(&p), compiled(&p));
        let first = judge(Ok(&p), r.clone(), &f, NOW);
        let second = judge(Ok(&again), r, &f, NOW);
        prop_assert_eq!(first.record(), second.record());
        prop_assert_eq!(first.request(), second.request());
    }

    #[test]
    fn the_tier_alone_is_that_of_the_verdict(r in requests(), f in facts(), p in policies()) {
        let p = compiled(&p);
        let alone = tier_of(&p, &r, &f);
        prop_assert_eq!(alone, judge(Ok(&p), r, &f, NOW).tier());
    }

    #[test]
    fn the_tier_is_the_highest_finding_and_decides_what_follows(
        r in requests(), f in facts(), p in policies(),
    ) {
        let p = compiled(&p);
        let base = base(&p, &r, &f);
        let verdict = judge(Ok(&p), r, &f, NOW);
        let record = verdict.record();
        let highest = record.findings.iter().map(|f| f.minimum).max().unwrap();
        if verdict.request().undoes.is_none() {
            prop_assert_eq!(record.tier, highest);
            prop_assert!(record.tier >= base, "never below the action's own base");
        }
        prop_assert!(record.findings.iter().all(|f| !f.code.is_empty() && !f.because.is_empty()));
        prop_assert!(record.findings.is_sorted_by(|a, b| a.minimum >= b.minimum), "gravest first");
        let expected = match record.tier {
            Tier::Low => "run",
            Tier::Medium => "run_and_notify",
            Tier::High => "hold",
            Tier::Critical => "refuse",
        };
        prop_assert_eq!(record.follows.name(), expected);
    }

    #[test]
    fn the_verdict_binds_the_digest_of_the_request(r in requests(), f in facts(), p in policies()) {
        let p = compiled(&p);
        let verdict = judge(Ok(&p), r.clone(), &f, NOW);
        prop_assert_eq!(verdict.digest(), r.action.digest(&client()));
        prop_assert_eq!(verdict.record().digest, verdict.digest());
        prop_assert_eq!(verdict.request(), &r);
        prop_assert_eq!(&verdict.record().policy_version, p.version());
    }

    /// The one fact that may be absent is a brain's own word on how sure it is: it only counts
    /// against it, and not having said it is no worse than having said "surely".
    #[test]
    fn a_fact_that_is_missing_never_lowers(r in requests(), f in facts(), p in policies()) {
        let p = compiled(&p);
        let before = tier_of(&p, &r, &f);
        for (name, with_gap) in each_missing(&f) {
            let before = match name {
                "confidence" => {
                    tier_of(&p, &r, &Facts { confidence: sure(100), ..f.clone() })
                }
                _ => before,
            };
            let after = tier_of(&p, &r, &with_gap);
            prop_assert!(after >= before, "{name} missing: {before} became {after}");
        }
    }

    #[test]
    fn a_fact_that_is_too_old_or_from_the_future_counts_as_missing(
        r in requests(), f in facts(), p in policies(), future: bool, beyond_ms in 1i64..1_000_000,
    ) {
        let p = compiled(&p);
        let max_ms = p.document().max_fact_age_ms;
        let off = max_ms + beyond_ms;
        let at = NOW.plus_ms(if future { off } else { -off });
        let before = tier_of(&p, &r, &f);
        for ((name, stale), (_, gone)) in each_at(&f, at).iter().zip(each_missing(&f)) {
            let stale = tier_of(&p, &r, stale);
            prop_assert!(stale >= before, "{name} read at {at}: {before} became {stale}");
            if name != &"confidence" {
                prop_assert_eq!(stale, tier_of(&p, &r, &gone), "{} read at {}", name, at);
            }
        }
        let on_the_limit = all_at(f.clone(), NOW.plus_ms(-max_ms));
        prop_assert_eq!(tier_of(&p, &r, &on_the_limit), before);
    }

    #[test]
    fn stricter_autonomy_never_lowers(r in requests(), f in facts(), p in policies()) {
        let mut p = p;
        // A rule may look at the level itself.
        p.custom_rules.clear();
        p.clients.values_mut().for_each(|c| c.custom_rules.clear());
        let tiers = Autonomy::ALL.map(|default_autonomy| {
            let all = Policy { default_autonomy, autonomy: Default::default(), ..p.clone() };
            tier_of(&compiled(&all), &r, &f)
        });
        prop_assert!(tiers.is_sorted_by(|strict, free| strict >= free), "{tiers:?}");
        if r.action.kind().is_write() && r.undoes.is_none() {
            prop_assert_eq!(tiers[0], Tier::Critical);
            prop_assert!(tiers[1] >= Tier::High);
        }
    }

    #[test]
    fn weaker_verification_never_lowers(k in kinds(), f in facts(), p in policies()) {
        let p = compiled(&p);
        let as_known = |v| tier(&p, k, &Facts { requester: verified(v), ..f.clone() });
        let tiers = Verification::ALL.map(as_known);
        prop_assert!(tiers.is_sorted_by(|weak, strong| weak >= strong), "{tiers:?}");
    }

    #[test]
    fn growing_volume_never_lowers(
        k in kinds(), f in facts(), p in policies(), few in 0u32..200, more in 0u32..200,
    ) {
        let mut p = p;
        // A rule may be about few targets.
        p.custom_rules.retain(|r| !r.condition.contains("targets_in_window"));
        p.clients.clear();
        let p = compiled(&p);
        let at = |n| tier(&p, k, &Facts { volume: targets(n), ..f.clone() });
        prop_assert!(at(few) <= at(few + more));
        if k.is_write() && action(k).targets() > 0 {
            let (bulk, critical) = (p.document().bulk_threshold, p.document().critical_threshold);
            prop_assert_eq!(at(critical), Tier::Critical);
            prop_assert!(at(bulk + 1) >= base(&p, &request(k), &f).raised());
        }
    }

    /// Law 6: what is asked for in pieces weighs what it weighs in one.
    #[test]
    fn a_batch_in_pieces_weighs_what_it_weighs_in_one(
        k in select(vec![ActionKind::RestartService, ActionKind::Reboot, ActionKind::DeployPatches]),
        n in 2usize..150, p in policies(),
    ) {
        let mut scene = Scene { policy: p, ..Scene::harmless() };
        scene.policy.custom_rules.clear();
        scene.policy.clients.clear();
        let compiled = scene.compiled();
        scene.on(n);
        let whole = scene.tier(&compiled, k);
        // The last piece: one device, with all the others counted.
        scene.on(1);
        scene.facts.volume = targets(u32::try_from(n).unwrap());
        let last = scene.tier(&compiled, k);
        // Restarting several at once is asked about in any number.
        if k != ActionKind::Reboot || u32::try_from(n).unwrap() > scene.policy.bulk_threshold {
            prop_assert_eq!(last, whole, "{} devices", n);
        }
    }

    #[test]
    fn a_more_sensitive_group_or_mailbox_never_lowers(
        k in kinds(), f in facts(), p in policies(),
    ) {
        let p = compiled(&p);
        let tiers = domain::Sensitivity::ALL.map(|s| {
            let as_read = GroupFacts { exists: true, ..group(s) };
            tier(&p, k, &Facts { group: known(as_read), mailbox: known(mailbox(s)), ..f.clone() })
        });
        prop_assert!(tiers.is_sorted(), "{tiers:?}");
    }

    #[test]
    fn a_lower_ceiling_never_lowers_and_above_it_is_for_people(
        k in kinds(), f in facts(), p in policies(),
    ) {
        let p = compiled(&p);
        let at = |ceiling| tier(&p, k, &Facts { brain: brain(true, ceiling), ..f.clone() });
        let unlimited = at(Tier::Critical);
        for ceiling in Tier::ALL {
            let expected = if unlimited > ceiling { Tier::Critical } else { unlimited };
            prop_assert_eq!(at(ceiling), expected, "ceiling {}", ceiling);
        }
    }

    #[test]
    fn out_of_scope_over_its_rate_or_an_unknown_brain_is_refused(
        k in kinds(), f in facts(), p in policies(),
    ) {
        let p = compiled(&p);
        let mut hasty = brain(true, Tier::Critical);
        value(&mut hasty).requests = value(&mut hasty).rate + 1;
        for brain in [brain(false, Tier::Critical), hasty, missing()] {
            let verdict = judge(Ok(&p), request(k), &Facts { brain, ..f.clone() }, NOW);
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
            prop_assert_eq!(tier(&compiled(&p), k, &facts), Tier::Critical);
        }
    }

    /// Adding a rule can never loosen anything, whatever its condition says.
    #[test]
    fn custom_rules_only_raise(
        r in requests(), f in facts(), p in policies(), n in 0usize..12, own: bool,
    ) {
        let mut more = p.clone();
        let rule = gate::rules::CustomRule { name: "one more".into(), ..nth_rule(n) };
        match own {
            true => more.clients.entry(client()).or_default().custom_rules.push(rule),
            false => more.custom_rules.push(rule),
        }
        let (before, after) = (compiled(&p), compiled(&more));
        prop_assert!(tier_of(&after, &r, &f) >= tier_of(&before, &r, &f));
    }

    /// An undo in order costs what the same request costs, and never more than the change did. Out
    /// of order, nobody's brain does it at all.
    #[test]
    fn an_undo_is_cut_only_when_everything_about_it_is_in_order(
        k in kinds(), f in facts(), p in policies(), original in select(Tier::ALL.to_vec()),
    ) {
        let p = compiled(&p);
        let undoing = Request { undoes: Some(undo_of()), ..request(k) };
        for (name, undo) in undos(original) {
            let facts = Facts { undo, ..f.clone() };
            let plain = tier(&p, k, &facts);
            let expected = if name == "InOrder" { plain.min(original) } else { Tier::Critical };
            prop_assert_eq!(tier_of(&p, &undoing, &facts), expected, "{}", name);
        }
    }

    /// Undo facts are worth nothing to a request that undoes nothing.
    #[test]
    fn undo_facts_alone_lower_nothing(k in kinds(), f in facts(), p in policies()) {
        let p = compiled(&p);
        let tiers: Vec<Tier> = undos(Tier::Low)
            .into_iter()
            .map(|(_, undo)| tier(&p, k, &Facts { undo, ..f.clone() }))
            .collect();
        prop_assert!(tiers.iter().all(|t| *t == tiers[0]), "{tiers:?}");
    }

    #[test]
    fn without_a_sound_policy_everything_is_refused(
        r in requests(), f in facts(), p in policies(), broken in 0usize..7,
    ) {
        let mut bad = p;
        match broken {
            0 => bad.version = " ".into(),
            1 => bad.critical_threshold = bad.bulk_threshold,
            2 => bad.bulk_threshold = 0,
            3 => bad.max_fact_age_ms = 0,
            4 => bad.approval_ttl_ms = -1,
            5 => bad.time_zone = "Middle/Earth".into(),
            _ => drop(bad.autonomy.insert("Acme GmbH".into(), Default::default())),
        }
        let error = bad.compile().expect_err("a broken policy does not compile").to_string();
        for why in ["no policy was ever written", error.as_str()] {
            let verdict = judge(Err(why), r.clone(), &f, NOW);
            prop_assert_eq!(verdict.tier(), Tier::Critical);
            prop_assert_eq!(verdict.follows(), &Follow::Refuse);
            prop_assert_eq!(verdict.record().findings[0].because.to_string(), why);
            prop_assert_eq!(gate::tier(Err(why), &r, &f, NOW), Tier::Critical);
        }
    }
}

#[test]
fn a_second_channel_is_demanded_where_the_policy_says_so() {
    let mut strict = policy(Autonomy::AutoAndClose);
    let kind = ActionKind::ResetPassword;
    let facts = Facts { requester: verified(Verification::AddressOnFile), ..harmless() };
    assert_eq!(tier(&compiled(&strict), kind, &facts), Tier::Medium);
    strict.identity.insert(kind, Verification::SecondChannel);
    assert_eq!(tier(&compiled(&strict), kind, &facts), Tier::High);
    strict.identity.insert(kind, Verification::Unverified);
    let unknown = Facts { requester: verified(Verification::Unverified), ..harmless() };
    let tier_of_unknown = tier(&compiled(&strict), kind, &unknown);
    assert_eq!(tier_of_unknown, Tier::High, "no policy makes a stranger verified");
}

#[test]
fn monitoring_restarts_a_device_unless_a_proof_is_demanded() {
    let mut scene = Scene::harmless();
    scene.facts.requester = nobody();
    assert_eq!(scene.tier(&scene.compiled(), ActionKind::RestartService), Tier::Medium);
    scene.policy.identity.insert(ActionKind::RestartService, Verification::SecondChannel);
    assert_eq!(scene.tier(&scene.compiled(), ActionKind::RestartService), Tier::High);
}

#[test]
fn a_proof_grows_old_and_one_from_the_future_is_none() {
    let mut scene = Scene::harmless();
    let compiled = scene.compiled();
    for (proven_ms, expected) in [
        (Some(0), Tier::Medium),
        (Some(-15 * 60_000), Tier::Medium),
        (Some(-15 * 60_000 - 1), Tier::High),
        (Some(1), Tier::High),
        (None, Tier::High),
    ] {
        scene.facts.requester = proven_at(proven_ms.map(|ms| NOW.plus_ms(ms)));
        assert_eq!(scene.tier(&compiled, ActionKind::ResetMfa), expected, "{proven_ms:?}");
    }
}

#[test]
fn the_clients_own_word_comes_before_the_one_for_every_client() {
    let kind = ActionKind::UnlockAccount;
    let mut p = policy(Autonomy::Deny);
    assert_eq!(tier(&compiled(&p), kind, &harmless()), Tier::Critical);
    p.autonomy.entry("*".into()).or_default().insert(kind, Autonomy::AlwaysAsk);
    assert_eq!(tier(&compiled(&p), kind, &harmless()), Tier::High);
    p.autonomy.entry("acme".into()).or_default().insert(kind, Autonomy::AutoAndClose);
    assert_eq!(tier(&compiled(&p), kind, &harmless()), Tier::Low);
    p.autonomy.entry("globex".into()).or_default().insert(kind, Autonomy::Deny);
    let ours = tier(&compiled(&p), kind, &harmless());
    assert_eq!(ours, Tier::Low, "another client's word counts nothing here");
}

#[test]
fn a_doubt_from_long_ago_is_still_a_doubt() {
    let p = compiled(&policy(Autonomy::AutoAndClose));
    let unsure = Facts { confidence: known_at(sure(10), NOW.plus_ms(-86_400_000)), ..harmless() };
    assert_eq!(tier(&p, ActionKind::UnlockAccount, &unsure), Tier::High);
}

#[test]
fn actions_name_the_facts_they_cannot_be_judged_without() {
    let known: Vec<Action> = ActionKind::ALL.iter().map(|k| action(*k)).collect();
    let p = compiled(&policy(Autonomy::AutoAndClose));
    for action in known.iter().filter(|a| a.kind().is_write()) {
        let nothing = Facts { brain: brain(true, Tier::Critical), ..Facts::none("outage") };
        let verdict = judge(Ok(&p), request(action.kind()), &nothing, NOW);
        let named: Vec<&str> = verdict.record().findings.iter().map(|f| f.code.as_ref()).collect();
        for need in action.kind().needs() {
            let code = format!("missing_{}", format!("{need:?}").to_lowercase());
            assert!(named.contains(&code.as_str()), "{}: {named:?}", action.kind().name());
        }
        assert_eq!(verdict.tier(), Tier::Critical);
    }
}

/// Every pair of states and settings of the verdict table, for every kind: no gap is milder than
/// what is known, and a fact that is not read is no better than one that was.
#[test]
fn in_every_pair_of_states_a_gap_never_lowers() {
    let rows = crate::verdict_table::every_row();
    let requests: Vec<Request> = ActionKind::ALL.iter().map(|k| request(*k)).collect();
    for (n, (one, change)) in rows.iter().enumerate() {
        for (other, and) in rows.iter().skip(n) {
            let mut scene = Scene::harmless();
            change(&mut scene);
            and(&mut scene);
            let Ok(policy) = scene.policy.compile() else { continue };
            let before: Vec<Tier> =
                requests.iter().map(|r| tier_of(&policy, r, &scene.facts)).collect();
            for (name, gap) in each_missing(&scene.facts) {
                if name == "confidence" {
                    continue;
                }
                for (request, before) in requests.iter().zip(&before) {
                    let after = tier_of(&policy, request, &gap);
                    let kind = request.action.kind().name();
                    assert!(
                        after >= *before,
                        "{kind}, {one}, {other}: {before} to {after} without {name}"
                    );
                }
            }
        }
    }
}
