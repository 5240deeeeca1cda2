//! Several questions of one case are one decision: all of them, or none.

use crate::common::*;
use domain::{Approval, ApprovalId, ApprovalState, Decision, Digest};
use gate::DecisionError;
use store::{DecideError, Store, StoreError};
use uuid::Uuid;

/// One case with three questions.
async fn three(store: &Store) -> Vec<Approval> {
    let (_, first) = asked(store, 1).await;
    let mut all = vec![first.clone()];
    for n in 2..=3_u8 {
        let id = ApprovalId(Uuid::from_u128(u128::from(n) + 5000));
        let next = Approval { id, digest: Digest([n; 32]), ..first.clone() };
        put_question(store, &next, u64::from(n)).await;
        all.push(next);
    }
    all
}

fn named(all: &[Approval]) -> Vec<(ApprovalId, Digest)> {
    all.iter().map(|a| (a.id, a.digest)).collect()
}

async fn decide(
    store: &Store,
    ids: &[(ApprovalId, Digest)],
    decision: Decision,
) -> Result<Vec<Approval>, DecideError> {
    store.decide_all(ids, &person_id("boss"), &[], decision, T0.plus_ms(1)).await
}

async fn pending(store: &Store) -> usize {
    store.approvals(Some("pending"), 99).await.unwrap().len()
}

#[tokio::test]
async fn one_yes_answers_all_and_each_has_its_entry() {
    let desk = desk().await;
    let all = three(&desk.store).await;
    let mut ids = named(&all);
    ids.push(ids[0]);
    let decided = decide(&desk.store, &ids, Decision::Approve).await.unwrap();
    assert_eq!(decided.len(), 3, "the same question twice counts once");
    assert!(decided.iter().all(|a| a.state.name() == "approved"));
    assert_eq!(desk.store.events(&acme(), all[0].case).await.unwrap().len(), 4 + 3);
    let stats = desk.store.approver_stats(T0).await.unwrap();
    assert_eq!((stats[0].decisions, stats[0].approved), (1, 1), "it is one decision");
    assert_clean(&desk.store, &acme()).await;
}

#[tokio::test]
async fn one_that_may_not_be_decided_takes_the_others_with_it() {
    let desk = desk().await;
    let all = three(&desk.store).await;
    let mut unseen = named(&all);
    unseen[2].1 = Digest([9; 32]);
    let answer = decide(&desk.store, &unseen, Decision::Approve).await;
    assert_eq!(answer, Err(DecideError::Gate(DecisionError::OtherDigest)));
    let mut unknown = named(&all);
    unknown.push((ApprovalId(Uuid::nil()), digest()));
    let answer = decide(&desk.store, &unknown, Decision::Approve).await;
    assert!(matches!(answer, Err(DecideError::Store(StoreError::NotFound(_)))), "{answer:?}");
    assert_eq!(pending(&desk.store).await, 3);
    assert_eq!(desk.store.events(&acme(), all[0].case).await.unwrap().len(), 4);
}

#[tokio::test]
async fn questions_of_different_cases_a_change_of_many_and_nothing_at_all_are_refused() {
    let desk = desk().await;
    let all = three(&desk.store).await;
    let (_, other) = asked(&desk.store, 9).await;
    let mixed = [named(&all), named(&[other])].concat();
    let change = Decision::Change(Box::new(unlock()));
    for (ids, decision) in
        [(mixed, Decision::Approve), (named(&all), change), (Vec::new(), Decision::Approve)]
    {
        let answer = decide(&desk.store, &ids, decision).await;
        assert!(matches!(answer, Err(DecideError::Store(StoreError::Refused(_)))), "{answer:?}");
    }
    assert_eq!(pending(&desk.store).await, 4);
}

#[tokio::test]
async fn of_a_group_and_a_single_decision_at_once_one_wins_whole() {
    for round in 0..8 {
        let desk = desk().await;
        let all = three(&desk.store).await;
        let ids = named(&all);
        let (one, two) = (desk.store.clone(), desk.store.clone());
        let group = async move {
            if round % 2 == 0 {
                tokio::task::yield_now().await;
            }
            decide(&one, &ids, Decision::Approve).await
        };
        let last = all[2].clone();
        let single = async move { say(&two, &last, "ann", Decision::Deny("no".into()), T0).await };
        let (group, single) = tokio::join!(tokio::spawn(group), tokio::spawn(single));
        let (group, single) = (group.unwrap(), single.unwrap());
        assert!(group.is_ok() != single.is_ok(), "{group:?} {single:?}");
        let approved = desk.store.approvals(Some("approved"), 9).await.unwrap().len();
        assert_eq!(approved, if group.is_ok() { 3 } else { 0 });
        let denied = desk.store.approval(all[2].id).await.unwrap().unwrap().state;
        assert_eq!(matches!(denied, ApprovalState::Denied { .. }), single.is_ok());
        assert_clean(&desk.store, &acme()).await;
    }
}
