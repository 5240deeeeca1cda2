//! Requests over the API, and what people add to a case at whatever version it has.

use crate::brains::let_in;
use crate::common::*;
use domain::{Actor, CaseView, ClientId, Event, Submission};
use std::time::Duration;
use store::{MSP_JOURNAL, RequestCursor, Store, StoreError, Submit, Submitted, View};

pub(crate) fn request(n: u128, brain: &str) -> Submit {
    Submit {
        client: acme(),
        case: case_id(n),
        submission: Submission {
            brain: brain_id(brain),
            actions: vec![unlock()],
            reason: "the user asked in chat".into(),
            confidence: Some(90),
            ticket: None,
            undoes: None,
            person: None,
        },
        actor: Actor::Brain(brain_id(brain)),
        idempotency: None,
        summary: "from the chat".into(),
    }
}

fn keyed(n: u128, brain: &str, key: &str, body: u8) -> Submit {
    Submit { idempotency: Some((key.into(), [body; 32])), ..request(n, brain) }
}

async fn ids(store: &Store, brain: &str, after: Option<RequestCursor>, limit: u32) -> Vec<u128> {
    let rows = store.requests_of(&brain_id(brain), after, limit).await.unwrap();
    rows.iter().map(|r| r.id.0.as_u128()).collect()
}

#[tokio::test]
async fn a_request_is_a_case_that_folds_and_is_due_at_once() {
    let desk = desk().await;
    let answer = desk.store.submit(request(1, "helper"), T0).await.unwrap();
    assert_eq!(answer, Submitted::New(case_id(1)));
    let row = desk.store.case(case_id(1)).await.unwrap().unwrap();
    assert_eq!(row.brain, Some(brain_id("helper")));
    assert_eq!(row.ticket, format!("request#{}", case_id(1)));
    assert_eq!((row.phase.as_str(), row.summary.as_str()), ("working", "from the chat"));
    assert_eq!(row.subject, unlock().sentence());
    let events = desk.store.events(&acme(), case_id(1)).await.unwrap();
    let view = CaseView::fold(&acme(), case_id(1), &events).unwrap();
    assert_eq!(view.submission, Some(request(1, "helper").submission));
    let due = desk.store.claim("w", T0, Duration::from_secs(1), 9).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(add(&desk.store, case_id(1), 1).await, Ok(2));
    assert_clean(&desk.store, &acme()).await;
}

#[tokio::test]
async fn a_key_leads_to_one_case_for_a_day_and_each_brain_has_its_own_keys() {
    let desk = desk().await;
    let submit = |s, ms| desk.store.submit(s, T0.plus_ms(ms));
    assert_eq!(submit(keyed(1, "a", "k", 1), 0).await, Ok(Submitted::New(case_id(1))));
    assert_eq!(submit(keyed(2, "a", "k", 1), 5).await, Ok(Submitted::Again(case_id(1))));
    assert_eq!(submit(keyed(3, "a", "k", 2), 6).await, Ok(Submitted::KeyReused));
    assert_eq!(submit(keyed(4, "b", "k", 2), 7).await, Ok(Submitted::New(case_id(4))));
    assert_eq!(submit(request(5, "a"), 8).await, Ok(Submitted::New(case_id(5))));
    let day = 24 * HOUR_MS;
    assert_eq!(submit(keyed(6, "a", "k", 1), day - 1).await, Ok(Submitted::Again(case_id(1))));
    assert_eq!(submit(keyed(7, "a", "k", 9), day).await, Ok(Submitted::New(case_id(7))));
    assert_eq!(ids(&desk.store, "a", None, 9).await, [7, 5, 1]);
}

#[tokio::test]
async fn the_same_request_sent_ten_times_at_once_is_one_case() {
    let desk = desk().await;
    let all = (1..=10).map(|n| desk.store.submit(keyed(n, "a", "k'--", 1), T0));
    let answers = futures::future::join_all(all).await;
    let new = answers.iter().filter(|a| matches!(a, Ok(Submitted::New(_)))).count();
    let again = answers.iter().filter(|a| matches!(a, Ok(Submitted::Again(_)))).count();
    assert_eq!((new, again), (1, 9), "{answers:?}");
    assert_eq!(assert_clean(&desk.store, &acme()).await, 1);
}

