//! People, sessions and sign-in links.

use crate::common::*;
use domain::{Actor, Event, PersonId};
use store::{Person, Removal, Role};

fn admin() -> Person {
    Person {
        id: PersonId::new("admin").unwrap(),
        name: "Ada".into(),
        email: "ada@msp.example".into(),
        role: Role::Admin,
        password_hash: "$argon2id$v=19$...".into(),
        away: None,
        deputy: None,
    }
}

#[tokio::test]
async fn a_person_is_kept_and_replaced() {
    let desk = desk().await;
    assert_eq!(desk.store.people_count().await.unwrap(), 0);
    desk.store.put_person(admin(), T0).await.unwrap();
    let changed = Person { role: Role::Auditor, ..admin() };
    desk.store.put_person(changed.clone(), T0).await.unwrap();
    assert_eq!(desk.store.person(&admin().id).await.unwrap(), Some(changed));
    assert_eq!(desk.store.people_count().await.unwrap(), 1);
    assert_eq!(desk.store.person(&PersonId::new("x").unwrap()).await.unwrap(), None);
    assert!(Role::Technician.may_decide() && !Role::Auditor.may_decide());
}

#[tokio::test]
async fn people_are_added_once_and_the_last_administrator_stays() {
    let desk = desk().await;
    let person = |id: &str, role| Person { id: PersonId::new(id).unwrap(), role, ..admin() };
    let (ben, eve) = (person("ben", Role::Admin), person("eve", Role::Auditor));
    for one in [&ben, &eve, &admin()] {
        assert!(desk.store.add_person(one.clone(), Actor::Platform, T0).await.unwrap());
    }
    assert!(
        !desk.store.add_person(person("ben", Role::Auditor), Actor::Platform, T0).await.unwrap()
    );
    assert_eq!(desk.store.people().await.unwrap(), [admin(), ben.clone(), eve.clone()]);

    let until = T0.plus_ms(1000);
    for (hash, id) in [("h1", &ben.id), ("h2", &eve.id)] {
        desk.store.put_login_token(hash.into(), id, until).await.unwrap();
    }
    assert_eq!(
        desk.store.remove_person(&ben.id, Actor::Platform, T0).await.unwrap(),
        Removal::Removed
    );
    assert_eq!(
        desk.store.remove_person(&ben.id, Actor::Platform, T0).await.unwrap(),
        Removal::Unknown
    );
    assert_eq!(
        desk.store.remove_person(&admin().id, Actor::Platform, T0).await.unwrap(),
        Removal::LastAdmin
    );
    assert_eq!(desk.store.people().await.unwrap(), [admin(), eve.clone()]);
    assert_eq!(desk.store.take_login_token("h1".into(), T0).await.unwrap(), None);

    assert!(!desk.store.set_password(&ben.id, "new".into()).await.unwrap());
    assert!(desk.store.set_password(&eve.id, "new".into()).await.unwrap());
    let now = desk.store.person(&eve.id).await.unwrap().unwrap();
    assert_eq!(now, Person { password_hash: "new".into(), ..eve });
    assert_eq!(desk.store.take_login_token("h2".into(), T0).await.unwrap(), None);
}

#[tokio::test]
async fn a_session_lasts_until_it_expires_or_ends() {
    let desk = desk().await;
    let until = T0.plus_ms(1000);
    desk.store.save_session("cookie-1".into(), "one".into(), until).await.unwrap();
    desk.store.save_session("cookie-1".into(), "two".into(), until).await.unwrap();
    let get = |now| desk.store.session("cookie-1", now);
    assert_eq!(get(T0).await.unwrap().as_deref(), Some("two"));
    assert_eq!(get(until).await.unwrap(), None);
    desk.store.end_session("cookie-1".into(), T0).await.unwrap();
    assert_eq!(get(T0).await.unwrap(), None);
}

#[tokio::test]
async fn a_stolen_database_holds_no_usable_session() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    let cookie = "kZ8fSessionCookieValue";
    desk.store.save_session(cookie.into(), "{}".into(), T0.plus_ms(1)).await.unwrap();
    for file in ["journeyman.db", "journeyman.db-wal"] {
        let bytes = std::fs::read(desk.dir.path().join(file)).unwrap();
        assert!(!bytes.windows(cookie.len()).any(|w| w == cookie.as_bytes()), "{file}");
    }
}

#[tokio::test]
async fn a_sign_in_link_works_once_and_in_time() {
    let desk = desk().await;
    let until = T0.plus_ms(1000);
    for hash in ["h1", "h2"] {
        desk.store.put_login_token(hash.into(), &admin().id, until).await.unwrap();
    }
    let take = |hash: &str, now| desk.store.take_login_token(hash.into(), now);
    assert_eq!(take("h1", T0).await.unwrap(), Some(admin().id));
    assert_eq!(take("h1", T0).await.unwrap(), None);
    assert_eq!(take("h2", until).await.unwrap(), None);
    assert_eq!(take("h3", T0).await.unwrap(), None);
}

#[tokio::test]
async fn away_and_deputy_are_kept_and_a_deputy_may_decide() {
    let desk = desk().await;
    let store = &desk.store;
    let person = |id: &str, role| Person { id: person_id(id), role, ..admin() };
    for one in [admin(), person("ben", Role::Technician), person("eve", Role::Auditor)] {
        store.add_person(one, Actor::Platform, T0).await.unwrap();
    }
    let (id, until) = (admin().id, T0.plus_ms(HOUR_MS));
    assert!(store.set_away(&id, T0, until).await.unwrap());
    assert!(store.set_deputy(&id, Some(person_id("ben"))).await.unwrap());
    let found = store.person(&id).await.unwrap().unwrap();
    assert_eq!((found.away, found.deputy), (Some((T0, until)), Some(person_id("ben"))));
    for nobody in ["eve", "admin", "stranger"] {
        let answer = store.set_deputy(&id, Some(person_id(nobody))).await;
        assert!(matches!(answer, Err(store::StoreError::Refused(_))), "{nobody}: {answer:?}");
    }
    assert!(store.set_away(&id, T0, T0).await.unwrap());
    assert_eq!(store.person(&id).await.unwrap().unwrap().away, None);
    assert!(!store.set_away(&person_id("stranger"), T0, until).await.unwrap());
    store.remove_person(&person_id("ben"), Actor::Platform, T0).await.unwrap();
    assert_eq!(store.person(&id).await.unwrap().unwrap().deputy, None, "nobody stands in");
}

#[tokio::test]
async fn who_was_added_and_removed_stands_in_the_msps_journal() {
    let desk = desk().await;
    let root = Actor::Person(person_id("root"));
    desk.store.add_person(admin(), root.clone(), T0).await.unwrap();
    desk.store.add_person(admin(), root.clone(), T0).await.unwrap();
    let ben = Person { id: person_id("ben"), ..admin() };
    desk.store.add_person(ben.clone(), root.clone(), T0).await.unwrap();
    desk.store.remove_person(&ben.id, root.clone(), T0).await.unwrap();
    desk.store.remove_person(&admin().id, root, T0).await.unwrap();
    newest_of_msp(&desk.store).await;
    let mut said: Vec<String> = desk
        .store
        .entries(&store::msp_journal(), 9)
        .await
        .unwrap()
        .into_iter()
        .map(|e| match e.event {
            Some(Event::PersonChanged { person, change }) => format!("{person} {change}"),
            other => panic!("{other:?}"),
        })
        .collect();
    said.reverse();
    assert_eq!(said, ["admin added as admin", "ben added as admin", "ben removed"]);
}
