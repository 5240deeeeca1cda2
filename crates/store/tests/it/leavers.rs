//! Whoever may not decide any more leaves no yes behind that has not run.

use crate::common::*;
use domain::{Actor, Approval, ApprovalState, CaseView, Decision, Event, Outcome};
use std::time::Duration;
use store::{DecideError, NewEntry, Person, Removal, Role, Store, StoreError};

async fn staff(store: &Store) {
    for (id, role) in [("root", Role::Admin), ("ann", Role::Technician), ("ben", Role::Technician)]
    {
        let person = Person { role, ..technician(id) };
        assert!(store.add_person(person, Actor::Platform, T0).await.unwrap());
    }
}

async fn state(store: &Store, approval: &Approval) -> &'static str {
    let found = store.approval(approval.id).await.unwrap().unwrap();
    let events = store.events(&acme(), approval.case).await.unwrap();
    let view = CaseView::fold(&acme(), approval.case, &events).unwrap();
    let held = view.held.iter().find(|h| h.approval == approval.id).unwrap();
    assert_eq!(held.state.name(), found.state.name(), "journal and view agree");
    found.state.name()
}

/// Starts what was approved, and ends it with this outcome.
async fn run_it(store: &Store, approval: &Approval, outcome: Outcome) {
    let attempt = attempt_id(approval.id.0.as_u128());
    let entry = |event| NewEntry { actor: brain(), event };
    let start = entry(started(unlock(), attempt, Some(approval.id)));
    let end = entry(Event::Finished { attempt, outcome });
    store.append(append(approval.case, 3, vec![start, end])).await.unwrap();
}

#[tokio::test]
async fn a_yes_goes_with_who_said_it_unless_it_was_carried_out() {
    let desk = desk().await;
    let store = &desk.store;
    staff(store).await;
    let (_, waiting) = asked(store, 1).await;
    let (_, approved) = asked(store, 2).await;
    let (_, by_ben) = asked(store, 3).await;
    let (_, done) = asked(store, 4).await;
    let (_, failed) = asked(store, 5).await;
    let (_, half) = asked_of(store, 6, 2).await;
    let (_, denied) = asked(store, 7).await;
    let (ended, over) = asked(store, 8).await;
    for a in [&approved, &done, &failed, &half, &over] {
        say(store, a, "ann", Decision::Approve, T0).await.unwrap();
    }
    say(store, &by_ben, "ben", Decision::Approve, T0).await.unwrap();
    say(store, &denied, "ann", Decision::Deny("no".into()), T0).await.unwrap();
    run_it(store, &done, Outcome::Done("seen".into())).await;
    run_it(store, &failed, Outcome::Failed("no route".into())).await;
    let event = Event::Ended { outcome: domain::CaseOutcome::Dispatched, reason: "people".into() };
    store.append(append(ended, 3, vec![NewEntry { actor: brain(), event }])).await.unwrap();
    let all = store.claim("w", T0, Duration::from_secs(1), 99).await.unwrap().len();
    assert!(all > 0);

    let now = T0.plus_ms(60_000);
    let root = Actor::Person(person_id("root"));
    let removed = store.remove_person(&person_id("ann"), root, now).await.unwrap();
    assert_eq!(removed, Removal::Removed);
    for (approval, expected) in [
        (&waiting, "pending"),
        (&approved, "void"),
        (&by_ben, "approved"),
        (&done, "approved"),
        (&failed, "void"),
        (&half, "void"),
        (&denied, "denied"),
        (&over, "approved"),
    ] {
        assert_eq!(state(store, approval).await, expected, "{:?}", approval.case);
    }
    let row = store.case(approved.case).await.unwrap().unwrap();
    assert_eq!((row.phase.as_str(), row.wake_at), ("working", Some(now)), "it is looked at");
    let last = store.events(&acme(), approved.case).await.unwrap().pop().unwrap();
    let Event::Voided { reason, .. } = last.event else { panic!("{last:?}") };
    assert!(reason.contains("ann") && reason.contains("was removed"), "{reason}");
    assert_eq!(newest_of_msp(store).await.kind, "person_changed");
    assert_clean(store, &acme()).await;
}

