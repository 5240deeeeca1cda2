//! Proofs and verification of a long journal.
//!
//! `cargo run --release -p store --example proof_bench -- --json [--entries N] [--proofs N] [--dir DIR]`.
//! The journal is written straight into one client's tables, as the store would have written it, and
//! its checkpoint is signed by opening the store. The floor of a proof is the read of one entry by its
//! number through the same database; that of verification is hashing the same leaves in memory.

use domain::{Canon, ClientId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use sqlx::{Connection as _, SqliteConnection};
use std::{
    error::Error,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use store::{
    Store, StoreOptions, Verifier,
    merkle::{Frontier, leaf_hash},
};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const CLIENT: &str = "bench";
const BODY: &[u8] = br#"{"actor":"platform","event":{"noted":{"code":"bench","text":"what was read, and what follows from it, in plain words"}}}"#;

struct Args {
    json: bool,
    entries: u64,
    proofs: u64,
    dir: PathBuf,
}

fn args() -> Outcome<Args> {
    let mut args = Args { json: false, entries: 10_000_000, proofs: 2_000, dir: ".".into() };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let mut value = || given.next().ok_or(format!("{name} needs a value"));
        match name.as_str() {
            "--json" => args.json = true,
            "--entries" => args.entries = value()?.parse()?,
            "--proofs" => args.proofs = value()?.parse()?,
            "--dir" => args.dir = value()?.into(),
            other => {
                return Err(format!(
                    "{other} is not known: use --json, --entries N, --proofs N, --dir DIR"
                )
                .into());
            }
        }
    }
    args.entries = args.entries.max(1);
    args.proofs = args.proofs.max(1);
    Ok(args)
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let args = args()?;
    let dir = tempfile::Builder::new().prefix("proof-bench-").tempdir_in(&args.dir)?;
    let options = StoreOptions::new(dir.path(), "bench.example.net");
    Store::open(&options).await?.close().await;
    let start = Instant::now();
    write(dir.path(), args.entries).await?;
    let written = start.elapsed();
    // Opening signs what no checkpoint covers; closing waits for it.
    Store::open(&options).await?.close().await;
    let store = Store::open(&options).await?;
    let client = ClientId::new(CLIENT)?;

    let start = Instant::now();
    let tiles = store.fill_tiles(&client).await?;
    let filled = start.elapsed();
    let key = Verifier::from_vkey(&store.verifier_key(&client))?;
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut any = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % args.entries
    };
    let (mut inclusion, mut consistency, mut whole, mut floor) = (vec![], vec![], vec![], vec![]);
    for _ in 0..args.proofs {
        let (seq, old) = (any(), any());
        let start = Instant::now();
        store.prove_inclusion(&client, seq, args.entries).await?;
        inclusion.push(start.elapsed());
        let start = Instant::now();
        store.prove_consistency(&client, old, args.entries).await?;
        consistency.push(start.elapsed());
        let start = Instant::now();
        let proof = store.prove_entry(&client, seq).await?;
        whole.push(start.elapsed());
        proof.check(&key)?;
        let start = Instant::now();
        store.cosigned_size(&client, "nobody").await?;
        floor.push(start.elapsed());
    }

    let start = Instant::now();
    let report = store.verify(&client, None).await?;
    let verified = start.elapsed();
    if !report.is_clean() || report.size != args.entries {
        return Err(format!("the journal is not whole: {report:?}").into());
    }
    store.close().await;
    let hashed = in_memory(args.entries.min(1_000_000))?;

    let per_s = args.entries as f64 / verified.as_secs_f64();
    let figures = serde_json::json!({
        "entries": args.entries,
        "proofs": args.proofs,
        "inclusion_p50_us": at(&mut inclusion, 0.5),
        "inclusion_p99_us": at(&mut inclusion, 0.99),
        "consistency_p50_us": at(&mut consistency, 0.5),
        "consistency_p99_us": at(&mut consistency, 0.99),
        "prove_entry_p50_us": at(&mut whole, 0.5),
        "prove_entry_p99_us": at(&mut whole, 0.99),
        "floor_one_query_p50_us": at(&mut floor, 0.5),
        "ratio_inclusion": at(&mut inclusion, 0.5) / at(&mut floor, 0.5),
        "tiles": tiles,
        "fill_tiles_s": filled.as_secs_f64(),
        "verify_s": verified.as_secs_f64(),
        "verify_entries_per_s": per_s,
        "floor_hashing_entries_per_s": hashed,
        "ratio_verify": per_s / hashed,
        "write_s": written.as_secs_f64(),
        "database_bytes": std::fs::metadata(dir.path().join("journeyman.db"))?.len(),
    });
    match args.json {
        true => println!("{figures}"),
        false => println!("{figures:#}"),
    }
    Ok(())
}

