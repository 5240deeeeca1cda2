//! The risk that a ticket ends badly (reopened, reassigned, late), from what is known when it is opened.
//!
//! Rates so far of the people, groups and categories involved feed boosted trees; the odds are calibrated on
//! tickets later than those learned, and follow the outcomes as they become known. INVARIANT: neither training nor
//! scoring sees an outcome before the moment it was known.

mod history;
mod trees;

pub use trees::Growth;

use super::LearnError;
use domain::UnixMs;
use history::{History, keys};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use trees::{Forest, sigmoid};

/// A ticket when it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening<'a> {
    /// When.
    pub at: UnixMs,
    /// Its fields, always in the same order: caller, category, group …
    pub fields: Vec<&'a str>,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// From when on this was known.
    pub known_at: UnixMs,
    /// Whether it happened.
    pub happened: bool,
}

/// How to learn.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskSettings {
    /// Pairs of fields, by position, that are also looked at together.
    pub pairs: Vec<(usize, usize)>,
    /// How trees are grown.
    pub growth: Growth,
    /// Tickets opened so many days ago count half.
    pub half_life_days: f64,
    /// Decides which features each tree may use.
    pub seed: u64,
}

impl Default for RiskSettings {
    fn default() -> Self {
        RiskSettings { pairs: Vec::new(), growth: Growth::default(), half_life_days: 30.0, seed: 7 }
    }
}

/// A learned risk, and what it knows of the history so far.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskModel {
    forest: Forest,
    history: History,
    pairs: Vec<(usize, usize)>,
    /// Calibrated log-odds are `scale × log-odds + shift`.
    scale: f32,
    shift: f32,
}

/// How fast the shift follows outcomes.
const FOLLOW: f32 = 0.008;
/// Share of tickets that are learned before the others calibrate, in percent.
const LEARNED: usize = 75;
const LEAST_ROWS: usize = 200;
const DAY_MS: f64 = 86_400_000.0;

