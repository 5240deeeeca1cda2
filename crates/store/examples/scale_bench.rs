//! What a case costs with few and with many cases in the store, and with few and with many clients.
//!
//! `cargo run --release -p store --example scale_bench -- [--dir DIR] [--cases N]`. A case is taken in and
//! gets as many entries as a ticket of the demo; sixteen are worked on at once. The store is filled to
//! 1,000, 10,000 and so on to N cases of 10 clients (100,000 unless told), and afresh with 10,000 cases
//! of 10, 1,000 and 10,000 clients; at each size new cases are measured, over clients at random.

use domain::{Actor, CaseId, ClientId, Event, IncomingTicket, TicketRef, TicketStatus, UnixMs};
use std::{
    error::Error,
    path::{Path, PathBuf},
    time::Instant,
};
use store::{Append, Intake, NewEntry, Store, StoreOptions, View};
use uuid::Uuid;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Entries of a case besides the first.
const PER_CASE: u64 = 23;
/// Cases of one measurement.
const MEASURED: u64 = 1_000;
/// Measurements at one size; the middle one counts.
const ROUNDS: usize = 3;
/// Cases worked on at once.
const WIDTH: u64 = 16;
/// The same while filling.
const FILLING: u64 = 1_024;

#[tokio::main]
async fn main() -> Outcome<()> {
    let (mut dir, mut most) = (PathBuf::from("."), 100_000_u64);
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        match name.as_str() {
            "--dir" => dir = given.next().ok_or("--dir needs a folder")?.into(),
            "--cases" => most = given.next().ok_or("--cases needs a number")?.parse()?,
            other => return Err(format!("{other} is not known: use --dir DIR, --cases N").into()),
        }
    }
    let sizes = (3..).map(|n| 10_u64.pow(n)).take_while(|n| *n <= most);
    let mut by_cases = Vec::new();
    let mut filled = Filled::new(&dir, 10).await?;
    for cases in sizes {
        filled.fill(cases).await?;
        by_cases.push((cases, filled.measure().await?));
    }
    filled.end().await?;
    let mut by_clients = Vec::new();
    for clients in [10, 1_000, 10_000] {
        let mut filled = Filled::new(&dir, clients).await?;
        filled.fill(10_000).await?;
        by_clients.push((clients, filled.measure().await?));
        filled.end().await?;
    }
    let figures = serde_json::json!({
        "entries_per_case": PER_CASE + 1,
        "at_once": WIDTH,
        "us_per_case_by_cases": by_cases,
        "us_per_case_by_clients": by_clients,
        "ratio_most_to_fewest_cases": ratio(&by_cases),
        "ratio_most_to_fewest_clients": ratio(&by_clients),
    });
    println!("{figures:#}");
    Ok(())
}

/// What the last of these costs, in units of the first.
fn ratio(all: &[(u64, f64)]) -> f64 {
    match (all.first(), all.last()) {
        (Some((_, first)), Some((_, last))) => last / first,
        _ => f64::NAN,
    }
}

/// A store with so many cases in it.
struct Filled {
    store: Store,
    dir: tempfile::TempDir,
    clients: u64,
    cases: u64,
}

impl Filled {
    async fn new(base: &Path, clients: u64) -> Outcome<Filled> {
        let dir = tempfile::Builder::new().prefix("scale-bench-").tempdir_in(base)?;
        let store = Store::open(&StoreOptions::new(dir.path(), "bench.example.net")).await?;
        Ok(Filled { store, dir, clients, cases: 0 })
    }

    async fn fill(&mut self, cases: u64) -> Outcome<()> {
        let more = cases.saturating_sub(self.cases);
        self.work(more, FILLING).await?;
        eprintln!("{} cases of {} clients are in", self.cases, self.clients);
        Ok(())
    }

    /// Microseconds per case with [`WIDTH`] worked on at once: the middle of the rounds.
    async fn measure(&mut self) -> Outcome<f64> {
        let mut took = Vec::new();
        for _ in 0..ROUNDS {
            let start = Instant::now();
            self.work(MEASURED, WIDTH).await?;
            took.push(start.elapsed().as_secs_f64() * 1e6 / MEASURED as f64);
        }
        took.sort_by(f64::total_cmp);
        Ok(took[ROUNDS / 2])
    }

    /// So many new cases, each from its intake to its last entry.
    async fn work(&mut self, cases: u64, width: u64) -> Outcome<()> {
        let (from, until) = (self.cases, self.cases + cases);
        let tasks: Vec<_> = (0..width)
            .map(|lane| {
                let (store, clients) = (self.store.clone(), self.clients);
                tokio::spawn(async move {
                    for n in (from + lane..until).step_by(usize::try_from(width).unwrap_or(1)) {
                        one(&store, clients, n).await?;
                    }
                    Ok::<(), Box<dyn Error + Send + Sync>>(())
                })
            })
            .collect();
        for task in tasks {
            task.await??;
        }
        self.cases = until;
        Ok(())
    }

    async fn end(self) -> Outcome<()> {
        for n in 0..self.clients.min(10) {
            let report = self.store.verify(&client(n)?, None).await?;
            if !report.is_clean() {
                return Err(format!("the journal is not whole: {report:?}").into());
            }
        }
        self.store.close().await;
        self.dir.close()?;
        Ok(())
    }
}

async fn one(store: &Store, clients: u64, n: u64) -> Outcome<()> {
    // Any client's turn comes, but not in order.
    let client = client(n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32) % clients)?;
    let case = CaseId(Uuid::from_u128(u128::from(n)));
    store.receive(intake(&client, case, n)).await?;
    for i in 0..PER_CASE {
        let event = Event::Noted {
            code: "bench".into(),
            text: format!("entry {i:08}: what was read, and what follows from it, in plain words"),
        };
        let append = Append {
            client: client.clone(),
            case,
            expected: 1 + i,
            at: UnixMs(0),
            entries: vec![NewEntry { actor: Actor::Platform, event }],
            views: if 1 + i == PER_CASE { vec![View::Wake(None)] } else { Vec::new() },
        };
        store.append(append).await?;
    }
    Ok(())
}

fn client(n: u64) -> Outcome<ClientId> {
    Ok(ClientId::new(format!("client-{n}"))?)
}

fn intake(client: &ClientId, case: CaseId, n: u64) -> Intake {
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
        case,
        fingerprint: n.to_string(),
        duplicate_since: UnixMs(0),
        at: UnixMs(0),
    }
}
