//! From scores to honest probabilities.
//!
//! Chosen on rows that the model had not learned when it scored them, later ones counting more. Scores
//! above and below zero have slopes of their own (a hinge score of 1 is sure, a score of −1 only usual),
//! and each class has an offset, held near zero.

use super::descent::LANES;

/// Rows so far back count half.
const HALF_LIFE: f32 = 1_500.0;
/// How strongly class offsets are held near zero, in rows.
const OFFSET_HOLD: f32 = 2.0;
const ROUNDS: i32 = 120;

/// What each of so many rows counts, oldest first.
pub(super) fn recency(rows: usize) -> Vec<f32> {
    (0..rows).map(|i| 0.5f32.powf((rows - i) as f32 / HALF_LIFE)).collect()
}

/// Makes probabilities out of scores.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Calibration {
    /// Slope of every score, and what is added to it below zero.
    pub(super) slopes: [f32; 2],
    /// By class.
    pub(super) offsets: Vec<f32>,
}

impl Calibration {
    /// What stands in where there was nothing to choose it on.
    pub(super) fn unknown(classes: usize) -> Calibration {
        Calibration { slopes: [1.5, 1.5], offsets: vec![0.0; classes] }
    }

    /// Turns the scores of all classes into probabilities, in place; lanes past the classes go to zero.
    pub(super) fn apply(&self, scores: &mut [f32]) {
        let count = self.offsets.len().min(scores.len());
        let (classes, rest) = scores.split_at_mut(count);
        let mut top = f32::MIN;
        for (s, o) in classes.iter_mut().zip(&self.offsets) {
            *s = self.slopes[0] * *s + self.slopes[1] * s.min(0.0) + o;
            top = top.max(*s);
        }
        let mut total = 0f32;
        for s in classes.iter_mut() {
            *s = (*s - top).exp();
            total += *s;
        }
        for s in classes {
            *s /= total;
        }
        rest.fill(0.0);
    }

    /// The calibration that makes the rows likeliest. `scores` has `width` values a row, oldest first.
    pub(super) fn fit(scores: &[f32], width: usize, truth: &[u32], classes: usize) -> Calibration {
        let mut out = Calibration::unknown(classes);
        if truth.is_empty() {
            return out;
        }
        let weights = recency(truth.len());
        let total: f32 = weights.iter().sum();
        let mut adam = Adam::new(classes + 2);
        let mut p = vec![0f32; width.max(LANES)];
        for round in 1..=ROUNDS {
            let mut slope = vec![0f32; classes + 2];
            for ((row, class), weight) in scores.chunks_exact(width).zip(truth).zip(&weights) {
                p.clear();
                p.extend_from_slice(row);
                out.apply(&mut p);
                if let Some(own) = p.get_mut(*class as usize) {
                    *own -= 1.0;
                }
                for (k, (s, d)) in row.iter().zip(&p).take(classes).enumerate() {
                    slope[0] += weight * s * d;
                    slope[1] += weight * s.min(0.0) * d;
                    slope[k + 2] += weight * d;
                }
            }
            for (s, offset) in slope.iter_mut().skip(2).zip(&out.offsets) {
                *s += OFFSET_HOLD * offset;
            }
            for (at, s) in slope.iter().enumerate() {
                let step = adam.step(at, s / total, round);
                match at.checked_sub(2) {
                    None => out.slopes[at] -= step,
                    Some(k) => out.offsets[k] -= step,
                }
            }
        }
        out
    }
}

/// Kingma and Ba's rule, with a falling rate.
pub(super) struct Adam {
    mean: Vec<f32>,
    square: Vec<f32>,
}

impl Adam {
    pub(super) fn new(values: usize) -> Adam {
        Adam { mean: vec![0.0; values], square: vec![0.0; values] }
    }

    pub(super) fn step(&mut self, at: usize, slope: f32, round: i32) -> f32 {
        self.mean[at] = 0.9 * self.mean[at] + 0.1 * slope;
        self.square[at] = 0.98 * self.square[at] + 0.02 * slope * slope;
        let mean = self.mean[at] / (1.0 - 0.9f32.powi(round));
        let square = self.square[at] / (1.0 - 0.98f32.powi(round));
        let rate = 0.15 / (1.0 + round as f32 / 25.0);
        rate * mean / (square.sqrt() + 1e-8)
    }
}

/// Expected calibration error over ten bins of equal width: how far confidence and the share of right
/// answers are apart, on average.
pub fn ece(judged: &[super::Judged]) -> f64 {
    let mut bins = [0f64; 10];
    for row in judged {
        let at = ((row.confidence * 10.0) as usize).min(9);
        bins[at] += row.confidence - f64::from(u8::from(row.right));
    }
    bins.iter().map(|b| b.abs()).sum::<f64>() / judged.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::super::Judged;
    use super::*;

    #[test]
    fn overconfident_scores_become_honest() {
        // Three classes; the highest score is right three times in four.
        let (mut scores, mut truth) = (Vec::new(), Vec::new());
        for i in 0..900u32 {
            let said = i % 3;
            let mut row = [-1f32; LANES];
            row[said as usize] = 1.0;
            scores.extend_from_slice(&row);
            truth.push(if i % 4 == 0 { (said + 1) % 3 } else { said });
        }
        let fit = Calibration::fit(&scores, LANES, &truth, 3);
        let judged: Vec<Judged> = scores
            .chunks_exact(LANES)
            .zip(&truth)
            .enumerate()
            .map(|(i, (row, class))| {
                let mut p = row.to_vec();
                fit.apply(&mut p);
                let said = i as u32 % 3;
                Judged { confidence: f64::from(p[said as usize]), right: said == *class }
            })
            .collect();
        assert!(ece(&judged) < 0.03, "{}", ece(&judged));
    }

    #[test]
    fn probabilities_add_up_and_padding_gets_none() {
        let mut p = vec![0.3f32, -0.2, -1.0, 9.0, 9.0, 9.0, 9.0, 9.0];
        Calibration::unknown(3).apply(&mut p);
        assert!((p.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert_eq!(p[3..], [0.0; 5]);
    }
}
