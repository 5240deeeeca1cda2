//! What `journal verify` finds, and what only a checkpoint kept elsewhere can show.

use crate::common::*;
use domain::Tier;
use sqlx::{Row as _, SqliteConnection};
use store::{Keys, Report, Store};

/// Three entries, the second with every column filled; checkpoint signed.
async fn journal() -> Desk {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    desk.store.append(append(case, 1, vec![judged(Tier::High)])).await.unwrap();
    add(&desk.store, case, 2).await.unwrap();
    desk.store.close().await;
    let store = open(desk.dir.path()).await;
    assert_eq!(assert_clean(&store, &acme()).await, 3);
    Desk { dir: desk.dir, store }
}

async fn report(store: &Store, kept: Option<&str>) -> Report {
    store.verify(&acme(), kept).await.unwrap()
}

async fn assert_found(store: &Store, what: &str) {
    assert!(!report(store, None).await.is_clean(), "{what} went unnoticed");
}

async fn after(sql: &[&str]) -> Report {
    let desk = journal().await;
    let mut conn = tamperer(desk.dir.path()).await;
    for sql in sql {
        assert!(run(&mut conn, sql).await.unwrap() > 0, "{sql} changes something");
    }
    report(&desk.store, None).await
}

async fn column(conn: &mut SqliteConnection, table: &str, column: &str) -> (String, Vec<u8>) {
    let sql = format!(
        "SELECT typeof({column}) AS kind, CAST({column} AS BLOB) AS bytes FROM {table} WHERE seq = 1"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_one(conn).await.unwrap();
    (row.get("kind"), row.get("bytes"))
}

async fn set(conn: &mut SqliteConnection, table: &str, column: &str, kind: &str, bytes: &[u8]) {
    let sql = format!("UPDATE {table} SET {column} = CAST($1 AS {kind}) WHERE seq = 1");
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(bytes).execute(conn).await.unwrap();
}

#[tokio::test]
async fn a_changed_byte_anywhere_in_an_entry_is_found() {
    if on_postgres() {
        return;
    }
    let desk = journal().await;
    let mut conn = tamperer(desk.dir.path()).await;
    let columns: Vec<String> =
        sqlx::query_scalar("SELECT name FROM pragma_table_info('entries') WHERE name <> 'seq'")
            .fetch_all(&mut conn)
            .await
            .unwrap();
    assert_eq!(columns.len(), 12);
    let beside = [("entry_private", "salt".to_owned()), ("entry_private", "body".to_owned())];
    for (table, name) in columns.into_iter().map(|c| ("entries", c)).chain(beside) {
        let (kind, good) = column(&mut conn, table, &name).await;
        assert!(!good.is_empty(), "{name} is empty, so changing it shows nothing");
        // Ends and middle of long values; every byte of short ones.
        let step = (good.len() / 40).max(1);
        for at in (0..good.len()).step_by(step).chain([good.len() - 1]) {
            let mut bad = good.clone();
            bad[at] ^= 1;
            set(&mut conn, table, &name, &kind, &bad).await;
            assert_found(&desk.store, &format!("byte {at} of {name}")).await;
        }
        set(&mut conn, table, &name, &kind, &good).await;
        assert!(report(&desk.store, None).await.is_clean(), "{name} was put back");
    }
}

#[tokio::test]
async fn an_emptied_or_retyped_column_is_found() {
    if on_postgres() {
        return;
    }
    for (column, value) in [
        ("digest", "NULL"),
        ("tier", "NULL"),
        ("policy_version", "NULL"),
        ("outcome", "''"),
        ("findings", "''"),
        ("at_ms", "'soon'"),
        ("kind", "x'ff'"),
        ("commitment", "x''"),
        ("leaf_hash", "x''"),
    ] {
        let report =
            after(&[&format!("UPDATE entries SET {column} = {value} WHERE seq = 1")]).await;
        assert!(report.problems.iter().any(|p| p.seq == Some(1)), "{column}: {report:?}");
    }
}

#[tokio::test]
async fn deleting_reordering_and_rolling_back_are_found() {
    if on_postgres() {
        return;
    }
    let everything = ["DELETE FROM entries", "DELETE FROM entry_private", "DELETE FROM tips"];
    let cases: [(&str, &[&str]); 8] = [
        ("the last entry is deleted", &["DELETE FROM entries WHERE seq = 2"]),
        ("a middle entry is deleted", &["DELETE FROM entries WHERE seq = 1"]),
        ("the first entry is deleted", &["DELETE FROM entries WHERE seq = 0"]),
        (
            "a middle entry is deleted and the rest moved up",
            &["DELETE FROM entries WHERE seq = 1", "UPDATE entries SET seq = 1 WHERE seq = 2"],
        ),
        (
            "two entries are swapped",
            &[
                "UPDATE entries SET seq = 9 WHERE seq = 1",
                "UPDATE entries SET seq = 1 WHERE seq = 2",
                "UPDATE entries SET seq = 2 WHERE seq = 9",
            ],
        ),
        ("the tip's size is rolled back", &["UPDATE tips SET size = 2"]),
        ("the tip is deleted", &["DELETE FROM tips"]),
        ("everything but the checkpoint is deleted", &everything),
    ];
    for (what, sql) in cases {
        let report = after(sql).await;
        assert!(!report.is_clean(), "{what} went unnoticed");
    }
}

/// Deletes the last entry and makes the tip fit, as somebody would who knows how it works.
async fn truncate_with_care(desk: &Desk) {
    let mut conn = tamperer(desk.dir.path()).await;
    // A tree of two leaves has one perfect subtree: the node over both.
    let leaves: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT leaf_hash FROM entries WHERE seq < 2 ORDER BY seq")
            .fetch_all(&mut conn)
            .await
            .unwrap();
    let leaf = |i: usize| <[u8; 32]>::try_from(leaves[i].as_slice()).unwrap();
    let node = store::merkle::node_hash(&leaf(0), &leaf(1));
    sqlx::query("UPDATE tips SET size = 2, frontier = $1")
        .bind(node.to_vec())
        .execute(&mut conn)
        .await
        .unwrap();
    run(&mut conn, "DELETE FROM entries WHERE seq = 2").await.unwrap();
    run(&mut conn, "DELETE FROM entry_private WHERE seq = 2").await.unwrap();
}

#[tokio::test]
async fn a_careful_truncation_is_found_by_the_checkpoints() {
    if on_postgres() {
        return;
    }
    let desk = journal().await;
    let kept = desk.store.checkpoint(&acme()).await.unwrap().unwrap();
    truncate_with_care(&desk).await;
    let found = report(&desk.store, None).await;
    assert!(found.problems[0].text.contains("only 2 are left"), "{found:?}");
    // Whoever also deletes the checkpoints is found by the one kept elsewhere, and only by it.
    let mut conn = raw(desk.dir.path()).await;
    run(&mut conn, "DELETE FROM checkpoints").await.unwrap();
    assert!(report(&desk.store, None).await.is_clean());
    let found = report(&desk.store, Some(&kept)).await;
    assert!(found.problems[0].text.contains("the checkpoint kept elsewhere"), "{found:?}");
}

#[tokio::test]
async fn an_older_copy_of_the_whole_database_is_found_only_by_the_checkpoint_kept_elsewhere() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    desk.store.close().await;
    let backup = tempfile::tempdir().unwrap();
    copy_folder(desk.dir.path(), backup.path());
    let store = open(desk.dir.path()).await;
    add(&store, case, 1).await.unwrap();
    store.close().await;
    let kept = open(desk.dir.path()).await.checkpoint(&acme()).await.unwrap().unwrap();

    let old = open(backup.path()).await;
    assert!(report(&old, None).await.is_clean(), "nothing in the copy itself is wrong");
    let found = report(&old, Some(&kept)).await;
    assert!(found.problems[0].text.contains("says 2 entries; only 1 are left"), "{found:?}");

    // Another history of the same length is found as well.
    old.append(append(case, 1, vec![note("something else")])).await.unwrap();
    assert!(report(&old, None).await.is_clean());
    let found = report(&old, Some(&kept)).await;
    assert!(found.problems[0].text.contains("says another history"), "{found:?}");
}

