//! People, sessions and sign-in links.

use crate::common::*;
use domain::PersonId;
use store::{Person, Removal, Role};

fn admin() -> Person {
    Person {
        id: PersonId::new("admin").unwrap(),
        name: "Ada".into(),
        email: "ada@msp.example".into(),
        role: Role::Admin,
        password_hash: "$argon2id$v=19$...".into(),
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
        assert!(desk.store.add_person(one.clone(), T0).await.unwrap());
    }
    assert!(!desk.store.add_person(person("ben", Role::Auditor), T0).await.unwrap());
    assert_eq!(desk.store.people().await.unwrap(), [admin(), ben.clone(), eve.clone()]);

    let until = T0.plus_ms(1000);
    for (hash, id) in [("h1", &ben.id), ("h2", &eve.id)] {
        desk.store.put_login_token(hash.into(), id, until).await.unwrap();
    }
    assert_eq!(desk.store.remove_person(&ben.id).await.unwrap(), Removal::Removed);
    assert_eq!(desk.store.remove_person(&ben.id).await.unwrap(), Removal::Unknown);
    assert_eq!(desk.store.remove_person(&admin().id).await.unwrap(), Removal::LastAdmin);
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
