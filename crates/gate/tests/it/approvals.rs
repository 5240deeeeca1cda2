//! What a person's yes is good for, and what it is not.

use crate::worlds::*;
use domain::{
    ActionKind, Approval, ApprovalId, ApprovalState, AttemptId, Autonomy, CaseId, ClientId,
    Decision, Digest, Facts, Follow, PersonId, Relation, Tier, UnixMs, Verification,
};
use gate::{DecisionError, GrantError, Policy, Request, Verdict, decide, expire, grant};
use proptest::prelude::*;

mod change;
mod people;

const TTL_MS: i64 = 4 * 3_600_000;

fn attempt() -> AttemptId {
    AttemptId(case(9).0)
}

fn judge(policy: &Policy, request: Request, facts: &Facts, now: UnixMs) -> Verdict {
    gate::judge(Ok(&policy.compile().unwrap()), request, facts, now)
}

/// A password reset for somebody else: a person has to approve.
fn held_at(now: UnixMs) -> Verdict {
    let facts = Facts {
        requester: known_at(verified(Verification::AddressOnFile), now),
        relation: known_at(known(Relation::Manager), now),
        ..all_at(harmless(), now)
    };
    let reset = request(ActionKind::ResetPassword);
    judge(&policy(Autonomy::AutoWithGuardrails), reset, &facts, now)
}

fn held() -> Verdict {
    held_at(NOW)
}

fn asked() -> Approval {
    question(&held())
}

/// What the platform asks when this verdict holds.
fn question(verdict: &Verdict) -> Approval {
    let Follow::Hold(plan) = verdict.follows() else { panic!("this is a held action") };
    Approval {
        id: ApprovalId(case(5).0),
        client: verdict.request().client.clone(),
        case: verdict.request().case,
        brain: Some(verdict.request().brain.clone()),
        kind: Some(verdict.request().action.kind()),
        digest: verdict.digest(),
        sentence: verdict.request().action.sentence(),
        tier: verdict.tier(),
        excluded: plan.excluded.clone(),
        needed: plan.needed,
        yes: vec![],
        steps: plan.steps.clone(),
        not_before: None,
        change: None,
        replaces: None,
        asked_at: NOW,
        expires_at: NOW.plus_ms(plan.ttl_ms),
        state: ApprovalState::Pending,
    }
}

fn person(id: &str) -> PersonId {
    PersonId::new(id).unwrap()
}

/// One person's word on a question, with the digest that it shows.
fn say(
    approval: &Approval,
    who: &str,
    decision: Decision,
    now: UnixMs,
) -> Result<Approval, DecisionError> {
    let identities = [format!("{who}@msp.test")];
    decide(approval, &person(who), &identities, approval.digest, &decision, now)
}

fn approved() -> Approval {
    say(&asked(), "kim", Decision::Approve, NOW).unwrap()
}

fn refusal(approval: Option<&Approval>) -> GrantError {
    grant(held(), approval, attempt(), NOW).expect_err("no grant may come of this")
}

#[test]
fn a_yes_to_exactly_this_action_gives_exactly_this_grant() {
    let held = held();
    let (digest, action) = (held.digest(), held.request().action.clone());
    let grant = grant(held, Some(&approved()), attempt(), NOW.plus_ms(1_000)).unwrap();
    assert_eq!(grant.digest(), digest);
    assert_eq!(grant.action(), &action);
    assert_eq!(grant.client(), &client());
    assert_eq!(grant.case(), case(1));
    assert_eq!(grant.attempt(), attempt());
    assert_eq!(grant.tier(), Tier::High);
    assert_eq!(grant.approval(), Some(approved().id));
    assert!(grant.not_after() > NOW);
}

#[test]
fn a_held_action_without_a_yes_does_not_run() {
    assert_eq!(refusal(None), GrantError::NeedsApproval);
    let no = ApprovalState::Denied { by: person("kim"), at: NOW, reason: "no".into() };
    for (state, name) in [
        (ApprovalState::Pending, "pending"),
        (no, "denied"),
        (ApprovalState::Expired, "expired"),
        (ApprovalState::Void, "void"),
    ] {
        let approval = Approval { state, ..asked() };
        assert_eq!(refusal(Some(&approval)), GrantError::NotApproved(name.into()));
    }
}