/// Learns from tickets in the order of their opening; an outcome that is not known yet is `None`.
pub fn train_risk(
    tickets: &[(Opening<'_>, Option<Outcome>)],
    settings: &RiskSettings,
) -> Result<RiskModel, LearnError> {
    let (rows, history) = replay(tickets, &settings.pairs);
    let known: Vec<usize> = (0..tickets.len()).filter(|i| tickets[*i].1.is_some()).collect();
    let happened: Vec<bool> =
        known.iter().filter_map(|i| tickets[*i].1).map(|o| o.happened).collect();
    let yes = happened.iter().filter(|h| **h).count();
    if known.len() < LEAST_ROWS || yes == 0 || yes == known.len() {
        return Err(LearnError(format!(
            "the history has {} tickets with a known outcome, {yes} of them yes; at least {LEAST_ROWS} are needed, and both outcomes",
            known.len()
        )));
    }
    let starts: Vec<f32> = known.iter().map(|i| rows[*i].0).collect();
    let rows: Vec<Vec<f32>> = known.iter().map(|i| rows[*i].1.clone()).collect();
    let last = tickets.last().map_or(0, |t| t.0.at.0);
    let weights: Vec<f32> = known
        .iter()
        .map(|i| {
            let days = (last - tickets[*i].0.at.0) as f64 / DAY_MS;
            0.5f64.powf(days / settings.half_life_days) as f32
        })
        .collect();
    let cut = known.len() * LEARNED / 100;
    let fit = |to: usize| {
        let (rows, starts, happened) = (&rows[..to], &starts[..to], &happened[..to]);
        Forest::fit(rows, starts, happened, &weights[..to], settings.growth, settings.seed)
    };
    let early = fit(cut);
    let scored: Vec<(f32, bool)> =
        (cut..rows.len()).map(|i| (starts[i] + early.score(&rows[i]), happened[i])).collect();
    let (scale, shift) = platt(&scored);
    let forest = fit(rows.len());
    Ok(RiskModel { forest, history, pairs: settings.pairs.clone(), scale, shift })
}

/// Features of each ticket at its opening, and the history after the last.
fn replay(
    tickets: &[(Opening<'_>, Option<Outcome>)],
    pairs: &[(usize, usize)],
) -> (Vec<(f32, Vec<f32>)>, History) {
    let mut history = History::default();
    let mut waiting: BinaryHeap<Reverse<(i64, usize)>> = BinaryHeap::new();
    let mut rows = Vec::with_capacity(tickets.len());
    let all: Vec<_> = tickets.iter().map(|(opening, _)| keys(&opening.fields, pairs)).collect();
    let learn = |history: &mut History, at: usize| {
        if let Some(outcome) = tickets[at].1 {
            history.known(outcome.known_at, &all[at], outcome.happened);
        }
    };
    for (at, (opening, outcome)) in tickets.iter().enumerate() {
        while let Some(Reverse((when, which))) = waiting.peek().copied() {
            if when > opening.at.0 {
                break;
            }
            waiting.pop();
            learn(&mut history, which);
        }
        rows.push(history.features(opening.at, &all[at]));
        history.opened(opening.at, &all[at]);
        if let Some(outcome) = outcome {
            waiting.push(Reverse((outcome.known_at.0, at)));
        }
    }
    while let Some(Reverse((_, which))) = waiting.pop() {
        learn(&mut history, which);
    }
    (rows, history)
}

/// Scale and shift of log-odds that make the outcomes likeliest; held near 1 and 0.
fn platt(rows: &[(f32, bool)]) -> (f32, f32) {
    let (mut scale, mut shift) = (1f64, 0f64);
    for _ in 0..25 {
        let hold = 5.0;
        let (mut g, mut h) = ([hold * (scale - 1.0), 100.0 * shift], [hold, 0.0, 100.0]);
        for (score, happened) in rows {
            let x = f64::from(*score);
            let p = 1.0 / (1.0 + (-(scale * x + shift)).exp());
            let (d, c) = (p - f64::from(u8::from(*happened)), p * (1.0 - p));
            g = [g[0] + d * x, g[1] + d];
            h = [h[0] + c * x * x, h[1] + c * x, h[2] + c];
        }
        let det = h[0] * h[2] - h[1] * h[1];
        if det.abs() < 1e-9 {
            break;
        }
        scale -= (g[0] * h[2] - g[1] * h[1]) / det;
        shift -= (g[1] * h[0] - g[0] * h[1]) / det;
    }
    if scale.is_finite() && shift.is_finite() && scale > 0.0 {
        (scale as f32, shift as f32)
    } else {
        (1.0, 0.0)
    }
}

impl RiskModel {
    /// The probability that it happens, for a ticket that is opened now. Tell the model with
    /// [`RiskModel::opened`] that it was, and with [`RiskModel::known`] how it went.
    pub fn risk(&mut self, opening: &Opening<'_>) -> f64 {
        let keys = keys(&opening.fields, &self.pairs);
        let (start, row) = self.history.features(opening.at, &keys);
        f64::from(sigmoid(self.scale * (start + self.forest.score(&row)) + self.shift))
    }

    /// A ticket was opened.
    pub fn opened(&mut self, opening: &Opening<'_>) {
        let keys = keys(&opening.fields, &self.pairs);
        self.history.opened(opening.at, &keys);
    }

    /// It became known how a ticket went that had been given this risk.
    pub fn known(&mut self, opening: &Opening<'_>, risk: f64, outcome: Outcome) {
        let keys = keys(&opening.fields, &self.pairs);
        self.history.known(outcome.known_at, &keys, outcome.happened);
        self.shift += FOLLOW * (f32::from(u8::from(outcome.happened)) - risk as f32);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    const HOUR: i64 = 3_600_000;

    /// A ticket an hour; those of group `slow` are late four times in five, others one in five. What is late is known
    /// two days after the opening, like what is not.
    fn tickets(count: usize, mut dice: u64) -> Vec<(Opening<'static>, Option<Outcome>)> {
        (0..count)
            .map(|i| {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let (slow, draw) = (dice >> 40 & 1 == 0, (dice >> 50) % 5);
                let at = UnixMs(i as i64 * HOUR);
                let fields = vec![if slow { "slow" } else { "quick" }, "vpn"];
                let happened = if slow { draw < 4 } else { draw == 0 };
                let known_at = UnixMs(at.0 + 48 * HOUR);
                (Opening { at, fields }, Some(Outcome { known_at, happened }))
            })
            .collect()
    }

    fn settings() -> RiskSettings {
        let growth = Growth { trees: 30, features: 1.0, ..Growth::default() };
        RiskSettings { growth, ..RiskSettings::default() }
    }

    #[test]
    fn it_learns_who_is_late_and_by_how_much() {
        let history = tickets(1_500, 5);
        let mut model = train_risk(&history, &settings()).unwrap();
        let risk = |model: &mut RiskModel, group| {
            model.risk(&Opening { at: UnixMs(1_500 * HOUR), fields: vec![group, "vpn"] })
        };
        let (slow, quick) = (risk(&mut model, "slow"), risk(&mut model, "quick"));
        assert!((0.7..0.9).contains(&slow), "{slow}");
        assert!((0.1..0.3).contains(&quick), "{quick}");
        assert!(
            model == {
                let mut again = train_risk(&history, &settings()).unwrap();
                risk(&mut again, "slow");
                risk(&mut again, "quick");
                again
            }
        );
    }

    #[test]
    fn an_outcome_is_not_seen_before_it_was_known() {
        let known = tickets(600, 9);
        let mut flipped = known.clone();
        // The last two days' outcomes, which nobody knew while these tickets came in.
        for (_, outcome) in flipped.iter_mut().skip(553) {
            let was = outcome.unwrap();
            *outcome = Some(Outcome { happened: !was.happened, ..was });
        }
        let rows = |t: &[(Opening<'_>, Option<Outcome>)]| replay(t, &[]).0;
        assert!(rows(&known) == rows(&flipped));
    }

    #[test]
    fn risk_follows_what_becomes_known() {
        let mut model = train_risk(&tickets(1_500, 5), &settings()).unwrap();
        let opening =
            |i: i64| Opening { at: UnixMs((1_500 + i) * HOUR), fields: vec!["quick", "vpn"] };
        let before = model.risk(&opening(0));
        for i in 1..300 {
            let risk = model.risk(&opening(i));
            model.opened(&opening(i));
            model.known(&opening(i), risk, Outcome { known_at: opening(i).at, happened: true });
        }
        assert!(model.risk(&opening(300)) > before + 0.3);
    }

    #[test]
    fn one_sided_or_short_histories_are_refused_in_words() {
        let mut all_late = tickets(400, 5);
        for (_, outcome) in &mut all_late {
            *outcome = outcome.map(|o| Outcome { happened: true, ..o });
        }
        let error = train_risk(&all_late, &settings()).unwrap_err().to_string();
        assert!(error.contains("both outcomes"), "{error}");
        assert!(train_risk(&[], &settings()).is_err());
    }
}
