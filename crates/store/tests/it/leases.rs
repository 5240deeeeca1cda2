//! One worker at a time, and nothing that arrives is slept through.

use crate::{common::*, requests::request};
use domain::{Decision, Event, Message, PersonId, UnixMs};
use std::time::Duration;
use store::{Claimed, NewEntry, Store, StoreError, View};

const LEASE: Duration = Duration::from_secs(60);
const LEASE_MS: i64 = 60_000;

async fn claim(store: &Store, owner: &str, now: UnixMs) -> Vec<Claimed> {
    store.claim(owner, now, LEASE, 10).await.unwrap()
}

async fn is_due(store: &Store, now: UnixMs) -> bool {
    !claim(store, "probe", now).await.is_empty()
}

fn boss() -> PersonId {
    PersonId::new("boss").unwrap()
}

#[tokio::test]
async fn a_claimed_case_is_not_claimed_again_until_the_lease_lapses() {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    assert!(claim(&desk.store, "a", T0.plus_ms(-1)).await.is_empty(), "not due yet");
    assert_eq!(
        claim(&desk.store, "a", T0).await,
        [Claimed { client: acme(), case, until: T0.plus_ms(60_000) }]
    );
    assert!(claim(&desk.store, "b", T0.plus_ms(LEASE_MS - 1)).await.is_empty());
    assert_eq!(claim(&desk.store, "b", T0.plus_ms(LEASE_MS)).await.len(), 1);
}

