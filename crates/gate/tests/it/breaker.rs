//! When a breaker opens by itself.

use gate::BreakerLimits;
use gate::breaker::{Stats, trips};
use proptest::prelude::*;

fn stats() -> impl Strategy<Value = Stats> {
    (0u32..300, 0u32..300, 0u32..300, 0u32..300, 0u32..200, 0.0f64..30.0).prop_map(
        |(attempts, failed, unverified, reversed, last_hour, usual_per_hour)| Stats {
            attempts,
            failed: failed.min(attempts),
            unverified: unverified.min(attempts),
            reversed: reversed.min(attempts),
            last_hour,
            usual_per_hour,
        },
    )
}

#[test]
fn one_of_two_says_nothing_about_anything() {
    let limits = BreakerLimits::default();
    let two = Stats { attempts: 2, failed: 1, ..Stats::default() };
    assert_eq!(trips(&limits, &two), None);
    assert_eq!(trips(&limits, &Stats::default()), None, "nothing happened");
}

/// The least number of the most frequent trouble that opens a breaker, of twenty and of two hundred.
#[test]
fn the_figures_at_which_it_opens() {
    let limits = BreakerLimits::default();
    type Make = fn(u32, u32) -> Stats;
    let failed: Make = |attempts, failed| Stats { attempts, failed, ..Stats::default() };
    let unverified: Make =
        |attempts, unverified| Stats { attempts, unverified, ..Stats::default() };
    let reversed: Make = |attempts, reversed| Stats { attempts, reversed, ..Stats::default() };
    let least = |make: Make, attempts: u32| {
        (0..=attempts).find(|n| trips(&limits, &make(attempts, *n)).is_some())
    };
    // By the score interval at 95 %, one-sided: 30 % of failures, 10 % of the others.
    assert_eq!([20, 200].map(|n| least(failed, n)), [Some(10), Some(71)]);
    assert_eq!([20, 200].map(|n| least(unverified, n)), [Some(5), Some(27)]);
    assert_eq!([20, 200].map(|n| least(reversed, n)), [Some(5), Some(27)]);
}

#[test]
fn the_reason_names_the_figures() {
    let limits = BreakerLimits::default();
    let why = trips(&limits, &Stats { attempts: 40, unverified: 21, ..Stats::default() }).unwrap();
    assert!(why.contains("21 of 40") && why.contains("limit is 10 %"), "{why}");
    let burst = Stats { last_hour: 61, usual_per_hour: 2.0, ..Stats::default() };
    let why = trips(&limits, &burst).unwrap();
    assert!(why.contains("61") && why.contains("2.0") && why.contains("10 times"), "{why}");
}

proptest! {
    /// More trouble never closes what less trouble opened.
    #[test]
    fn more_trouble_never_helps(s in stats(), more in 1u32..20) {
        let limits = BreakerLimits::default();
        prop_assume!(trips(&limits, &s).is_some());
        let worse = Stats {
            failed: (s.failed + more).min(s.attempts),
            unverified: (s.unverified + more).min(s.attempts),
            reversed: (s.reversed + more).min(s.attempts),
            last_hour: s.last_hour + more,
            ..s
        };
        prop_assert!(trips(&limits, &worse).is_some());
    }

    /// Stricter limits open whenever milder ones do.
    #[test]
    fn stricter_limits_open_sooner(s in stats(), less in 1u8..10) {
        let limits = BreakerLimits::default();
        let stricter = BreakerLimits {
            error_percent: limits.error_percent - less,
            unverified_percent: limits.unverified_percent - less,
            reversal_percent: limits.reversal_percent - less,
            anomaly_factor: limits.anomaly_factor - u32::from(less) + 1,
            ..limits.clone()
        };
        if trips(&limits, &s).is_some() {
            prop_assert!(trips(&stricter, &s).is_some());
        }
    }

    /// Nothing that ended well opens a rate, however much of it there is.
    #[test]
    fn success_opens_nothing(attempts in 0u32..1_000_000) {
        prop_assert_eq!(trips(&BreakerLimits::default(), &Stats { attempts, ..Stats::default() }), None);
    }
}
