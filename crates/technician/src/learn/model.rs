//! The recogniser: what was learned, and how a text is scored by it.

use crate::understand::{
    clean::fold,
    features::{BUCKETS, CHAR_FLAG, extract},
};
use domain::Intent;

/// Number of classes, in the order of `Intent::ALL`.
pub(crate) const CLASSES: usize = Intent::ALL.len();

/// Word features count fully, character features this much: there are many more of them.
const CHAR_WEIGHT: f32 = 0.4;
/// Weight of a feature that training never saw. It says nothing for any intent, but it makes a text
/// of mostly unknown words score low everywhere, so that the model abstains.
const UNSEEN_WEIGHT: f32 = 0.8;

/// One score per class.
pub(crate) type Scores = [f32; CLASSES];

/// What held-out rows showed while the model was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeldOut {
    /// Rows scored by a model that had not seen their family, of any intent.
    pub rows: u32,
    /// Rows read as an intent that the technician acts on. The next three are about these.
    pub acting: u32,
    /// Share of acting rows that are at or above their intent's threshold: decided.
    pub decided: f64,
    /// Share of decided rows that are wrong.
    pub wrong: f64,
    /// Upper bound of that share: one-sided Clopper-Pearson at 95 %.
    pub wrong_at_most: f64,
    /// Expected calibration error over ten bins, all rows.
    pub ece: f64,
}

/// What the model says about one text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recognised {
    /// The likeliest intent.
    pub intent: Intent,
    /// Its calibrated probability, 0 to 1.
    pub confidence: f64,
    /// Below the intent's threshold.
    pub abstained: bool,
    /// The second likeliest and its probability.
    pub runner_up: (Intent, f64),
}

/// A multinomial logistic regression over hashed features, with calibration and abstention.
#[derive(Clone, PartialEq)]
pub struct Model {
    /// Inverse document frequency by bucket in 1/16; 0 where training saw nothing.
    pub(super) idf: Vec<u8>,
    /// `BUCKETS × CLASSES` weights in units of `scale`.
    pub(super) weights: Vec<i8>,
    pub(super) scale: Scores,
    pub(super) bias: Scores,
    pub(super) unseen_idf: u8,
    pub(super) temperature: f32,
    pub(super) thresholds: Scores,
    pub(super) held_out: HeldOut,
    pub(super) digest: String,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("digest", &self.digest)
            .field("temperature", &self.temperature)
            .field("thresholds", &self.thresholds)
            .field("held_out", &self.held_out)
            .finish_non_exhaustive()
    }
}

impl Model {
    /// SHA-256 of the artifact, as 64 hexadecimal digits.
    pub fn digest(&self) -> String {
        self.digest.clone()
    }

    /// What held-out rows showed while the model was made.
    pub fn held_out(&self) -> HeldOut {
        self.held_out
    }

    /// Confidence below which the model abstains from this intent, 0 to 1; above 1 it always does.
    pub fn threshold(&self, intent: Intent) -> f64 {
        let at = Intent::ALL.iter().position(|i| *i == intent);
        at.and_then(|i| self.thresholds.get(i)).map_or(1.01, |t| f64::from(*t))
    }

    /// Recognises one text. `scratch` is reused between calls to save allocations.
    pub fn recognise(&self, text: &str, scratch: &mut Vec<u32>) -> Recognised {
        extract(&fold(text), scratch);
        let scores = self.score(scratch);
        let p = softmax(&scores, self.temperature);
        let (first, second) = top_two(&p);
        let of = |class: usize| Intent::ALL.get(class).copied().unwrap_or(Intent::Other);
        Recognised {
            intent: of(first),
            confidence: f64::from(p[first]),
            abstained: scratch.is_empty() || p[first] < self.thresholds[first],
            runner_up: (of(second), f64::from(p[second])),
        }
    }

    fn score(&self, features: &[u32]) -> Scores {
        let mut sum = [0f32; CLASSES];
        let mut norm = 0f32;
        for feature in features {
            let at = index(*feature);
            let value = value(*feature, self.idf[at], self.unseen_idf);
            norm += value * value;
            if self.idf[at] == 0 {
                continue;
            }
            let row = &self.weights[at * CLASSES..(at + 1) * CLASSES];
            for (s, w) in sum.iter_mut().zip(row) {
                *s += value * f32::from(*w);
            }
        }
        let by = scale_of(norm);
        let mut out = self.bias;
        for class in 0..CLASSES {
            out[class] += sum[class] * self.scale[class] * by;
        }
        out
    }
}

/// The bucket of a feature.
pub(super) fn index(feature: u32) -> usize {
    usize::try_from(feature & !CHAR_FLAG).unwrap_or(0) & (BUCKETS - 1)
}

/// The value of a feature before the text's length is taken out.
pub(super) fn value(feature: u32, idf: u8, unseen_idf: u8) -> f32 {
    let kind = if feature & CHAR_FLAG != 0 { CHAR_WEIGHT } else { 1.0 };
    if idf == 0 {
        kind * UNSEEN_WEIGHT * f32::from(unseen_idf) / 16.0
    } else {
        kind * f32::from(idf) / 16.0
    }
}

/// Takes the text's length out; the constant keeps learning rates in a usual range.
pub(super) fn scale_of(norm: f32) -> f32 {
    if norm > 0.0 { 4.0 / norm.sqrt() } else { 0.0 }
}

/// Probabilities at a temperature.
pub(super) fn softmax(scores: &Scores, temperature: f32) -> Scores {
    let top = scores.iter().copied().fold(f32::MIN, f32::max);
    let mut out = [0f32; CLASSES];
    let mut total = 0f32;
    for (o, s) in out.iter_mut().zip(scores) {
        *o = ((s - top) / temperature).exp();
        total += *o;
    }
    for o in &mut out {
        *o /= total;
    }
    out
}

/// Classes of the largest and second largest probability.
pub(super) fn top_two(p: &Scores) -> (usize, usize) {
    let mut first = 0;
    let mut second = 1;
    if p[1] > p[0] {
        (first, second) = (1, 0);
    }
    for class in 2..CLASSES {
        if p[class] > p[first] {
            (first, second) = (class, first);
        } else if p[class] > p[second] {
            second = class;
        }
    }
    (first, second)
}
