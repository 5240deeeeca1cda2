//! What is known about people, groups and categories at a moment: how often it happened so far.
//!
//! INVARIANT: an outcome counts only from the moment it was known. A ticket that is opened sees nothing of itself.

use domain::UnixMs;
use std::collections::HashMap;

const HOUR_MS: f64 = 3_600_000.0;
/// What happened so long ago counts half.
const HALF_LIFE_HOURS: f64 = 21.0 * 24.0;
/// A rate begins at the overall rate with the weight of tickets among which it happened so often.
const PRIOR: f64 = 3.0;
/// Features of each key.
const PER_KEY: usize = 3;
/// Features of the moment.
const PER_MOMENT: usize = 3;
/// The overall rate is that of so many hours ago, fading by half.
const OVERALL_HALF_LIFE_HOURS: f64 = 7.0 * 24.0;

/// Counts that fade.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Faded {
    yes: f64,
    known: f64,
    opened: f64,
    at: f64,
    waiting: f64,
}

impl Faded {
    fn fade(&mut self, hours: f64, half_life: f64) {
        if hours > self.at {
            let by = 0.5f64.powf((hours - self.at) / half_life);
            self.waiting *= by;
            self.yes *= by;
            self.known *= by;
            self.opened *= by;
            self.at = hours;
        }
    }

    fn rate(&self, overall: f64) -> f64 {
        let prior = PRIOR / overall.max(0.005);
        (self.yes + prior * overall) / (self.known + prior)
    }
}

/// What was seen so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct History {
    /// By field and value.
    keys: HashMap<(u16, u64), Faded>,
    all: Faded,
    /// Opened in the last day, as a fading count.
    busy: f64,
    busy_at: f64,
}

fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// The keys of a ticket: each field, and each pair of fields that was asked for.
pub(super) fn keys(values: &[&str], pairs: &[(usize, usize)]) -> Vec<(u16, u64)> {
    let hashes: Vec<u64> = values.iter().map(|v| hash(v)).collect();
    let single = hashes.iter().enumerate().map(|(i, h)| (i as u16, *h));
    let both = pairs.iter().enumerate().map(|(i, (a, b))| {
        let of = |at: &usize| hashes.get(*at).copied().unwrap_or(0);
        ((values.len() + i) as u16, of(a).rotate_left(23) ^ of(b).wrapping_mul(5))
    });
    single.chain(both).collect()
}

fn log_odds(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

fn hours(at: UnixMs) -> f64 {
    at.0 as f64 / HOUR_MS
}

impl History {
    /// What is known at this moment about a ticket with these keys: the overall log-odds, and what sets this ticket
    /// apart from them. Nothing in it grows with the length of the history.
    pub(super) fn features(&mut self, at: UnixMs, keys: &[(u16, u64)]) -> (f32, Vec<f32>) {
        let now = hours(at);
        self.all.fade(now, OVERALL_HALF_LIFE_HOURS);
        self.tick(now);
        let overall = (self.all.yes + 0.5) / (self.all.known + 2.0);
        let mut out = Vec::with_capacity(keys.len() * PER_KEY + PER_MOMENT);
        for key in keys {
            let mut seen = self.keys.get(key).copied().unwrap_or_default();
            seen.fade(now, HALF_LIFE_HOURS);
            out.push((log_odds(seen.rate(overall)) - log_odds(overall)) as f32);
            out.push((seen.opened / (self.all.opened + 1.0) + 1e-4).ln() as f32);
            out.push((seen.waiting / (seen.opened + 1.0)) as f32);
        }
        let day = now / 24.0;
        // 1970 began on a Thursday.
        out.push((now % 24.0) as f32);
        out.push(((day.floor() + 3.0) % 7.0) as f32);
        out.push((self.busy as f32).ln_1p());
        (log_odds(overall) as f32, out)
    }

    fn tick(&mut self, now: f64) {
        if now > self.busy_at {
            self.busy *= 0.5f64.powf((now - self.busy_at) / 12.0);
            self.busy_at = now;
        }
    }

    /// A ticket was opened.
    pub(super) fn opened(&mut self, at: UnixMs, keys: &[(u16, u64)]) {
        let now = hours(at);
        self.tick(now);
        self.busy += 1.0;
        self.each(now, keys, |seen| {
            seen.opened += 1.0;
            seen.waiting += 1.0;
        });
    }

    /// It became known how a ticket went.
    pub(super) fn known(&mut self, at: UnixMs, keys: &[(u16, u64)], happened: bool) {
        self.each(hours(at), keys, |seen| {
            seen.known += 1.0;
            seen.yes += f64::from(u8::from(happened));
            seen.waiting = (seen.waiting - 1.0).max(0.0);
        });
    }

    fn each(&mut self, now: f64, keys: &[(u16, u64)], change: impl Fn(&mut Faded)) {
        self.all.fade(now, OVERALL_HALF_LIFE_HOURS);
        change(&mut self.all);
        for key in keys {
            let seen = self.keys.entry(*key).or_default();
            seen.fade(now, HALF_LIFE_HOURS);
            change(seen);
        }
    }
}
