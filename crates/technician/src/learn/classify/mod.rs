//! Learns to which class a request belongs (desk group, category, intent) from a client's own history.
//!
//! Sparse n-grams and who wrote, a linear model per class, calibrated probabilities, and a threshold
//! below which it abstains. Everything held out is later in time than what was learned. INVARIANT: the same
//! history and settings give the same model, bit for bit, with any number of threads.

mod artifact;
mod calibrate;
mod descent;
pub mod drift;
mod fit;
mod fused;
mod grams;
pub(in crate::learn) mod logistic;
pub(in crate::learn) mod matrix;
pub mod select;

pub use calibrate::ece;
pub use fused::{Fused, train_fused};
pub use matrix::Scratch;

use super::LearnError;
use calibrate::Calibration;
use fit::Pace;
use matrix::{Dictionary, Matrix};
use select::{Choice, RiskTarget};
use std::collections::BTreeMap;

/// What somebody asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Request<'a> {
    /// The subject or short description.
    pub subject: &'a str,
    /// The request text, without quoted mails and without what the technician wrote.
    pub body: &'a str,
    /// Who asked, as the desk names people; may be empty.
    pub sender: &'a str,
}

/// A closed ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example<'a> {
    /// What was asked.
    pub request: Request<'a>,
    /// Where it belonged in the end.
    pub class: &'a str,
}

/// How to learn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// What may go wrong among tickets that it decides.
    pub target: RiskTarget,
    /// Threads to use; changes the time, not the model.
    pub threads: usize,
    /// Decides the order in which rows are looked at.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        let target = RiskTarget { risk: 0.05, confidence: 0.95 };
        Settings { target, threads: 2, seed: 0x2545_F491_4F6C_DD1D }
    }
}

/// A reading whose truth is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// Probability given to the likeliest class, 0 to 1.
    pub confidence: f64,
    /// Whether it was that class.
    pub right: bool,
}

/// When to decide, and what that rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// Rows scored before they were learned from, oldest first.
    pub held_out: Vec<Judged>,
    /// What was asked for.
    pub target: RiskTarget,
    /// What was chosen.
    pub choice: Choice,
}

impl Selection {
    /// Chooses on these rows.
    pub fn on(held_out: Vec<Judged>, target: RiskTarget) -> Selection {
        Selection { choice: select::choose(&held_out, target), held_out, target }
    }
}

/// What the model says about one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// The likeliest class, as a position in [`Classifier::classes`].
    pub class: usize,
    /// Its calibrated probability, 0 to 1.
    pub confidence: f64,
    /// The second likeliest and its probability; the same class again if there is only one.
    pub runner_up: (usize, f64),
    /// At or above the threshold.
    pub decided: bool,
}

impl Reading {
    fn of(p: &[f32], threshold: f64) -> Reading {
        let (first, second) = top_two(p);
        let of = |at: usize| p.get(at).copied().map_or(0.0, f64::from);
        Reading {
            class: first,
            confidence: of(first),
            runner_up: (second, of(second)),
            decided: of(first) >= threshold,
        }
    }
}

/// A learned model.
#[derive(Clone, Debug, PartialEq)]
pub struct Classifier {
    classes: Vec<String>,
    dictionary: Dictionary,
    /// Values per feature: classes rounded up to whole blocks.
    width: usize,
    weights: Vec<f32>,
    bias: Vec<f32>,
    calibration: Calibration,
    selection: Selection,
    seed: u64,
}

/// Fewer tickets than this are no history.
const LEAST_ROWS: usize = 50;

