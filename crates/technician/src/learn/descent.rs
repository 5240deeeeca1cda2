//! Fits the weights: AdaGrad on the multinomial log-loss, in a fixed order.

use super::model::{CLASSES, Scores, index, scale_of, softmax, value};
use crate::understand::features::BUCKETS;

/// One row ready for learning.
#[derive(Debug)]
pub(super) struct Row {
    /// Distinct features, sorted.
    pub(super) features: Vec<u32>,
    /// Class, as an index into `Intent::ALL`.
    pub(super) class: usize,
    /// Rows of one family stay together.
    pub(super) family: u32,
}

/// Unquantised result.
#[derive(Debug)]
pub(super) struct Fit {
    pub(super) idf: Vec<u8>,
    pub(super) unseen_idf: u8,
    /// Row of `weights` by bucket; `u32::MAX` where training saw nothing.
    slots: Vec<u32>,
    weights: Vec<Scores>,
    pub(super) bias: Scores,
}

/// Strength and length of the fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) epochs: u32,
    pub(super) rate: f32,
    pub(super) decay: f32,
}

impl Fit {
    /// Fits on the rows that `keep` admits.
    pub(super) fn on(rows: &[Row], keep: impl Fn(&Row) -> bool, pace: Pace) -> Fit {
        let kept: Vec<&Row> = rows.iter().filter(|r| keep(r)).collect();
        let mut fit = Fit::with_idf(&kept);
        let mut inputs: Vec<Vec<(u32, f32)>> =
            kept.iter().map(|r| fit.input(&r.features)).collect();
        for input in &mut inputs {
            input.retain(|(slot, _)| *slot != u32::MAX);
        }
        let mut squares = vec![1e-3f32; fit.weights.len()];
        let mut bias_squares = 1e-3f32;
        let mut order: Vec<usize> = (0..kept.len()).collect();
        let mut dice = 0x2545_F491_4F6C_DD1Du64;
        for _ in 0..pace.epochs {
            shuffle(&mut order, &mut dice);
            for at in &order {
                let (Some(row), Some(input)) = (kept.get(*at), inputs.get(*at)) else { continue };
                let mut slope = softmax(&fit.sum(input), 1.0);
                slope[row.class] -= 1.0;
                let size: f32 = slope.iter().map(|g| g * g).sum();
                for (slot, x) in input {
                    let slot = usize::try_from(*slot).unwrap_or(0);
                    squares[slot] += size * x * x;
                    let by = pace.rate * x / squares[slot].sqrt();
                    let shrink = 1.0 - pace.decay * pace.rate / squares[slot].sqrt();
                    for (w, g) in fit.weights[slot].iter_mut().zip(&slope) {
                        *w = *w * shrink - by * g;
                    }
                }
                bias_squares += size;
                for (b, g) in fit.bias.iter_mut().zip(&slope) {
                    *b -= pace.rate / bias_squares.sqrt() * g;
                }
            }
        }
        fit
    }

    /// Counts in how many rows each bucket occurs; what occurs once is noise and left out.
    fn with_idf(kept: &[&Row]) -> Fit {
        let mut counts = vec![0u32; BUCKETS];
        for row in kept {
            for feature in &row.features {
                counts[index(*feature)] += 1;
            }
        }
        let total = kept.len().max(1) as f32;
        let idf_of = |count: u32| {
            let idf = ((1.0 + total) / (1.0 + count as f32)).ln() + 1.0;
            (idf * 16.0).clamp(1.0, 255.0) as u8
        };
        let mut slots = vec![u32::MAX; BUCKETS];
        let mut idf = vec![0u8; BUCKETS];
        let mut used = 0u32;
        for (at, count) in counts.iter().enumerate().filter(|(_, c)| **c >= 2) {
            slots[at] = used;
            idf[at] = idf_of(*count);
            used += 1;
        }
        let weights = vec![[0f32; CLASSES]; usize::try_from(used).unwrap_or(0)];
        Fit { idf, unseen_idf: idf_of(1), slots, weights, bias: [0.0; CLASSES] }
    }

    fn input(&self, features: &[u32]) -> Vec<(u32, f32)> {
        let mut norm = 0f32;
        let mut out = Vec::with_capacity(features.len());
        for feature in features {
            let at = index(*feature);
            let v = value(*feature, self.idf[at], self.unseen_idf);
            norm += v * v;
            out.push((self.slots[at], v));
        }
        let by = scale_of(norm);
        for (_, v) in &mut out {
            *v *= by;
        }
        out
    }

    fn sum(&self, input: &[(u32, f32)]) -> Scores {
        let mut sum = self.bias;
        for (slot, x) in input {
            if let Some(row) = usize::try_from(*slot).ok().and_then(|s| self.weights.get(s)) {
                for (s, w) in sum.iter_mut().zip(row) {
                    *s += x * w;
                }
            }
        }
        sum
    }

    /// Scores of one text by its features.
    pub(super) fn score(&self, features: &[u32]) -> Scores {
        self.sum(&self.input(features))
    }

    /// Weights as bytes with one scale per class.
    pub(super) fn quantised(&self) -> (Vec<i8>, Scores) {
        let mut scale = [1e-6f32; CLASSES];
        for row in &self.weights {
            for (s, w) in scale.iter_mut().zip(row) {
                *s = s.max(w.abs() / 127.0);
            }
        }
        let mut out = vec![0i8; BUCKETS * CLASSES];
        for (at, slot) in self.slots.iter().enumerate() {
            let Some(row) = usize::try_from(*slot).ok().and_then(|s| self.weights.get(s)) else {
                continue;
            };
            for class in 0..CLASSES {
                out[at * CLASSES + class] = (row[class] / scale[class]).round() as i8;
            }
        }
        (out, scale)
    }
}

/// Fisher-Yates with xorshift: the same dice, the same order.
pub(super) fn shuffle<T>(order: &mut [T], dice: &mut u64) {
    for i in (1..order.len()).rev() {
        *dice ^= *dice << 13;
        *dice ^= *dice >> 7;
        *dice ^= *dice << 17;
        let j = usize::try_from(*dice % (i as u64 + 1)).unwrap_or(0);
        order.swap(i, j);
    }
}