#[test]
fn a_yes_is_good_for_no_other_digest_client_or_case() {
    let other_digest = Approval { digest: Digest([7; 32]), ..approved() };
    let other_client = Approval { client: ClientId::new("globex").unwrap(), ..approved() };
    let other_case = Approval { case: case(2), ..approved() };
    for other in [other_digest, other_client, other_case] {
        assert_eq!(refusal(Some(&other)), GrantError::OtherAction);
    }
}

#[test]
fn a_yes_is_worth_nothing_from_the_moment_it_expires() {
    let expires = approved().expires_at;
    for (now, expected) in [
        (expires.plus_ms(-1), None),
        (expires, Some(GrantError::Expired)),
        (expires.plus_ms(1), Some(GrantError::Expired)),
    ] {
        assert_eq!(grant(held_at(now), Some(&approved()), attempt(), now).err(), expected);
    }
}

#[test]
fn a_yes_to_a_lower_tier_is_void_once_the_facts_say_more() {
    let lower = Approval { tier: Tier::Medium, ..approved() };
    let rose = GrantError::TierRose { approved: Tier::Medium, now: Tier::High };
    assert_eq!(refusal(Some(&lower)), rose);
    let risen = Facts { target: Target::Privileged.fact(), ..harmless() };
    let reset = request(ActionKind::ResetPassword);
    let verdict = judge(&policy(Autonomy::AutoAndClose), reset, &risen, NOW);
    assert_eq!(verdict.digest(), approved().digest, "the action is the one that was approved");
    let refused = grant(verdict, Some(&approved()), attempt(), NOW).err();
    assert_eq!(refused, Some(GrantError::Refused), "no approval lifts a critical verdict");
}

#[test]
fn a_yes_in_the_journal_from_somebody_who_may_not_decide_is_none() {
    let by_requester = ApprovalState::Approved { by: person("jane.roe@acme.test"), at: NOW };
    let approval = Approval { state: by_requester, ..asked() };
    assert!(matches!(refusal(Some(&approval)), GrantError::NotApproved(_)));
}

#[test]
fn what_a_person_denied_does_not_run_when_the_facts_turn_harmless() {
    let free = || {
        let reset = request(ActionKind::ResetPassword);
        judge(&policy(Autonomy::AutoAndClose), reset, &harmless(), NOW)
    };
    assert!(grant(free(), None, attempt(), NOW).is_ok());
    assert!(
        grant(free(), Some(&asked()), attempt(), NOW).is_ok(),
        "a pending question hinders not"
    );
    let no = ApprovalState::Denied { by: person("kim"), at: NOW, reason: "no".into() };
    let denied = Approval { state: no, ..asked() };
    let refused = grant(free(), Some(&denied), attempt(), NOW).err();
    assert_eq!(refused, Some(GrantError::NotApproved("denied".into())));
}

#[test]
fn an_old_judgement_gives_no_grant() {
    let unlock = || {
        let unlock = request(ActionKind::UnlockAccount);
        judge(&policy(Autonomy::AutoAndClose), unlock, &harmless(), NOW)
    };
    let fresh = grant(unlock(), None, attempt(), NOW).unwrap();
    assert_eq!(fresh.approval(), None);
    let limit = fresh.not_after();
    assert!(grant(unlock(), None, attempt(), limit).is_ok());
    let late = grant(unlock(), None, attempt(), limit.plus_ms(1)).err();
    assert_eq!(late, Some(GrantError::StaleVerdict));
}

#[test]
fn neither_requester_nor_beneficiary_decides() {
    // The request is for guid-1, Jane.Roe@acme.test, and comes from Jane.Roe@Acme.test.
    for (id, identities) in [
        ("jane", vec!["GUID-1"]),
        ("jane", vec!["other@acme.test", " JANE.ROE@ACME.TEST "]),
        ("jane", vec!["jane.roe@acme.test"]),
        ("guid-1", vec![]),
        ("jane.roe@acme.test", vec!["kim@msp.test"]),
    ] {
        let identities: Vec<String> = identities.into_iter().map(Into::into).collect();
        let asked = asked();
        let said = decide(&asked, &person(id), &identities, asked.digest, &Decision::Approve, NOW);
        assert_eq!(said, Err(DecisionError::Excluded), "{id} {identities:?}");
    }
}