#[tokio::test]
async fn a_rewritten_history_with_every_hash_made_to_fit_is_found() {
    if on_postgres() {
        return;
    }
    // The same events written into a fresh folder with the same keys have other salts and hashes.
    let desk = journal().await;
    let kept = desk.store.checkpoint(&acme()).await.unwrap().unwrap();
    desk.store.close().await;
    for name in ["journeyman.db", "journeyman.db-wal", "journeyman.db-shm"] {
        let _ = std::fs::remove_file(desk.dir.path().join(name));
    }
    let store = open(desk.dir.path()).await;
    let case = new_case(&store, 1).await;
    store.append(append(case, 1, vec![judged(Tier::Low)])).await.unwrap();
    add(&store, case, 2).await.unwrap();
    assert!(report(&store, None).await.is_clean());
    assert!(!report(&store, Some(&kept)).await.is_clean());
}

#[tokio::test]
async fn a_forged_checkpoint_is_found() {
    if on_postgres() {
        return;
    }
    let desk = journal().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Keys::open(elsewhere.path(), "desk.example.net").unwrap();
    let root = report(&desk.store, None).await.root;
    let forged = other.signer("acme").sign(3, root);
    let found = report(&desk.store, Some(&forged)).await;
    assert!(found.problems[0].text.contains("missing or wrong"), "{found:?}");
    let mut conn = tamperer(desk.dir.path()).await;
    sqlx::query("UPDATE checkpoints SET note = $1").bind(&forged).execute(&mut conn).await.unwrap();
    assert_found(&desk.store, "a forged checkpoint in the database").await;
    run(&mut conn, "DELETE FROM checkpoints").await.unwrap();
    let honest = Keys::open(&desk.dir.path().join("keys"), "desk.example.net").unwrap();
    let note = honest.signer("acme").sign(3, root);
    sqlx::query("INSERT INTO checkpoints VALUES ('acme', 2, 0, $1)")
        .bind(note)
        .execute(&mut conn)
        .await
        .unwrap();
    assert_found(&desk.store, "a checkpoint that stands under another size").await;
}

