//! Policies: never changed, at most one in force, loosened by two people only.

use crate::common::*;
use domain::{Actor, Event};
use sha2::{Digest as _, Sha256};
use store::{NewPolicy, PolicyRow, PolicyState, Store, StoreError};

fn new(version: &str, base: Option<&str>, loosens: &[&str]) -> NewPolicy {
    NewPolicy {
        version: version.into(),
        base: base.map(str::to_owned),
        author: person_id("ann"),
        reason: " quieter nights ".into(),
        document: format!("{{\"version\":\"{version}\"}}"),
        diff: vec!["bulk_threshold: 5 → 9".into()],
        loosens: loosens.iter().map(|l| (*l).to_owned()).collect(),
    }
}

async fn seeded(store: &Store) {
    assert!(store.seed_policy("first", "{}", T0).await.unwrap());
}

async fn active(store: &Store) -> String {
    store.active_policy().await.unwrap().unwrap().version
}

async fn decide(
    store: &Store,
    version: &str,
    who: &str,
    yes: bool,
) -> Result<PolicyRow, StoreError> {
    store.decide_policy(version, &person_id(who), yes, "because", T0.plus_ms(9)).await
}

fn assert_refused<T: std::fmt::Debug>(answer: Result<T, StoreError>, words: &str) {
    assert!(matches!(&answer, Err(StoreError::Refused(t)) if t.contains(words)), "{answer:?}");
}

#[tokio::test]
async fn the_first_policy_is_put_in_force_once() {
    let desk = desk().await;
    assert_eq!(desk.store.active_policy().await.unwrap(), None);
    seeded(&desk.store).await;
    assert!(!desk.store.seed_policy("second", "{}", T0).await.unwrap());
    assert_eq!(active(&desk.store).await, "first");
    assert_eq!(newest_of_msp(&desk.store).await.kind, "policy_activated");
}

#[tokio::test]
async fn what_loosens_nothing_is_in_force_at_once_and_journalled_with_its_digest() {
    let desk = desk().await;
    seeded(&desk.store).await;
    let row = desk.store.propose_policy(new("p1", Some("first"), &[]), T0).await.unwrap();
    assert_eq!((row.state, row.decided_by.as_deref()), (PolicyState::Active, None));
    assert_eq!((row.author.as_str(), row.reason.as_str()), ("ann", "quieter nights"));
    assert_eq!(active(&desk.store).await, "p1");
    let first = desk.store.policy("first").await.unwrap().unwrap();
    assert_eq!(first.state, PolicyState::Retired);
    let entry = newest_of_msp(&desk.store).await;
    let document = domain::Digest(Sha256::digest(row.document.as_bytes()).into());
    assert_eq!(entry.event, Some(Event::PolicyActivated { version: "p1".into(), document }));
    assert_eq!(entry.digest, Some(document.to_string()));
    assert_eq!(entry.actor, Actor::Person(person_id("ann")).to_string());
    let versions: Vec<_> =
        desk.store.policies(9).await.unwrap().into_iter().map(|p| p.version).collect();
    assert_eq!(versions, ["p1", "first"]);
}

#[tokio::test]
async fn what_loosens_waits_for_a_second_person() {
    let desk = desk().await;
    seeded(&desk.store).await;
    let row = desk.store.propose_policy(new("p1", Some("first"), &["bulk"]), T0).await.unwrap();
    assert_eq!(row.state, PolicyState::Proposed);
    assert_eq!(active(&desk.store).await, "first");
    assert_refused(decide(&desk.store, "p1", "ann", true).await, "second person");
    assert_eq!(active(&desk.store).await, "first");

    let agreed = decide(&desk.store, "p1", "ben", true).await.unwrap();
    assert_eq!((agreed.state, agreed.decided_by.as_deref()), (PolicyState::Active, Some("ben")));
    assert_eq!(agreed.decided_at, Some(T0.plus_ms(9)));
    assert_eq!(active(&desk.store).await, "p1");
    assert_eq!(newest_of_msp(&desk.store).await.actor, "person:ben");
    assert_refused(decide(&desk.store, "p1", "ben", false).await, "already active");
}