/// Learns from closed tickets, oldest first. Fails when there are too few or all are of one class.
pub fn train(history: &[Example<'_>], settings: &Settings) -> Result<Classifier, LearnError> {
    Ok(learn(history, settings)?.model)
}

/// What was learned, and what it said of the rows that were scored before they were learned from.
struct Learned {
    model: Classifier,
    /// Number of classes.
    classes: usize,
    /// The class of every row.
    truth: Vec<u32>,
    /// Probabilities of all classes, by row from the first that was scored.
    before: Vec<Vec<f32>>,
}

fn learn(history: &[Example<'_>], settings: &Settings) -> Result<Learned, LearnError> {
    let classes = names(history);
    if history.len() < LEAST_ROWS || classes.len() < 2 {
        return Err(LearnError(format!(
            "the history has {} tickets of {} classes; at least {LEAST_ROWS} of two are needed",
            history.len(),
            classes.len()
        )));
    }
    let truth = positions(history, &classes);
    let requests = || history.iter().map(|e| e.request);
    let dictionary = Dictionary::of(requests());
    let matrix = Matrix::of(requests(), &dictionary);
    let pace = Pace { seed: settings.seed, threads: settings.threads, staged: true };
    let fit = fit::fit(&matrix, &truth, classes.len(), dictionary.len(), pace);
    let later = truth.get(fit.from..).unwrap_or(&[]);
    let calibration = Calibration::fit(&fit.before, fit.width, later, classes.len());
    let before = probabilities(&fit.before, fit.width, &calibration);
    let held_out = judged(&before, later);
    let model = Classifier {
        dictionary,
        width: fit.width,
        weights: artifact::rounded(fit.weights, fit.width, classes.len()),
        bias: fit.bias,
        calibration,
        selection: Selection::on(held_out, settings.target),
        seed: settings.seed,
        classes,
    };
    Ok(Learned { classes: model.classes.len(), model, truth, before })
}

/// Class names in the order of their first ticket.
fn names(history: &[Example<'_>]) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    history.iter().filter(|e| seen.insert(e.class)).map(|e| e.class.to_owned()).collect()
}

fn positions(history: &[Example<'_>], classes: &[String]) -> Vec<u32> {
    let at: BTreeMap<&str, u32> =
        classes.iter().enumerate().map(|(i, c)| (c.as_str(), i as u32)).collect();
    history.iter().map(|e| at.get(e.class).copied().unwrap_or(u32::MAX)).collect()
}

fn probabilities(scores: &[f32], width: usize, calibration: &Calibration) -> Vec<Vec<f32>> {
    let one = |row: &[f32]| {
        let mut p = row.to_vec();
        calibration.apply(&mut p);
        p.truncate(calibration.offsets.len());
        p
    };
    scores.chunks_exact(width.max(1)).map(one).collect()
}

fn judged(rows: &[Vec<f32>], truth: &[u32]) -> Vec<Judged> {
    let one = |(p, class): (&Vec<f32>, &u32)| {
        let (first, _) = top_two(p);
        Judged { confidence: f64::from(p[first]), right: first == *class as usize }
    };
    rows.iter().zip(truth).map(one).collect()
}

/// Positions of the largest and second largest value.
fn top_two(p: &[f32]) -> (usize, usize) {
    let (mut first, mut second) = ((0, f32::MIN), (0, f32::MIN));
    for (at, value) in p.iter().enumerate() {
        if *value > first.1 {
            second = first;
            first = (at, *value);
        } else if *value > second.1 {
            second = (at, *value);
        }
    }
    (first.0, second.0)
}

impl Classifier {
    /// Names of the classes; positions elsewhere are positions here.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// When it decides, and the held-out rows that were behind the choice.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Number of features that have weights.
    pub fn features(&self) -> usize {
        self.dictionary.len()
    }

    /// Decide from this confidence on; for what a [`drift::Monitor`] says.
    pub fn set_threshold(&mut self, threshold: f64) {
        self.selection.choice.threshold = threshold;
    }

    /// The probability of every class, in the order of [`Classifier::classes`].
    pub fn probabilities<'s>(&self, request: &Request<'_>, scratch: &'s mut Scratch) -> &'s [f32] {
        self.score(request, scratch);
        self.calibration.apply(&mut scratch.scores);
        scratch.scores.get(..self.classes.len()).unwrap_or(&[])
    }

    /// Reads one request. `scratch` is kept between calls to save allocations; use it with one model.
    pub fn read(&self, request: &Request<'_>, scratch: &mut Scratch) -> Reading {
        let threshold = self.selection.choice.threshold;
        Reading::of(self.probabilities(request, scratch), threshold)
    }

    fn score(&self, request: &Request<'_>, scratch: &mut Scratch) {
        let scale = self.dictionary.row(request, scratch);
        scratch.scores.resize(self.width, 0.0);
        match self.width {
            8 => self.sum::<8>(scratch, scale),
            16 => self.sum::<16>(scratch, scale),
            _ => {
                for at in (0..self.width).step_by(descent::LANES) {
                    self.sum_at::<{ descent::LANES }>(scratch, scale, at);
                }
            }
        }
    }

    fn sum<const N: usize>(&self, scratch: &mut Scratch, scale: f32) {
        let mut sum = [0f32; N];
        let rows = self.weights.as_chunks::<N>().0;
        for (slot, x) in &scratch.cells {
            for (s, w) in sum.iter_mut().zip(&rows[*slot as usize]) {
                *s += x * w;
            }
        }
        for ((out, s), b) in scratch.scores.iter_mut().zip(&sum).zip(&self.bias) {
            *out = s * scale + b;
        }
    }

    fn sum_at<const N: usize>(&self, scratch: &mut Scratch, scale: f32, at: usize) {
        let mut sum = [0f32; N];
        for (slot, x) in &scratch.cells {
            let row = *slot as usize * self.width + at;
            for (s, w) in sum.iter_mut().zip(&self.weights[row..row + N]) {
                *s += x * w;
            }
        }
        for (k, s) in sum.iter().enumerate() {
            scratch.scores[at + k] = s * scale + self.bias[at + k];
        }
    }

    /// Learns a day's closed tickets on top, without the tickets of the past. Calibration and threshold
    /// stay; new classes need [`train`]. Gives back how many tickets were of known classes.
    pub fn update(&mut self, day: &[Example<'_>]) -> usize {
        let truth = positions(day, &self.classes);
        let known: Vec<Example<'_>> =
            day.iter().zip(&truth).filter(|(_, t)| **t != u32::MAX).map(|(e, _)| *e).collect();
        let truth: Vec<u32> = truth.into_iter().filter(|t| *t != u32::MAX).collect();
        if known.is_empty() {
            return 0;
        }
        self.dictionary.grow(known.iter().map(|e| e.request));
        self.weights.resize(self.dictionary.len() * self.width, 0.0);
        let matrix = Matrix::of(known.iter().map(|e| e.request), &self.dictionary);
        let start = fit::Start { weights: &self.weights, bias: &self.bias, width: self.width };
        let (weights, bias) = fit::continued(&matrix, &truth, start, self.seed);
        self.weights = artifact::rounded(weights, self.width, self.classes.len());
        self.bias = bias;
        known.len()
    }
}

#[cfg(test)]
mod tests;
