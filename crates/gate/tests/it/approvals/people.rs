//! Two people, a later time, and who is asked in turn.

use super::*;
use domain::{Ask, EscalationStep};
use gate::{asked as asked_by, next_turn};

const HOUR_MS: i64 = 3_600_000;

fn two_person() -> Policy {
    let mut policy = policy(Autonomy::AutoWithGuardrails);
    policy.two_person.insert(ActionKind::ResetPassword);
    policy
}

/// A held password reset that needs two people.
fn for_two() -> (Verdict, Approval) {
    let facts = Facts { relation: known(Relation::Manager), ..harmless() };
    let held = || judge(&two_person(), request(ActionKind::ResetPassword), &facts, NOW);
    let asked = question(&held());
    assert_eq!(asked.needed, 2);
    (held(), asked)
}

#[test]
fn two_people_are_two_people() {
    let (held, asked) = for_two();
    let once = say(&asked, "kim", Decision::Approve, NOW).unwrap();
    assert_eq!(once.state, ApprovalState::Pending, "one yes is not enough");
    let twice = say(&once, "kim", Decision::Approve, NOW);
    assert_eq!(twice, Err(DecisionError::SaidYesBefore));
    let later = Decision::ApproveAt(NOW.plus_ms(1));
    assert_eq!(say(&once, "kim", later, NOW), Err(DecisionError::SaidYesBefore));
    let both = say(&once, "lee", Decision::Approve, NOW.plus_ms(5)).unwrap();
    let by_lee = ApprovalState::Approved { by: person("lee"), at: NOW.plus_ms(5) };
    assert_eq!(both.state, by_lee);
    assert_eq!(both.yes.iter().map(|y| y.by.as_str()).collect::<Vec<_>>(), ["kim", "lee"]);
    assert!(grant(held, Some(&both), attempt(), NOW.plus_ms(5)).is_ok());
}

#[test]
fn the_first_of_two_may_take_nothing_away_from_the_second() {
    let (_, asked) = for_two();
    let once = say(&asked, "kim", Decision::Approve, NOW).unwrap();
    let no = say(&once, "lee", Decision::Deny("not today".into()), NOW).unwrap();
    assert_eq!(no.state.name(), "denied");
    assert_eq!(
        say(&no, "mo", Decision::Approve, NOW).unwrap_err().to_string(),
        "this question is already denied; nothing was changed"
    );
}

#[test]
fn one_yes_is_not_enough_where_the_policy_asks_for_two_by_now() {
    // Approved while one was enough; then the policy was tightened.
    let asked = Approval { needed: 1, ..for_two().1 };
    let one = say(&asked, "kim", Decision::Approve, NOW).unwrap();
    let refused = grant(for_two().0, Some(&one), attempt(), NOW).err();
    assert_eq!(refused, Some(GrantError::TooFew { said: 1, needed: 2 }));
}

#[test]
fn a_yes_for_later_runs_later() {
    let at = NOW.plus_ms(6 * HOUR_MS);
    let approved = say(&asked(), "kim", Decision::ApproveAt(at), NOW).unwrap();
    assert_eq!(approved.state.name(), "approved");
    let try_at = |now| grant(held_at(now), Some(&approved), attempt(), now).err();
    assert_eq!(try_at(NOW), Some(GrantError::TooEarly(at)));
    assert_eq!(try_at(at.plus_ms(-1)), Some(GrantError::TooEarly(at)));
    assert_eq!(try_at(at), None, "its time has come, beyond the question's own deadline");
    assert_eq!(try_at(at.plus_ms(HOUR_MS)), Some(GrantError::Expired), "for an hour, not for good");
}

#[test]
fn a_yes_for_later_is_heeded_also_when_nobody_would_have_to_be_asked_by_now() {
    let at = NOW.plus_ms(HOUR_MS);
    let approved = say(&asked(), "kim", Decision::ApproveAt(at), NOW).unwrap();
    let free = |now| {
        let facts = all_at(harmless(), now);
        judge(&policy(Autonomy::AutoAndClose), request(ActionKind::ResetPassword), &facts, now)
    };
    let early = grant(free(NOW), Some(&approved), attempt(), NOW).err();
    assert_eq!(early, Some(GrantError::TooEarly(at)));
    assert!(grant(free(at), Some(&approved), attempt(), at).is_ok());
}

