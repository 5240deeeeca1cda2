//! What people are told: kept with the entry it follows from, mailed until it went out.

use crate::common::*;
use domain::{Event, Outcome};
use store::{NewEntry, NewNotice, Notice, Store, View};

fn notice(title: &str) -> NewNotice {
    NewNotice {
        kind: "breaker".into(),
        title: title.into(),
        detail: "why".into(),
        ..NewNotice::default()
    }
}

async fn titles(store: &Store) -> Vec<String> {
    store.notices(99).await.unwrap().into_iter().map(|n| n.what.title).collect()
}

#[tokio::test]
async fn a_notice_comes_with_its_entry_and_shows_when_it_was_taken_back() {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    let attempt = attempt_id(5);
    let entry = |event| NewEntry { actor: brain(), event };
    let until = T0.plus_ms(24 * HOUR_MS);
    let told = NewNotice {
        attempt: Some(attempt),
        undo_until: Some(until),
        // A brain cannot put it on another's account.
        client: Some(domain::ClientId::new("globex").unwrap()),
        ..notice("Unlocked")
    };
    let mut one = append(
        case,
        1,
        vec![
            entry(started(unlock(), attempt, None)),
            entry(Event::Finished { attempt, outcome: Outcome::Done("seen".into()) }),
            entry(Event::Notified { attempt, undo: None }),
        ],
    );
    one.views = vec![View::Notice(told.clone())];
    desk.store.append(one).await.unwrap();
    let found = desk.store.notices(9).await.unwrap().remove(0);
    let what = NewNotice { client: Some(acme()), case: Some(case), ..told };
    assert_eq!((found.what, found.at, found.undone), (what, T0, false));

    let event = Event::Undone { attempt, by_case: case_id(9) };
    desk.store.append(append(case, 4, vec![entry(event)])).await.unwrap();
    assert!(desk.store.notices(9).await.unwrap()[0].undone);
}

#[tokio::test]
async fn the_newest_is_first_and_they_are_counted() {
    let desk = desk().await;
    for (n, title) in ["one", "two", "three"].into_iter().enumerate() {
        let now = T0.plus_ms(i64::try_from(n).unwrap());
        desk.store.put_notice(notice(title), now).await.unwrap();
    }
    assert_eq!(titles(&desk.store).await, ["three", "two", "one"]);
    assert_eq!(desk.store.notices(1).await.unwrap().len(), 1);
    assert_eq!(desk.store.notice_count_since(T0.plus_ms(1)).await.unwrap(), 2);
}

#[tokio::test]
async fn a_mail_is_tried_until_it_went_out_or_failed_too_often() {
    let desk = desk().await;
    let store = &desk.store;
    for title in ["one", "two"] {
        store.put_notice(notice(title), T0).await.unwrap();
    }
    let waiting = async || -> Vec<Notice> { store.unmailed(9).await.unwrap() };
    let all = waiting().await;
    assert_eq!(all.iter().map(|n| n.what.title.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    store.mailed(all[0].id, true, T0.plus_ms(7)).await.unwrap();
    store.mailed(all[1].id, false, T0).await.unwrap();
    let left = waiting().await;
    assert_eq!((left.len(), left[0].mail_tries, left[0].mailed_at), (1, 1, None));
    for _ in 0..9 {
        store.mailed(all[1].id, false, T0).await.unwrap();
    }
    assert!(waiting().await.is_empty());
    let shown = store.notices(9).await.unwrap();
    assert_eq!((shown[0].mailed_at, shown[1].mailed_at), (None, Some(T0.plus_ms(7))));
}

#[tokio::test]
async fn whatever_is_told_is_kept_as_it_is() {
    let desk = desk().await;
    for text in HOSTILE {
        let what = NewNotice { detail: text.into(), ..notice(text) };
        desk.store.put_notice(what, T0).await.unwrap();
    }
    let mut kept = titles(&desk.store).await;
    kept.reverse();
    assert_eq!(kept, HOSTILE);
}
