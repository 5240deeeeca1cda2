//! Questions that need two people, that wait for a time, or that somebody wants changed.

use crate::common::*;
use domain::action::EnableAccount;
use domain::{Action, Actor, Approval, ApprovalId, ApprovalState, CaseView, Decision, Event, Yes};
use gate::DecisionError;
use store::{DecideError, NewEntry, Store, StoreError, View};
use uuid::Uuid;

fn enable() -> Action {
    let Action::UnlockAccount(a) = unlock() else { unreachable!() };
    Action::EnableAccount(EnableAccount { account: a.account })
}

fn change() -> Decision {
    Decision::Change(Box::new(enable()))
}

async fn stored(store: &Store, id: ApprovalId) -> Approval {
    store.approval(id).await.unwrap().unwrap()
}

async fn held_state(store: &Store, approval: &Approval) -> ApprovalState {
    let events = store.events(&acme(), approval.case).await.unwrap();
    let view = CaseView::fold(&acme(), approval.case, &events).unwrap();
    view.held.iter().find(|h| h.approval == approval.id).unwrap().state.clone()
}

#[tokio::test]
async fn the_first_of_two_people_is_recorded_and_the_second_settles_it() {
    let desk = desk().await;
    let (case, asked) = asked_of(&desk.store, 1, 2).await;
    let (one, two) = (T0.plus_ms(1000), T0.plus_ms(2000));
    let first = say(&desk.store, &asked, "ann", Decision::Approve, one).await.unwrap();
    assert_eq!(first.state, ApprovalState::Pending);
    assert_eq!(first.yes, [Yes { by: person_id("ann"), at: one }]);
    assert_eq!(stored(&desk.store, asked.id).await, first);
    let row = desk.store.case(case).await.unwrap().unwrap();
    assert_eq!((row.phase.as_str(), row.wake_at), ("waiting_for_approval", Some(one)));

    let again = say(&desk.store, &asked, "ann", Decision::Approve, two).await;
    assert_eq!(again, Err(DecideError::Gate(DecisionError::SaidYesBefore)));
    let second = say(&desk.store, &asked, "ben", Decision::Approve, two).await.unwrap();
    assert_eq!(second.state, ApprovalState::Approved { by: person_id("ben"), at: two });
    assert_eq!(held_state(&desk.store, &asked).await, second.state);
    assert_eq!(desk.store.case(case).await.unwrap().unwrap().phase, "working");
    assert_clean(&desk.store, &acme()).await;
}

#[tokio::test]
async fn two_yeses_of_one_person_at_once_are_one() {
    let desk = desk().await;
    let (_, asked) = asked_of(&desk.store, 1, 2).await;
    let both = tokio::join!(
        say(&desk.store, &asked, "ann", Decision::Approve, T0),
        say(&desk.store, &asked, "ann", Decision::Approve, T0),
    );
    assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
    assert_eq!(stored(&desk.store, asked.id).await.yes.len(), 1);
}

#[tokio::test]
async fn an_approval_for_later_keeps_its_time_and_expires_after_it() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    let (_, asked) = asked(&desk.store, 1).await;
    let later = asked.expires_at.plus_ms(24 * HOUR_MS);
    say(&desk.store, &asked, "ann", Decision::ApproveAt(later), T0).await.unwrap();
    let found = stored(&desk.store, asked.id).await;
    assert_eq!(found.not_before, Some(later));
    let mut conn = raw(desk.dir.path()).await;
    let expires: i64 =
        sqlx::query_scalar("SELECT expires_ms FROM approvals").fetch_one(&mut conn).await.unwrap();
    assert_eq!(expires, found.expires_at.0);
    assert!(expires > later.0);
}