/// Whoever asks by an alias, and whoever gains under another address than the login, is one person
/// under all of their logins and addresses.
#[test]
fn nobody_decides_for_themselves_under_another_address() {
    let mut facts = Facts { relation: known(Relation::Manager), ..harmless() };
    let domain::Fact::Known(requester) = &mut facts.requester else { panic!("known") };
    requester.value = domain::Requester {
        account_id: Some("guid-2".into()),
        address: "Alias.Boss@acme.test".into(),
        identities: ["boss@corp.acme.test", "max.boss@acme.test", "Max@Home.example"]
            .map(Into::into)
            .into(),
        verification: Verification::AddressOnFile,
        verified_at: None,
    };
    let domain::Fact::Known(target) = &mut facts.target else { panic!("known") };
    target.value.identities =
        ["jane@acme.test", "Jane@Home.example", "j.roe@acme.test"].map(Into::into).into();
    let reset = request(ActionKind::ResetPassword);
    let verdict = judge(&policy(Autonomy::AutoWithGuardrails), reset, &facts, NOW);
    let Follow::Hold(plan) = verdict.follows() else { panic!("this is a held action") };
    let asked = Approval { excluded: plan.excluded.clone(), digest: verdict.digest(), ..asked() };
    let may = |identity: &str| {
        let known = [identity.to_owned()];
        decide(&asked, &person("somebody"), &known, asked.digest, &Decision::Approve, NOW)
    };
    for (whose, identity) in [
        ("the requester's account", "guid-2"),
        ("the address that the request came from", "alias.boss@acme.test"),
        ("the requester's login", "Boss@corp.acme.test"),
        ("the requester's primary address", "max.boss@acme.test"),
        ("the requester's private address", "max@home.example"),
        ("the beneficiary's account", "guid-1"),
        ("the beneficiary's login", "jane.roe@acme.test"),
        ("the beneficiary's primary address", "jane@acme.test"),
        ("the beneficiary's private address", "jane@home.example"),
        ("the beneficiary's alias", "J.Roe@acme.test"),
    ] {
        assert_eq!(may(identity), Err(DecisionError::Excluded), "{whose}");
    }
    assert!(may("kim@msp.test").is_ok());
}

#[test]
fn an_unrelated_person_decides_once() {
    let asked = asked();
    let kim = person("kim");
    let say = |approval: &Approval, decision, now| say(approval, "kim", decision, now);
    let yes = say(&asked, Decision::Approve, NOW).unwrap().state;
    assert_eq!(yes, ApprovalState::Approved { by: kim.clone(), at: NOW });
    let no = say(&asked, Decision::Deny(" Not now. ".into()), NOW).unwrap().state;
    let reason = "Not now.".to_owned();
    assert_eq!(no, ApprovalState::Denied { by: kim.clone(), at: NOW, reason });
    for reason in ["", "  \n"] {
        let without = say(&asked, Decision::Deny(reason.into()), NOW);
        assert_eq!(without, Err(DecisionError::NoReason));
    }
    for state in [yes, no, ApprovalState::Expired, ApprovalState::Void] {
        let name = state.name().to_owned();
        let decided = Approval { state, ..asked.clone() };
        assert!(!expire(&decided, NOW.plus_ms(TTL_MS)), "what is {name} does not expire any more");
        let again = say(&decided, Decision::Approve, NOW);
        assert_eq!(again, Err(DecisionError::NotPending(name)));
    }
}

#[test]
fn nobody_decides_late_or_about_something_else() {
    let asked = asked();
    let kim = person("kim");
    let late = NOW.plus_ms(TTL_MS);
    assert_eq!(asked.expires_at, late);
    let yes = Decision::Approve;
    assert!(decide(&asked, &kim, &[], asked.digest, &yes, late.plus_ms(-1)).is_ok());
    let said = decide(&asked, &kim, &[], asked.digest, &yes, late);
    assert_eq!(said, Err(DecisionError::Expired(late)));
    assert!(expire(&asked, late) && !expire(&asked, late.plus_ms(-1)));
    let said = decide(&asked, &kim, &[], Digest([7; 32]), &yes, NOW);
    assert_eq!(said, Err(DecisionError::OtherDigest));
}

#[test]
fn a_requester_without_an_account_is_kept_from_deciding_by_address() {
    let facts = Facts { requester: verified(Verification::Unverified), ..harmless() };
    let unlock = request(ActionKind::UnlockAccount);
    let verdict = judge(&policy(Autonomy::AutoAndClose), unlock, &facts, NOW);
    let Follow::Hold(plan) = verdict.follows() else { panic!("unverified is held") };
    assert!(plan.excluded.contains(&"jane.roe@acme.test".to_owned()), "{:?}", plan.excluded);
    assert_eq!(plan.ttl_ms, TTL_MS);
}

