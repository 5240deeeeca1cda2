//! Appends to the journal, beside the floor that the disk sets.
//!
//! `cargo run --release -p store --example journal_bench -- --json [--entries N] [--concurrency C]
//! [--dir DIR]`. Two floors are measured in the same run and folder, half before the appends and half
//! after: writing the bytes of one entry and waiting for the disk, one at a time; and writing the bytes
//! of as many entries as are outstanding at once into a file that is there already (`O_DSYNC`): what
//! group commit could reach without a database, a tree or a hash. Each of those outstanding works on a
//! case of its own until that has as many entries as a ticket of the demo, then on the next.

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
    let mut args = Args { json: false, entries: 200_000, concurrency: 1_024, dir: ".".into() };
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
    let cases = args.concurrency * args.entries.div_ceil(args.concurrency * PER_CASE);
    for n in 0..cases {
        store.receive(intake(&client, n)).await?;
    }
    store.append(append(&client, 0, 1, 0)).await?;
    let bytes = entry_bytes(dir.path()).await?;

    let rounds = cases / args.concurrency;
    let each = rounds * PER_CASE;
    let mut floors = Floors::new(dir.path(), bytes, args.concurrency)?;
    floors.measure()?;
    let single_p50_us = single(&store, &client).await?;
    let first = 2 + SINGLES;
    let concurrency = args.concurrency;
    let start = Instant::now();
    let workers: Vec<_> = (0..args.concurrency)
        .map(|n| {
            let (store, client) = (store.clone(), client.clone());
            tokio::spawn(async move {
                for round in 0..rounds {
                    let case = round * concurrency + n;
                    let first = if case == 0 { first } else { 1 };
                    for i in 0..PER_CASE {
                        store.append(append(&client, case, first + i, i)).await?;
                    }
                }
                Ok::<(), store::StoreError>(())
            })
        })
        .collect();
    for worker in workers {
        worker.await??;
    }
    let appends_per_s = (each * args.concurrency) as f64 / start.elapsed().as_secs_f64();
    floors.measure()?;

    let report = store.verify(&client, None).await?;
    let expected = cases + 1 + SINGLES + each * args.concurrency;
    if !report.is_clean() || report.size != expected {
        return Err(format!("the journal is not whole: {report:?}").into());
    }
    store.close().await;
    let (one_us, group_per_s) = (floors.one_p50_us(), floors.group_per_s());
    if args.json {
        let figures = serde_json::json!({
            "appends_per_s": appends_per_s,
            "single_append_p50_us": single_p50_us,
            "floor_one_fsync_p50_us": one_us,
            "single_ratio": single_p50_us / one_us,
            "floor_one_at_a_time_per_s": 1e6 / one_us,
            "ratio_to_one_at_a_time": appends_per_s * one_us / 1e6,
            "floor_group_commit_per_s": group_per_s,
            "ratio_to_group_commit": appends_per_s / group_per_s,
            "entries": each * args.concurrency,
            "concurrency": args.concurrency,
            "entries_per_case": PER_CASE,
            "entry_bytes": bytes,
        });
        println!("{figures}");
    } else {
        println!("{appends_per_s:.0} appends a second, {} at once", args.concurrency);
        println!("{single_p50_us:.0} µs for one alone; {one_us:.0} µs for a write and fsync");
        println!("{group_per_s:.0} entries a second in plain group commits");
    }
    Ok(())
}

/// Entries of a case.
const PER_CASE: u64 = 24;
/// Appends that are made one after the other.
const SINGLES: u64 = 500;

/// Microseconds of an append that nobody shares the disk with, in the middle.
async fn single(store: &Store, client: &ClientId) -> Outcome<f64> {
    let mut took = Vec::new();
    for i in 0..SINGLES {
        let start = Instant::now();
        store.append(append(client, 0, 2 + i, i)).await?;
        took.push(start.elapsed().as_secs_f64() * 1e6);
    }
    Ok(middle(&mut took))
}

fn middle(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// What the disk does without us.
struct Floors {
    dir: PathBuf,
    bytes: usize,
    batch: u64,
    one_us: Vec<f64>,
    group_us: Vec<f64>,
}

impl Floors {
    const ROUNDS: usize = 300;

    fn new(dir: &Path, bytes: usize, batch: u64) -> Outcome<Floors> {
        Ok(Floors { dir: dir.into(), bytes, batch, one_us: vec![], group_us: vec![] })
    }

    fn measure(&mut self) -> Outcome<()> {
        let mut file = File::options().create(true).append(true).open(self.dir.join("floor"))?;
        let data = vec![b'x'; self.bytes];
        for _ in 0..Self::ROUNDS {
            let start = Instant::now();
            file.write_all(&data)?;
            file.sync_data()?;
            self.one_us.push(start.elapsed().as_secs_f64() * 1e6);
        }
        self.group()
    }

    fn group(&mut self) -> Outcome<()> {
        use std::os::unix::fs::OpenOptionsExt as _;
        /// Linux' O_DSYNC: a write returns when the bytes are on the disk.
        const O_DSYNC: i32 = 0o10000;
        let path = self.dir.join("group");
        let data = vec![b'x'; self.bytes * usize::try_from(self.batch)?];
        let mut made = File::create(&path)?;
        for _ in 0..Self::ROUNDS {
            made.write_all(&data)?;
        }
        made.sync_all()?;
        let mut file = File::options().write(true).custom_flags(O_DSYNC).open(&path)?;
        for _ in 0..Self::ROUNDS {
            let start = Instant::now();
            file.write_all(&data)?;
            self.group_us.push(start.elapsed().as_secs_f64() * 1e6);
        }
        std::fs::remove_file(&path)?;
        Ok(())
    }

    fn one_p50_us(&mut self) -> f64 {
        middle(&mut self.one_us)
    }

    fn group_per_s(&mut self) -> f64 {
        self.batch as f64 * 1e6 / middle(&mut self.group_us)
    }
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
