//! Multinomial logistic regression on dense vectors of length 1, by stochastic gradient descent in a fixed order.
//!
//! What a few examples a class are enough for: the vectors already know what words mean.

use crate::learn::descent::shuffle;

/// Passes over the rows.
const PASSES: u32 = 30;
/// How far a row moves the weights in the first pass, and how that falls by pass.
const RATE: f32 = 2.0;
const FALL: f32 = 0.15;
/// How freely weights grow: the cost of errors beside the square of the weights.
const COST: f32 = 10.0;
/// Sums are kept in this many lanes.
const LANES: usize = 8;

/// What was learned.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Logistic {
    classes: usize,
    length: usize,
    /// `classes × length`.
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl Logistic {
    /// Learns from rows of one length; `truth` says the class of each.
    pub(super) fn fit(rows: &[Vec<f32>], truth: &[u32], classes: usize, seed: u64) -> Logistic {
        let length = rows.first().map_or(0, Vec::len);
        let mut out = Logistic {
            classes,
            length,
            weights: vec![0.0; classes * length],
            bias: vec![0.0; classes],
        };
        if length == 0 {
            return out;
        }
        let mut order: Vec<u32> = (0..rows.len().min(truth.len()) as u32).collect();
        let mut dice = seed | 1;
        let mut p = Vec::with_capacity(classes);
        for pass in 0..PASSES {
            let rate = RATE / (1.0 + FALL * pass as f32);
            shuffle(&mut order, &mut dice);
            for at in &order {
                let (row, class) = (&rows[*at as usize], truth[*at as usize]);
                out.score(row, &mut p);
                softmax(&mut p);
                for (c, p) in p.iter().enumerate() {
                    let push = rate * (f32::from(u8::from(c as u32 == class)) - p);
                    out.bias[c] += 0.1 * push;
                    let weights = &mut out.weights[c * length..(c + 1) * length];
                    weights.iter_mut().zip(row).for_each(|(w, x)| *w += push * x);
                }
            }
            let keep = 1.0 / (1.0 + rate / COST);
            out.weights.iter_mut().for_each(|w| *w *= keep);
        }
        out
    }

    /// Whether a vector has the length of those learned from.
    pub(super) fn fits(&self, row: &[f32]) -> bool {
        row.len() == self.length
    }

    /// Scores of all classes; their softmax is the probability.
    pub(super) fn score(&self, row: &[f32], out: &mut Vec<f32>) {
        out.clear();
        if self.length == 0 {
            return out.resize(self.classes, 0.0);
        }
        let weights = self.weights.chunks_exact(self.length);
        out.extend(weights.zip(&self.bias).map(|(w, b)| dot(w, row) + b));
    }
}

/// Inner product, the same on every machine: the order of additions is fixed.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; LANES];
    let ((a, rest_a), (b, rest_b)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for (s, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *s += a * b;
        }
    }
    let rest: f32 = rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

/// Scores into probabilities, in place.
pub(super) fn softmax(scores: &mut [f32]) {
    let top = scores.iter().copied().fold(f32::MIN, f32::max);
    let mut total = 0f32;
    for s in scores.iter_mut() {
        *s = (*s - top).exp();
        total += *s;
    }
    scores.iter_mut().for_each(|s| *s /= total);
}
