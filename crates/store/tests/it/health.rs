//! Whether the store says truly that it can be worked with.

use crate::common::{desk, on_postgres, raw, run};
use store::{Store, StoreError, StoreOptions};

#[tokio::test]
async fn a_store_in_order_reads_and_writes_and_nothing_of_it_changes() {
    let desk = desk().await;
    let health = desk.store.ping().await;
    assert_eq!((health.read, health.write), (Ok(()), Ok(())));
    assert!(desk.store.journals().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_database_that_another_process_holds_is_read_but_not_written() {
    if on_postgres() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut options = StoreOptions::new(dir.path(), "desk.example.net");
    options.lock_timeout = std::time::Duration::from_millis(50);
    let store = Store::open(&options).await.unwrap();
    let mut other = raw(dir.path()).await;
    run(&mut other, "BEGIN IMMEDIATE").await.unwrap();
    let health = store.ping().await;
    assert_eq!(health.read, Ok(()));
    assert!(matches!(health.write, Err(StoreError::Locked(_))), "{health:?}");
    run(&mut other, "ROLLBACK").await.unwrap();
    assert_eq!(store.ping().await.write, Ok(()), "work goes on by itself");
}

#[tokio::test]
async fn a_closed_store_does_neither() {
    let desk = desk().await;
    let other = desk.store.clone();
    desk.store.close().await;
    let health = other.ping().await;
    assert_eq!((health.read, health.write), (Err(StoreError::Closed), Err(StoreError::Closed)));
}
