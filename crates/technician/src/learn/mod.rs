//! Learns to recognise what a ticket asks from tickets of the past.
//!
//! The rows are split by family into folds; every row is scored once by a model that has not seen
//! its family. On those scores the probabilities are calibrated and two thresholds are chosen, one for
//! intents that are acted on alone and one for those that a person is always asked about: reading a ticket as `other` only hands it to people. The model
//! itself is then fitted on everything. INVARIANT: the same rows and options give the same
//! model, bit for bit.

pub mod approvers;
mod artifact;
pub mod binomial;
mod calibrate;
pub mod classify;
pub mod clusters;
pub mod deeds;
mod descent;
mod history;
mod model;
pub mod risk;
pub mod similar;
pub mod text;

pub use artifact::ModelError;
pub use history::{starter_history, starter_mark};
pub use model::{HeldOut, Model, Recognised};

use crate::understand::{clean::fold, features::extract};
use descent::{Fit, Pace, Row};
use domain::Intent;
use serde::{Deserialize, Serialize};

/// One ticket of the past and what it asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labelled {
    /// Subject and body, joined by a line break.
    pub text: String,
    /// What it asked for.
    pub intent: Intent,
    /// Rows of one family (one template, one thread) are never on both sides of a split.
    pub family: u32,
}

/// How to train.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainOptions {
    /// The share of wrong readings among tickets acted on must be below this with
    /// 95 % confidence: one-sided Clopper-Pearson on held-out rows, as if they were independent. 0 to 1.
    pub risk_target: f64,
    /// The same for intents whose action always waits for a person's yes (access to groups, blocking
    /// and unblocking): somebody looks before anything happens. 0 to 1.
    pub risk_target_asked: f64,
    /// The model abstains below this confidence even when held-out rows would allow less.
    pub least_confidence: f64,
    /// Passes over the rows.
    pub epochs: u32,
}

impl Default for TrainOptions {
    fn default() -> Self {
        TrainOptions {
            risk_target: 0.02,
            risk_target_asked: 0.05,
            least_confidence: 0.6,
            epochs: 12,
        }
    }
}

/// Why nothing was learned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnError(String);

impl std::fmt::Display for LearnError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LearnError {}

const FOLDS: u32 = 5;

/// Learns a model from labelled tickets. Deterministic.
pub fn train(history: &[Labelled], options: &TrainOptions) -> Result<Model, LearnError> {
    let rows: Vec<Row> = history.iter().map(prepare).collect();
    check(&rows)?;
    let pace = Pace { epochs: options.epochs.max(1), rate: 0.15, decay: 3e-4 };
    let mut scored = Vec::with_capacity(rows.len());
    for fold in 0..FOLDS {
        let fit = Fit::on(&rows, |r| fold_of(r.family) != fold, pace);
        let out = rows.iter().filter(|r| fold_of(r.family) == fold);
        scored.extend(out.map(|r| (fit.score(&r.features), r.class)));
    }
    let temperature = calibrate::temperature(&scored);
    let ranked = calibrate::ranked(&scored, temperature, |_| true);
    let acting = calibrate::ranked(&scored, temperature, acts);
    let floor = options.least_confidence as f32;
    let mut thresholds = [floor; model::CLASSES];
    let mut decided = Vec::with_capacity(acting.len());
    for (asked, target) in [(false, options.risk_target), (true, options.risk_target_asked)] {
        let own = calibrate::ranked(&scored, temperature, |c| acts(c) && is_asked(c) == asked);
        let threshold = calibrate::threshold(&own, target, floor);
        for (class, of) in thresholds.iter_mut().enumerate() {
            if acts(class) && is_asked(class) == asked {
                *of = threshold;
            }
        }
        decided.extend(own.into_iter().filter(|r| r.0 >= threshold));
    }
    let fit = Fit::on(&rows, |_| true, pace);
    let (weights, scale) = fit.quantised();
    Ok(Model {
        weights,
        scale,
        bias: fit.bias,
        unseen_idf: fit.unseen_idf,
        idf: fit.idf,
        temperature,
        thresholds,
        held_out: held_out(&ranked, acting.len(), &decided),
        digest: String::new(),
    }
    .sealed())
}

/// Whether the technician does something on this class alone; the others go to people anyway.
fn acts(class: usize) -> bool {
    Intent::ALL.get(class).is_some_and(|i| !matches!(i, Intent::SecurityIncident | Intent::Other))
}

/// Whether the gate always asks a person before the action of this class (its base tier is High).
fn is_asked(class: usize) -> bool {
    matches!(
        Intent::ALL.get(class),
        Some(
            Intent::EnableAccount
                | Intent::DisableAccount
                | Intent::AddToGroup
                | Intent::RemoveFromGroup
        )
    )
}

fn prepare(row: &Labelled) -> Row {
    let mut features = Vec::with_capacity(256);
    extract(&fold(&row.text), &mut features);
    let class = Intent::ALL.iter().position(|i| *i == row.intent).unwrap_or(model::CLASSES - 1);
    Row { features, class, family: row.family }
}

/// Spreads neighbouring families over the folds.
fn fold_of(family: u32) -> u32 {
    (family.wrapping_mul(0x9E37_79B1) >> 16) % FOLDS
}

fn check(rows: &[Row]) -> Result<(), LearnError> {
    let fail = |text: String| Err(LearnError(text));
    if rows.is_empty() {
        return fail("the history is empty; give some labelled tickets of every intent".into());
    }
    let missing = calibrate::missing_classes(rows.iter().map(|r| r.class));
    if !missing.is_empty() {
        let names: Vec<&str> =
            missing.iter().filter_map(|c| Intent::ALL.get(*c)).map(|i| i.name()).collect();
        return fail(format!(
            "the history has no ticket of: {}; every intent needs some, `other` most of all",
            names.join(", ")
        ));
    }
    if (0..FOLDS).any(|f| rows.iter().all(|r| fold_of(r.family) != f)) {
        return fail(
            "the history has too few families to hold some out; give each ticket its own".into(),
        );
    }
    Ok(())
}

fn held_out(all: &[(f32, bool)], acting: usize, decided: &[(f32, bool)]) -> HeldOut {
    let (n, k) = (decided.len() as u32, decided.iter().filter(|r| !r.1).count() as u32);
    HeldOut {
        rows: all.len() as u32,
        acting: acting as u32,
        decided: f64::from(n) / (acting.max(1) as f64),
        wrong: if n == 0 { 0.0 } else { f64::from(k) / f64::from(n) },
        wrong_at_most: calibrate::upper_bound(k, n),
        ece: calibrate::ece(all),
    }
}