#[tokio::test]
async fn erased_personal_data_leaves_the_journal_provable() {
    if on_postgres() {
        return;
    }
    let desk = journal().await;
    let kept = desk.store.checkpoint(&acme()).await.unwrap().unwrap();
    let mut conn = raw(desk.dir.path()).await;
    run(&mut conn, "DELETE FROM entry_private WHERE seq = 1").await.unwrap();
    let found = report(&desk.store, Some(&kept)).await;
    assert!(found.is_clean(), "{found:?}");
    assert_eq!((found.size, found.erased), (3, 1));
    let row = &desk.store.entries(&acme(), 3).await.unwrap()[1];
    assert_eq!((row.event.as_ref(), row.tier.as_deref()), (None, Some("high")));
}

#[tokio::test]
async fn a_journal_without_a_tip_is_still_listed() {
    if on_postgres() {
        return;
    }
    let desk = journal().await;
    let mut conn = tamperer(desk.dir.path()).await;
    run(&mut conn, "DELETE FROM tips").await.unwrap();
    assert_eq!(desk.store.journals().await.unwrap(), [acme()]);
}

#[tokio::test]
async fn a_journal_that_is_being_written_verifies_clean() {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    let store = desk.store.clone();
    let writing = tokio::spawn(async move {
        for version in 1..300 {
            add(&store, case, version).await.unwrap();
        }
    });
    let mut looks = 0;
    while !writing.is_finished() || looks < 5 {
        assert_clean(&desk.store, &acme()).await;
        looks += 1;
    }
    writing.await.unwrap();
    assert_eq!(assert_clean(&desk.store, &acme()).await, 300);
}

#[tokio::test]
async fn values_that_run_into_their_neighbours_are_found() {
    if on_postgres() {
        return;
    }
    for sql in [
        "UPDATE entries SET kind = kind || char(31) || findings, findings = '' WHERE seq = 1",
        "UPDATE entries SET actor = actor || char(31) WHERE seq = 1",
        "UPDATE entries SET tier = '' WHERE seq = 1",
        "UPDATE entries SET case_id = case_id || substr(actor, 1, 1), actor = substr(actor, 2) WHERE seq = 1",
        "UPDATE entries SET leaf_hash = leaf_hash || x'00' WHERE seq = 1",
        "UPDATE entries SET leaf_hash = substr(leaf_hash || commitment, 1, 40), commitment = substr(commitment, 9) WHERE seq = 1",
        "UPDATE entry_private SET salt = salt || x'01' WHERE seq = 1",
        "UPDATE entry_private SET body = body || x'1f' WHERE seq = 1",
    ] {
        assert!(!after(&[sql]).await.is_clean(), "{sql}");
    }
}
