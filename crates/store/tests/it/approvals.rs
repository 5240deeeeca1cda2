//! Decisions of people.

use crate::common::*;
use domain::{Actor, Approval, ApprovalState, CaseView, Decision, Digest, Event, PersonId, UnixMs};
use gate::DecisionError;
use std::time::Duration;
use store::{DecideError, NewEntry, Store, StoreError, View};

fn boss() -> PersonId {
    PersonId::new("boss").unwrap()
}

async fn decide(
    store: &Store,
    a: &Approval,
    d: Decision,
    at: UnixMs,
) -> Result<Approval, DecideError> {
    store.decide(a.id, &boss(), &["boss@msp.example".into()], a.digest, d, at).await
}

async fn assert_untouched(store: &Store, approval: &Approval) {
    let found = store.approval(approval.id).await.unwrap().unwrap();
    assert_eq!(found.state, ApprovalState::Pending);
    assert_eq!(store.events(&acme(), approval.case).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_approval_is_recorded_with_its_person_and_wakes_the_case() {
    let desk = desk().await;
    let (case, approval) = asked(&desk.store, 1).await;
    let waiting = desk.store.approvals(Some("pending"), 9).await.unwrap();
    assert_eq!(waiting, std::slice::from_ref(&approval));
    let now = T0.plus_ms(60_000);
    let decided = decide(&desk.store, &approval, Decision::Approve, now).await.unwrap();
    let state = ApprovalState::Approved { by: boss(), at: now };
    assert_eq!(decided.state, state);
    assert_eq!(desk.store.approval(approval.id).await.unwrap().unwrap().state, state);
    assert!(desk.store.approvals(Some("pending"), 9).await.unwrap().is_empty());
    assert_eq!(desk.store.approvals(Some("approved"), 9).await.unwrap().len(), 1);

    let events = desk.store.events(&acme(), case).await.unwrap();
    assert_eq!(events.last().unwrap().actor, Actor::Person(boss()));
    let view = CaseView::fold(&acme(), case, &events).unwrap();
    assert_eq!(view.held_for(&unlock()).unwrap().state, state);
    let row = desk.store.case(case).await.unwrap().unwrap();
    assert_eq!((row.phase.as_str(), row.wake_at), ("working", Some(now)));
    let due = desk.store.claim("w", now, Duration::from_secs(1), 9).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_clean(&desk.store, &acme()).await;
}

#[tokio::test]
async fn requester_and_beneficiary_cannot_decide_by_any_of_their_names() {
    let desk = desk().await;
    let (_, approval) = asked(&desk.store, 1).await;
    for own in ["9C0C7F0E", " petra.quill@acme.example ", "Petra.Quill@ACME.example"] {
        let ids = vec!["pq".to_owned(), own.to_owned()];
        let answer = desk
            .store
            .decide(approval.id, &boss(), &ids, approval.digest, Decision::Approve, T0)
            .await;
        assert_eq!(answer, Err(DecideError::Gate(DecisionError::Excluded)), "{own}");
    }
    let petra = PersonId::new("petra.quill@acme.example").unwrap();
    let answer =
        desk.store.decide(approval.id, &petra, &[], approval.digest, Decision::Approve, T0).await;
    assert_eq!(answer, Err(DecideError::Gate(DecisionError::Excluded)));
    assert_untouched(&desk.store, &approval).await;
}

#[tokio::test]
async fn too_late_something_else_seen_or_no_reason_is_refused() {
    let desk = desk().await;
    let (_, approval) = asked(&desk.store, 1).await;
    let late = decide(&desk.store, &approval, Decision::Approve, approval.expires_at).await;
    assert_eq!(late, Err(DecideError::Gate(DecisionError::Expired(approval.expires_at))));
    let other = Approval { digest: Digest([1; 32]), ..approval.clone() };
    let unseen = decide(&desk.store, &other, Decision::Approve, T0).await;
    assert_eq!(unseen, Err(DecideError::Gate(DecisionError::OtherDigest)));
    let silent = decide(&desk.store, &approval, Decision::Deny("  ".into()), T0).await;
    assert_eq!(silent, Err(DecideError::Gate(DecisionError::NoReason)));
    assert_untouched(&desk.store, &approval).await;
    let unknown = Approval { id: domain::ApprovalId(uuid::Uuid::nil()), ..approval };
    let answer = decide(&desk.store, &unknown, Decision::Approve, T0).await;
    assert!(matches!(answer, Err(DecideError::Store(StoreError::NotFound(_)))), "{answer:?}");
}

#[tokio::test]
async fn a_second_decision_is_refused_and_told_what_the_first_was() {
    let desk = desk().await;
    let (_, approval) = asked(&desk.store, 1).await;
    let both = tokio::join!(
        decide(&desk.store, &approval, Decision::Deny("not now".into()), T0),
        decide(&desk.store, &approval, Decision::Approve, T0),
    );
    assert!(both.0.is_ok());
    let second = both.1.unwrap_err();
    assert_eq!(second, DecideError::Gate(DecisionError::NotPending("denied".into())));
    assert!(second.to_string().contains("already denied"), "{second}");
}

async fn expire(store: &Store, approval: &Approval, at: UnixMs) {
    let event = Event::Expired { approval: approval.id };
    let mut entry = append(approval.case, 2, vec![NewEntry { actor: Actor::Platform, event }]);
    entry.at = at;
    entry.views = vec![View::Settle(approval.id, ApprovalState::Expired)];
    store.append(entry).await.unwrap();
}

#[tokio::test]
async fn an_expired_question_stays_expired() {
    let desk = desk().await;
    let (_, approval) = asked(&desk.store, 1).await;
    expire(&desk.store, &approval, approval.expires_at).await;
    // Not even with a clock that was set back.
    let answer = decide(&desk.store, &approval, Decision::Approve, T0).await;
    assert_eq!(answer, Err(DecideError::Gate(DecisionError::NotPending("expired".into()))));
}

#[tokio::test]
async fn a_digest_cools_down_from_the_moment_it_was_denied_or_expired() {
    let desk = desk().await;
    let (_, denied) = asked(&desk.store, 1).await;
    let end = T0.plus_ms(3 * HOUR_MS);
    let cooling = |since| desk.store.cooling_down(&denied.client, denied.digest, since);
    assert_eq!(cooling(UnixMs(0)).await.unwrap(), None, "a pending question does not cool down");
    decide(&desk.store, &denied, Decision::Deny("no".into()), end).await.unwrap();
    assert_eq!(cooling(end).await.unwrap().map(|a| a.id), Some(denied.id));
    assert_eq!(cooling(end.plus_ms(1)).await.unwrap(), None);

    let (_, expired) = asked(&desk.store, 2).await;
    expire(&desk.store, &expired, expired.expires_at).await;
    assert_eq!(cooling(expired.expires_at).await.unwrap().map(|a| a.id), Some(expired.id));
    let (_, approved) = asked(&desk.store, 3).await;
    let late = T0.plus_ms(4 * HOUR_MS - 1);
    decide(&desk.store, &approved, Decision::Approve, late).await.unwrap();
    assert_eq!(cooling(late).await.unwrap().map(|a| a.id), Some(expired.id));

    let globex = domain::ClientId::new("globex").unwrap();
    assert_eq!(desk.store.cooling_down(&globex, denied.digest, UnixMs(0)).await.unwrap(), None);
    let other = Digest([1; 32]);
    assert_eq!(desk.store.cooling_down(&acme(), other, UnixMs(0)).await.unwrap(), None);
}