#[tokio::test]
async fn a_change_that_is_made_has_a_question_of_its_own_in_the_olds_place() {
    let desk = desk().await;
    let (case, old) = asked(&desk.store, 1).await;
    let waits = say(&desk.store, &old, "ann", change(), T0).await.unwrap();
    assert_eq!(waits.change.as_ref().map(|c| c.action.clone()), Some(enable()));
    assert_eq!(desk.store.case(case).await.unwrap().unwrap().phase, "working");
    let meanwhile = say(&desk.store, &old, "ben", Decision::Approve, T0).await;
    assert_eq!(meanwhile, Err(DecideError::Gate(DecisionError::BeingChanged)));

    let at = T0.plus_ms(5000);
    let new = Approval {
        id: ApprovalId(Uuid::from_u128(77)),
        digest: enable().digest(&acme()),
        kind: Some(enable().kind()),
        sentence: enable().sentence(),
        yes: vec![Yes { by: person_id("ann"), at }],
        replaces: Some(old.id),
        state: ApprovalState::Approved { by: person_id("ann"), at },
        ..old.clone()
    };
    let event = Event::Changed {
        approval: old.id,
        to: new.id,
        by: person_id("ann"),
        action: enable(),
        digest: new.digest,
        tier: new.tier,
        expires_at: new.expires_at,
        needed: 1,
        diff: vec!["enable instead of unlock".into()],
    };
    let mut entry = append(case, 3, vec![NewEntry { actor: Actor::Platform, event }]);
    entry.at = at;
    entry.views = vec![View::Replace { old: old.id, new: Box::new(new.clone()) }];
    desk.store.append(entry).await.unwrap();

    let state = ApprovalState::Changed { by: person_id("ann"), at, to: new.id };
    assert_eq!(stored(&desk.store, old.id).await.state, state);
    assert_eq!(held_state(&desk.store, &old).await, state);
    assert_eq!(stored(&desk.store, new.id).await, new);
    assert_eq!(held_state(&desk.store, &new).await, new.state);
    let of_case = desk.store.approvals_of(&acme(), case).await.unwrap();
    assert_eq!(of_case.iter().map(|a| a.state.name()).collect::<Vec<_>>(), ["approved", "changed"]);
    let late = say(&desk.store, &old, "ben", Decision::Approve, T0).await;
    assert_eq!(late, Err(DecideError::Gate(DecisionError::NotPending("changed".into()))));
}

async fn with_view(
    store: &Store,
    asked: &Approval,
    expected: u64,
    view: View,
) -> Result<u64, StoreError> {
    let mut entry = append(asked.case, expected, vec![note("x")]);
    entry.views = vec![view];
    store.append(entry).await
}

#[tokio::test]
async fn a_change_that_is_refused_leaves_the_question_waiting() {
    let desk = desk().await;
    let (_, old) = asked(&desk.store, 1).await;
    say(&desk.store, &old, "ann", change(), T0).await.unwrap();
    with_view(&desk.store, &old, 3, View::Update(Box::new(old.clone()))).await.unwrap();
    assert_eq!(stored(&desk.store, old.id).await, old);
    say(&desk.store, &old, "ann", Decision::Approve, T0).await.unwrap();
}

#[tokio::test]
async fn a_settled_question_never_waits_again() {
    let desk = desk().await;
    let (_, old) = asked(&desk.store, 1).await;
    say(&desk.store, &old, "ann", Decision::Deny("no".into()), T0).await.unwrap();
    let new = Approval { id: ApprovalId(Uuid::from_u128(77)), ..old.clone() };
    for view in [
        View::Update(Box::new(old.clone())),
        View::Replace { old: old.id, new: Box::new(new.clone()) },
    ] {
        let answer = with_view(&desk.store, &old, 3, view).await;
        assert!(
            matches!(&answer, Err(StoreError::Refused(t)) if t.contains("denied")),
            "{answer:?}"
        );
    }
    assert_eq!(stored(&desk.store, old.id).await.state.name(), "denied");
    assert_eq!(desk.store.approval(new.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_question_is_replaced_only_where_a_change_was_asked_for_and_by_the_same_case() {
    let desk = desk().await;
    let (_, old) = asked(&desk.store, 1).await;
    let new = Approval { id: ApprovalId(Uuid::from_u128(77)), ..old.clone() };
    let replace = |new: &Approval| View::Replace { old: old.id, new: Box::new(new.clone()) };
    let unasked = with_view(&desk.store, &old, 2, replace(&new)).await;
    assert!(matches!(unasked, Err(StoreError::Refused(_))), "{unasked:?}");
    say(&desk.store, &old, "ann", change(), T0).await.unwrap();
    let foreign = Approval { case: case_id(99), ..new };
    let answer = with_view(&desk.store, &old, 3, replace(&foreign)).await;
    assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
    let other = Approval { digest: domain::Digest([1; 32]), ..old.clone() };
    let answer = with_view(&desk.store, &old, 3, View::Update(Box::new(other))).await;
    assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
    assert_eq!(desk.store.events(&acme(), old.case).await.unwrap().len(), 3);
}