fn states() -> impl Strategy<Value = ApprovalState> {
    let people = prop_oneof![Just("kim"), Just("jane.roe@acme.test"), Just("guid-1")];
    prop_oneof![
        Just(ApprovalState::Pending),
        Just(ApprovalState::Expired),
        Just(ApprovalState::Void),
        people.clone().prop_map(|p| ApprovalState::Approved { by: person(p), at: NOW }),
        people.prop_map(|p| ApprovalState::Denied { by: person(p), at: NOW, reason: "no".into() }),
    ]
}

fn same_or(other: u128) -> impl Strategy<Value = CaseId> {
    prop_oneof![3 => Just(case(1)), 1 => Just(case(other))]
}

proptest! {
    /// Whatever stands in an approval: only a yes to this digest, client and case, by somebody
    /// else, in time, for this tier leads from a held verdict to a grant.
    #[test]
    fn no_other_approval_leads_to_a_grant(
        state in states(),
        case in same_or(2),
        digest_is_ours in any::<bool>(),
        tier_index in 0usize..4,
        late_ms in -2i64..=2,
    ) {
        let ours = asked();
        let digest = if digest_is_ours { ours.digest } else { Digest([1; 32]) };
        let tier = Tier::ALL[tier_index];
        let expires_at = NOW.plus_ms(-late_ms);
        let approval = Approval { state: state.clone(), case, digest, tier, expires_at, ..ours };
        let by_kim = matches!(&state, ApprovalState::Approved { by, .. } if by.as_str() == "kim");
        let right = by_kim
            && case == crate::worlds::case(1)
            && digest_is_ours
            && tier >= Tier::High
            && late_ms < 0;
        let outcome = grant(held(), Some(&approval), attempt(), NOW);
        prop_assert_eq!(outcome.is_ok(), right, "{:?} {:?}", approval, outcome.err());
    }

    /// Law 4: another action, whatever differs, has another digest, so an approval does not fit.
    #[test]
    fn an_approval_fits_no_other_action(kind in 0..ActionKind::ALL.len(), other_client: bool) {
        let kind = ActionKind::ALL[kind];
        let client = if other_client { ClientId::new("globex").unwrap() } else { client() };
        let differs = kind != ActionKind::ResetPassword || other_client;
        let verdict =
            gate::judge(Err("none"), Request { client: client.clone(), ..request(kind) }, &harmless(), NOW);
        prop_assert_eq!(verdict.digest() != asked().digest, differs);
        prop_assert_eq!(verdict.digest(), action(kind).digest(&client));
    }
}

/// Shadow mode: the verdict is what it would be, and nothing of it runs, whoever approved it.
#[test]
fn in_shadow_mode_nothing_runs_and_the_verdict_is_the_same() {
    for autonomy in [Autonomy::AutoAndClose, Autonomy::AutoWithGuardrails, Autonomy::AlwaysAsk] {
        for kind in ActionKind::ALL {
            let open = policy(autonomy);
            let mut own = open.clone();
            own.clients.entry(client()).or_default().shadow = Some(true);
            let all = Policy { shadow: true, ..open.clone() };
            let live = judge(&open, request(*kind), &harmless(), NOW);
            for shadow in [own, all] {
                let seen = judge(&shadow, request(*kind), &harmless(), NOW);
                assert_eq!(seen.record().tier, live.record().tier, "{kind:?}");
                assert_eq!(seen.record().findings, live.record().findings);
                assert_eq!(seen.follows(), live.follows());
                assert_eq!(seen.is_shadow(), kind.is_write(), "{kind:?}");
                if let Follow::Hold(_) = seen.follows() {
                    let yes = say(&question(&seen), "kim", Decision::Approve, NOW).unwrap();
                    assert_eq!(
                        grant(seen, Some(&yes), attempt(), NOW).unwrap_err(),
                        GrantError::Shadow
                    );
                } else if kind.is_write() && *seen.follows() != Follow::Refuse {
                    assert_eq!(grant(seen, None, attempt(), NOW).unwrap_err(), GrantError::Shadow);
                }
            }
        }
    }
}

/// What was done before may still be taken back: a person asks for it.
#[test]
fn an_undo_runs_in_shadow_mode_too() {
    let mut watched = policy(Autonomy::AutoAndClose);
    watched.shadow = true;
    let undo = Request { undoes: Some(undo_of()), ..request(ActionKind::UnlockAccount) };
    assert!(!judge(&watched, undo, &harmless(), NOW).is_shadow());
}
