//! Shares with exact bounds, sums with intervals, bins of confidence.

use serde::Serialize;
use technician::learn::binomial;

/// The chance that a stated bound is broken.
const MISS: f64 = 0.05;

/// A share of what was seen, and how large it may really be. Written with its value and bound beside the counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share {
    /// How many.
    pub hits: u32,
    /// Of how many.
    pub of: u32,
}

impl Share {
    /// Counts one.
    pub(crate) fn add(&mut self, hit: bool) {
        self.hits += u32::from(hit);
        self.of += 1;
    }

    /// The share, 0 to 1; 0 when nothing was seen.
    pub fn value(&self) -> f64 {
        f64::from(self.hits) / f64::from(self.of.max(1))
    }

    /// With 95 % confidence the true share is at most this (one-sided Clopper-Pearson, as if tickets were independent); 1 when nothing was seen.
    pub fn at_most(&self) -> f64 {
        binomial::upper_bound(self.hits, self.of, MISS)
    }
}

impl Serialize for Share {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = to.serialize_struct("Share", 4)?;
        out.serialize_field("hits", &self.hits)?;
        out.serialize_field("of", &self.of)?;
        out.serialize_field("value", &self.value())?;
        out.serialize_field("at_most", &self.at_most())?;
        out.end()
    }
}

/// A sum over tickets and its 95 % interval, as if tickets were independent draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Sum {
    /// The sum.
    pub total: f64,
    /// Half the width of the interval.
    pub give_or_take: f64,
}

impl Sum {
    /// Adds up what each of the tickets brings; most bring nothing.
    pub(crate) fn of(values: &[f64]) -> Sum {
        // How many such tickets come is a matter of chance as well, so the squares are not taken about the mean.
        let spread = values.iter().map(|v| v * v).sum::<f64>().sqrt();
        Sum { total: values.iter().sum(), give_or_take: 1.96 * spread }
    }

    /// The same in another unit.
    pub(crate) fn times(self, factor: f64) -> Sum {
        Sum { total: self.total * factor, give_or_take: self.give_or_take * factor }
    }
}

/// Predictions of about the same confidence, and how often they were right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bin {
    /// Mean confidence in it, 0 to 1.
    pub confidence: f64,
    /// How often right.
    pub right: Share,
}

/// Ten bins of equal width; empty ones are left out.
pub(crate) fn bins(judged: &[(f64, bool)]) -> Vec<Bin> {
    let mut bins = [(0.0, Share::default()); 10];
    for (confidence, right) in judged {
        let at = ((confidence * 10.0) as usize).min(9);
        bins[at].0 += confidence;
        bins[at].1.add(*right);
    }
    let full = bins.into_iter().filter(|(_, share)| share.of > 0);
    full.map(|(sum, right)| Bin { confidence: sum / f64::from(right.of), right }).collect()
}

/// Mean distance between confidence and being right, weighted by the size of the bins.
pub(crate) fn calibration_error(bins: &[Bin]) -> f64 {
    let all: u32 = bins.iter().map(|b| b.right.of).sum();
    let off = bins.iter().map(|b| f64::from(b.right.of) * (b.confidence - b.right.value()).abs());
    off.sum::<f64>() / f64::from(all.max(1))
}

/// One point of a curve: deciding this share, so many of it are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Share of all tickets that is decided, 0 to 1.
    pub coverage: f64,
    /// Wrong ones among the decided ones of which the truth is known.
    pub wrong: Share,
    /// The confidence from which on it decides.
    pub threshold: f64,
}

/// Coverage against risk, from the surest down, in about twenty steps. `of` is the number of all tickets; what is `None` is decided, with an unknown truth.
pub(crate) fn curve(mut decided: Vec<(f64, Option<bool>)>, of: usize) -> Vec<Point> {
    decided.sort_by(|a, b| b.0.total_cmp(&a.0));
    let step = decided.len().div_ceil(20).max(1);
    let mut wrong = Share::default();
    let mut out = Vec::new();
    for (at, (confidence, truth)) in decided.iter().enumerate() {
        if let Some(right) = truth {
            wrong.add(!right);
        }
        let tie = decided.get(at + 1).is_some_and(|next| next.0 == *confidence);
        if ((at + 1) % step == 0 && !tie) || at + 1 == decided.len() {
            out.push(Point {
                coverage: (at + 1) as f64 / of.max(1) as f64,
                wrong,
                threshold: *confidence,
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_knows_how_little_was_seen() {
        let none = Share::default();
        assert_eq!((none.value(), none.at_most()), (0.0, 1.0));
        let few = Share { hits: 0, of: 10 };
        assert!((few.at_most() - 0.2589).abs() < 0.001, "{}", few.at_most());
    }

    #[test]
    fn a_sum_is_as_uncertain_as_the_number_of_tickets_behind_it() {
        let many = Sum::of(&[2.0; 100]);
        assert!((many.total - 200.0).abs() < 1e-9 && (many.give_or_take - 39.2).abs() < 0.01);
        assert_eq!(Sum::of(&[0.0, 0.0]), Sum::default());
    }

    #[test]
    fn the_curve_goes_from_the_surest_down_and_ends_with_all() {
        let rows = (0..100).map(|n| (f64::from(n) / 100.0, Some(n >= 20))).collect();
        let curve = curve(rows, 200);
        let (first, last) = (curve.first(), curve.last());
        assert!(first.is_some_and(|p| p.wrong.hits == 0 && p.coverage == 0.025));
        assert!(last.is_some_and(|p| p.wrong == Share { hits: 20, of: 100 } && p.coverage == 0.5));
        let bins = bins(&[(0.95, true), (0.85, false), (1.0, true)]);
        assert_eq!(bins.len(), 2);
        assert!((calibration_error(&bins) - (0.85 + 2.0 * 0.025) / 3.0).abs() < 1e-9);
    }
}
