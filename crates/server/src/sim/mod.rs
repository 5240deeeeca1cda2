//! Whole runs of several nodes in one process, as a seed says: virtual time, a network and disks
//! that fail, people, brains, and nodes that end at any statement and around any outside call.
//!
//! What runs is the server's own worker over its own store; only time, chance, the disk's answers
//! and the systems outside are the world's. A failure prints the seed that repeats it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actors;
mod check;
mod nodes;
mod outside;
mod tally;
mod world;

use actors::Promises;
use nodes::Nodes;
use outside::Outside;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use store::{Store, sim::Node};
use tally::Tally;
use world::{Broken, World};

/// What came of a seed.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    wrong: Vec<String>,
    crashes: u64,
    statements: u64,
    effects: usize,
    cases: usize,
    trace: u64,
}

/// Lives through one seed.
fn live(seed: u64, broken: Broken) -> Outcome {
    let base = std::path::Path::new("/dev/shm");
    let dir = match base.is_dir() {
        true => tempfile::tempdir_in(base).unwrap(),
        false => tempfile::tempdir().unwrap(),
    };
    let dirs = nodes::fresh(dir.path());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let outcome = runtime.block_on(run(seed, broken, &dirs));
    store::sim::clear();
    drop(runtime);
    outcome
}

async fn run(seed: u64, broken: Broken, dirs: &[PathBuf]) -> Outcome {
    let world = World::new(seed, broken);
    store::sim::install(Box::new(world.clone()));
    let outside = Outside::new(world.clone());
    let (judge, dirs) = dirs.split_last().unwrap();
    let journal = Store::open(&nodes::options(judge)).await.unwrap();
    outside.journal.set(journal.clone()).unwrap();
    let count = 1 + world.below(dirs.len() as u64) as Node;
    let nodes = Arc::new(Nodes::new(outside.clone(), dirs));
    let promised = Promises::default();
    let machines = tokio::spawn(actors::machines(world.clone(), nodes.clone()));
    for node in 0..count {
        nodes.start(node);
    }
    let people = tokio::spawn(actors::people(world.clone(), nodes.clone(), promised.clone()));
    let busy = [
        tokio::spawn(actors::users(outside.clone(), promised.clone())),
        tokio::spawn(actors::asking_brain(world.clone(), nodes.clone(), promised.clone())),
        tokio::spawn(actors::stopper(world.clone(), nodes.clone())),
        tokio::spawn(actors::clocks(world.clone(), count)),
        tokio::spawn(actors::sabotage(world.clone())),
    ];
    for task in busy {
        task.await.unwrap();
    }
    settle(&world, &journal, &promised).await;
    world.state().over = true;
    people.abort();
    machines.abort();
    nodes.stop().await;
    let promised = std::mem::take(&mut *promised.lock().unwrap());
    // The rest waits for other threads: virtual time would run on for hours meanwhile.
    tokio::time::resume();
    check::at_the_end(&journal, &world, &promised).await;
    journal.close().await;
    let state = world.state();
    if let Some(file) = std::env::var_os("JOURNEYMAN_SIM_TRACE") {
        std::fs::write(file, state.lines.join("\n")).unwrap();
    }
    Outcome {
        wrong: state.wrong.clone(),
        crashes: state.crashes,
        statements: state.statements,
        effects: state.effects.len(),
        cases: promised.cases.len() + promised.tickets.len(),
        trace: state.trace,
    }
}

/// Waits until every case is at its end; those that are not in time are forgotten.
async fn settle(world: &World, journal: &Store, promised: &Promises) {
    let begun = tokio::time::Instant::now();
    loop {
        let promises = {
            let promised = promised.lock().unwrap();
            check::Promised { tickets: promised.tickets.clone(), ..Default::default() }
        };
        let open = check::open(journal, &nodes::client_id(), &promises).await;
        if open.is_empty() && !world.troubled() {
            return;
        }
        if begun.elapsed() > outside::PATIENCE {
            return world.wrong(format!("forgotten: {open:?}"));
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}

/// A number from the environment.
fn given(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().expect(name))
}

/// Runs seeds on every core until there were so many seeds, and so many crashes.
fn seeds(from: u64, most: u64, crashes: u64, tally: &Tally) {
    let next = AtomicU64::new(from);
    nodes::model();
    // While a world waits for its database's thread, another one goes on.
    let threads = std::thread::available_parallelism().map_or(2, usize::from) * 2;
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    let fell = tally.sums().crashes;
                    if seed >= from + most && (crashes == 0 || fell >= crashes) {
                        return;
                    }
                    if tally.knows(seed) {
                        continue;
                    }
                    let outcome = live(seed, Broken::No);
                    assert!(
                        outcome.wrong.is_empty(),
                        "seed {seed}: {}\nrepeat it with JOURNEYMAN_SIM_FROM={seed} JOURNEYMAN_SIM_SEEDS=1",
                        outcome.wrong.join("\n")
                    );
                    tally.add(seed, &outcome);
                }
            });
        }
    });
}

#[test]
fn whatever_breaks_nothing_is_done_twice_or_without_right_or_forgotten() {
    if std::env::var_os("JOURNEYMAN_SIM_LOG").is_some() {
        tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).init();
    }
    let (from, most) = (given("JOURNEYMAN_SIM_FROM", 0), given("JOURNEYMAN_SIM_SEEDS", 200));
    let wanted = given("JOURNEYMAN_SIM_CRASHES", 0);
    let file = std::env::var_os("JOURNEYMAN_SIM_TALLY").map(PathBuf::from);
    let kind = if world::is_storm() { "storm" } else { "usual" };
    let tally = Tally::open(file.as_deref(), kind);
    seeds(from, most, wanted, &tally);
    let sums = tally.sums();
    println!("{sums}: nothing wrong");
    assert!(most < 100 || sums.crashes > most / 2, "too few nodes ended: {sums}");
}

#[test]
fn a_seed_repeats_its_run() {
    for seed in 0..12 {
        let (first, second) = (live(seed, Broken::No), live(seed, Broken::No));
        assert_eq!(first, second, "seed {seed}");
    }
}

#[test]
fn a_platform_that_is_broken_on_purpose_is_found_out() {
    for (broken, words) in [(Broken::Twice, "times"), (Broken::Unjournalled, "not in the journal")]
    {
        let found =
            (0..30).any(|seed| live(seed, broken).wrong.iter().any(|wrong| wrong.contains(words)));
        assert!(found, "{broken:?} goes unseen");
    }
}
