//! What comes of a person who would rather have something else done.

use super::*;
use domain::action::{Reboot, ResetPassword};
use domain::{AccountRef, Action};
use gate::{ChangeError, change};

fn new_id() -> ApprovalId {
    ApprovalId(case(6).0)
}

/// A held restart of three devices.
fn restart_of(n: usize) -> (Scene, Verdict) {
    let mut scene = Scene::harmless();
    scene.on(n);
    let verdict = judge_scene(&scene, scene.request(ActionKind::Reboot));
    (scene, verdict)
}

fn judge_scene(scene: &Scene, request: Request) -> Verdict {
    judge(&scene.policy, request, &scene.facts, NOW)
}

fn only(n: usize) -> Action {
    Action::Reboot(Reboot { devices: devices(n) })
}

fn rather(asked: &Approval, who: &str, action: Action) -> Approval {
    say(asked, who, Decision::Change(Box::new(action)), NOW).unwrap()
}

fn verdict_on(action: Action, scene: &Scene) -> Verdict {
    judge_scene(scene, Request { action, ..request(ActionKind::Reboot) })
}

/// A held password reset, changed by `who` to one for this account.
fn reset_for(account: AccountRef, who: &str, identities: &[&str]) -> (Approval, Action) {
    let action = Action::ResetPassword(ResetPassword { account, must_change: true });
    let asked = asked();
    let identities: Vec<String> = identities.iter().map(ToString::to_string).collect();
    let word = Decision::Change(Box::new(action.clone()));
    let after = decide(&asked, &person(who), &identities, asked.digest, &word, NOW).unwrap();
    (after, action)
}

#[test]
fn fewer_targets_take_the_place_of_more_with_the_yes_of_who_asked() {
    let (scene, verdict) = restart_of(3);
    let asked = question(&verdict);
    let waiting = rather(&asked, "kim", only(2));
    assert_eq!((waiting.state.name(), waiting.yes.len()), ("pending", 0), "not yet a yes");
    let narrower = verdict_on(only(2), &scene);
    let after = change(&waiting, &narrower, new_id(), NOW.plus_ms(7)).unwrap();
    assert_eq!(after.digest, only(2).digest(&client()));
    assert_eq!(after.sentence, only(2).sentence());
    assert_eq!((after.id, after.replaces), (new_id(), Some(asked.id)));
    assert_eq!(after.expires_at, asked.expires_at, "it keeps the deadline");
    let yes = ApprovalState::Approved { by: person("kim"), at: NOW.plus_ms(7) };
    assert_eq!(after.state, yes);
    let run = grant(narrower, Some(&after), attempt(), NOW.plus_ms(7)).unwrap();
    assert_eq!(run.action(), &only(2));
    let old = grant(restart_of(3).1, Some(&after), attempt(), NOW.plus_ms(7)).err();
    assert_eq!(old, Some(GrantError::OtherAction), "what was asked first does not run");
}

#[test]
fn two_people_are_two_people_after_a_change_too() {
    let (mut scene, verdict) = restart_of(3);
    let asked = Approval { needed: 2, ..question(&verdict) };
    let once = say(&asked, "lee", Decision::Approve, NOW).unwrap();
    let waiting = rather(&once, "kim", only(2));
    let after = change(&waiting, &verdict_on(only(2), &scene), new_id(), NOW).unwrap();
    assert_eq!(after.state, ApprovalState::Pending, "lee's yes was to something else");
    assert_eq!(after.yes.iter().map(|y| y.by.as_str()).collect::<Vec<_>>(), ["kim"]);
    assert!(say(&after, "lee", Decision::Approve, NOW).unwrap().state.name() == "approved");
    // The changed action may need two even where the first did not.
    scene.policy.two_person.insert(ActionKind::Reboot);
    let waiting = rather(&question(&verdict), "kim", only(2));
    let after = change(&waiting, &verdict_on(only(2), &scene), new_id(), NOW).unwrap();
    assert_eq!((after.needed, after.state), (2, ApprovalState::Pending));
}

#[test]
fn a_time_that_somebody_named_does_not_pass_to_another_action() {
    let (scene, verdict) = restart_of(3);
    let asked = Approval { needed: 2, ..question(&verdict) };
    let at = NOW.plus_ms(24 * 3_600_000);
    let once = say(&asked, "lee", Decision::ApproveAt(at), NOW).unwrap();
    let waiting = rather(&once, "kim", only(2));
    let after = change(&waiting, &verdict_on(only(2), &scene), new_id(), NOW).unwrap();
    assert_eq!(after.not_before, None);
}

#[test]
fn a_change_never_weighs_more() {
    let (mut scene, verdict) = restart_of(2);
    let asked = question(&verdict);
    let waiting = rather(&asked, "kim", only(120));
    scene.on(120);
    let worse = verdict_on(only(120), &scene);
    let said = change(&waiting, &worse, new_id(), NOW);
    assert!(matches!(said, Err(ChangeError::Refused(ref why)) if why.contains("120 targets")));
    // What was asked about as Medium does not become High.
    let lower = Approval { tier: Tier::Medium, ..rather(&asked, "kim", only(3)) };
    scene.on(3);
    let said = change(&lower, &verdict_on(only(3), &scene), new_id(), NOW);
    let rose = ChangeError::TierRose { asked: Tier::Medium, now: Tier::High };
    assert_eq!(said, Err(rose));
}

