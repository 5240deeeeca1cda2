//! Cells: several PostgreSQL, each with its nodes. What this node knows of the others, and which clients
//! live elsewhere.
//!
//! INVARIANT: what a silent cell may have said is taken for the stricter answer. Without `[cell]` in the
//! configuration there is one cell, and everything here says so.

mod exchange;
mod seal;
pub(crate) use exchange::{run, summary};
pub(crate) use seal::{Seal, fresh_nonce};

use crate::{clock, config::Config};
use domain::{
    ActionKind, BreakerFacts, BreakerMode, BreakerScope, CellId, ClientId, Home, Picture, Summary,
    UnixMs,
};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, OnceLock, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// A cell that was not heard for so long may have said anything.
const PATIENCE: Duration = Duration::from_secs(10);

/// What this node knows of cells; nothing where there is one.
#[derive(Debug, Default)]
pub(crate) struct Cells(Option<Known>);

/// Another cell.
#[derive(Debug)]
pub(crate) struct Peer {
    /// Where its console and its API are, without a slash at the end.
    pub(crate) url: String,
    /// What the two cells sign with.
    pub(crate) seal: Seal,
}

/// A client's cell, when it is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Elsewhere {
    /// Which.
    pub(crate) cell: CellId,
    /// Its address; `None` when the configuration does not name the cell.
    pub(crate) url: Option<String>,
}

#[derive(Debug)]
struct Known {
    own: CellId,
    peers: BTreeMap<CellId, Peer>,
    /// Where the configuration says that clients live.
    configured: BTreeMap<ClientId, CellId>,
    /// Where those live that moved.
    homes: RwLock<BTreeMap<ClientId, Home>>,
    /// Grows when a home changes.
    changes: AtomicU64,
    heard: RwLock<Heard>,
    sequence: AtomicU64,
    made: Mutex<Option<(Instant, Summary)>>,
    patience: Duration,
    /// When the others were first asked.
    begun: OnceLock<Instant>,
}

/// What the others said, and when each was last heard.
#[derive(Debug, Default)]
struct Heard {
    picture: Picture,
    at: BTreeMap<CellId, Instant>,
}

impl Cells {
    /// Of a configuration.
    ///
    /// # Errors
    /// When a secret cannot be read or could be guessed.
    pub(crate) fn new(config: &Config) -> Result<Cells, String> {
        let Some(cell) = &config.cell else { return Ok(Cells::default()) };
        let mut peers = BTreeMap::new();
        for entry in &config.cells {
            let seal = Seal::new(&entry.secret)
                .map_err(|e| format!("[[cells]] {}: `secret`: {e}", entry.name))?;
            let url = entry.url.trim_end_matches('/').to_owned();
            peers.insert(entry.name.clone(), Peer { url, seal });
        }
        let configured = config.client.iter();
        let configured = configured.filter_map(|c| Some((c.id.clone(), c.cell.clone()?))).collect();
        Ok(Cells::of(cell.name.clone(), peers, configured, PATIENCE))
    }

    /// Of its parts; `patience` is how long a cell may be silent.
    pub(crate) fn of(
        own: CellId,
        peers: BTreeMap<CellId, Peer>,
        configured: BTreeMap<ClientId, CellId>,
        patience: Duration,
    ) -> Cells {
        Cells(Some(Known {
            own,
            peers,
            configured,
            homes: RwLock::default(),
            changes: AtomicU64::new(0),
            heard: RwLock::default(),
            sequence: AtomicU64::new(0),
            made: Mutex::default(),
            patience,
            begun: OnceLock::new(),
        }))
    }

    /// This cell's name; `None` where there is one only.
    pub(crate) fn own(&self) -> Option<&CellId> {
        self.0.as_ref().map(|known| &known.own)
    }

    /// Another cell by name.
    pub(crate) fn peer(&self, cell: &CellId) -> Option<&Peer> {
        self.0.as_ref().and_then(|known| known.peers.get(cell))
    }

    /// Where a client lives, by all that is known here, and at which version of the map.
    pub(crate) fn home(&self, client: &ClientId) -> Option<(CellId, u64)> {
        let known = self.0.as_ref()?;
        if let Some(home) = read(&known.homes).get(client) {
            return Some((home.cell.clone(), home.version));
        }
        Some((known.configured.get(client).unwrap_or(&known.own).clone(), 0))
    }

