//! Appends to the journal, beside the floor that the disk sets.
//!
//! `cargo run --release -p store --example journal_bench -- --json [--entries N] [--concurrency C]
//! [--dir DIR]`. The floor is what a program without a database and without sharing could do: write
//! as many bytes as one entry has to a file in the same folder and wait for the disk, one at a time.
//! Half of it is measured before the appends and half after.

use domain::{Actor, CaseId, ClientId, Event, IncomingTicket, TicketRef, TicketStatus, UnixMs};
use std::{
    error::Error,
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    time::Instant,
};
use store::{Append, Intake, NewEntry, Store, StoreOptions};
use uuid::Uuid;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

struct Args {
    json: bool,
    entries: u64,
    concurrency: u64,
    dir: PathBuf,
}

fn args() -> Outcome<Args> {
    let mut args = Args { json: false, entries: 20_000, concurrency: 64, dir: ".".into() };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let mut value = || given.next().ok_or(format!("{name} needs a value"));
        match name.as_str() {
            "--json" => args.json = true,
            "--entries" => args.entries = value()?.parse()?,
            "--concurrency" => args.concurrency = value()?.parse()?,
            "--dir" => args.dir = value()?.into(),
            other => {
                return Err(format!(
                    "{other} is not known: use --json, --entries N, --concurrency C, --dir DIR"
                )
                .into());
            }
        }
    }
    args.concurrency = args.concurrency.max(1);
    args.entries = args.entries.max(args.concurrency);
    Ok(args)
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let args = args()?;
    let dir = tempfile::Builder::new().prefix("journal-bench-").tempdir_in(&args.dir)?;
    let store = Store::open(&StoreOptions::new(dir.path(), "bench.example.net")).await?;
    let client = ClientId::new("bench")?;
    for n in 0..args.concurrency {
        store.receive(intake(&client, n)).await?;
    }
    store.append(append(&client, 0, 1, 0)).await?;
    let bytes = entry_bytes(dir.path()).await?;

    let rounds = args.entries.min(1000);
    let before = floor(dir.path(), bytes, rounds / 2)?;
    let each = args.entries / args.concurrency;
    let start = Instant::now();
    let workers: Vec<_> = (0..args.concurrency)
        .map(|n| {
            let (store, client) = (store.clone(), client.clone());
            tokio::spawn(async move {
                let first = if n == 0 { 2 } else { 1 };
                for i in 0..each {
                    store.append(append(&client, n, first + i, i)).await?;
                }
                Ok::<(), store::StoreError>(())
            })
        })
        .collect();
    for worker in workers {
        worker.await??;
    }
    let appends_per_s = (each * args.concurrency) as f64 / start.elapsed().as_secs_f64();
    let after = floor(dir.path(), bytes, rounds - rounds / 2)?;
    let floor_per_s = rounds as f64 / (before + after);

    let report = store.verify(&client, None).await?;
    let expected = args.concurrency + 1 + each * args.concurrency;
    if !report.is_clean() || report.size != expected {
        return Err(format!("the journal is not whole: {report:?}").into());
    }
    store.close().await;
    let ratio = appends_per_s / floor_per_s;
    if args.json {
        let figures = serde_json::json!({
            "appends_per_s": appends_per_s,
            "floor_fsync_per_s": floor_per_s,
            "ratio": ratio,
            "entries": each * args.concurrency,
            "concurrency": args.concurrency,
            "entry_bytes": bytes,
        });
        println!("{figures}");
    } else {
        println!("{appends_per_s:.0} appends a second, {} at once", args.concurrency);
        println!(
            "{floor_per_s:.0} plain writes of {bytes} bytes with fsync a second, one at a time"
        );
        println!("ratio {ratio:.2}");
    }
    Ok(())
}

/// Seconds for `rounds` writes with fsync.
fn floor(dir: &Path, bytes: usize, rounds: u64) -> Outcome<f64> {
    let mut file = File::options().create(true).append(true).open(dir.join("floor"))?;
    let data = vec![b'x'; bytes];
    let start = Instant::now();
    for _ in 0..rounds {
        file.write_all(&data)?;
        file.sync_data()?;
    }
    Ok(start.elapsed().as_secs_f64())
}

/// Bytes of the newest entry in all its columns, the private part included.
async fn entry_bytes(dir: &Path) -> Outcome<usize> {
    use sqlx::Connection as _;
    let url = format!("sqlite://{}?mode=ro", dir.join("journeyman.db").display());
    let mut conn = sqlx::SqliteConnection::connect(&url).await?;
    let bytes: i64 = sqlx::query_scalar(
        "SELECT 16 + length(e.client) + length(e.case_id) + length(e.actor) + length(e.kind)
           + length(e.findings) + length(e.commitment) + length(e.leaf_hash) + length(p.salt)
           + length(p.body)
         FROM entries e JOIN entry_private p ON p.client = e.client AND p.seq = e.seq
         ORDER BY e.seq DESC LIMIT 1",
    )
    .fetch_one(&mut conn)
    .await?;
    conn.close().await?;
    Ok(usize::try_from(bytes)?)
}

fn case(n: u64) -> CaseId {
    CaseId(Uuid::from_u128(u128::from(n)))
}

fn intake(client: &ClientId, n: u64) -> Intake {
    Intake {
        client: client.clone(),
        ticket: IncomingTicket {
            ticket: TicketRef { psa: "bench".into(), id: n.to_string() },
            customer: "Bench".into(),
            from: "user@bench.example".into(),
            from_name: "User".into(),
            subject: "Locked out".into(),
            body: "I am locked out of my laptop.".into(),
            created_at: UnixMs(0),
            message_id: None,
            status: TicketStatus::New,
        },
        case: case(n),
        fingerprint: n.to_string(),
        duplicate_since: UnixMs(0),
        at: UnixMs(0),
    }
}

fn append(client: &ClientId, n: u64, expected: u64, i: u64) -> Append {
    let event = Event::Noted {
        code: "bench".into(),
        text: format!("entry {i:08}: what was read, and what follows from it, in plain words"),
    };
    Append {
        client: client.clone(),
        case: case(n),
        expected,
        at: UnixMs(0),
        entries: vec![NewEntry { actor: Actor::Platform, event }],
        views: Vec::new(),
    }
}
