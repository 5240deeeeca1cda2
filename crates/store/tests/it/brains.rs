//! Brains: let in with limits, known by the hash of a token, shut out at once and for good.

use crate::common::*;
use domain::{ActionKind, Event, Tier};
use secrecy::{ExposeSecret as _, SecretString};
use store::{BrainRow, NewBrain, Store, StoreError};

pub(crate) fn helper(id: &str) -> NewBrain {
    NewBrain {
        id: brain_id(id),
        name: "Helper".into(),
        owner: person_id("ann"),
        clients: Some(vec![acme()]),
        kinds: Some(vec![ActionKind::UnlockAccount, ActionKind::Reboot]),
        ceiling: Tier::Medium,
        rate_per_min: 30,
        token_hash: format!("hash of {id}"),
    }
}

pub(crate) async fn let_in(store: &Store, id: &str) -> BrainRow {
    store.add_brain(helper(id), person_id("ann"), T0).await.unwrap()
}

fn limits(event: Option<Event>) -> Vec<String> {
    match event {
        Some(Event::BrainAdded { limits, .. }) => limits,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_brain_is_known_by_its_token_and_keeps_its_limits() {
    let desk = desk().await;
    let row = let_in(&desk.store, "helper").await;
    assert_eq!((row.ceiling, row.rate_per_min), (Tier::Medium, 30));
    assert_eq!(row.clients, Some(vec![acme()]));
    let everything = NewBrain { clients: None, kinds: None, rate_per_min: 0, ..helper("wide") };
    desk.store.add_brain(everything, person_id("ann"), T0).await.unwrap();
    let all = desk.store.brains().await.unwrap();
    assert_eq!(all[0], row);
    assert_eq!((&all[1].clients, &all[1].kinds), (&None, &None));

    let entry = newest_of_msp(&desk.store).await;
    let limits = limits(entry.event).join("; ");
    assert!(limits.contains("clients: all") && limits.contains("actions: all"), "{limits}");
    let found = desk.store.brain_by_token("hash of helper", T0).await.unwrap().unwrap();
    assert_eq!(found, BrainRow { last_used_at: Some(T0), ..row });
    assert_eq!(desk.store.brain_by_token("hash of nobody", T0).await.unwrap(), None);
    assert_eq!(desk.store.brain_by_token("", T0).await.unwrap(), None);
}

#[tokio::test]
async fn the_last_use_is_kept_to_the_minute() {
    let desk = desk().await;
    let_in(&desk.store, "helper").await;
    let used = async |ms| {
        desk.store.brain_by_token("hash of helper", T0.plus_ms(ms)).await.unwrap();
        desk.store.brain(&brain_id("helper")).await.unwrap().unwrap().last_used_at.unwrap()
    };
    assert_eq!(used(0).await, T0);
    assert_eq!(used(59_999).await, T0);
    assert_eq!(used(60_000).await, T0.plus_ms(60_000));
}

#[tokio::test]
async fn a_new_token_ends_the_old_one() {
    let desk = desk().await;
    let_in(&desk.store, "helper").await;
    let id = brain_id("helper");
    desk.store.rotate_brain_token(&id, "new".into(), person_id("ann"), T0).await.unwrap();
    assert_eq!(desk.store.brain_by_token("hash of helper", T0).await.unwrap(), None);
    assert!(desk.store.brain_by_token("new", T0).await.unwrap().is_some());
    let unknown =
        desk.store.rotate_brain_token(&brain_id("nobody"), "x".into(), person_id("ann"), T0).await;
    assert!(matches!(unknown, Err(StoreError::NotFound(_))), "{unknown:?}");
}

#[tokio::test]
async fn a_revoked_brain_is_out_at_once_and_for_good() {
    let desk = desk().await;
    let (store, id, ann) = (&desk.store, brain_id("helper"), person_id("ann"));
    let_in(store, "helper").await;
    let other = open(desk.dir.path()).await;
    assert!(store.revoke_brain(&id, ann.clone(), " ", T0).await.is_err(), "needs a reason");
    assert!(store.revoke_brain(&id, ann.clone(), "odd requests", T0).await.unwrap());
    assert!(!store.revoke_brain(&id, ann.clone(), "again", T0).await.unwrap());
    assert_eq!(other.brain_by_token("hash of helper", T0).await.unwrap(), None);
    assert_eq!(newest_of_msp(store).await.kind, "brain_revoked");
    assert_eq!(store.brain(&id).await.unwrap().unwrap().revoked_at, Some(T0));
    let again = [
        store.add_brain(helper("helper"), ann.clone(), T0).await.map(drop),
        store.rotate_brain_token(&id, "new".into(), ann.clone(), T0).await,
        store.set_brain_webhook(&id, Some("https://x".into()), Some("s".into()), ann, T0).await,
    ];
    for answer in again {
        assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
    }
}

#[tokio::test]
async fn a_token_belongs_to_one_brain() {
    let desk = desk().await;
    let_in(&desk.store, "helper").await;
    let same = NewBrain { token_hash: "hash of helper".into(), ..helper("other") };
    let answer = desk.store.add_brain(same, person_id("ann"), T0).await;
    assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
}

#[tokio::test]
async fn a_webhook_has_a_sealed_secret_of_its_own() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    let (store, ann) = (&desk.store, person_id("ann"));
    for id in ["helper", "other"] {
        let_in(store, id).await;
    }
    let id = brain_id("helper");
    let url = || Some("https://brain.example/hook?key=a'b".to_owned());
    let set = |url, secret: Option<&str>| {
        let secret = secret.map(|s| SecretString::from(s.to_owned()));
        store.set_brain_webhook(&id, url, secret, ann.clone(), T0)
    };
    let bare = set(url(), None).await;
    assert!(matches!(bare, Err(StoreError::Refused(_))), "{bare:?}");
    set(url(), Some("first-webhook-secret")).await.unwrap();
    set(Some("https://brain.example/moved".into()), None).await.unwrap();
    let (found, secret) = store.brain_webhook(&id).await.unwrap().unwrap();
    assert_eq!(found, "https://brain.example/moved");
    assert_eq!(secret.expose_secret(), "first-webhook-secret");
    let entry = newest_of_msp(store).await;
    let said = limits(entry.event).join("; ");
    assert!(!said.contains("first-webhook") && !said.contains("https"), "{said}");

    let mut conn = raw(desk.dir.path()).await;
    let sealed: Vec<u8> =
        sqlx::query_scalar("SELECT webhook_secret FROM brains WHERE id = 'helper'")
            .fetch_one(&mut conn)
            .await
            .unwrap();
    assert!(!sealed.windows(5).any(|w| w == b"first"));
    run(
        &mut conn,
        "UPDATE brains SET webhook_url = 'https://evil.example',
           webhook_secret = (SELECT webhook_secret FROM brains WHERE id = 'helper')
         WHERE id = 'other'",
    )
    .await
    .unwrap();
    assert!(store.brain_webhook(&brain_id("other")).await.is_err(), "it opens for one brain only");
    set(None, None).await.unwrap();
    assert!(store.brain_webhook(&id).await.unwrap().is_none());
}
