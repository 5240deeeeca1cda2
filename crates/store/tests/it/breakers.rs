//! Breakers: opened by anybody, closed by a person with a reason, seen at once everywhere.

use crate::common::*;
use domain::{ActionKind, Actor, BreakerMode, BreakerScope, ClientId, Event};
use store::{Store, StoreError};

const UNLOCK: ActionKind = ActionKind::UnlockAccount;

fn globex() -> ClientId {
    ClientId::new("globex").unwrap()
}

fn unlock_at_acme() -> BreakerScope {
    BreakerScope::Action(acme(), UNLOCK)
}

async fn open_one(store: &Store, scope: BreakerScope, mode: BreakerMode, n: i64) -> bool {
    let actor = Actor::Person(person_id("ann"));
    store.open_breaker(scope, mode, &format!("reason {n}"), actor, T0.plus_ms(n)).await.unwrap()
}

async fn mode(store: &Store, client: &ClientId, kind: ActionKind) -> Option<BreakerMode> {
    store.breaker_for(client, kind).await.unwrap().map(|b| b.mode)
}

#[tokio::test]
async fn each_covers_what_it_says_and_the_strictest_counts() {
    let desk = desk().await;
    let store = &desk.store;
    let reboot = ActionKind::Reboot;
    open_one(store, unlock_at_acme(), BreakerMode::Stop, 1).await;
    assert_eq!(mode(store, &acme(), UNLOCK).await, Some(BreakerMode::Stop));
    assert_eq!(mode(store, &acme(), reboot).await, None);
    assert_eq!(mode(store, &globex(), UNLOCK).await, None);
    open_one(store, BreakerScope::Client(acme()), BreakerMode::Ask, 2).await;
    open_one(store, BreakerScope::Everything, BreakerMode::Ask, 3).await;
    assert_eq!(mode(store, &acme(), UNLOCK).await, Some(BreakerMode::Stop));
    assert_eq!(mode(store, &acme(), reboot).await, Some(BreakerMode::Ask));
    let found = store.breaker_for(&globex(), UNLOCK).await.unwrap().unwrap();
    assert_eq!((found.scope, found.since), (BreakerScope::Everything, T0.plus_ms(3)));
    let all = store.breakers().await.unwrap();
    let scopes: Vec<_> = all.iter().map(|b| b.facts.scope.clone()).collect();
    let widest_first = [BreakerScope::Everything, BreakerScope::Client(acme()), unlock_at_acme()];
    assert_eq!(scopes, widest_first);
    assert!(all.iter().all(|b| b.by == "person:ann"));
}

#[tokio::test]
async fn opening_again_changes_nothing_unless_it_is_stricter() {
    let desk = desk().await;
    let store = &desk.store;
    assert!(open_one(store, unlock_at_acme(), BreakerMode::Ask, 1).await);
    assert!(!open_one(store, unlock_at_acme(), BreakerMode::Ask, 2).await);
    assert_eq!(store.breakers().await.unwrap()[0].facts.reason, "reason 1");
    assert!(open_one(store, unlock_at_acme(), BreakerMode::Stop, 3).await);
    assert!(!open_one(store, unlock_at_acme(), BreakerMode::Ask, 4).await);
    let all = store.breakers().await.unwrap();
    assert_eq!((all.len(), all[0].facts.mode), (1, BreakerMode::Stop));
    assert_eq!(all[0].facts.reason, "reason 3");
    assert_eq!(assert_clean(store, &store::msp_journal()).await, 2, "only changes are journalled");
}

#[tokio::test]
async fn closing_takes_a_reason_and_is_journalled() {
    let desk = desk().await;
    let store = &desk.store;
    open_one(store, unlock_at_acme(), BreakerMode::Stop, 1).await;
    let close = |scope, reason| store.close_breaker(scope, person_id("ben"), reason, T0);
    let silent = close(unlock_at_acme(), "  ").await;
    assert!(matches!(silent, Err(StoreError::Refused(_))), "{silent:?}");
    assert!(!close(BreakerScope::Everything, "calm again").await.unwrap());
    assert_eq!(mode(store, &acme(), UNLOCK).await, Some(BreakerMode::Stop));
    assert!(close(unlock_at_acme(), "calm again").await.unwrap());
    assert!(!close(unlock_at_acme(), "calm again").await.unwrap());
    assert_eq!(mode(store, &acme(), UNLOCK).await, None);
    let entry = newest_of_msp(store).await;
    let reason = "calm again".to_owned();
    assert_eq!(entry.event, Some(Event::BreakerClosed { scope: unlock_at_acme(), reason }));
    assert_eq!(entry.actor, "person:ben");
}

#[tokio::test]
async fn another_process_sees_it_at_once_and_it_survives_a_restart() {
    let desk = desk().await;
    let other = open(desk.dir.path()).await;
    for _ in 0..20 {
        open_one(&desk.store, BreakerScope::Everything, BreakerMode::Stop, 1).await;
        assert_eq!(mode(&other, &acme(), UNLOCK).await, Some(BreakerMode::Stop));
        let closed =
            other.close_breaker(BreakerScope::Everything, person_id("ben"), "over", T0).await;
        assert_eq!(closed, Ok(true));
        assert_eq!(mode(&desk.store, &acme(), UNLOCK).await, None);
    }
    open_one(&desk.store, unlock_at_acme(), BreakerMode::Ask, 1).await;
    desk.store.close().await;
    other.close().await;
    let store = open(desk.dir.path()).await;
    assert_eq!(mode(&store, &acme(), UNLOCK).await, Some(BreakerMode::Ask));
    assert_eq!(assert_clean(&store, &store::msp_journal()).await, 41);
}

#[tokio::test]
async fn a_stop_without_words_still_stops_and_any_words_are_kept() {
    let desk = desk().await;
    let everything = BreakerScope::Everything;
    let open = |scope, reason| {
        desk.store.open_breaker(scope, BreakerMode::Stop, reason, Actor::Platform, T0)
    };
    assert!(open(everything, " ").await.unwrap());
    for (n, text) in HOSTILE.into_iter().enumerate() {
        let client = ClientId::new(format!("c{n}")).unwrap();
        assert!(open(BreakerScope::Client(client), text).await.unwrap());
    }
    let mut reasons: Vec<_> =
        desk.store.breakers().await.unwrap().into_iter().map(|b| b.facts.reason).collect();
    assert_eq!(reasons.remove(0), "no reason given");
    assert_eq!(reasons, HOSTILE.map(str::trim));
}
