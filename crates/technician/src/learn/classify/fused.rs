//! Words and meaning together: the classifier over n-grams, and a logistic regression over sentence embeddings that somebody else
//! computed. What each counts is chosen on rows that neither had learned from when it scored them.
//!
//! INVARIANT: where enough of those rows do not show that meaning helps, it counts for nothing, and the readings are those of the words.

use super::calibrate::{Adam, recency};
use super::fit::{FIRST, STAGES};
use super::logistic::{Logistic, softmax};
use super::{
    Classifier, Example, Judged, LearnError, Reading, Request, Scratch, Selection, Settings, learn,
    top_two,
};

/// What each is taken to count before any row says so: log-probabilities of the words, of the meaning.
const USUAL: [f32; 2] = [0.6, 0.5];
/// How strongly that holds, in rows.
const USUAL_HOLD: f32 = 10.0;
/// Meaning is used when it takes at least this share off the loss on held-out rows; smaller gains did not last on later tickets.
const LEAST_GAIN: f64 = 0.03;
/// Fewer held-out rows than this say little: then it is used unless it adds this share.
const FEW: usize = 300;
const MOST_LOSS: f64 = 0.1;
const ROUNDS: i32 = 120;
const LEAST: f32 = 1e-9;

/// A learned model that reads a request and its vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Fused {
    words: Classifier,
    meaning: Logistic,
    /// What the log-probabilities of words and meaning are multiplied by.
    mix: [f32; 2],
    loss: [f64; 2],
    selection: Selection,
}