#[test]
fn nobody_changes_a_question_to_their_own_gain() {
    let kims = AccountRef {
        id: "guid-kim".into(),
        login: "Kim.Poe@acme.test".into(),
        name: "Kim Poe".into(),
    };
    let mut facts = Facts { relation: known(Relation::Manager), ..harmless() };
    value(&mut facts.target).identities = vec!["kim@home.example".into()];
    for identities in [["guid-kim"], ["kim.poe@acme.test"], [" Kim@Home.Example "]] {
        let (waiting, action) = reset_for(kims.clone(), "kim", &identities);
        let request = Request { action, ..request(ActionKind::ResetPassword) };
        let verdict = judge(&policy(Autonomy::AutoWithGuardrails), request, &facts, NOW);
        let said = change(&waiting, &verdict, new_id(), NOW);
        assert_eq!(said, Err(ChangeError::Excluded), "{identities:?}");
    }
}

/// Also where the changed action would need no approval of its own.
#[test]
fn nobody_gains_from_a_change_that_needs_nobody() {
    let kims = AccountRef {
        id: "guid-kim".into(),
        login: "Kim.Poe@acme.test".into(),
        name: "Kim Poe".into(),
    };
    for identities in [["guid-kim"], ["KIM.poe@acme.test"]] {
        let (waiting, action) = reset_for(kims.clone(), "kim", &identities);
        let request = Request { action, ..request(ActionKind::ResetPassword) };
        let verdict = judge(&policy(Autonomy::AutoAndClose), request, &harmless(), NOW);
        assert_eq!(verdict.tier(), Tier::Medium);
        let said = change(&waiting, &verdict, new_id(), NOW);
        assert_eq!(said, Err(ChangeError::Excluded), "{identities:?}");
    }
}

#[test]
fn only_what_was_asked_for_takes_the_old_ones_place() {
    let (scene, verdict) = restart_of(3);
    let waiting = rather(&question(&verdict), "kim", only(2));
    let elsewhere = |change: fn(&mut Request)| {
        let mut request = Request { action: only(2), ..request(ActionKind::Reboot) };
        change(&mut request);
        judge_scene(&scene, request)
    };
    for other in [
        elsewhere(|r| r.client = ClientId::new("globex").unwrap()),
        elsewhere(|r| r.case = case(2)),
        elsewhere(|r| r.action = only(1)),
    ] {
        assert_eq!(change(&waiting, &other, new_id(), NOW), Err(ChangeError::OtherAction));
    }
    let nobody_asked = change(&question(&verdict), &elsewhere(|_| ()), new_id(), NOW);
    assert_eq!(nobody_asked, Err(ChangeError::NotAsked));
    let same = say(&question(&verdict), "kim", Decision::Change(Box::new(only(3))), NOW);
    assert_eq!(same, Err(DecisionError::SameAction));
}

#[test]
fn a_change_that_is_judged_too_late_is_none() {
    let (scene, verdict) = restart_of(3);
    let waiting = rather(&question(&verdict), "kim", only(2));
    let narrower = verdict_on(only(2), &scene);
    let end = waiting.expires_at;
    assert!(change(&waiting, &narrower, new_id(), end.plus_ms(-1)).is_ok());
    assert_eq!(change(&waiting, &narrower, new_id(), end), Err(ChangeError::Expired));
}

#[test]
fn while_a_change_is_judged_nobody_approves_but_anybody_may_deny() {
    let (scene, verdict) = restart_of(3);
    let waiting = rather(&question(&verdict), "kim", only(2));
    for word in [
        Decision::Approve,
        Decision::ApproveAt(NOW.plus_ms(1)),
        Decision::Change(Box::new(only(1))),
    ] {
        for who in ["kim", "lee"] {
            let said = say(&waiting, who, word.clone(), NOW);
            assert_eq!(said, Err(DecisionError::BeingChanged), "{who} {word:?}");
        }
    }
    let denied = say(&waiting, "lee", Decision::Deny("not in office hours".into()), NOW).unwrap();
    assert_eq!(denied.state.name(), "denied");
    let late = change(&denied, &verdict_on(only(2), &scene), new_id(), NOW);
    assert_eq!(late, Err(ChangeError::NotAsked), "a denial in between stands");
}

/// While somebody wants something else, and after they got it, the old action does not run, even if
/// the facts by now would need nobody.
#[test]
fn what_somebody_wanted_otherwise_does_not_run_by_itself() {
    let (waiting, _) = reset_for(
        AccountRef { id: "guid-9".into(), login: "lou@acme.test".into(), name: "Lou".into() },
        "kim",
        &["kim@msp.test"],
    );
    let free = || {
        let reset = request(ActionKind::ResetPassword);
        judge(&policy(Autonomy::AutoAndClose), reset, &harmless(), NOW)
    };
    assert_eq!(free().digest(), waiting.digest);
    let refused = grant(free(), Some(&waiting), attempt(), NOW).err();
    assert!(matches!(refused, Some(GrantError::NotApproved(_))), "{refused:?}");
    let state = ApprovalState::Changed { by: person("kim"), at: NOW, to: new_id() };
    let refused = grant(free(), Some(&Approval { state, ..asked() }), attempt(), NOW).err();
    assert_eq!(refused, Some(GrantError::NotApproved("changed".into())));
}