#[tokio::test]
async fn ten_workers_at_once_share_the_cases_without_overlap() {
    let desk = desk().await;
    for n in 0..30 {
        new_case(&desk.store, n).await;
    }
    let names: Vec<String> = (0..10).map(|w| format!("worker {w}")).collect();
    let claims = names.iter().map(|w| desk.store.claim(w, T0, LEASE, 5));
    let mut all: Vec<_> = futures::future::join_all(claims)
        .await
        .into_iter()
        .flat_map(|c| c.unwrap())
        .map(|c| c.case)
        .collect();
    all.sort();
    assert_eq!(all, (0..30).map(case_id).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_longest_waiting_case_comes_first() {
    let desk = desk().await;
    for (n, at) in [(1, 30), (2, 10), (3, 20)] {
        let late = store::Intake { at: T0.plus_ms(at), ..intake(n) };
        desk.store.receive(late).await.unwrap();
    }
    let first = desk.store.claim("a", T0.plus_ms(99), LEASE, 2).await.unwrap();
    assert_eq!(first.iter().map(|c| c.case).collect::<Vec<_>>(), [case_id(2), case_id(3)]);
}

#[tokio::test]
async fn releasing_gives_it_back_now_or_later() {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    claim(&desk.store, "a", T0).await;
    desk.store.release(&acme(), case, "b", None).await.unwrap();
    assert!(!is_due(&desk.store, T0).await, "only the owner can give it back");
    desk.store.release(&acme(), case, "a", None).await.unwrap();
    assert_eq!(claim(&desk.store, "a", T0).await.len(), 1);
    desk.store.release(&acme(), case, "a", Some(T0.plus_ms(5000))).await.unwrap();
    assert!(!is_due(&desk.store, T0.plus_ms(4999)).await);
    assert!(is_due(&desk.store, T0.plus_ms(5000)).await);
}

#[tokio::test]
async fn a_restart_gives_up_the_leases_of_the_run_before_and_no_others() {
    let desk = desk().await;
    new_case(&desk.store, 1).await;
    claim(&desk.store, "a", T0).await;
    new_case(&desk.store, 2).await;
    claim(&desk.store, "b", T0).await;
    desk.store.release_all("a").await.unwrap();
    let due = claim(&desk.store, "a", T0).await;
    assert_eq!(due.iter().map(|c| c.case).collect::<Vec<_>>(), [case_id(1)]);
}

#[tokio::test]
async fn a_case_that_sleeps_is_not_claimed() {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    claim(&desk.store, "a", T0).await;
    let mut sleep = append(case, 1, vec![note("waits")]);
    sleep.views = vec![View::Wake(None)];
    desk.store.append(sleep).await.unwrap();
    desk.store.release(&acme(), case, "a", None).await.unwrap();
    assert!(!is_due(&desk.store, T0.plus_ms(HOUR_MS)).await);
}

#[tokio::test]
async fn a_decision_during_a_lease_stops_the_holder_and_is_not_slept_through() {
    let desk = desk().await;
    let (case, approval) = asked(&desk.store, 1).await;
    let later = T0.plus_ms(4 * HOUR_MS);
    // The holder looks at the case because time is nearly up; a person is just quicker.
    claim(&desk.store, "a", later).await;
    let now = later.plus_ms(-1);
    desk.store
        .decide(approval.id, &boss(), &[], approval.digest, Decision::Approve, now)
        .await
        .unwrap();
    let mut expire = append(
        case,
        2,
        vec![NewEntry { actor: brain(), event: Event::Expired { approval: approval.id } }],
    );
    expire.views = vec![View::Wake(None)];
    let stale = desk.store.append(expire).await;
    assert_eq!(stale, Err(StoreError::Conflict { expected: 2, found: 3 }));
    desk.store.release(&acme(), case, "a", None).await.unwrap();
    assert!(is_due(&desk.store, later).await, "the decision waits to be acted on");
}

#[tokio::test]
async fn a_holder_that_wants_to_try_later_does_not_put_a_decision_off() {
    let desk = desk().await;
    let (case, approval) = asked(&desk.store, 1).await;
    let now = T0.plus_ms(4 * HOUR_MS - 10);
    let mut due = append(case, 2, Vec::new());
    due.views = vec![View::Wake(Some(now))];
    desk.store.append(due).await.unwrap();
    claim(&desk.store, "a", now).await;
    desk.store
        .decide(approval.id, &boss(), &[], approval.digest, Decision::Approve, now)
        .await
        .unwrap();
    let tomorrow = now.plus_ms(24 * HOUR_MS);
    desk.store.release(&acme(), case, "a", Some(tomorrow)).await.unwrap();
    assert_eq!(claim(&desk.store, "a", now).await.len(), 1);
    // The next look knows of it and may put the case off.
    desk.store.release(&acme(), case, "a", Some(tomorrow)).await.unwrap();
    assert!(!is_due(&desk.store, now.plus_ms(HOUR_MS)).await);
    assert!(is_due(&desk.store, tomorrow).await);
}

#[tokio::test]
async fn a_message_during_a_lease_is_not_put_off_either() {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    claim(&desk.store, "a", T0).await;
    let message = Message {
        id: "m1".into(),
        author: domain::Author::Customer("petra.quill@acme.example".into()),
        body: "It works again, thanks".into(),
        at: T0,
        internal: false,
    };
    let event = Event::MessageReceived { message };
    let mut came = append(case, 1, vec![NewEntry { actor: domain::Actor::Platform, event }]);
    came.views = vec![View::Wake(Some(T0))];
    desk.store.append(came).await.unwrap();
    desk.store.release(&acme(), case, "a", Some(T0.plus_ms(HOUR_MS))).await.unwrap();
    assert!(is_due(&desk.store, T0).await);
}

#[tokio::test]
async fn what_is_written_here_goes_straight_to_the_worker_with_its_lease() {
    let desk = desk().await;
    let mut handed = desk.store.hand_over(LEASE);
    handed.set_room(1);
    desk.store.submit(request(1, "helper"), T0).await.unwrap();
    let one = handed.ready().unwrap();
    assert_eq!((one.case, one.until), (case_id(1), T0.plus_ms(LEASE_MS)));
    assert!(claim(&desk.store, "another", T0).await.is_empty(), "it is leased already");
    // No room: it is found by whoever looks.
    desk.store.submit(request(2, "helper"), T0).await.unwrap();
    assert_eq!(handed.ready(), None);
    assert_eq!(claim(&desk.store, "another", T0).await.len(), 1);
    // News of a case that is leased goes to nobody else.
    handed.set_room(1);
    let event = || Event::Noted { code: "by_hand".into(), text: "done".into() };
    let note = async || {
        let by = domain::Actor::Person(boss());
        let at = T0.plus_ms(1);
        desk.store.record(&acme(), case_id(1), by, vec![event()], vec![], true, at).await.unwrap();
    };
    note().await;
    assert_eq!(handed.ready(), None);
    assert!(!handed.lost() && !handed.is_open());
    // Given up, it is handed over with the next news; an older lease gives up nothing.
    let give_up = |until| {
        let lease = store::Lease::of(desk.store.node(), until);
        store::Append {
            client: acme(),
            case: case_id(1),
            expected: 2,
            at: T0,
            entries: vec![],
            views: vec![View::Wake(None), View::Release(lease)],
        }
    };
    desk.store.append(give_up(T0)).await.unwrap();
    note().await;
    assert_eq!(handed.ready(), None, "the lease still stands");
    let free = store::Append { expected: 3, ..give_up(one.until) };
    desk.store.append(free).await.unwrap();
    note().await;
    assert_eq!(handed.ready().map(|c| c.case), Some(case_id(1)));
}

#[tokio::test]
async fn a_refused_write_leases_nothing_and_loses_nothing() {
    let desk = desk().await;
    let mut handed = desk.store.hand_over(LEASE);
    handed.set_room(1);
    let (nobody, by) = (case_id(9), domain::Actor::Platform);
    let nowhere = desk.store.record(&acme(), nobody, by, vec![], vec![], true, T0).await;
    assert!(matches!(nowhere, Err(StoreError::NotFound(_))), "{nowhere:?}");
    assert!(!handed.lost());
    desk.store.submit(request(1, "helper"), T0).await.unwrap();
    assert!(handed.ready().is_some(), "the room is still there");
    drop(handed);
    desk.store.submit(request(2, "helper"), T0).await.unwrap();
    assert_eq!(claim(&desk.store, "another", T0).await.len(), 1);
}