/// Learns from closed tickets, oldest first, and the vector of each. Fails like [`super::train`], and when a vector is missing or
/// has another length than the first.
pub fn train_fused(
    history: &[Example<'_>],
    vectors: &[Vec<f32>],
    settings: &Settings,
) -> Result<Fused, LearnError> {
    let length = vectors.first().map_or(0, Vec::len);
    if vectors.len() != history.len() || length == 0 || vectors.iter().any(|v| v.len() != length) {
        return Err(LearnError(format!(
            "{} tickets came with {} vectors; each needs one, all of one length",
            history.len(),
            vectors.len()
        )));
    }
    let learned = learn(history, settings)?;
    let (words, truth, classes) = (learned.model, learned.truth, learned.classes);
    let rows = history.len();
    let from = rows * FIRST / 100;
    let fit =
        |known: usize| Logistic::fit(&vectors[..known], &truth[..known], classes, settings.seed);
    let mut ways = Vec::with_capacity(rows - from);
    for stage in 0..STAGES {
        let cut = |at: usize| from + (rows - from) * at / STAGES;
        let meaning = fit(cut(stage));
        for (at, vector) in vectors.iter().enumerate().take(cut(stage + 1)).skip(cut(stage)) {
            let mut said = Vec::with_capacity(classes);
            meaning.score(vector, &mut said);
            softmax(&mut said);
            ways.push([learned.before[at - from].clone(), said].map(logarithms));
        }
    }
    let truth = &truth[from..];
    let mix = weigh(&ways, truth);
    let loss = [loss(&ways, truth, [1.0, 0.0]), loss(&ways, truth, mix)];
    let least = if ways.len() < FEW { -MOST_LOSS } else { LEAST_GAIN };
    let mix = if loss[1] < loss[0] * (1.0 - least) { mix } else { [1.0, 0.0] };
    let mut p = Vec::new();
    let judged = ways.iter().zip(truth).map(|(ways, class)| {
        together(ways, mix, &mut p);
        let (first, _) = top_two(&p);
        Judged { confidence: f64::from(p[first]), right: first == *class as usize }
    });
    let selection = Selection::on(judged.collect(), settings.target);
    Ok(Fused { words, meaning: fit(rows), mix, loss, selection })
}

fn logarithms(mut p: Vec<f32>) -> Vec<f32> {
    p.iter_mut().for_each(|p| *p = p.max(LEAST).ln());
    p
}

/// Probabilities out of the two sides' logarithms.
fn together(ways: &[Vec<f32>; 2], mix: [f32; 2], out: &mut Vec<f32>) {
    let [words, meaning] = ways;
    out.clear();
    out.extend(words.iter().zip(meaning).map(|(w, m)| mix[0] * w + mix[1] * m));
    softmax(out);
}

/// Mean negative log-likelihood.
fn loss(ways: &[[Vec<f32>; 2]], truth: &[u32], mix: [f32; 2]) -> f64 {
    let mut p = Vec::new();
    let one = |(ways, class): (&[Vec<f32>; 2], &u32)| {
        together(ways, mix, &mut p);
        -f64::from(p.get(*class as usize).copied().unwrap_or(0.0).max(LEAST).ln())
    };
    ways.iter().zip(truth).map(one).sum::<f64>() / truth.len().max(1) as f64
}

/// What each counts so that the rows are likeliest, later ones counting more.
fn weigh(ways: &[[Vec<f32>; 2]], truth: &[u32]) -> [f32; 2] {
    let weights = recency(truth.len());
    let total: f32 = weights.iter().sum::<f32>().max(1.0);
    let mut mix = USUAL;
    let mut adam = Adam::new(2);
    let mut p = Vec::new();
    for round in 1..=ROUNDS {
        let mut slope = [0, 1].map(|at: usize| USUAL_HOLD * (mix[at] - USUAL[at]));
        for ((ways, class), weight) in ways.iter().zip(truth).zip(&weights) {
            together(ways, mix, &mut p);
            if let Some(own) = p.get_mut(*class as usize) {
                *own -= 1.0;
            }
            for (slope, way) in slope.iter_mut().zip(ways) {
                *slope += weight * way.iter().zip(&p).map(|(w, p)| w * p).sum::<f32>();
            }
        }
        for (at, slope) in slope.iter().enumerate() {
            mix[at] -= adam.step(at, slope / total, round);
        }
    }
    mix.map(|m| m.max(0.0))
}

impl Fused {
    /// The part that reads words; its classes are those of every reading here.
    pub fn words(&self) -> &Classifier {
        &self.words
    }

    /// Whether held-out rows said that meaning helps.
    pub fn uses_meaning(&self) -> bool {
        self.mix[1] > 0.0
    }

    /// What the log-probabilities of words and of meaning count; 1 and 0 when meaning does not help.
    pub fn mix(&self) -> [f32; 2] {
        self.mix
    }

    /// Mean negative log-likelihood of the held-out rows: of words alone, of both.
    pub fn losses(&self) -> [f64; 2] {
        self.loss
    }

    /// When it decides, and the held-out rows that were behind the choice.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// The probability of every class. A vector of another length than those learned from counts for nothing.
    pub fn probabilities(
        &self,
        request: &Request<'_>,
        vector: &[f32],
        scratch: &mut Scratch,
    ) -> Vec<f32> {
        let words = self.words.probabilities(request, scratch).to_vec();
        if !self.uses_meaning() || !self.meaning.fits(vector) {
            return words;
        }
        let mut meaning = Vec::with_capacity(words.len());
        self.meaning.score(vector, &mut meaning);
        softmax(&mut meaning);
        let mut out = Vec::with_capacity(words.len());
        together(&[words, meaning].map(logarithms), self.mix, &mut out);
        out
    }

    /// The probability of every class by meaning alone, whether it counts or not.
    pub fn by_meaning(&self, vector: &[f32]) -> Vec<f32> {
        let mut out = Vec::with_capacity(self.words.classes().len());
        self.meaning.score(vector, &mut out);
        softmax(&mut out);
        out
    }

    /// Reads one request and its vector.
    pub fn read(&self, request: &Request<'_>, vector: &[f32], scratch: &mut Scratch) -> Reading {
        let p = self.probabilities(request, vector, scratch);
        Reading::of(&p, self.selection.choice.threshold)
    }
}

#[cfg(test)]
#[path = "fused_tests.rs"]
mod tests;
