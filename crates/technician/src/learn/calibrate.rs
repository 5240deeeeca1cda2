//! From scores to honest probabilities, and from probabilities to when to abstain.
//!
//! Both are chosen on rows scored by a model that had not seen their family.

use super::binomial;
use super::model::{CLASSES, Scores, softmax, top_two};

/// Bounds may be wrong this often: one in twenty.
const MISS: f64 = 0.05;

/// A held-out row: its scores and its true class.
pub(super) type Scored = (Scores, usize);

/// The temperature that makes held-out rows likeliest: golden-section search over its logarithm.
pub(super) fn temperature(rows: &[Scored]) -> f32 {
    let loss = |log_t: f32| -> f64 {
        let t = log_t.exp();
        rows.iter().map(|(s, c)| -f64::from(softmax(s, t)[*c].max(1e-9)).ln()).sum()
    };
    let ratio = 0.618_034_f32;
    let (mut low, mut high) = (-2.3f32, 2.3f32);
    for _ in 0..24 {
        let left = high - ratio * (high - low);
        let right = low + ratio * (high - low);
        if loss(left) < loss(right) { high = right } else { low = left }
    }
    f32::midpoint(low, high).exp()
}

/// Confidence and rightness of each row that is read as a class that `keep` admits, surest first.
pub(super) fn ranked(
    rows: &[Scored],
    temperature: f32,
    keep: impl Fn(usize) -> bool,
) -> Vec<(f32, bool)> {
    let mut out: Vec<(f32, bool)> = rows
        .iter()
        .filter_map(|(scores, class)| {
            let p = softmax(scores, temperature);
            let (first, _) = top_two(&p);
            keep(first).then_some((p[first], first == *class))
        })
        .collect();
    out.sort_by(|a, b| b.0.total_cmp(&a.0));
    out
}

/// The lowest threshold for which the bound on wrong answers still meets the target, going down
/// from the surest tenth and stopping at the first that fails (fixed-sequence testing, so that
/// looking at many thresholds costs nothing). Above 1, the model always abstains, when none does.
pub(super) fn threshold(ranked: &[(f32, bool)], risk_target: f64, floor: f32) -> f32 {
    let mut wrong = 0u32;
    let mut chosen = 1.01f32;
    let step = (ranked.len() / 100).max(1);
    // Twice as many as could pass without an error, so that one early error decides nothing.
    let least = (2 * binomial::fewest(risk_target, MISS)).max(ranked.len() / 10);
    for (i, (confidence, right)) in ranked.iter().enumerate() {
        wrong += u32::from(!right);
        let seen = i + 1;
        if seen < least || seen % step != 0 {
            continue;
        }
        let n = u32::try_from(seen).unwrap_or(u32::MAX);
        if upper_bound(wrong, n) > risk_target {
            break;
        }
        chosen = *confidence;
    }
    chosen.max(floor)
}

/// One-sided 95 % Clopper-Pearson upper bound of a share.
pub(super) fn upper_bound(wrong: u32, of: u32) -> f64 {
    binomial::upper_bound(wrong, of, MISS)
}

/// Expected calibration error over ten bins of equal width.
pub(super) fn ece(ranked: &[(f32, bool)]) -> f64 {
    let mut bins = [(0u32, 0f64, 0u32); 10];
    for (confidence, right) in ranked {
        let at = ((confidence * 10.0) as usize).min(9);
        bins[at].0 += 1;
        bins[at].1 += f64::from(*confidence);
        bins[at].2 += u32::from(*right);
    }
    let total = ranked.len().max(1) as f64;
    bins.iter()
        .map(|(n, sum, right)| (sum - f64::from(*right)).abs() * f64::from(*n > 0))
        .sum::<f64>()
        / total
}

/// Classes must all be there for a model to be worth anything.
pub(super) fn missing_classes(classes: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut seen = [false; CLASSES];
    for class in classes {
        if let Some(s) = seen.get_mut(class) {
            *s = true;
        }
    }
    (0..CLASSES).filter(|c| !seen[*c]).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_bound_agrees_with_published_values() {
        // Rule of three and tabulated Clopper-Pearson limits.
        assert!((upper_bound(0, 100) - 0.0295).abs() < 0.0005);
        assert!((upper_bound(5, 100) - 0.1023).abs() < 0.001);
        assert_eq!(upper_bound(3, 3), 1.0);
    }

    #[test]
    fn errors_among_sure_rows_raise_the_threshold() {
        let clean: Vec<(f32, bool)> = (0..1000).map(|i| (1.0 - i as f32 / 1000.0, true)).collect();
        let dirty: Vec<(f32, bool)> =
            clean.iter().map(|(c, _)| (*c, *c > 0.6 || (*c * 1000.0) as i32 % 4 != 0)).collect();
        assert!(threshold(&clean, 0.02, 0.0) < 0.01);
        let cut = threshold(&dirty, 0.02, 0.0);
        assert!((0.5..0.65).contains(&cut), "{cut}");
        let hopeless: Vec<(f32, bool)> = (0..1000).map(|i| (0.9, i % 2 == 0)).collect();
        assert!(threshold(&hopeless, 0.02, 0.0) > 1.0);
    }

    #[test]
    fn overconfident_scores_are_cooled() {
        let mut rows = Vec::new();
        for i in 0..400usize {
            let mut scores = [0f32; CLASSES];
            scores[i % CLASSES] = 12.0;
            let truth = if i % 4 == 0 { (i + 1) % CLASSES } else { i % CLASSES };
            rows.push((scores, truth));
        }
        let t = temperature(&rows);
        assert!(t > 2.0, "{t}");
        let before = ece(&ranked(&rows, 1.0, |_| true));
        let after = ece(&ranked(&rows, t, |_| true));
        assert!(after < before && after < 0.05, "{before} {after}");
    }
}