#[tokio::test]
async fn a_brain_asks_in_its_own_name_and_not_once_it_is_revoked() {
    let desk = desk().await;
    let_in(&desk.store, "helper").await;
    let forged = Submit { actor: Actor::Brain(brain_id("helper")), ..request(1, "technician") };
    let revoked = brain_id("helper");
    desk.store.submit(request(2, "helper"), T0).await.unwrap();
    desk.store.revoke_brain(&revoked, person_id("ann"), "odd", T0).await.unwrap();
    let msp = ClientId::new(MSP_JOURNAL).unwrap();
    let foreign = Submit { client: msp.clone(), ..request(3, "other") };
    for submit in [forged, request(4, "helper"), foreign] {
        let answer = desk.store.submit(submit, T0).await;
        assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
    }
    let ticket = store::Intake { client: msp, ..intake(9) };
    assert!(matches!(desk.store.receive(ticket).await, Err(StoreError::Refused(_))));
    assert_eq!(ids(&desk.store, "helper", None, 9).await, [2]);
}

#[tokio::test]
async fn pages_of_requests_are_stable_while_new_ones_arrive() {
    let desk = desk().await;
    for (n, ms) in [(1, 0), (2, 1), (3, 1), (4, 1), (5, 2)] {
        desk.store.submit(request(n, "a"), T0.plus_ms(ms)).await.unwrap();
    }
    desk.store.submit(request(6, "b"), T0).await.unwrap();
    let first = desk.store.requests_of(&brain_id("a"), None, 2).await.unwrap();
    assert_eq!(first.iter().map(|r| r.id).collect::<Vec<_>>(), [case_id(5), case_id(4)]);
    desk.store.submit(request(7, "a"), T0.plus_ms(9)).await.unwrap();
    let text = first[1].cursor().to_string();
    let after: RequestCursor = text.parse().unwrap();
    assert_eq!(ids(&desk.store, "a", Some(after), 2).await, [3, 2]);
    for bad in ["", "1", "x.y", "1.2", "' OR 1=1 --"] {
        assert!(bad.parse::<RequestCursor>().is_err(), "{bad}");
    }
    assert!(ids(&desk.store, "nobody", None, 9).await.is_empty());
}

#[tokio::test]
async fn tickets_are_found_by_their_number_and_requests_are_none() {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    let globex = ClientId::new("globex").unwrap();
    let other = store::Intake { client: globex.clone(), ..intake(2) };
    desk.store.receive(other).await.unwrap();
    desk.store.submit(request(3, "a"), T0).await.unwrap();
    let find = async |client: &ClientId, ticket: &str| {
        desk.store.ticket_case(client, "rt", ticket).await.unwrap()
    };
    assert_eq!(find(&acme(), "1").await, Some(case));
    assert_eq!(find(&globex, "1").await, None, "another client's ticket");
    assert_eq!(find(&acme(), "1' OR '1'='1").await, None);
    let count =
        async |clients: Option<&[ClientId]>| desk.store.tickets_of(clients, 9).await.unwrap().len();
    assert_eq!(count(None).await, 2);
    assert_eq!(count(Some(&[acme()])).await, 1);
    assert_eq!(count(Some(&[acme(), globex.clone()])).await, 2);
    assert_eq!(count(Some(&[])).await, 0);
}

#[tokio::test]
async fn what_a_person_adds_lands_at_any_version_and_wakes_the_case() {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    let ann = Actor::Person(person_id("ann"));
    let text = "wiped by hand".to_owned();
    let event = || Event::DoneByHand { digest: digest(), text: text.clone() };
    let acme = acme();
    let record = |events, views, wake, ms| {
        desk.store.record(&acme, case, ann.clone(), events, views, wake, T0.plus_ms(ms))
    };
    let both = tokio::join!(record(vec![event()], vec![], false, 1), add(&desk.store, case, 1));
    assert_eq!(both.0, Ok(2));
    assert!(matches!(both.1, Err(StoreError::Conflict { .. })), "{both:?}");
    assert_eq!(desk.store.case(case).await.unwrap().unwrap().wake_at, Some(T0));
    let views = vec![View::Summary("by hand".into())];
    assert_eq!(record(vec![event(), event()], views, true, 2).await, Ok(4));
    let row = desk.store.case(case).await.unwrap().unwrap();
    assert_eq!((row.summary.as_str(), row.wake_at), ("by hand", Some(T0.plus_ms(2))));
    let events = desk.store.events(&acme, case).await.unwrap();
    let view = CaseView::fold(&acme, case, &events).unwrap();
    assert_eq!(view.by_hand[0].1, person_id("ann"));
    let globex = ClientId::new("globex").unwrap();
    let foreign = desk.store.record(&globex, case, ann.clone(), vec![event()], vec![], true, T0);
    assert!(matches!(foreign.await, Err(StoreError::NotFound(_))));
}
