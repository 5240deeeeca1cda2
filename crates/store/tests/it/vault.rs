//! One-time secrets: seen once by the right person, by nobody else, and then gone.

use crate::common::*;
use domain::{AttemptId, CaseId, Event, Outcome, UnixMs};
use secrecy::{ExposeSecret as _, SecretString};
use std::path::Path;
use store::{DropState, NewDrop, NewEntry, Store, StoreError, TakeError, View};
use uuid::Uuid;

const SECRET: &str = "Winter-Harbour-4711";
const CODE_TTL_MS: i64 = 15 * 60_000;

fn attempt() -> AttemptId {
    AttemptId(Uuid::from_u128(4711))
}

/// Seals a secret for the attempt, as the worker does just before the change.
async fn seal(store: &Store) -> (CaseId, String, Vec<u8>) {
    let case = new_case(store, 1).await;
    let token = store.drop_token(attempt());
    let sealed = store.seal(attempt(), &SecretString::from(SECRET)).unwrap();
    let mut entry = append(case, 1, vec![note("started")]);
    entry.views = vec![View::Drop(NewDrop {
        token: token.clone(),
        attempt: attempt(),
        login: "petra.quill@acme.example".into(),
        address: "petra.private@mail.example".into(),
        sealed: sealed.clone(),
        expires_at: T0.plus_ms(24 * HOUR_MS),
    })];
    store.append(entry).await.unwrap();
    (case, token, sealed)
}

/// A secret that can be fetched, and its token.
async fn ready(store: &Store) -> String {
    let (_, token, _) = seal(store).await;
    store.settle_drop(attempt(), true).await.unwrap();
    token
}

async fn state(store: &Store, token: &str) -> DropState {
    store.drop_of(token).await.unwrap().unwrap().state
}

fn wrong(code: &str) -> String {
    if code == "000000" { "000001".into() } else { "000000".into() }
}

fn holds(dir: &Path, needle: &[u8]) -> bool {
    let mut read = 0;
    let found = ["journeyman.db", "journeyman.db-wal"].iter().any(|file| {
        let bytes = std::fs::read(dir.join(file)).unwrap_or_default();
        read += bytes.len();
        bytes.windows(needle.len()).any(|w| w == needle)
    });
    assert!(read > 0, "there is no database to search");
    found
}

#[tokio::test]
async fn the_right_code_shows_the_secret_once() {
    let desk = desk().await;
    let token = ready(&desk.store).await;
    let (page, code) = desk.store.new_code(&token, T0).await.unwrap();
    assert_eq!(page.address, "petra.private@mail.example");
    assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()));
    let (page, secret) = desk.store.take(&token, &format!(" {code} "), T0).await.unwrap();
    assert_eq!((secret.expose_secret(), page.login.as_str()), (SECRET, "petra.quill@acme.example"));
    assert_eq!(desk.store.take(&token, &code, T0).await.unwrap_err(), TakeError::Gone);
    assert_eq!(desk.store.new_code(&token, T0).await.unwrap_err(), TakeError::Gone);
    assert_eq!(state(&desk.store, &token).await, DropState::Viewed);
    assert!(desk.store.attempt_secret(attempt()).await.unwrap().is_none());
}

#[tokio::test]
async fn two_at_once_with_the_right_code_see_it_once() {
    let desk = desk().await;
    let token = ready(&desk.store).await;
    let (_, code) = desk.store.new_code(&token, T0).await.unwrap();
    let (a, b) =
        tokio::join!(desk.store.take(&token, &code, T0), desk.store.take(&token, &code, T0));
    assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|ok| **ok).count(), 1);
}