    /// The cell of a client that does not live here.
    pub(crate) fn elsewhere(&self, client: &ClientId) -> Option<Elsewhere> {
        let known = self.0.as_ref()?;
        let (cell, _) = self.home(client)?;
        (cell != known.own)
            .then(|| Elsewhere { url: known.peers.get(&cell).map(|p| p.url.clone()), cell })
    }

    /// Takes in the map as this cell's store has it.
    pub(crate) fn set_homes(&self, homes: Vec<Home>) {
        let Some(known) = &self.0 else { return };
        let homes: BTreeMap<_, _> = homes.into_iter().map(|h| (h.client.clone(), h)).collect();
        let mut now = known.homes.write().unwrap_or_else(PoisonError::into_inner);
        if *now != homes {
            *now = homes;
            known.changes.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A number that grows when a client moved in or out; `None` where there is one cell.
    pub(crate) fn changes(&self) -> Option<u64> {
        self.0.as_ref().map(|known| known.changes.load(Ordering::Relaxed))
    }

    /// Whether work may begin: every other cell was heard once, or long enough was waited for those that
    /// were not. A node that has just started knows neither who moved nor what was stopped.
    pub(crate) fn is_ready(&self) -> bool {
        let Some(known) = &self.0 else { return true };
        let heard = read(&known.heard);
        known.begun.get().is_some_and(|at| at.elapsed() > known.patience)
            || known.peers.keys().all(|cell| heard.at.contains_key(cell))
    }

    /// The strictest breaker for everything that another cell has open. One that was not heard lately
    /// may have stopped everything: a person is asked, who can find out.
    pub(crate) fn breaker(&self) -> Option<BreakerFacts> {
        let known = self.0.as_ref()?;
        let heard = read(&known.heard);
        let told = heard.picture.breaker().map(|(cell, open)| BreakerFacts {
            scope: BreakerScope::Everything,
            mode: open.mode,
            reason: format!("{} (opened in the cell {cell})", open.reason),
            since: open.since,
        });
        if told.as_ref().is_some_and(|open| open.mode == BreakerMode::Stop) {
            return told;
        }
        let silent = known.silent(&heard).next().map(|cell| BreakerFacts {
            scope: BreakerScope::Everything,
            mode: BreakerMode::Ask,
            reason: format!(
                "the cell {cell} has not been heard for {} s; whether everything was stopped there is not known",
                known.patience.as_secs()
            ),
            since: heard.picture.of(cell).map_or_else(clock::now, |s| s.at),
        });
        told.or(silent)
    }

    /// How a change fared in all other cells: attempts and failures; or why that is not known.
    pub(crate) fn fared(
        &self,
        kind: ActionKind,
        changes: &[&str],
        window_ms: i64,
    ) -> Result<(u32, u32), String> {
        let Some(known) = &self.0 else { return Ok((0, 0)) };
        let heard = read(&known.heard);
        if let Some(cell) = known.silent(&heard).next() {
            return Err(format!(
                "the cell {cell} has not been heard for {} s",
                known.patience.as_secs()
            ));
        }
        heard
            .picture
            .fared(known.peers.keys(), kind, changes, window_ms)
            .map_err(|cell| format!("the cell {cell} does not look back as far as the policy"))
    }

    /// Takes in what a cell said just now.
    fn hear(&self, summary: Summary) {
        let Some(known) = &self.0 else { return };
        let mut heard = known.heard.write().unwrap_or_else(PoisonError::into_inner);
        let cell = summary.cell.clone();
        // What is older than what is known, or the same again, says nothing of this moment.
        if heard.picture.merge(summary) {
            heard.at.insert(cell, Instant::now());
        }
    }

    /// The next number of a summary: above all before, across restarts as long as the clock goes on.
    fn next(&self, now: UnixMs) -> u64 {
        let now = u64::try_from(now.0).unwrap_or_default();
        let Some(known) = &self.0 else { return now };
        let next = |last: u64| Some(now.max(last.saturating_add(1)));
        let order = Ordering::Relaxed;
        let last = known.sequence.fetch_update(order, order, next).unwrap_or_default();
        now.max(last.saturating_add(1))
    }
}

impl Known {
    /// Cells that were not heard lately.
    fn silent<'k>(&'k self, heard: &'k Heard) -> impl Iterator<Item = &'k CellId> {
        let late = |at: &Instant| at.elapsed() > self.patience;
        self.peers.keys().filter(move |cell| heard.at.get(*cell).is_none_or(late))
    }
}

fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}
