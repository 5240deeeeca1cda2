//! A ticket becomes a case once.

use crate::common::*;
use domain::CaseView;
use futures::future::join_all;
use store::{Intake, KnownTicket, Received, Store};

async fn notes(store: &Store, n: u128) -> Vec<(String, String)> {
    let events = store.events(&acme(), case_id(n)).await.unwrap();
    CaseView::fold(&acme(), case_id(n), &events).unwrap().notes
}

#[tokio::test]
async fn the_same_ticket_twice_is_one_case() {
    let desk = desk().await;
    assert_eq!(desk.store.receive(intake(1)).await, Ok(Received::New(case_id(1))));
    let again = Intake { case: case_id(2), ..intake(1) };
    assert_eq!(desk.store.receive(again).await, Ok(Received::Known(case_id(1))));
    assert_eq!(
        desk.store.known_ticket("rt", "1").await.unwrap(),
        Some(KnownTicket { client: acme(), case: case_id(1) })
    );
    assert_eq!(desk.store.known_ticket("cw", "1").await.unwrap(), None);
    assert_eq!(desk.store.cases(None, None, 9).await.unwrap().len(), 1);
    assert_eq!(assert_clean(&desk.store, &acme()).await, 1);
}

#[tokio::test]
async fn the_same_ticket_by_two_ways_at_once_is_one_case() {
    let desk = desk().await;
    let racing = join_all(
        (0..20).map(|n| desk.store.receive(Intake { case: case_id(100 + n), ..intake(1) })),
    )
    .await;
    let new = racing.iter().filter(|r| matches!(r, Ok(Received::New(_)))).count();
    let known = racing.iter().filter(|r| matches!(r, Ok(Received::Known(_)))).count();
    assert_eq!((new, known), (1, 19));
    assert_eq!(assert_clean(&desk.store, &acme()).await, 1);
}

#[tokio::test]
async fn a_ticket_that_repeats_a_recent_one_is_noted_as_its_duplicate() {
    let desk = desk().await;
    let say = |n: u128, at: i64, since: i64| Intake {
        fingerprint: "the same words".into(),
        at: T0.plus_ms(at),
        duplicate_since: T0.plus_ms(since),
        ..intake(n)
    };
    for (n, at, since) in [(1, 0, -100), (2, 50, -50), (3, 500, 400)] {
        desk.store.receive(say(n, at, since)).await.unwrap();
    }
    assert_eq!(notes(&desk.store, 1).await, []);
    assert_eq!(notes(&desk.store, 2).await, [("duplicate_of".to_owned(), "1".to_owned())]);
    assert_eq!(notes(&desk.store, 3).await, [], "the first two are too long ago");
    // The note is an entry, so the case's version counts it.
    assert_eq!(add(&desk.store, case_id(2), 2).await, Ok(3));
}

#[tokio::test]
async fn another_clients_ticket_with_the_same_words_is_no_duplicate() {
    let desk = desk().await;
    let same = |n| Intake { fingerprint: "the same words".into(), ..intake(n) };
    desk.store.receive(same(1)).await.unwrap();
    let globex = domain::ClientId::new("globex").unwrap();
    desk.store.receive(Intake { client: globex.clone(), ..same(2) }).await.unwrap();
    assert_eq!(desk.store.events(&globex, case_id(2)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_ticket_that_was_set_aside_stays_so_until_it_is_taken_in() {
    let desk = desk().await;
    for id in ["1", "2", "2", "3"] {
        desk.store.set_aside("rt", id).await.unwrap();
    }
    desk.store.set_aside("cw", "1").await.unwrap();
    let aside = async || desk.store.aside("rt").await.unwrap();
    assert_eq!(aside().await, ["1", "2", "3"]);
    assert_eq!(
        aside().await,
        ["1", "2", "3"],
        "looking takes none away: nothing is lost by a crash"
    );
    // An intake that fails takes none away either.
    let reserved = store::msp_journal();
    let refused = desk.store.receive(Intake { client: reserved, ..intake(1) }).await;
    assert!(refused.is_err());
    assert_eq!(aside().await, ["1", "2", "3"]);
    desk.store.receive(intake(1)).await.unwrap();
    assert_eq!(aside().await, ["2", "3"]);
    desk.store.not_aside("rt", "2").await.unwrap();
    desk.store.not_aside("rt", "2").await.unwrap();
    assert_eq!(aside().await, ["3"]);
    assert_eq!(desk.store.aside("cw").await.unwrap(), ["1"], "another help desk's is another's");
}

#[tokio::test]
async fn a_new_case_is_due_at_once() {
    let desk = desk().await;
    new_case(&desk.store, 1).await;
    let row = desk.store.case(case_id(1)).await.unwrap().unwrap();
    assert_eq!((row.wake_at, row.received_at), (Some(T0), T0));
    assert_eq!((row.subject.as_str(), row.phase.as_str()), ("Locked out", "working"));
}

#[tokio::test]
async fn messages_and_cursors_are_remembered() {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    for _ in 0..2 {
        let mut seen = append(case, 1, Vec::new());
        seen.views =
            vec![store::View::Seen { psa: "rt".into(), ticket: "1".into(), message: "m1".into() }];
        assert_eq!(desk.store.append(seen).await, Ok(1), "seeing it twice does no harm");
    }
    assert_eq!(desk.store.seen_messages("rt", "1").await.unwrap(), ["m1"]);
    assert!(desk.store.seen_messages("rt", "2").await.unwrap().is_empty());
    assert_eq!(desk.store.cursor("rt").await.unwrap(), None);
    desk.store.set_cursor("rt", "17").await.unwrap();
    desk.store.set_cursor("rt", "18").await.unwrap();
    assert_eq!(desk.store.cursor("rt").await.unwrap().as_deref(), Some("18"));
    assert_eq!(desk.store.cursor("cw").await.unwrap(), None);
}