#[tokio::test]
async fn a_role_that_may_not_decide_voids_and_any_other_does_not() {
    let desk = desk().await;
    let store = &desk.store;
    staff(store).await;
    let (_, approved) = asked(store, 1).await;
    say(store, &approved, "ann", Decision::Approve, T0).await.unwrap();
    let set = |id, role| store.set_role(id, role, Actor::Person(person_id("root")), T0);
    let (ann, nobody, root) = (person_id("ann"), person_id("nobody"), person_id("root"));
    assert!(set(&ann, Role::Admin).await.unwrap());
    assert!(set(&ann, Role::Technician).await.unwrap());
    assert_eq!(state(store, &approved).await, "approved");
    assert!(set(&ann, Role::Auditor).await.unwrap());
    assert_eq!(state(store, &approved).await, "void");
    let entry = newest_of_msp(store).await;
    let Some(Event::PersonChanged { person, change }) = entry.event else { panic!("{entry:?}") };
    assert_eq!((person, change.as_str()), (ann.clone(), "was technician, is auditor now"));
    assert_eq!(entry.actor, "person:root");
    assert!(!set(&nobody, Role::Admin).await.unwrap());
    let last = set(&root, Role::Technician).await;
    assert!(matches!(last, Err(StoreError::Refused(_))), "{last:?}");
}

#[tokio::test]
async fn replacing_a_person_with_one_who_may_not_decide_voids_as_well() {
    let desk = desk().await;
    let store = &desk.store;
    staff(store).await;
    let (_, approved) = asked(store, 1).await;
    say(store, &approved, "ann", Decision::Approve, T0).await.unwrap();
    let ann = store.person(&person_id("ann")).await.unwrap().unwrap();
    store.put_person(Person { name: "Ann B.".into(), ..ann.clone() }, T0).await.unwrap();
    assert_eq!(state(store, &approved).await, "approved");
    store.put_person(Person { role: Role::Auditor, ..ann }, T0).await.unwrap();
    assert_eq!(state(store, &approved).await, "void");
}

#[tokio::test]
async fn a_change_that_they_asked_for_is_dropped_and_the_question_waits_on() {
    let desk = desk().await;
    let store = &desk.store;
    staff(store).await;
    let (_, question) = asked(store, 1).await;
    let domain::Action::UnlockAccount(a) = unlock() else { panic!() };
    let enable =
        domain::Action::EnableAccount(domain::action::EnableAccount { account: a.account });
    let change = Decision::Change(Box::new(enable));
    say(store, &question, "ann", change, T0).await.unwrap();
    store.remove_person(&person_id("ann"), Actor::Platform, T0).await.unwrap();
    let found = store.approval(question.id).await.unwrap().unwrap();
    assert_eq!((found.state, found.change), (ApprovalState::Pending, None));
    assert_eq!(state(store, &question).await, "pending");
    say(store, &question, "ben", Decision::Approve, T0).await.unwrap();
}

#[tokio::test]
async fn a_yes_and_a_removal_at_once_leave_no_valid_yes() {
    for round in 0..10 {
        let desk = desk().await;
        let store = &desk.store;
        staff(store).await;
        let (_, question) = asked(store, 1).await;
        let ann = person_id("ann");
        let yes = async {
            for _ in 0..round % 2 {
                tokio::task::yield_now().await;
            }
            say(store, &question, "ann", Decision::Approve, T0).await
        };
        let (said, gone) = tokio::join!(yes, store.remove_person(&ann, Actor::Platform, T0));
        assert_eq!(gone, Ok(Removal::Removed));
        let expected = if said.is_ok() { "void" } else { "pending" };
        assert_eq!(state(store, &question).await, expected, "{said:?}");
    }
}

#[tokio::test]
async fn who_is_gone_unknown_or_an_auditor_cannot_say_yes() {
    let desk = desk().await;
    let store = &desk.store;
    staff(store).await;
    let (_, question) = asked(store, 1).await;
    let by = Actor::Person(person_id("root"));
    store.remove_person(&person_id("ann"), by.clone(), T0).await.unwrap();
    store.set_role(&person_id("ben"), Role::Auditor, by, T0).await.unwrap();
    for who in ["ann", "ben", "stranger"] {
        let answer = say(store, &question, who, Decision::Approve, T0).await;
        let refused = matches!(answer, Err(DecideError::Store(StoreError::Refused(_))));
        assert!(refused, "{who}: {answer:?}");
    }
    assert_eq!(state(store, &question).await, "pending");
    say(store, &question, "root", Decision::Approve, T0).await.unwrap();
}