/// The value in microseconds below which this part of the times lie.
fn at(times: &mut [Duration], part: f64) -> f64 {
    times.sort();
    let i = (times.len() as f64 * part) as usize;
    times.get(i.min(times.len() - 1)).map_or(0.0, |t| t.as_secs_f64() * 1e6)
}

/// Leaf bytes and what stands beside: the canonical form of an entry, written out.
fn leaf(seq: i64, salt: &[u8]) -> Outcome<(Vec<u8>, Vec<u8>)> {
    let mut mac = Hmac::<Sha256>::new_from_slice(salt)?;
    mac.update(BODY);
    let commitment = mac.finalize().into_bytes().to_vec();
    let bytes = Canon::new("journeyman/entry/v1")
        .text(CLIENT)
        .int(seq)
        .int(1_800_000_000_000)
        .text(&case(seq))
        .text("platform")
        .text("noted")
        .option(None)
        .option(None)
        .text("")
        .option(None)
        .option(None)
        .bytes(&commitment)
        .finish();
    Ok((bytes, commitment))
}

fn case(seq: i64) -> String {
    format!("01890000-0000-7000-8000-{:012x}", seq / 20)
}

fn salt(seq: i64) -> Vec<u8> {
    [&seq.to_be_bytes()[..], &[0xa5; 24]].concat()
}

/// Writes the entries with the triggers and constraints as they are.
async fn write(dir: &Path, entries: u64) -> Outcome<()> {
    let url = format!("sqlite://{}", dir.join("journeyman.db").display());
    let mut conn = SqliteConnection::connect(&url).await?;
    sqlx::query("PRAGMA synchronous = OFF").execute(&mut conn).await?;
    let mut edge = Frontier::default();
    let mut seq = 0;
    let entries = i64::try_from(entries)?;
    while seq < entries {
        sqlx::query("BEGIN").execute(&mut conn).await?;
        for _ in 0..2_000 {
            let heap: Vec<i64> = (seq..entries.min(seq + 100)).collect();
            if heap.is_empty() {
                break;
            }
            seq += heap.len() as i64;
            put(&mut conn, &heap, &mut edge).await?;
        }
        sqlx::query("COMMIT").execute(&mut conn).await?;
    }
    sqlx::query("INSERT INTO tips (client, size, frontier) VALUES ($1, $2, $3)")
        .bind(CLIENT)
        .bind(entries)
        .bind(edge.to_bytes())
        .execute(&mut conn)
        .await?;
    conn.close().await?;
    Ok(())
}

async fn put(conn: &mut SqliteConnection, heap: &[i64], edge: &mut Frontier) -> Outcome<()> {
    let values = |n: usize, row: &str| vec![row; n].join(", ");
    let entries = format!(
        "INSERT INTO entries (client, seq, at_ms, case_id, actor, kind, findings, commitment, leaf_hash)
         VALUES {}",
        values(heap.len(), "('bench', ?, 1800000000000, ?, 'platform', 'noted', '', ?, ?)")
    );
    let private = format!(
        "INSERT INTO entry_private (client, seq, salt, body) VALUES {}",
        values(heap.len(), "('bench', ?, ?, ?)")
    );
    let mut one = sqlx::query(sqlx::AssertSqlSafe(entries));
    let mut two = sqlx::query(sqlx::AssertSqlSafe(private));
    for seq in heap {
        let salt = salt(*seq);
        let (bytes, commitment) = leaf(*seq, &salt)?;
        let hash = leaf_hash(&bytes);
        edge.push(hash);
        one = one.bind(*seq).bind(case(*seq)).bind(commitment).bind(hash.to_vec());
        two = two.bind(*seq).bind(salt).bind(BODY);
    }
    one.execute(&mut *conn).await?;
    two.execute(&mut *conn).await?;
    Ok(())
}

/// Leaves per second made, committed to, hashed and put into a tree, without a database.
fn in_memory(entries: u64) -> Outcome<f64> {
    let start = Instant::now();
    let mut edge = Frontier::default();
    for seq in 0..i64::try_from(entries)? {
        edge.push(leaf_hash(&leaf(seq, &salt(seq))?.0));
    }
    std::hint::black_box(edge.root());
    Ok(entries as f64 / start.elapsed().as_secs_f64())
}
