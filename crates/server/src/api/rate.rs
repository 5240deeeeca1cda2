//! How often a brain may call: its rate a minute, reads and long polls included.

use domain::BrainId;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// What is left of each brain's rate.
#[derive(Debug, Default)]
pub(crate) struct Rates(Mutex<HashMap<BrainId, Left>>);

#[derive(Debug)]
struct Left {
    calls: f64,
    at: Instant,
}

impl Rates {
    /// Counts one call; 0 a minute is no rate. `Err` says how many seconds to wait.
    pub(crate) fn count(&self, brain: &BrainId, per_min: u32, now: Instant) -> Result<(), u64> {
        if per_min == 0 {
            return Ok(());
        }
        let most = f64::from(per_min);
        let per_s = most / 60.0;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = all.entry(brain.clone()).or_insert(Left { calls: most, at: now });
        let passed = now.saturating_duration_since(left.at).as_secs_f64();
        left.calls = (left.calls + passed * per_s).min(most);
        left.at = now;
        if left.calls >= 1.0 {
            left.calls -= 1.0;
            return Ok(());
        }
        let wait_s = ((1.0 - left.calls) / per_s).ceil().clamp(1.0, 60.0);
        // A whole number from 1 to 60.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Err(wait_s as u64)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_brain_has_its_rate_and_no_other_pays_for_it() {
        let (rates, start) = (Rates::default(), Instant::now());
        let (one, other) = (BrainId::new("one").unwrap(), BrainId::new("other").unwrap());
        for _ in 0..3 {
            rates.count(&one, 3, start).unwrap();
        }
        assert_eq!(rates.count(&one, 3, start), Err(20));
        rates.count(&other, 3, start).unwrap();
        assert_eq!(rates.count(&one, 3, start + Duration::from_secs(19)), Err(1));
        rates.count(&one, 3, start + Duration::from_secs(20)).unwrap();
        assert!(rates.count(&one, 3, start + Duration::from_secs(20)).is_err());
        for _ in 0..100 {
            rates.count(&one, 0, start).unwrap();
        }
    }
}
