//! Proofs from stored tiles: those of the specification, and never one that does not hold.

use crate::common::*;
use store::{
    Store, StoreError,
    merkle::{
        Frontier, Hash, consistency_proof, inclusion_proof, root, verify_consistency,
        verify_inclusion,
    },
};

/// A journal of so many entries, its checkpoint signed.
async fn journal(entries: u64) -> Desk {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    let notes = (1..entries).map(|n| note(&format!("entry {n}"))).collect();
    desk.store.append(append(case, 1, notes)).await.unwrap();
    desk.store.close().await;
    let store = open(desk.dir.path()).await;
    Desk { dir: desk.dir, store }
}

/// Every leaf, one proof of one leaf at a time.
async fn leaves(store: &Store, size: u64) -> Vec<Hash> {
    let mut leaves = Vec::new();
    for seq in 0..size {
        leaves.push(store.prove_inclusion(&acme(), seq, size).await.unwrap().0);
    }
    leaves
}

async fn assert_proves(store: &Store, all: &[Hash], seq: u64, size: u64) {
    let (part, i) = (&all[..size as usize], seq as usize);
    let (leaf, path) = store.prove_inclusion(&acme(), seq, size).await.unwrap();
    assert_eq!((leaf, &path), (part[i], &inclusion_proof(part, i)), "{seq} in {size}");
    assert!(verify_inclusion(leaf, seq, size, &path, root(part)));
    let path = store.prove_consistency(&acme(), seq, size).await.unwrap();
    assert_eq!(path, consistency_proof(part, i), "{seq} to {size}");
    assert!(verify_consistency(seq, size, &path, root(&part[..i]), root(part)));
}

#[tokio::test]
async fn proofs_are_those_of_the_specification_for_old_sizes_too() {
    let desk = journal(700).await;
    let all = leaves(&desk.store, 700).await;
    assert_eq!(root(&all), desk.store.verify(&acme(), None).await.unwrap().root);
    for size in [1, 2, 3, 255, 256, 257, 300, 511, 512, 513, 699, 700] {
        for seq in [0, 1, 2, 128, 254, 255, 256, 257, 510, 511, 512, 600, 699] {
            if seq < size {
                assert_proves(&desk.store, &all, seq, size).await;
            }
        }
    }
}

#[tokio::test]
async fn tiles_are_made_once_and_again_when_they_are_missing() {
    let desk = journal(700).await;
    assert_eq!(desk.store.fill_tiles(&acme()).await, Ok(2));
    assert_eq!(desk.store.fill_tiles(&acme()).await, Ok(0));
    let all = leaves(&desk.store, 700).await;
    if on_postgres() {
        return;
    }
    let mut conn = raw(desk.dir.path()).await;
    assert!(run(&mut conn, "UPDATE subtrees SET root = x''").await.is_err(), "they are immutable");
    run(&mut conn, "DELETE FROM subtrees WHERE n = 0").await.unwrap();
    assert_proves(&desk.store, &all, 3, 700).await;
    assert_eq!(desk.store.fill_tiles(&acme()).await, Ok(0), "the proof has made it");
    run(&mut conn, "DELETE FROM subtrees WHERE n = 0").await.unwrap();
    assert_eq!(desk.store.fill_tiles(&acme()).await, Ok(1));
}

