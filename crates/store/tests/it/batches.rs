//! Many appends in one transaction, sent to the database while more come in.

use crate::common::*;
use domain::CaseId;
use store::{Store, StoreError};

const MANY: u128 = 600;

async fn cases(store: &Store) -> Vec<CaseId> {
    let mut cases = Vec::new();
    for n in 1..=MANY {
        cases.push(new_case(store, n).await);
    }
    cases
}

/// An append to every case at once: to each third one at a version that it does not have, to each
/// fifth one with a view that uses the connection.
async fn all_at_once(
    store: &Store,
    cases: &[CaseId],
    version: u64,
) -> Vec<Result<u64, StoreError>> {
    let appends = cases.iter().zip(0..).map(|(case, n)| {
        let expected = if n % 3 == 0 { version + 7 } else { version };
        let mut append = append(*case, expected, vec![note(&format!("{n} one")), note("two")]);
        if n % 5 == 0 {
            append.views.push(store::View::Summary(format!("summary {n}")));
        }
        let store = store.clone();
        tokio::spawn(async move { store.append(append).await })
    });
    let mut done = Vec::new();
    for append in appends.collect::<Vec<_>>() {
        done.push(append.await.unwrap());
    }
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_many_at_once_is_whole_or_not_there() {
    let desk = desk().await;
    let cases = cases(&desk.store).await;
    for (n, done) in all_at_once(&desk.store, &cases, 1).await.into_iter().enumerate() {
        let events = desk.store.events(&acme(), cases[n]).await.unwrap().len();
        match n % 3 {
            0 => {
                assert_eq!((done, events), (Err(StoreError::Conflict { expected: 8, found: 1 }), 1))
            }
            _ => assert_eq!((done, events), (Ok(3), 3), "case {n}"),
        }
    }
    assert_clean(&desk.store, &acme()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_the_database_refuses_take_their_batch_with_them_and_no_other() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    let cases = cases(&desk.store).await;
    let mut conn = raw(desk.dir.path()).await;
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON entries WHEN NEW.seq = 900
        BEGIN SELECT RAISE(ABORT, 'not this one'); END";
    run(&mut conn, refuse).await.unwrap();
    let mut kept = 600;
    for (n, done) in all_at_once(&desk.store, &cases, 1).await.into_iter().enumerate() {
        let events = desk.store.events(&acme(), cases[n]).await.unwrap().len();
        assert_eq!(events, if done.is_ok() { 3 } else { 1 }, "case {n}: {done:?}");
        kept += if done.is_ok() { 2 } else { 0 };
    }
    assert!(kept < 900, "{kept}");
    assert_eq!(desk.store.verify(&acme(), None).await.unwrap().size, kept);
    run(&mut conn, "DROP TRIGGER refuse").await.unwrap();
    let case = new_case(&desk.store, MANY + 1).await;
    assert_eq!(desk.store.append(append(case, 1, vec![note("again")])).await, Ok(2));
    assert_clean(&desk.store, &acme()).await;
}
