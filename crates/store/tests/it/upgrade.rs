//! A database of an older version goes on as if it had always been of this one.

use crate::common::*;
use domain::{ActionKind, Actor, CaseView, Decision, UnixMs};
use std::path::Path;
use store::{Removal, Store};

/// Four cases that asked for an approval each: done, failed unverified, denied, still waiting.
async fn old_database(dir: &Path) {
    let mut conn = {
        use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};
        let file = dir.join("journeyman.db");
        SqliteConnectOptions::new().filename(file).create_if_missing(true).connect().await.unwrap()
    };
    sqlx::raw_sql(include_str!("fixtures/v1.sql")).execute(&mut conn).await.unwrap();
    // The keys that it was written with.
    std::fs::create_dir_all(dir.join("keys")).unwrap();
    for (name, key) in [
        ("journal-signing.key", "370342c10edfb5ec70f5bb19b312caed67215bf64d0fa7ce408bbcb970b13c69"),
        ("vault.key", "8e17dce06dbbb289edefe0c290c5210060c877493a0ef5b2ed75ac76f2c97d8d"),
    ] {
        std::fs::write(dir.join("keys").join(name), key).unwrap();
    }
}

async fn upgraded() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    old_database(dir.path()).await;
    let store = open(dir.path()).await;
    (dir, store)
}

#[tokio::test]
async fn an_old_journal_still_proves_folds_and_grows() {
    if on_postgres() {
        return;
    }
    let (dir, store) = upgraded().await;
    assert_eq!(assert_clean(&store, &acme()).await, 21);
    let events = store.events(&acme(), case_id(1)).await.unwrap();
    let view = CaseView::fold(&acme(), case_id(1), &events).unwrap();
    assert_eq!((view.version, view.attempts.len(), view.held.len()), (7, 1, 1));
    let why = view.judged[0].1.findings[0].because.to_string();
    assert_eq!(why, "not on file; twice");
    assert_eq!(add(&store, case_id(1), 7).await, Ok(8));

    let waiting = store.approvals(Some("pending"), 9).await.unwrap().remove(0);
    assert_eq!((waiting.case, waiting.needed), (case_id(4), 1));
    say(&store, &waiting, "boss", Decision::Approve, T0.plus_ms(90_000)).await.unwrap();
    assert_eq!(assert_clean(&store, &acme()).await, 23);
    store.close().await;
    let store = open(dir.path()).await;
    assert_eq!(store.people_count().await.unwrap(), 2);
    assert_eq!(assert_clean(&store, &acme()).await, 23);
}

#[tokio::test]
async fn what_the_old_journal_says_is_known_to_the_new_tables() {
    if on_postgres() {
        return;
    }
    let (_dir, store) = upgraded().await;
    let unlock = ActionKind::UnlockAccount;
    let states =
        async |n: u128| store.attempt(&acme(), attempt_id(1000 + n)).await.unwrap().unwrap();
    let (done, failed) = (states(1).await, states(2).await);
    assert_eq!((done.state.as_str(), failed.state.as_str()), ("done", "unverified"));
    assert_eq!(
        (done.kind, done.brain, done.case),
        (unlock, Some(brain_id("technician")), case_id(1))
    );
    assert_eq!(store.fleet(unlock, "", UnixMs(0)).await.unwrap(), (2, 1));

    let similar = store.similar(&acme(), unlock, 9).await.unwrap();
    let said: Vec<_> = similar.iter().map(|s| (s.state.as_str(), s.outcome.as_deref())).collect();
    let expected = [("approved", Some("done")), ("approved", Some("unverified")), ("denied", None)];
    assert_eq!(said, expected);
    let learned = store.learned_approvers(&acme(), unlock, 9).await.unwrap();
    assert_eq!(learned, [person_id("boss"), person_id("tina")]);
    let stats = store.approver_stats(UnixMs(0)).await.unwrap();
    assert_eq!(
        stats.iter().map(|s| (s.person.as_str(), s.decisions, s.approved)).collect::<Vec<_>>(),
        [("boss", 2, 1), ("tina", 1, 1)]
    );
}

#[tokio::test]
async fn an_old_yes_goes_with_who_gave_it() {
    if on_postgres() {
        return;
    }
    let (_dir, store) = upgraded().await;
    let now = T0.plus_ms(120_000);
    let removed = store.remove_person(&person_id("tina"), Actor::Platform, now).await.unwrap();
    assert_eq!(removed, Removal::Removed);
    // Case 2 could be tried again on tina's word; case 1 is done on boss's.
    let states: Vec<String> = {
        let mut all = store.approvals(None, 9).await.unwrap();
        all.sort_by_key(|a| a.case);
        all.iter().map(|a| a.state.name().to_owned()).collect()
    };
    assert_eq!(states, ["approved", "void", "denied", "pending"]);
    assert_clean(&store, &acme()).await;
}

#[tokio::test]
async fn two_processes_that_upgrade_at_once_upgrade_once() {
    if on_postgres() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    old_database(dir.path()).await;
    let (a, b) = tokio::join!(open(dir.path()), open(dir.path()));
    assert_eq!(a.fleet(ActionKind::UnlockAccount, "", UnixMs(0)).await.unwrap(), (2, 1));
    assert_clean(&b, &acme()).await;
}