#[tokio::test]
async fn wrong_codes_count_down_and_then_wipe() {
    let desk = desk().await;
    let token = ready(&desk.store).await;
    let (_, code) = desk.store.new_code(&token, T0).await.unwrap();
    for left in [4, 3] {
        let answer = desk.store.take(&token, &wrong(&code), T0).await.unwrap_err();
        assert_eq!(answer, TakeError::WrongCode { left });
    }
    // A new code gives no new tries.
    let (_, code) = desk.store.new_code(&token, T0).await.unwrap();
    for left in [2, 1] {
        let answer = desk.store.take(&token, &wrong(&code), T0).await.unwrap_err();
        assert_eq!(answer, TakeError::WrongCode { left });
    }
    assert_eq!(desk.store.take(&token, &wrong(&code), T0).await.unwrap_err(), TakeError::Gone);
    assert_eq!(desk.store.take(&token, &code, T0).await.unwrap_err(), TakeError::Gone);
    assert_eq!(state(&desk.store, &token).await, DropState::Wiped);
    assert!(desk.store.attempt_secret(attempt()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_code_is_needed_and_only_the_newest_works_for_a_while() {
    let desk = desk().await;
    let token = ready(&desk.store).await;
    assert_eq!(desk.store.take(&token, "", T0).await.unwrap_err(), TakeError::NoCode);
    let (_, first) = desk.store.new_code(&token, T0).await.unwrap();
    let (_, second) = desk.store.new_code(&token, T0).await.unwrap();
    if first != second {
        let answer = desk.store.take(&token, &first, T0).await.unwrap_err();
        assert_eq!(answer, TakeError::WrongCode { left: 4 });
    }
    let late = T0.plus_ms(CODE_TTL_MS + 1);
    assert_eq!(desk.store.take(&token, &second, late).await.unwrap_err(), TakeError::NoCode);
    let in_time = T0.plus_ms(CODE_TTL_MS);
    assert!(desk.store.take(&token, &second, in_time).await.is_ok());
}

#[tokio::test]
async fn only_so_many_codes_are_sent() {
    let desk = desk().await;
    let token = ready(&desk.store).await;
    for _ in 0..5 {
        desk.store.new_code(&token, T0).await.unwrap();
    }
    assert_eq!(desk.store.new_code(&token, T0).await.unwrap_err(), TakeError::TooManyCodes);
    let nobody = desk.store.new_code("another token", T0).await.unwrap_err();
    assert_eq!(nobody, TakeError::Gone);
}

#[tokio::test]
async fn a_secret_that_nobody_fetched_in_time_is_wiped() {
    let desk = desk().await;
    let token = ready(&desk.store).await;
    let (_, code) = desk.store.new_code(&token, T0.plus_ms(24 * HOUR_MS - 1)).await.unwrap();
    let end = T0.plus_ms(24 * HOUR_MS);
    assert_eq!(desk.store.take(&token, &code, end).await.unwrap_err(), TakeError::Gone);
    assert_eq!(desk.store.new_code(&token, end).await.unwrap_err(), TakeError::Gone);
    desk.store.wipe_expired(end.plus_ms(-1)).await.unwrap();
    assert_eq!(state(&desk.store, &token).await, DropState::Ready);
    desk.store.wipe_expired(end).await.unwrap();
    assert_eq!(state(&desk.store, &token).await, DropState::Wiped);
    assert!(desk.store.attempt_secret(attempt()).await.unwrap().is_none());
}

#[tokio::test]
async fn before_the_change_is_proven_nobody_can_fetch_it() {
    let desk = desk().await;
    let (_, token, _) = seal(&desk.store).await;
    assert_eq!(state(&desk.store, &token).await, DropState::Sealed);
    assert_eq!(desk.store.new_code(&token, T0).await.unwrap_err(), TakeError::Gone);
    let known = desk.store.attempt_secret(attempt()).await.unwrap().unwrap();
    assert_eq!(known.expose_secret(), SECRET, "the worker can repeat and read back");
    desk.store.settle_drop(attempt(), false).await.unwrap();
    assert_eq!(state(&desk.store, &token).await, DropState::Wiped);
    desk.store.settle_drop(attempt(), true).await.unwrap();
    assert_eq!(state(&desk.store, &token).await, DropState::Wiped, "what is wiped stays wiped");
}

#[tokio::test]
async fn the_entry_that_ends_the_attempt_settles_its_secret() {
    for (outcome, expected) in [
        (Outcome::Done("password set at 10:00".into()), DropState::Ready),
        (Outcome::Failed("refused".into()), DropState::Wiped),
        (Outcome::Unknown("timed out".into()), DropState::Sealed),
    ] {
        let desk = desk().await;
        let (case, token, _) = seal(&desk.store).await;
        let event = Event::Finished { attempt: attempt(), outcome };
        let entry = NewEntry { actor: brain(), event };
        desk.store.append(append(case, 2, vec![entry])).await.unwrap();
        assert_eq!(state(&desk.store, &token).await, expected);
    }
}

#[tokio::test]
async fn neither_the_secret_nor_its_token_stands_on_disk() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    let (_, token, sealed) = seal(&desk.store).await;
    desk.store.settle_drop(attempt(), true).await.unwrap();
    for _ in 0..2 {
        assert!(!holds(desk.dir.path(), SECRET.as_bytes()));
        assert!(!holds(desk.dir.path(), token.as_bytes()));
        let mut conn = raw(desk.dir.path()).await;
        run(&mut conn, "PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
    }
    assert!(holds(desk.dir.path(), &sealed), "the search finds what is there");
}

#[tokio::test]
async fn once_seen_not_even_the_sealed_bytes_stay_on_disk() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    let (_, token, sealed) = seal(&desk.store).await;
    desk.store.settle_drop(attempt(), true).await.unwrap();
    let (_, code) = desk.store.new_code(&token, T0).await.unwrap();
    assert!(holds(desk.dir.path(), &sealed));
    desk.store.take(&token, &code, T0).await.unwrap();
    // The writer empties the log at its next quiet moment, about once a second.
    for _ in 0..1200 {
        if !holds(desk.dir.path(), &sealed) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the sealed bytes are still on disk");
}

#[tokio::test]
async fn with_another_vault_key_nothing_is_shown_and_nothing_is_lost() {
    let desk = desk().await;
    let token = ready(&desk.store).await;
    let (_, code) = desk.store.new_code(&token, T0).await.unwrap();
    desk.store.close().await;
    let key = desk.dir.path().join("keys/vault.key");
    let good = std::fs::read(&key).unwrap();
    std::fs::write(&key, "11".repeat(32)).unwrap();
    let refused = Store::open(&options(desk.dir.path())).await.unwrap_err().to_string();
    assert!(refused.contains("the vault key of this node is not the one"), "{refused}");
    std::fs::write(&key, good).unwrap();
    let store = open(desk.dir.path()).await;
    assert_eq!(store.drop_token(attempt()), token, "the link is the same after a restart");
    let (_, secret) = store.take(&token, &code, T0).await.unwrap();
    assert_eq!(secret.expose_secret(), SECRET);
}

#[tokio::test]
async fn a_secret_sealed_for_one_attempt_does_not_open_for_another() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    seal(&desk.store).await;
    let other = AttemptId(Uuid::from_u128(1));
    let mut conn = raw(desk.dir.path()).await;
    run(&mut conn, &format!("UPDATE drops SET attempt = '{other}'")).await.unwrap();
    let answer = desk.store.attempt_secret(other).await;
    assert!(matches!(answer, Err(StoreError::Broken(_))), "{answer:?}");
    assert_ne!(desk.store.drop_token(other), desk.store.drop_token(attempt()));
}

#[tokio::test]
async fn debug_output_shows_no_secret() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    let (_, token, sealed) = seal(&desk.store).await;
    let drop = NewDrop {
        token: token.clone(),
        attempt: attempt(),
        login: "login".into(),
        address: "address".into(),
        sealed: sealed.clone(),
        expires_at: UnixMs(0),
    };
    let mut entry = append(case_id(1), 1, Vec::new());
    entry.views = vec![View::Drop(drop)];
    let key = std::fs::read_to_string(desk.dir.path().join("keys/vault.key")).unwrap();
    let raw_key = format!("{:?}", hex::decode(key.trim()).unwrap());
    let page = desk.store.drop_of(&token).await.unwrap();
    let secret = desk.store.attempt_secret(attempt()).await.unwrap();
    let shown = format!("{entry:?} {:?} {page:?} {secret:?}", desk.store);
    for hidden in [&token, SECRET, key.trim(), &raw_key, &format!("{sealed:?}")] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[tokio::test]
async fn a_page_without_a_drop_knows_nothing() {
    let desk = desk().await;
    assert_eq!(desk.store.drop_of("no such token").await.unwrap(), None);
    assert_eq!(desk.store.take("no", "123456", T0).await.unwrap_err(), TakeError::Gone);
}
