//! Appending: all or nothing, in order, whoever else writes.

use crate::common::*;
use domain::{ApprovalId, ApprovalState, CaseView, ClientId, Event};
use futures::future::join_all;
use store::{Append, Received, StoreError, View};
use uuid::Uuid;

#[tokio::test]
async fn the_database_itself_refuses_to_change_the_journal() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    new_case(&desk.store, 1).await;
    desk.store.clone().close().await;
    let mut conn = raw(desk.dir.path()).await;
    for sql in [
        "UPDATE entries SET kind = 'noted'",
        "DELETE FROM entries",
        "INSERT OR REPLACE INTO entries SELECT * FROM entries",
        "INSERT INTO entries SELECT client, seq + 2, at_ms, case_id, actor, kind, digest, tier,
           findings, policy_version, outcome, commitment, leaf_hash FROM entries",
        "UPDATE entry_private SET body = x'00'",
        "UPDATE checkpoints SET note = ''",
        "DELETE FROM checkpoints",
    ] {
        let error = run(&mut conn, sql).await.expect_err(sql).to_string();
        assert!(error.contains("append-only") || error.contains("not changed"), "{sql}: {error}");
    }
    let store = open(desk.dir.path()).await;
    assert_eq!(assert_clean(&store, &acme()).await, 1);
}

#[tokio::test]
async fn each_client_has_its_own_gapless_sequence() {
    let desk = desk().await;
    let globex = ClientId::new("globex").unwrap();
    for n in 0..6 {
        let mut ticket = intake(n);
        if n % 2 == 1 {
            ticket.client = globex.clone();
        }
        desk.store.receive(ticket).await.unwrap();
    }
    add(&desk.store, case_id(0), 1).await.unwrap();
    assert!(add(&desk.store, case_id(1), 1).await.is_err(), "case 1 is not acme's");
    for (client, size) in [(acme(), 4), (globex, 3)] {
        let seqs: Vec<u64> =
            desk.store.entries(&client, 100).await.unwrap().iter().rev().map(|e| e.seq).collect();
        assert_eq!(seqs, (0..size).collect::<Vec<_>>());
        assert_eq!(assert_clean(&desk.store, &client).await, size);
    }
    assert_eq!(desk.store.journals().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_case_is_its_events_folded() {
    let desk = desk().await;
    let (case, approval) = asked(&desk.store, 1).await;
    let events = desk.store.events(&acme(), case).await.unwrap();
    let view = CaseView::fold(&acme(), case, &events).unwrap();
    assert_eq!(view.version, 2);
    assert_eq!(view.ticket, intake(1).ticket);
    assert_eq!(view.held_for(&unlock()).map(|h| h.approval), Some(approval.id));
    let row = desk.store.case(case).await.unwrap().unwrap();
    assert_eq!((row.phase.as_str(), row.ticket.as_str()), ("waiting_for_approval", "rt#1"));
}

#[tokio::test]
async fn a_view_that_fails_takes_its_entry_with_it() {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    let mut bad = append(case, 1, vec![note("never")]);
    let nobody = ApprovalId(Uuid::from_u128(99));
    bad.views = vec![View::Summary("never".into()), View::Settle(nobody, ApprovalState::Expired)];
    let (failed, fine) = tokio::join!(desk.store.append(bad), new_case(&desk.store, 2));
    assert!(matches!(failed, Err(StoreError::NotFound(_))), "{failed:?}");
    assert_eq!(desk.store.events(&acme(), case).await.unwrap().len(), 1);
    assert_eq!(desk.store.case(case).await.unwrap().unwrap().summary, "");
    assert_eq!(desk.store.events(&acme(), fine).await.unwrap().len(), 1);
    assert_eq!(add(&desk.store, case, 1).await, Ok(2));
    assert_eq!(assert_clean(&desk.store, &acme()).await, 3);
}

#[tokio::test]
async fn whoever_folded_an_older_version_gets_a_conflict() {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    assert_eq!(add(&desk.store, case, 1).await, Ok(2));
    assert_eq!(
        add(&desk.store, case, 1).await,
        Err(StoreError::Conflict { expected: 1, found: 2 })
    );
    let racing = join_all((0..10).map(|_| add(&desk.store, case, 2))).await;
    assert_eq!(racing.iter().filter(|r| r.is_ok()).count(), 1, "one of ten wins: {racing:?}");
    assert_eq!(assert_clean(&desk.store, &acme()).await, 3);
    let unknown = add(&desk.store, case_id(77), 1).await;
    assert!(matches!(unknown, Err(StoreError::NotFound(_))), "{unknown:?}");
}

#[tokio::test]
async fn two_processes_on_one_folder_keep_one_valid_log() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = tokio::join!(open(dir.path()), open(dir.path()));
    for n in 0..4 {
        new_case(if n % 2 == 0 { &a } else { &b }, n).await;
    }
    let work = |store: &store::Store, n: u128| {
        let store = store.clone();
        tokio::spawn(async move {
            for version in 1..=25 {
                add(&store, case_id(n), version).await.unwrap();
            }
        })
    };
    for done in join_all([work(&a, 0), work(&b, 1), work(&a, 2), work(&b, 3)]).await {
        done.unwrap();
    }
    a.close().await;
    b.close().await;
    let store = open(dir.path()).await;
    assert_eq!(assert_clean(&store, &acme()).await, 104);
}

#[tokio::test]
async fn many_at_once_all_land_and_share_commits() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    let cases = join_all((0..200).map(|n| new_case(&desk.store, n))).await;
    let mut conn = raw(desk.dir.path()).await;
    run(&mut conn, "PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
    let done = join_all(cases.iter().map(|c| add(&desk.store, *c, 1))).await;
    assert!(done.iter().all(|d| *d == Ok(2)), "{done:?}");
    let wal = std::fs::read(desk.dir.path().join("journeyman.db-wal")).unwrap();
    let commits = commits(&wal);
    assert!((1..=20).contains(&commits), "200 appends took {commits} commits");
    assert_eq!(assert_clean(&desk.store, &acme()).await, 400);
}

/// Commits in a write-ahead log: after a header of 32 bytes each frame has one of 24, whose second
/// word is not zero when the frame ends a transaction.
fn commits(wal: &[u8]) -> usize {
    let word = |at: usize| u32::from_be_bytes(wal[at..at + 4].try_into().unwrap());
    let frame = 24 + word(8) as usize;
    (32..wal.len().saturating_sub(23)).step_by(frame).filter(|at| word(at + 4) != 0).count()
}

#[tokio::test]
async fn a_store_that_was_dropped_opens_again_with_everything() {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    add(&desk.store, case, 1).await.unwrap();
    drop(desk.store);
    let store = open(desk.dir.path()).await;
    assert_eq!(add(&store, case, 2).await, Ok(3));
    assert_eq!(assert_clean(&store, &acme()).await, 3);
}

#[tokio::test]
async fn closing_commits_what_waits_and_signs_a_last_checkpoint() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    let other = desk.store.clone();
    let waiting = join_all((0..50).map(|n| {
        let store = desk.store.clone();
        async move { store.receive(intake(n)).await }
    }));
    let close = async {
        tokio::task::yield_now().await;
        desk.store.close().await;
    };
    let (taken, ()) = tokio::join!(waiting, close);
    assert!(taken.iter().all(|t| matches!(t, Ok(Received::New(_)))), "{taken:?}");
    assert_eq!(other.receive(intake(99)).await, Err(StoreError::Closed));
    assert_eq!(other.events(&acme(), case_id(1)).await, Err(StoreError::Closed));
    assert!(!desk.dir.path().join("journeyman.db-wal").exists(), "the log is folded in");
    let store = open(desk.dir.path()).await;
    let note = store.checkpoint(&acme()).await.unwrap().unwrap();
    assert_eq!(note.lines().nth(1), Some("50"));
}

