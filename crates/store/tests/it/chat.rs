//! Messages in a chat that are wanted, posted and changed, and presses that are taken in once.

use crate::common::*;
use domain::{Approval, Decision, PersonId, UnixMs};
use store::{NewNotice, PostKey, Store};

fn to(approval: &Approval, person: &str) -> PostKey {
    let person = PersonId::new(person).unwrap();
    PostKey::Question { client: approval.client.clone(), id: approval.id, person }
}

/// Persons with how the question stands, of what has to be posted or changed.
async fn due(store: &Store, now: UnixMs) -> Vec<(String, String, bool)> {
    let posts = store.question_posts(now, 99).await.unwrap();
    let line = |p: store::QuestionPost| {
        let PostKey::Question { person, .. } = p.post.key else { panic!("a notice") };
        (person.to_string(), p.post.stands, p.post.place.is_some())
    };
    posts.into_iter().map(line).collect()
}

fn place(message: &str) -> (String, String) {
    ("D1".into(), message.into())
}

#[tokio::test]
async fn a_message_is_wanted_once_posted_once_and_due_again_when_the_question_moves() {
    let desk = desk().await;
    let store = &desk.store;
    let (_, approval) = asked(store, 1).await;
    let keys = || vec![to(&approval, "ann"), to(&approval, "boss")];
    assert_eq!(store.want_posts(keys(), T0).await.unwrap(), 2);
    assert_eq!(store.want_posts(keys(), T0).await.unwrap(), 0, "known already");
    let wanted = |p: &str| (p.to_owned(), "pending:0".to_owned(), false);
    assert_eq!(due(store, T0).await, [wanted("ann"), wanted("boss")]);

    store.posted(&to(&approval, "ann"), place("1"), "pending:0", false).await.unwrap();
    assert_eq!(due(store, T0).await, [wanted("boss")]);
    let later = T0.plus_ms(60_000);
    store.post_failed(&to(&approval, "boss"), Some(later)).await.unwrap();
    assert_eq!(due(store, T0).await, []);
    let again = store.question_posts(later, 9).await.unwrap().remove(0);
    assert_eq!((again.post.tries, again.approval.clone()), (1, approval.clone()));

    say(store, &approval, "boss", Decision::Approve, later).await.unwrap();
    let moved = |p: &str, posted| (p.to_owned(), "approved:1".to_owned(), posted);
    assert_eq!(due(store, later).await, [moved("ann", true), moved("boss", false)]);
    let known = store.question_posts(later, 9).await.unwrap().remove(0).post.place;
    assert_eq!(known, Some(place("1")));
    store.posted(&to(&approval, "ann"), place("1"), "approved:1", true).await.unwrap();
    store.post_failed(&to(&approval, "boss"), None).await.unwrap();
    assert_eq!(due(store, later.plus_ms(HOUR_MS)).await, [], "both are done with");
}

#[tokio::test]
async fn a_change_that_waits_and_one_that_was_refused_show_on_the_message() {
    let desk = desk().await;
    let store = &desk.store;
    let (_, approval) = asked(store, 1).await;
    let key = to(&approval, "ann");
    store.want_posts(vec![key.clone()], T0).await.unwrap();
    let domain::Action::UnlockAccount(of) = unlock() else { panic!("another action") };
    let enable = domain::action::EnableAccount { account: of.account };
    let change = Decision::Change(Box::new(domain::Action::EnableAccount(enable)));
    say(store, &approval, "boss", change, T0).await.unwrap();
    let stands = |text: &str| vec![("ann".to_owned(), text.to_owned(), false)];
    assert_eq!(due(store, T0).await, stands("pending:1:change"));
    let view = store::View::Update(Box::new(approval.clone()));
    let refused =
        domain::Event::ChangeRefused { approval: approval.id, reason: "not allowed".into() };
    let (client, case, actor) = (&approval.client, approval.case, domain::Actor::Platform);
    store.record(client, case, actor, vec![refused], vec![view], false, T0).await.unwrap();
    assert_eq!(due(store, T0).await, stands("pending:1"));
}

#[tokio::test]
async fn what_is_wanted_outlives_the_process() {
    let desk = desk().await;
    let (_, approval) = asked(&desk.store, 1).await;
    desk.store.want_posts(vec![to(&approval, "ann")], T0).await.unwrap();
    desk.store.take_in_press("p1", "body".into(), T0).await.unwrap();
    let first = desk.store.claim_presses(T0, T0.plus_ms(9_000), 9).await.unwrap();
    assert_eq!(first.len(), 1);
    desk.store.close().await;
    let store = open(desk.dir.path()).await;
    assert_eq!(due(&store, T0).await.len(), 1);
    let soon = T0.plus_ms(9_000);
    let again = store.claim_presses(soon, soon.plus_ms(9_000), 9).await.unwrap();
    assert_eq!((again[0].id.as_str(), again[0].tries), ("p1", 2));
}