#[test]
fn the_time_lies_between_now_and_a_week_ahead() {
    let week_ms = 7 * 24 * HOUR_MS;
    for (ms, fine) in [(-1, false), (0, true), (week_ms, true), (week_ms + 1, false)] {
        let said = say(&asked(), "kim", Decision::ApproveAt(NOW.plus_ms(ms)), NOW);
        assert_eq!(said.is_ok(), fine, "{ms}");
        assert!(fine || said == Err(DecisionError::BadTime));
    }
}

#[test]
fn of_two_times_the_later_counts_and_the_deadline_for_the_second_stays() {
    let (_, asked) = for_two();
    let (soon, late) = (NOW.plus_ms(HOUR_MS), NOW.plus_ms(9 * HOUR_MS));
    for (first, second) in [(soon, late), (late, soon)] {
        let once = say(&asked, "kim", Decision::ApproveAt(first), NOW).unwrap();
        assert_eq!(once.expires_at, asked.expires_at, "a question that waits is not kept alive");
        let both = say(&once, "lee", Decision::ApproveAt(second), NOW).unwrap();
        assert_eq!(both.not_before, Some(late));
        assert!(both.expires_at > late);
    }
    let once = say(&asked, "kim", Decision::ApproveAt(late), NOW).unwrap();
    let plain = say(&once, "lee", Decision::Approve, NOW).unwrap();
    assert_eq!(plain.not_before, Some(late));
    assert!(plain.expires_at > late, "or it could never run");
    let too_late = say(&once, "lee", Decision::Approve, asked.expires_at);
    assert_eq!(too_late, Err(DecisionError::Expired(asked.expires_at)));
}

fn step(ask: Ask, window_ms: i64) -> EscalationStep {
    EscalationStep { ask, window_ms }
}

#[test]
fn each_step_is_asked_when_its_turn_comes_and_stays_asked() {
    let steps = [
        step(Ask::Relation(Relation::Manager), 1_000),
        step(Ask::Person(person("kim")), 2_000),
        step(Ask::Role("approver".into()), 4_000),
    ];
    let question = Approval { steps: steps.clone().into(), ..asked() };
    let at = |ms| NOW.plus_ms(ms);
    for (ms, asked_now, next) in [
        (0, 1, Some(1_000)),
        (999, 1, Some(1_000)),
        (1_000, 2, Some(3_000)),
        (2_999, 2, Some(3_000)),
        (3_000, 3, None),
        (TTL_MS, 3, None),
    ] {
        assert_eq!(asked_by(&question, at(ms)), &steps[..asked_now], "after {ms} ms");
        assert_eq!(next_turn(&question, at(ms)), next.map(at), "after {ms} ms");
    }
    assert_eq!(asked_by(&question, at(-1)), &[], "nobody before it was asked");
}

#[test]
fn no_turn_comes_after_the_question_expired() {
    let steps = vec![step(Ask::Learned, TTL_MS), step(Ask::Role("approver".into()), 1)];
    let question = Approval { steps: steps.into(), ..asked() };
    assert_eq!(next_turn(&question, NOW), None, "the second turn would come with the end");
    let open = asked();
    assert!(asked_by(&open, NOW).is_empty() && next_turn(&open, NOW).is_none());
}

#[test]
fn urgent_kinds_are_asked_about_in_shorter_windows() {
    let mut policy = policy(Autonomy::AutoWithGuardrails);
    policy.escalation = vec![step(Ask::Learned, 900_000), step(Ask::Role("lead".into()), 60_000)];
    let facts = Facts { relation: known(Relation::Manager), ..harmless() };
    let windows = |policy: &Policy| -> Vec<i64> {
        let verdict = judge(policy, request(ActionKind::ResetPassword), &facts, NOW);
        question(&verdict).steps.iter().map(|s| s.window_ms).collect()
    };
    assert_eq!(windows(&policy), [900_000, 60_000]);
    policy.urgent.insert(ActionKind::ResetPassword);
    assert_eq!(windows(&policy), [300_000, 60_000], "never longer than it was");
}
