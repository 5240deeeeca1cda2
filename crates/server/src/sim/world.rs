//! One seed's world: time, chance, what breaks, and what was done to the outside.

use domain::{AttemptId, CaseId, ClientId, Digest};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use store::sim::{Fate, Node, Side};
use tokio::{sync::Notify, time::Instant};

/// Where time begins: in 2027, in milliseconds.
const BEGIN: i64 = 1_800_000_000_000;
/// After this no more breaks, so that everything can come to its end.
pub(super) const TROUBLE: Duration = Duration::from_secs(30);

/// Whether every world is to be a storm.
pub(super) fn is_storm() -> bool {
    std::env::var_os("JOURNEYMAN_SIM_STORM").is_some()
}

/// How much breaks: one in so many; 0: never.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rates {
    /// A node ends around a commit.
    pub(super) commit_crash: u32,
    /// A node ends before some other statement.
    pub(super) statement_crash: u32,
    /// The disk is full for a while.
    pub(super) full: u32,
    /// A node ends before or after an outside call.
    pub(super) call_crash: u32,
    /// An outside call is refused, lost, answered late, or its answer is lost.
    pub(super) call_trouble: u32,
    /// How far clocks jump at most, in milliseconds.
    pub(super) jump_ms: i64,
    /// How long a node that ended stays away at most, in milliseconds.
    pub(super) away_ms: u64,
}

/// Something that was done to a system outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Effect {
    pub(super) attempt: AttemptId,
    pub(super) client: ClientId,
    pub(super) case: CaseId,
    pub(super) digest: Digest,
    /// Whether a ticket's status was set: that may be done again.
    pub(super) status: bool,
}

/// Mutations of the world that the checks must find: proof that they can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The platform is what it is.
    No,
    /// An outside system does everything twice.
    Twice,
    /// Something changes a system without the journal knowing.
    Unjournalled,
}

/// The world's state.
pub(super) struct State {
    pub(super) rng: StdRng,
    pub(super) rates: Rates,
    pub(super) broken: Broken,
    pub(super) began: Instant,
    /// How far each node's clock is off, in milliseconds.
    pub(super) skew: BTreeMap<Node, i64>,
    /// Until when each node's disk is full.
    full: BTreeMap<Node, Instant>,
    pub(super) effects: Vec<Effect>,
    /// What must not be and was.
    pub(super) wrong: Vec<String>,
    pub(super) crashes: u64,
    pub(super) statements: u64,
    /// Of everything that happened, in order: two runs of a seed have the same.
    pub(super) trace: u64,
    /// The same in words, when somebody looks into a failure.
    pub(super) lines: Vec<String>,
    told: bool,
    /// Nodes that ended and are to be cleared away.
    pub(super) ended: Vec<Node>,
    /// Nothing is started any more.
    pub(super) over: bool,
}

/// A handle to the world.
#[derive(Clone)]
pub(super) struct World {
    state: Arc<Mutex<State>>,
    /// Told when a node ended.
    pub(super) fallen: Arc<Notify>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}