#[tokio::test]
async fn a_run_that_ended_before_its_checkpoint_gets_one_at_the_next_start() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    new_case(&desk.store, 1).await;
    desk.store.close().await;
    let mut conn = tamperer(desk.dir.path()).await;
    run(&mut conn, "DELETE FROM checkpoints").await.unwrap();
    let store = open(desk.dir.path()).await;
    store.close().await;
    let store = open(desk.dir.path()).await;
    assert!(store.checkpoint(&acme()).await.unwrap().is_some());
    assert_eq!(store.verify(&acme(), None).await.unwrap().checkpoints, 1);
}

#[tokio::test]
async fn proofs_come_from_the_store_and_hold() {
    use store::merkle::{verify_consistency, verify_inclusion};
    let desk = desk().await;
    let mut roots = Vec::new();
    for n in 0..9 {
        new_case(&desk.store, n).await;
        roots.push(desk.store.verify(&acme(), None).await.unwrap().root);
    }
    for old in 1..=9 {
        let proof = desk.store.prove_consistency(&acme(), old, 9).await.unwrap();
        assert!(verify_consistency(old, 9, &proof, roots[old as usize - 1], roots[8]));
        let (leaf, proof) = desk.store.prove_inclusion(&acme(), old - 1, 9).await.unwrap();
        assert!(verify_inclusion(leaf, old - 1, 9, &proof, roots[8]));
    }
    for wrong in [(9, 10), (10, 9), (3, 100)] {
        let answer = desk.store.prove_consistency(&acme(), wrong.0, wrong.1).await;
        assert!(matches!(answer, Err(StoreError::NotFound(_))), "{wrong:?}: {answer:?}");
    }
    assert!(desk.store.prove_inclusion(&acme(), 9, 9).await.is_err());
}

#[tokio::test]
async fn an_entry_is_shown_with_what_it_was_about() {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    let entry = judged(domain::Tier::Medium);
    desk.store.append(append(case, 1, vec![entry.clone()])).await.unwrap();
    let row = desk.store.entries(&acme(), 1).await.unwrap().remove(0);
    assert_eq!((row.seq, row.at, row.kind.as_str()), (1, T0, "judged"));
    assert_eq!((row.actor.as_str(), row.tier.as_deref()), ("brain:technician", Some("medium")));
    assert_eq!(row.outcome.as_deref(), Some("run"));
    assert_eq!(row.digest, Some(digest().to_string()));
    assert_eq!(row.event, Some(entry.event));
    assert_eq!(desk.store.case(case).await.unwrap().unwrap().tier.as_deref(), Some("medium"));
}

#[tokio::test]
async fn an_ended_case_says_how_and_when() {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    let ended = store::NewEntry {
        actor: brain(),
        event: Event::Ended { outcome: domain::CaseOutcome::Dispatched, reason: "unclear".into() },
    };
    let end = Append { at: T0.plus_ms(500), ..append(case, 1, vec![ended]) };
    desk.store.append(end).await.unwrap();
    let row = desk.store.case(case).await.unwrap().unwrap();
    assert_eq!((row.phase.as_str(), row.ended_at), ("dispatched", Some(T0.plus_ms(500))));
    assert_eq!(desk.store.phase_counts().await.unwrap(), [("dispatched".to_owned(), 1)]);
    assert_eq!(desk.store.cases(Some(&acme()), Some("dispatched"), 9).await.unwrap().len(), 1);
    assert!(desk.store.cases(None, Some("working"), 9).await.unwrap().is_empty());
}