#[tokio::test]
async fn a_press_is_taken_in_once_claimed_by_one_and_then_forgotten() {
    let desk = desk().await;
    let store = &desk.store;
    let (_, approval) = asked(store, 1).await;
    assert!(store.take_in_press("p1", "approve".into(), T0).await.unwrap());
    assert!(!store.take_in_press("p1", "approve".into(), T0).await.unwrap());
    let until = T0.plus_ms(9_000);
    let mine = store.claim_presses(T0, until, 9).await.unwrap();
    assert_eq!((mine.len(), mine[0].body.as_str(), mine[0].acted_at), (1, "approve", None));
    assert!(store.claim_presses(T0, until, 9).await.unwrap().is_empty());
    let at = T0.plus_ms(7);
    assert!(store.press_acts(&mine[0], approval.id, at).await.unwrap());
    let again = store.claim_presses(until, until.plus_ms(1), 9).await.unwrap();
    assert_eq!(again[0].acted_at, Some(at), "it may have decided");
    let late = store.press_acts(&mine[0], approval.id, at.plus_ms(1)).await.unwrap();
    assert!(!late, "who took it before lost it, and does not hide where it was decided");
    assert!(store.decided_by_press(approval.id, at).await.unwrap());
    assert!(!store.decided_by_press(approval.id, T0).await.unwrap());
    store.press_done("p1").await.unwrap();
    assert!(store.claim_presses(until.plus_ms(HOUR_MS), until, 9).await.unwrap().is_empty());
    assert!(!store.take_in_press("p1", "approve".into(), until).await.unwrap(), "a replay");
}

#[tokio::test]
async fn a_notice_is_due_until_it_is_posted_and_when_its_time_is_over() {
    let desk = desk().await;
    let store = &desk.store;
    let until = T0.plus_ms(60_000);
    let notice = |kind: &str, client| NewNotice {
        kind: kind.into(),
        title: kind.into(),
        client,
        undo_until: Some(until),
        ..NewNotice::default()
    };
    store.put_notice(notice("old", None), T0.plus_ms(-HOUR_MS)).await.unwrap();
    let breaker = store.put_notice(notice("breaker", None), T0).await.unwrap();
    let medium = store.put_notice(notice("medium", Some(acme())), T0).await.unwrap();
    store.put_notice(notice("question", Some(acme())), T0).await.unwrap();
    let keys = store.notices_without_post(T0, 9).await.unwrap();
    let key = |client, id| PostKey::Notice { client, id };
    assert_eq!(keys, [key(None, breaker), key(Some(acme()), medium)]);
    store.want_posts(keys.clone(), T0).await.unwrap();
    assert!(store.notices_without_post(T0, 9).await.unwrap().is_empty());

    let posts = store.notice_posts(T0, 9).await.unwrap();
    let shown: Vec<_> =
        posts.iter().map(|p| (p.notice.what.kind.as_str(), p.post.stands.as_str())).collect();
    assert_eq!(shown, [("breaker", "open"), ("medium", "open")]);
    for key in &keys {
        store.posted(key, place("2"), "open", false).await.unwrap();
    }
    assert!(store.notice_posts(T0, 9).await.unwrap().is_empty());
    let over = store.notice_posts(until, 9).await.unwrap();
    assert_eq!((over.len(), over[0].post.stands.as_str()), (2, "over"));
}

#[tokio::test]
async fn old_messages_and_presses_are_forgotten() {
    let desk = desk().await;
    let store = &desk.store;
    let (_, approval) = asked(store, 1).await;
    store.want_posts(vec![to(&approval, "ann")], T0).await.unwrap();
    store.take_in_press("p1", "body".into(), T0).await.unwrap();
    let days = |n: i64| T0.plus_ms(n * 24 * HOUR_MS);
    store.prune(days(29)).await.unwrap();
    assert_eq!(due(store, days(29)).await.len(), 1);
    store.prune(days(31)).await.unwrap();
    assert_eq!(due(store, days(31)).await, [], "it changes no more");
    store.prune(days(181)).await.unwrap();
    assert_eq!(store.want_posts(vec![to(&approval, "ann")], T0).await.unwrap(), 1);
    assert!(store.take_in_press("p1", "body".into(), T0).await.unwrap());
}
