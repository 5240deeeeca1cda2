//! Random requests with random facts, over the whole catalogue: every fact known, missing or stale,
//! every value of it, numbers at their bounds, instants at the edges of windows.
//!
//! The same seed gives the same world. Each request draws how much of it is odd, so that every tier
//! comes up, and not only the strictest.

mod actions;
mod facts;

pub use actions::{Parts, action};

use crate::policy;
use domain::{ActionKind, AttemptId, BrainId, CaseId, ClientId, Facts, UndoOf, UnixMs};
use gate::Request;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;

/// One input of the gate.
#[derive(Clone, Debug)]
pub struct Input {
    /// What is asked.
    pub request: Request,
    /// What is known.
    pub facts: Facts,
    /// When.
    pub now: UnixMs,
}

/// Makes inputs.
#[derive(Debug)]
pub struct World {
    dice: Dice,
    clients: [ClientId; 4],
    brains: [BrainId; 2],
}

/// A source of chance, and how likely something is odd.
#[derive(Debug)]
pub(crate) struct Dice {
    rng: StdRng,
    odds: f64,
}

impl Dice {
    fn odd(&mut self) -> bool {
        self.rng.random_bool(self.odds)
    }

    fn one<T: Clone>(&mut self, of: &[T], usual: T) -> T {
        if of.is_empty() {
            return usual;
        }
        of.get(self.rng.random_range(0..of.len())).cloned().unwrap_or(usual)
    }

    /// The usual one, or, when it turns out odd, any.
    fn mostly<T: Clone>(&mut self, usual: T, of: &[T]) -> T {
        if self.odd() { self.one(of, usual) } else { usual }
    }
}

impl World {
    /// A world of its own for each seed.
    ///
    /// # Errors
    /// When a name in this crate is no id.
    pub fn seeded(seed: u64) -> Result<World, String> {
        let client = |name: &&str| ClientId::new(*name).map_err(|e| e.to_string());
        let [one, two, three, four] = policy::CLIENTS;
        let brain = |name: &str| BrainId::new(name).map_err(|e| e.to_string());
        Ok(World {
            dice: Dice { rng: StdRng::seed_from_u64(seed), odds: 0.0 },
            clients: [client(&one)?, client(&two)?, client(&three)?, client(&four)?],
            brains: [brain("technician")?, brain("visitor-2")?],
        })
    }

    /// The next input.
    pub fn input(&mut self) -> Input {
        let dice = &mut self.dice;
        dice.odds = dice.one(&[0.0, 0.02, 0.02, 0.05, 0.05, 0.1, 0.3], 0.0);
        let now = instant(dice);
        let kind = dice.one(ActionKind::ALL, ActionKind::FindUser);
        let parts = Parts::random(dice, &self.clients);
        let client = dice.one(&self.clients, self.clients[0].clone());
        let usual = self.brains[0].clone();
        let brain = dice.mostly(usual, &self.brains);
        let action = action(kind, &parts);
        let undoes = dice.odd().then_some(UndoOf {
            case: CaseId(Uuid::from_u128(7)),
            attempt: AttemptId(Uuid::from_u128(8)),
        });
        let request = Request { client, case: CaseId(Uuid::from_u128(1)), brain, action, undoes };
        let facts = facts::random(dice, &request, now);
        Input { request, facts, now }
    }
}

/// Within the policy's months, often at the edge of something.
fn instant(dice: &mut Dice) -> UnixMs {
    const DAY_MS: i64 = 86_400_000;
    // 2026-11-01 and 160 days.
    const FIRST_DAY: i64 = 20_758;
    let edges: [i64; 16] =
        [0, 4, 6, 7, 8, 9, 12, 15, 17, 18, 20, 22, 23, 5, 3, 2].map(|h| h * 3_600_000);
    let day = FIRST_DAY + dice.rng.random_range(0..160_i64);
    let offset_ms = dice.one(&[3_600_000, 7_200_000, -18_000_000, -14_400_000, 0], 0);
    let in_day = match dice.rng.random_range(0..3) {
        0 => dice.rng.random_range(0..DAY_MS),
        _ => {
            let half = dice.one(&[0, 0, 1_800_000], 0);
            dice.one(&edges, 0) + half + dice.one(&[-1, 0, 1, 60_000], 0)
        }
    };
    match dice.rng.random_range(0..200) {
        0 => UnixMs(policy::HYPERCARE_UNTIL.0 + dice.one(&[-1, 0, 1], 0)),
        _ => UnixMs(day * DAY_MS + in_day - offset_ms),
    }
}
