//! What brains are told of the requests that they made: in order, once more after a failure.

use crate::brains::let_in;
use crate::common::*;
use crate::requests::request;
use domain::{Actor, Event, Outcome, Tier, UnixMs};
use store::{Delivery, NewEntry, Store};

const URL: &str = "https://brain.example/hook";

async fn hooked(store: &Store, id: &str) {
    let_in(store, id).await;
    let (url, secret) = (Some(URL.to_owned()), Some("secret".to_owned().into()));
    store.set_brain_webhook(&brain_id(id), url, secret, person_id("ann"), T0).await.unwrap();
}

async fn due(store: &Store, now: UnixMs) -> Vec<Delivery> {
    store.due_deliveries(now, 99).await.unwrap()
}

async fn work(store: &Store, n: u128) {
    let attempt = attempt_id(n);
    let entry = |event| NewEntry { actor: Actor::Platform, event };
    let entries = vec![
        judged(Tier::Low),
        note("not news"),
        entry(started(unlock(), attempt, None)),
        entry(Event::Finished { attempt, outcome: Outcome::Done("seen".into()) }),
        entry(Event::Ended { outcome: domain::CaseOutcome::Closed, reason: "done".into() }),
    ];
    store.append(append(case_id(n), 1, entries)).await.unwrap();
}

#[tokio::test]
async fn news_of_a_request_waits_for_its_brains_webhook() {
    let desk = desk().await;
    let store = &desk.store;
    hooked(store, "helper").await;
    let_in(store, "silent").await;
    store.submit(request(1, "helper"), T0).await.unwrap();
    store.submit(request(2, "silent"), T0).await.unwrap();
    new_case(store, 3).await;
    for n in 1..=3 {
        work(store, n).await;
    }
    let news = due(store, T0).await;
    let kinds: Vec<_> = news.iter().map(|d| d.kind.as_str()).collect();
    assert_eq!(kinds, ["judged", "finished", "ended"]);
    assert!(news.iter().all(|d| d.case == case_id(1) && d.brain == brain_id("helper")));
    let entries = store.entries(&acme(), 99).await.unwrap();
    for one in &news {
        let entry = entries.iter().find(|e| e.seq == one.seq).unwrap();
        assert_eq!(
            (entry.kind.as_str(), entry.case.clone()),
            (one.kind.as_str(), one.case.to_string())
        );
    }
    assert_eq!(store.due_deliveries(T0, 2).await.unwrap(), news[..2]);
    assert!(due(store, T0.plus_ms(-1)).await.is_empty());
}

#[tokio::test]
async fn what_fails_is_tried_again_in_its_time_until_it_is_given_up() {
    let desk = desk().await;
    let store = &desk.store;
    hooked(store, "helper").await;
    store.submit(request(1, "helper"), T0).await.unwrap();
    work(store, 1).await;
    let news = due(store, T0).await;
    store.delivered(news[0].id, T0).await.unwrap();
    let later = T0.plus_ms(1000);
    store.delivery_failed(news[1].id, Some(later)).await.unwrap();
    store.delivery_failed(news[2].id, None).await.unwrap();
    assert!(due(store, T0).await.is_empty());
    let again = due(store, later).await;
    assert_eq!(again, [Delivery { tries: 1, ..news[1].clone() }]);
    // What arrived does not come back by a late word of failure.
    store.delivery_failed(news[0].id, Some(T0)).await.unwrap();
    store.delivered(news[1].id, later).await.unwrap();
    assert!(due(store, UnixMs(i64::MAX)).await.is_empty());
}

#[tokio::test]
async fn a_revoked_brain_and_one_without_webhook_are_told_nothing() {
    let desk = desk().await;
    let store = &desk.store;
    for (n, id) in [(1, "one"), (2, "two")] {
        hooked(store, id).await;
        store.submit(request(n, id), T0).await.unwrap();
        work(store, n).await;
    }
    assert_eq!(due(store, T0).await.len(), 6);
    store.revoke_brain(&brain_id("one"), person_id("ann"), "odd", T0).await.unwrap();
    assert_eq!(due(store, T0).await.len(), 3);
    store.set_brain_webhook(&brain_id("two"), None, None, person_id("ann"), T0).await.unwrap();
    assert!(due(store, T0).await.is_empty());
}