#[tokio::test]
async fn a_tampered_tile_is_noticed() {
    if on_postgres() {
        return;
    }
    let desk = journal(700).await;
    desk.store.fill_tiles(&acme()).await.unwrap();
    let mut conn = tamperer(desk.dir.path()).await;
    let good: Vec<u8> = sqlx::query_scalar("SELECT hashes FROM subtrees WHERE n = 0")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    for at in [0, 31, 32, 4_000, 8_191] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        set_hashes(&mut conn, &bad).await;
        let proof = desk.store.prove_inclusion(&acme(), 3, 700).await;
        let Err(StoreError::Broken(why)) = proof else { panic!("byte {at}: {proof:?}") };
        assert!(why.contains("does not fit its checkpoint over 700 entries"), "{why}");
        assert!(desk.store.prove_consistency(&acme(), 100, 700).await.is_err(), "byte {at}");
        assert!(desk.store.prove_consistency(&acme(), 100, 690).await.is_err(), "byte {at}");
    }
    for bad in [&good[..8_160], &[], &[&good[..], &[0; 32]].concat()] {
        set_hashes(&mut conn, bad).await;
        assert!(desk.store.prove_inclusion(&acme(), 3, 700).await.is_err());
    }
    set_hashes(&mut conn, &good).await;
    desk.store.prove_inclusion(&acme(), 3, 700).await.unwrap();
    run(&mut conn, "UPDATE subtrees SET root = zeroblob(32) WHERE n = 1").await.unwrap();
    assert!(desk.store.prove_inclusion(&acme(), 3, 700).await.is_err());
}

async fn set_hashes(conn: &mut sqlx::SqliteConnection, hashes: &[u8]) {
    let set = sqlx::query("UPDATE subtrees SET hashes = $1 WHERE n = 0").bind(hashes);
    set.execute(conn).await.unwrap();
}

#[tokio::test]
async fn a_changed_leaf_hash_is_noticed() {
    if on_postgres() {
        return;
    }
    let desk = journal(300).await;
    let mut conn = tamperer(desk.dir.path()).await;
    run(&mut conn, "UPDATE entries SET leaf_hash = zeroblob(32) WHERE seq = 280").await.unwrap();
    assert!(desk.store.prove_inclusion(&acme(), 280, 300).await.is_err());
    assert!(desk.store.prove_inclusion(&acme(), 2, 300).await.is_err());
    desk.store.prove_inclusion(&acme(), 2, 200).await.unwrap_err();
}

/// Leaves made by the database, and the right edge over them.
async fn synthetic(dir: &std::path::Path, leaves: u32) -> Vec<Hash> {
    let mut conn = raw(dir).await;
    run(&mut conn, "BEGIN").await.unwrap();
    let sql = format!(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {leaves})
         INSERT INTO entries (client, seq, at_ms, case_id, actor, kind, findings, commitment, leaf_hash)
         SELECT 'acme', i, 0, 'c', 'platform', 'noted', '', zeroblob(32), randomblob(32) FROM n"
    );
    run(&mut conn, &sql).await.unwrap();
    let hashes: Vec<Vec<u8>> = sqlx::query_scalar("SELECT leaf_hash FROM entries ORDER BY seq")
        .fetch_all(&mut conn)
        .await
        .unwrap();
    let hashes: Vec<Hash> = hashes.into_iter().map(|h| h.try_into().unwrap()).collect();
    let mut edge = Frontier::default();
    hashes.iter().for_each(|h| edge.push(*h));
    sqlx::query("INSERT INTO tips (client, size, frontier) VALUES ('acme', $1, $2)")
        .bind(i64::from(leaves))
        .bind(edge.to_bytes())
        .execute(&mut conn)
        .await
        .unwrap();
    run(&mut conn, "COMMIT").await.unwrap();
    hashes
}

#[tokio::test]
async fn tiles_of_tiles_prove_as_well() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    let size = 65_536 + 700;
    let all = synthetic(desk.dir.path(), size as u32).await;
    for seq in [0, 300, 65_535, 65_536, 65_791, 65_792, size - 1] {
        assert_proves(&desk.store, &all, seq, size).await;
    }
    let mut conn = raw(desk.dir.path()).await;
    let rows: Vec<(i64, i64)> =
        sqlx::query_as("SELECT level, COUNT(*) FROM subtrees GROUP BY level ORDER BY level")
            .fetch_all(&mut conn)
            .await
            .unwrap();
    assert_eq!(rows, [(0, 258), (1, 1)]);
    for old in [1, 65_535, 65_536, 65_900] {
        assert_proves(&desk.store, &all, old - 1, old).await;
    }
}
