//! How much a count of failures says about the rate behind it.
//!
//! One failure of two is no evidence of anything; forty of a hundred are. Thresholds are held
//! against a confidence bound, so that few observations neither raise an alarm nor earn trust.
//!
//! The bounds are those of the score interval of E. B. Wilson, "Probable inference, the law of
//! succession, and statistical inference", JASA 22 (1927) 209–212, without continuity correction;
//! R. G. Newcombe, Statistics in Medicine 17 (1998) 857–872, compares it with six others (method 3
//! there). One-sided at 95 %, which is either end of the two-sided interval at 90 %.

/// The 95th percentile of the standard normal distribution.
const Z_95: f64 = 1.644_853_626_951_472_2;

/// The rate of failure is at least this, with 95 % confidence: 0 to 1.
///
/// Nothing tried says nothing: 0. More failures than attempts count as all failed.
pub fn wilson_lower(failures: u32, attempts: u32) -> f64 {
    bounds(failures, attempts, Z_95).0
}

/// The rate of failure is at most this, with 95 % confidence: 0 to 1.
///
/// Nothing tried says nothing: 1. More failures than attempts count as all failed.
pub fn wilson_upper(failures: u32, attempts: u32) -> f64 {
    bounds(failures, attempts, Z_95).1
}

fn bounds(failures: u32, attempts: u32, z: f64) -> (f64, f64) {
    if attempts == 0 {
        return (0.0, 1.0);
    }
    let failures = failures.min(attempts);
    let (x, n) = (f64::from(failures), f64::from(attempts));
    let z2 = z * z;
    let middle = x + z2 / 2.0;
    let half = z * (x * (n - x) / n + z2 / 4.0).sqrt();
    // At the ends the exact bound is 0 or 1; rounding must not say otherwise.
    let lower = if failures == 0 { 0.0 } else { ((middle - half) / (n + z2)).max(0.0) };
    let upper = if failures == attempts { 1.0 } else { ((middle + half) / (n + z2)).min(1.0) };
    (lower, upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: f64, want: f64, tolerance: f64) {
        assert!((got - want).abs() <= tolerance, "{got} is not {want}");
    }

    #[test]
    fn published_two_sided_intervals_come_out() {
        // Newcombe (1998), table I, method 3, at 95 % two-sided, four decimals.
        let z = 1.959_963_984_540_054;
        for (failures, attempts, lower, upper) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let got = bounds(failures, attempts, z);
            near(got.0, lower, 5e-5);
            near(got.1, upper, 5e-5);
        }
    }

    #[test]
    fn one_sided_bounds_at_95_percent() {
        // Solved from the score equation by bisection with forty digits.
        for (failures, attempts, lower, upper) in [
            (1, 2, 0.120_866_319_422_274, 0.879_133_680_577_726),
            (2, 2, 0.425_030_609_006_346, 1.0),
            (3, 10, 0.126_876_583_903_198, 0.558_300_204_130_165),
            (40, 100, 0.323_078_050_590_966, 0.482_190_493_565_668),
            (0, 10, 0.0, 0.212_941_970_083_407),
        ] {
            near(wilson_lower(failures, attempts), lower, 1e-12);
            near(wilson_upper(failures, attempts), upper, 1e-12);
        }
    }

    #[test]
    fn few_observations_say_nothing_about_fifteen_percent() {
        assert!(wilson_lower(1, 2) < 0.15);
        assert!(wilson_lower(2, 2) > 0.15);
        assert!(wilson_lower(30, 100) > 0.15);
        assert!(wilson_lower(16, 100) < 0.15);
    }

    #[test]
    fn bounds_hold_the_observed_rate_between_them_and_solve_the_score_equation() {
        for attempts in [1_u32, 2, 7, 100, 12_345, u32::MAX] {
            for failures in [0, 1, attempts / 3, attempts / 2, attempts - 1, attempts] {
                let failures = failures.min(attempts);
                let (lower, upper) =
                    (wilson_lower(failures, attempts), wilson_upper(failures, attempts));
                let n = f64::from(attempts);
                let rate = f64::from(failures) / n;
                assert!((0.0..=rate).contains(&lower) && (rate..=1.0).contains(&upper));
                for p in [lower, upper] {
                    let miss = (rate - p).powi(2) - Z_95 * Z_95 * p * (1.0 - p) / n;
                    assert!(miss.abs() < 1e-12, "{failures}/{attempts}: {p} misses by {miss}");
                }
            }
        }
    }

    #[test]
    fn nothing_tried_and_nonsense_stay_in_range() {
        assert_eq!((wilson_lower(0, 0), wilson_upper(0, 0)), (0.0, 1.0));
        assert_eq!((wilson_lower(9, 0), wilson_upper(9, 0)), (0.0, 1.0));
        assert_eq!(wilson_lower(9, 3), wilson_lower(3, 3));
        assert_eq!(wilson_upper(9, 3), 1.0);
    }
}
