//! When the platform opens a breaker by itself: rates over a window, by their lower confidence bound,
//! and an hour far busier than usual. It only opens; people close.

use crate::{BreakerLimits, stats::wilson_lower};

/// An hour with fewer attempts than this is no anomaly, whatever is usual.
const FEW_PER_HOUR: u32 = 20;

/// How attempts fared.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stats {
    /// Attempts that ended within the window.
    pub attempts: u32,
    /// Of these, failed.
    pub failed: u32,
    /// Of these, accepted by the system and never seen when reading back.
    pub unverified: u32,
    /// Of these, taken back by a person.
    pub reversed: u32,
    /// Attempts within the last hour.
    pub last_hour: u32,
    /// Attempts in a usual hour of the window before.
    pub usual_per_hour: f64,
}

/// Why a breaker has to open, with the figures; `None` when all is well.
pub fn trips(limits: &BreakerLimits, stats: &Stats) -> Option<String> {
    let rates = [
        (stats.unverified, limits.unverified_percent, "never showed when reading back"),
        (stats.reversed, limits.reversal_percent, "were taken back by people"),
        (stats.failed, limits.error_percent, "failed"),
    ];
    for (count, percent, what) in rates {
        let surely = wilson_lower(count, stats.attempts);
        if count > 0 && surely > f64::from(percent) / 100.0 {
            return Some(format!(
                "{count} of {} attempts {what}, surely more than {:.0} %; the limit is {percent} %",
                stats.attempts,
                (surely * 100.0).floor()
            ));
        }
    }
    if stats.usual_per_hour <= 0.0 {
        // Nothing is usual yet: the first busy hour of an installation is no anomaly.
        return None;
    }
    let usual = stats.usual_per_hour.max(1.0);
    let most = usual * f64::from(limits.anomaly_factor);
    (stats.last_hour >= FEW_PER_HOUR && f64::from(stats.last_hour) > most).then(|| {
        format!(
            "{} attempts within an hour; {usual:.1} are usual, and {} times that is the limit",
            stats.last_hour, limits.anomaly_factor
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(attempts: u32, failed: u32) -> Stats {
        Stats { attempts, failed, ..Stats::default() }
    }

    #[test]
    fn a_few_failures_say_nothing_and_many_do() {
        let limits = BreakerLimits::default();
        for fine in [ended(0, 0), ended(2, 1), ended(3, 2), ended(100, 30), ended(20, 7)] {
            assert_eq!(trips(&limits, &fine), None, "{fine:?}");
        }
        let text = trips(&limits, &ended(20, 12)).unwrap_or_default();
        assert!(text.contains("12 of 20 attempts failed") && text.contains("30 %"), "{text}");
    }

    #[test]
    fn what_never_showed_and_what_was_taken_back_weigh_more() {
        let limits = BreakerLimits::default();
        let unverified = Stats { attempts: 20, unverified: 6, ..Stats::default() };
        let reversed = Stats { attempts: 20, reversed: 6, ..Stats::default() };
        assert!(trips(&limits, &unverified).is_some_and(|t| t.contains("never showed")));
        assert!(trips(&limits, &reversed).is_some_and(|t| t.contains("taken back")));
        assert_eq!(trips(&limits, &ended(20, 6)), None);
    }

    #[test]
    fn a_burst_is_an_anomaly_only_against_what_is_usual() {
        let limits = BreakerLimits::default();
        let hour =
            |last_hour, usual_per_hour| Stats { last_hour, usual_per_hour, ..Stats::default() };
        assert_eq!(trips(&limits, &hour(19, 0.1)), None, "too few to tell");
        assert_eq!(trips(&limits, &hour(500, 0.0)), None, "nothing is usual yet");
        assert!(trips(&limits, &hour(25, 2.0)).is_some_and(|t| t.contains("25 attempts")));
        assert_eq!(trips(&limits, &hour(25, 3.0)), None);
    }
}
