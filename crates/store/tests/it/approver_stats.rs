//! How people decide, and what of that is learned.

use crate::common::*;
use domain::{ActionKind, Actor, ClientId, Decision, Event, Outcome};
use store::{NewEntry, Person, Role, Store};

const UNLOCK: ActionKind = ActionKind::UnlockAccount;

/// A question of a case of its own, answered `ms` after it was put.
async fn answered(store: &Store, n: u128, who: &str, decision: Decision, ms: i64) {
    let (_, question) = asked(store, n).await;
    say(store, &question, who, decision, T0.plus_ms(ms)).await.unwrap();
}

fn no() -> Decision {
    Decision::Deny("no".into())
}

#[tokio::test]
async fn decisions_are_counted_with_their_pace() {
    let desk = desk().await;
    let store = &desk.store;
    let minute = 60_000;
    for (n, at) in [(1, 1), (2, 2), (3, 60), (4, 61), (5, 63)] {
        let decision = if n == 5 { no() } else { Decision::Approve };
        answered(store, n, "ann", decision, at * minute).await;
    }
    answered(store, 6, "ben", Decision::Approve, 90 * minute).await;
    let stats = store.approver_stats(T0).await.unwrap();
    let [ann, ben] = stats.as_slice() else { panic!("{stats:?}") };
    assert_eq!((ann.person.as_str(), ann.decisions, ann.approved), ("ann", 5, 4));
    // 2, 60 and 61 lie within sixty minutes; 1 and 61 do not.
    assert_eq!((ann.busiest_hour, ann.median_ms), (3, 60 * minute));
    assert_eq!((ben.decisions, ben.busiest_hour, ben.median_ms), (1, 1, 90 * minute));
    let later = store.approver_stats(T0.plus_ms(62 * minute)).await.unwrap();
    assert_eq!(later.iter().map(|s| s.decisions).collect::<Vec<_>>(), [1, 1]);
}

#[tokio::test]
async fn the_first_of_two_yeses_is_a_decision_too() {
    let desk = desk().await;
    let (_, question) = asked_of(&desk.store, 1, 2).await;
    for who in ["ann", "ben"] {
        say(&desk.store, &question, who, Decision::Approve, T0.plus_ms(10)).await.unwrap();
    }
    let stats = desk.store.approver_stats(T0).await.unwrap();
    assert_eq!(stats.iter().map(|s| s.approved).collect::<Vec<_>>(), [1, 1]);
}

#[tokio::test]
async fn whoever_approved_most_of_the_like_and_still_may_is_learned() {
    let desk = desk().await;
    let store = &desk.store;
    for id in ["ann", "ben", "eve", "gone", "kim"] {
        let person = Person { role: Role::Admin, ..technician(id) };
        store.add_person(person, Actor::Platform, T0).await.unwrap();
    }
    for (n, who, decision) in [
        (1, "ann", Decision::Approve),
        (2, "ben", Decision::Approve),
        (3, "ben", Decision::Approve),
        (4, "kim", no()),
        (5, "eve", Decision::Approve),
        (6, "gone", Decision::Approve),
    ] {
        answered(store, n, who, decision, 5).await;
    }
    store.set_role(&person_id("eve"), Role::Auditor, Actor::Platform, T0).await.unwrap();
    store.remove_person(&person_id("gone"), Actor::Platform, T0).await.unwrap();
    let learned = async |client: &ClientId, kind, limit| {
        store.learned_approvers(client, kind, limit).await.unwrap()
    };
    assert_eq!(learned(&acme(), UNLOCK, 9).await, [person_id("ben"), person_id("ann")]);
    assert_eq!(learned(&acme(), UNLOCK, 1).await, [person_id("ben")]);
    assert!(learned(&acme(), ActionKind::Reboot, 9).await.is_empty());
    assert!(learned(&ClientId::new("globex").unwrap(), UNLOCK, 9).await.is_empty());
}

#[tokio::test]
async fn similar_cases_say_what_people_said_and_what_came_of_it() {
    let desk = desk().await;
    let store = &desk.store;
    answered(store, 1, "ann", no(), 5).await;
    let (case, approved) = asked(store, 2).await;
    say(store, &approved, "ann", Decision::Approve, T0).await.unwrap();
    asked(store, 3).await;
    let entry = |event| NewEntry { actor: brain(), event };
    let attempt = attempt_id(5);
    let ran = vec![
        entry(started(unlock(), attempt, Some(approved.id))),
        entry(Event::Finished { attempt, outcome: Outcome::Done("seen".into()) }),
    ];
    store.append(append(case, 3, ran)).await.unwrap();
    let similar = async || store.similar(&acme(), UNLOCK, 9).await.unwrap();
    let found = similar().await;
    let said: Vec<_> =
        found.iter().map(|s| (s.case, s.state.as_str(), s.outcome.as_deref())).collect();
    let expected = [(case_id(1), "denied", None), (case, "approved", Some("done"))];
    assert_eq!(said, expected, "what still waits is no example");
    assert_eq!((found[1].sentence.as_str(), found[1].at), (unlock().sentence().as_str(), T0));
    let event = Event::Undone { attempt, by_case: case_id(9) };
    store.append(append(case, 5, vec![entry(event)])).await.unwrap();
    assert_eq!(similar().await[1].outcome.as_deref(), Some("undone"));
    assert!(store.similar(&ClientId::new("globex").unwrap(), UNLOCK, 9).await.unwrap().is_empty());
}