#[tokio::test]
async fn a_rejected_policy_stays_rejected_and_the_author_may_take_it_back() {
    let desk = desk().await;
    seeded(&desk.store).await;
    for (version, who) in [("p1", "ben"), ("p2", "ann")] {
        desk.store.propose_policy(new(version, Some("first"), &["bulk"]), T0).await.unwrap();
        let silent = desk.store.decide_policy(version, &person_id(who), false, " ", T0).await;
        assert_refused(silent, "reason");
        let row = decide(&desk.store, version, who, false).await.unwrap();
        assert_eq!(row.state, PolicyState::Rejected);
        assert_refused(decide(&desk.store, version, "eve", true).await, "already rejected");
        let again = desk.store.propose_policy(new(version, Some("first"), &[]), T0).await;
        assert_refused(again, "choose another version");
    }
    assert_eq!(newest_of_msp(&desk.store).await.kind, "policy_rejected");
    assert_eq!(active(&desk.store).await, "first");
    let unknown = decide(&desk.store, "p9", "ben", true).await;
    assert!(matches!(unknown, Err(StoreError::NotFound(_))), "{unknown:?}");
}

#[tokio::test]
async fn a_policy_replaces_only_the_one_that_it_was_compared_with() {
    let desk = desk().await;
    seeded(&desk.store).await;
    desk.store.propose_policy(new("loose", Some("first"), &["bulk"]), T0).await.unwrap();
    desk.store.propose_policy(new("strict", Some("first"), &[]), T0).await.unwrap();
    for base in [Some("first"), None, Some("nowhere")] {
        let late = desk.store.propose_policy(new("late", base, &[]), T0).await;
        assert_refused(late, "strict is in force");
    }
    assert_refused(decide(&desk.store, "loose", "ben", true).await, "strict is in force");
    assert_eq!(active(&desk.store).await, "strict");
    decide(&desk.store, "loose", "ben", false).await.unwrap();
}

#[tokio::test]
async fn of_two_that_are_written_at_once_one_comes_into_force() {
    let desk = desk().await;
    seeded(&desk.store).await;
    let both = tokio::join!(
        desk.store.propose_policy(new("a", Some("first"), &[]), T0),
        desk.store.propose_policy(new("b", Some("first"), &[]), T0),
    );
    assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
    assert_eq!(desk.store.policies(9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn no_reason_and_no_version_are_refused() {
    let desk = desk().await;
    let silent = NewPolicy { reason: " \n ".into(), ..new("p1", None, &[]) };
    assert_refused(desk.store.propose_policy(silent, T0).await, "needs a reason");
    assert_refused(desk.store.propose_policy(new(" ", None, &[]), T0).await, "needs a version");
    assert!(desk.store.policies(9).await.unwrap().is_empty());
    assert!(desk.store.journals().await.unwrap().is_empty());
}

#[tokio::test]
async fn whatever_is_typed_is_kept_as_it_is() {
    let desk = desk().await;
    let mut base: Option<String> = None;
    for text in HOSTILE {
        let mut policy = new(text, base.as_deref(), &[]);
        (policy.document, policy.reason) = (text.into(), text.into());
        (policy.diff, policy.loosens) = (vec![text.into(), String::new()], Vec::new());
        let row = desk.store.propose_policy(policy, T0).await.unwrap();
        assert_eq!((row.version.as_str(), row.document.as_str()), (text, text));
        assert_eq!(desk.store.policy(text).await.unwrap(), Some(row.clone()));
        assert_eq!(row.diff, [text, ""]);
        base = Some(row.version);
    }
    assert_eq!(desk.store.policies(99).await.unwrap().len(), HOSTILE.len());
    newest_of_msp(&desk.store).await;
}

#[tokio::test]
async fn the_database_itself_refuses_a_changed_or_a_second_active_policy() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    seeded(&desk.store).await;
    desk.store.propose_policy(new("p1", Some("first"), &["bulk"]), T0).await.unwrap();
    let mut conn = raw(desk.dir.path()).await;
    for sql in [
        "UPDATE policies SET document = 'other'",
        "UPDATE policies SET loosens = '[]'",
        "UPDATE policies SET author = 'eve'",
        "DELETE FROM policies",
        "UPDATE policies SET state = 'active'",
    ] {
        run(&mut conn, sql).await.expect_err(sql);
    }
    assert_eq!(active(&desk.store).await, "first");
}