impl World {
    pub(super) fn new(seed: u64, broken: Broken) -> World {
        let mut rng = StdRng::seed_from_u64(seed);
        // Some seeds are calm, some are storms.
        let storm = rng.random_range(1..=4);
        let rates = Rates {
            commit_crash: [0, 25, 12, 60][rng.random_range(0..4)],
            statement_crash: [0, 400, 150, 1000][rng.random_range(0..4)] / storm,
            full: [0, 300, 0, 900][rng.random_range(0..4)],
            call_crash: [0, 20, 8, 40][rng.random_range(0..4)],
            call_trouble: [0, 12, 5, 3][rng.random_range(0..4)],
            jump_ms: [0, 500, 5_000, 240_000][rng.random_range(0..4)],
            away_ms: [10_000, 2_000, 400][rng.random_range(0..3)],
        };
        let rates = if is_storm() {
            Rates { commit_crash: 5, statement_crash: 60, call_crash: 6, away_ms: 100, ..rates }
        } else {
            rates
        };
        let state = State {
            rng,
            rates,
            broken,
            began: Instant::now(),
            skew: BTreeMap::new(),
            full: BTreeMap::new(),
            effects: vec![],
            wrong: vec![],
            crashes: 0,
            statements: 0,
            trace: 0xcbf2_9ce4_8422_2325,
            ended: vec![],
            lines: vec![],
            told: std::env::var_os("JOURNEYMAN_SIM_TRACE").is_some(),
            over: false,
        };
        World { state: Arc::new(Mutex::new(state)), fallen: Arc::default() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Something that must not be.
    pub(super) fn wrong(&self, what: String) {
        self.state().wrong.push(what);
    }

    /// A number below `bound`.
    pub(super) fn below(&self, bound: u64) -> u64 {
        self.state().rng.random_range(0..bound.max(1))
    }

    /// Waits between so many milliseconds.
    pub(super) async fn rest(&self, from: u64, to: u64) {
        let pause = from + self.below(to - from + 1);
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }

    /// Whether things may break now.
    pub(super) fn troubled(&self) -> bool {
        self.state().troubled()
    }
}

impl State {
    pub(super) fn troubled(&self) -> bool {
        self.began.elapsed() < TROUBLE
    }

    /// One in so many, while there is trouble.
    pub(super) fn one_in(&mut self, many: u32) -> bool {
        many > 0 && self.troubled() && self.rng.random_range(0..many) == 0
    }

    /// Adds to the trace.
    pub(super) fn note(&mut self, what: &str) {
        let time = u64::try_from(self.began.elapsed().as_millis()).unwrap();
        if self.told {
            let node = store::sim::node();
            self.lines.push(format!("{time} {node:?} {what}"));
        }
        self.trace =
            store::sim::mix(store::sim::mix(self.trace, &time.to_le_bytes()), what.as_bytes());
    }

    fn disk(&mut self, node: Node) -> bool {
        let now = Instant::now();
        if self.one_in(self.rates.full) {
            let until = now + Duration::from_millis(self.rng.random_range(1..4_000));
            self.full.insert(node, until);
        }
        self.full.get(&node).is_some_and(|until| now < *until)
    }
}

impl store::sim::World for World {
    fn fate(&mut self, node: Option<Node>, side: Side, sql: &str) -> Fate {
        let mut state = self.state();
        let Some(node) = node else { return Fate::Run(0) };
        state.statements += 1;
        state.note(sql.get(..24.min(sql.len())).unwrap_or(""));
        if side == Side::Reader {
            let rate = state.rates.statement_crash;
            return match state.one_in(rate.saturating_mul(4)) {
                true => Fate::Crash,
                false => Fate::Run(u8::try_from(state.rng.random_range(0..3)).unwrap()),
            };
        }
        let rates = state.rates;
        if sql.starts_with("COMMIT") {
            if state.one_in(rates.commit_crash) {
                return Fate::Crash;
            }
            if state.one_in(rates.commit_crash) {
                return Fate::CrashAfter;
            }
        } else if state.one_in(rates.statement_crash) {
            return Fate::Crash;
        }
        let writes = ["INSERT", "UPDATE", "COMMIT", "DELETE"].iter().any(|w| sql.starts_with(w));
        match writes && state.disk(node) {
            true => Fate::Full,
            false => Fate::Run(0),
        }
    }

    fn ended(&mut self, node: Node) {
        let mut state = self.state();
        state.crashes += 1;
        state.note("crash");
        state.ended.push(node);
        self.fallen.notify_one();
    }

    fn now(&mut self, node: Option<Node>) -> i64 {
        let state = self.state();
        let skew = node.and_then(|n| state.skew.get(&n)).copied().unwrap_or(0);
        BEGIN + skew + i64::try_from(state.began.elapsed().as_millis()).unwrap()
    }

    fn random(&mut self) -> u64 {
        self.state().rng.random()
    }
}
