//! When to decide and when to abstain.
//!
//! Learn-then-Test (Angelopoulos et al., 2021) with fixed-sequence testing: thresholds are tried from
//! the surest quarter of the rows down, each tested by the exact binomial tail, and the first that fails ends the search. If
//! held-out rows and later ones come from the same source, the share of wrong answers among what is decided
//! is below the target with the stated confidence. [`super::drift`] watches the "if".

use super::Judged;
use crate::learn::binomial;

/// What may go wrong, and how sure that must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RiskTarget {
    /// The share of wrong answers among decided ones must be below this, 0 to 1.
    pub risk: f64,
    /// With at least this probability, 0 to 1; at 0.5 about as often missed as met.
    pub confidence: f64,
}

/// What was chosen, and what held-out rows showed for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// Decide from this confidence on; above 1 never.
    pub threshold: f64,
    /// Share of held-out rows decided.
    pub decided: f64,
    /// Share of wrong ones among those.
    pub wrong: f64,
    /// Clopper-Pearson upper bound of that share at the target's confidence; 1 if nothing is decided.
    pub wrong_at_most: f64,
}

/// A threshold for abstaining always.
pub const NEVER: f64 = 1.01;
/// The search goes down in this many steps.
const STEPS: usize = 200;

/// The lowest threshold that the target allows. Rows are looked at, not their order.
pub fn choose(held_out: &[Judged], target: RiskTarget) -> Choice {
    let mut rows = held_out.to_vec();
    rows.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let all = rows.len().max(1) as f64;
    let mut out = Choice { threshold: NEVER, decided: 0.0, wrong: 0.0, wrong_at_most: 1.0 };
    let step = (rows.len() / STEPS).max(1);
    // Below this many, one early error would end the search; the number is fixed before looking.
    let miss = (1.0 - target.confidence).clamp(1e-9, 1.0 - 1e-9);
    let least = (2 * binomial::fewest(target.risk, miss)).max(rows.len() / 4);
    let mut wrong = 0u32;
    for (at, row) in rows.iter().enumerate() {
        wrong += u32::from(!row.right);
        let seen = at + 1;
        let tie = rows.get(seen).is_some_and(|next| next.confidence == row.confidence);
        if seen < least || (!seen.is_multiple_of(step) && seen != rows.len()) || tie {
            continue;
        }
        let bound = upper_bound(wrong, seen as u32, target.confidence);
        if bound > target.risk {
            break;
        }
        out = Choice {
            threshold: row.confidence,
            decided: seen as f64 / all,
            wrong: f64::from(wrong) / seen as f64,
            wrong_at_most: bound,
        };
    }
    out
}

/// One-sided Clopper-Pearson upper bound of a share.
pub fn upper_bound(wrong: u32, of: u32, confidence: f64) -> f64 {
    binomial::upper_bound(wrong, of, 1.0 - confidence)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    const TARGET: RiskTarget = RiskTarget { risk: 0.05, confidence: 0.9 };

    /// Confidences spread over 0 to 1, each right with that probability.
    fn sample(rows: usize, dice: &mut u64) -> Vec<Judged> {
        let mut draw = || {
            *dice = dice
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (*dice >> 33) as f64 / (1u64 << 31) as f64
        };
        (0..rows)
            .map(|_| {
                let confidence = draw();
                Judged { confidence, right: draw() < confidence.powf(0.3) }
            })
            .collect()
    }

    #[test]
    fn the_promise_holds_as_often_as_stated() {
        let mut dice = 7;
        let mut broken = 0;
        for _ in 0..300 {
            let threshold = choose(&sample(800, &mut dice), TARGET).threshold;
            // The true risk above a threshold t: 1 - mean of c^0.3 over [t, 1].
            let risk = 1.0 - (1.0 - threshold.powf(1.3)) / 1.3 / (1.0 - threshold);
            broken += u32::from(threshold < 1.0 && risk > TARGET.risk);
        }
        assert!(broken <= 45, "10 % of 300 may be broken, {broken} were");
        assert!(broken >= 2, "so careful that it says little: {broken}");
    }

    #[test]
    fn bounds_agree_with_published_values() {
        assert!((upper_bound(0, 100, 0.95) - 0.0295).abs() < 0.0005);
        assert!((upper_bound(5, 100, 0.95) - 0.1023).abs() < 0.001);
        assert_eq!(upper_bound(3, 3, 0.95), 1.0);
    }

    #[test]
    fn it_abstains_always_where_nothing_is_sure_or_little_was_seen() {
        let bad: Vec<Judged> =
            (0..500).map(|i| Judged { confidence: 0.99, right: i % 2 == 0 }).collect();
        assert_eq!(choose(&bad, TARGET).threshold, NEVER);
        let few = vec![Judged { confidence: 1.0, right: true }; 20];
        assert_eq!(choose(&few, TARGET).threshold, NEVER);
        assert_eq!(choose(&[], TARGET).threshold, NEVER);
    }
}
