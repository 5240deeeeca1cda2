//! Notices that the desk is no longer what was learned, and abstains more until it is learned anew.
//!
//! Two watches, both by betting (e-detectors, Shin, Ramdas and Rinaldo 2024), so that one may look after every ticket: while
//! nothing has changed, a false alarm comes on average no sooner than after [`PATIENCE`] tickets.
//! One bets that decided tickets turn out wrong more often than the target allows; the other that confidences
//! are spread otherwise than they were. INVARIANT: the threshold in force is never below the chosen one.

use super::select::{NEVER, RiskTarget, choose};
use super::{Judged, Selection};
use std::collections::VecDeque;

/// Tickets between false alarms, on average at least.
pub const PATIENCE: f64 = 5_000.0;
/// Tickets that are remembered.
const WINDOW: usize = 500;
const BINS: usize = 10;

/// What the watches say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Alarm {
    /// Too many decided tickets turned out wrong: (wrong, decided) among the remembered.
    pub errors: Option<(usize, usize)>,
    /// Confidences are spread otherwise: the median then and now.
    pub confidence: Option<(f64, f64)>,
}

/// Watches one client's tickets.
#[derive(Clone, Debug)]
pub struct Monitor {
    held_out: Vec<Judged>,
    target: RiskTarget,
    chosen: f64,
    edges: [f64; BINS - 1],
    recent: VecDeque<f64>,
    counts: [f64; BINS],
    revealed: VecDeque<Judged>,
    wealth: [f64; 2],
    alarm: Alarm,
    threshold: f64,
}

impl Monitor {
    /// Begins to watch what was chosen on these held-out rows.
    pub fn new(selection: &Selection) -> Monitor {
        let mut sorted: Vec<f64> = selection.held_out.iter().map(|j| j.confidence).collect();
        sorted.sort_by(f64::total_cmp);
        let edges = std::array::from_fn(|i| {
            sorted.get(sorted.len() * (i + 1) / BINS).copied().unwrap_or(NEVER)
        });
        Monitor {
            held_out: selection.held_out.clone(),
            target: selection.target,
            chosen: selection.choice.threshold,
            edges,
            recent: VecDeque::new(),
            counts: [0.0; BINS],
            revealed: VecDeque::new(),
            wealth: [1.0; 2],
            alarm: Alarm::default(),
            threshold: selection.choice.threshold,
        }
    }

    /// Decide from this confidence on.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// What the watches have noticed.
    pub fn alarm(&self) -> Alarm {
        self.alarm
    }

    /// A ticket was read with this confidence.
    pub fn saw(&mut self, confidence: f64) {
        let bin = self.edges.iter().filter(|e| confidence >= **e).count().min(BINS - 1);
        // The bet: bins come as often as lately, held against one in ten. Made before looking.
        let lately: f64 = self.counts.iter().sum();
        let expected = (self.counts[bin] + 5.0) / (lately + 5.0 * BINS as f64);
        self.wealth[1] = self.wealth[1].max(1.0) * expected * BINS as f64;
        self.counts[bin] += 1.0;
        self.recent.push_back(confidence);
        if self.recent.len() > WINDOW
            && let Some(old) = self.recent.pop_front()
        {
            let bin = self.edges.iter().filter(|e| old >= **e).count().min(BINS - 1);
            self.counts[bin] -= 1.0;
        }
        if self.wealth[1] >= PATIENCE && self.alarm.confidence.is_none() {
            self.alarm.confidence = Some((self.edges[BINS / 2 - 1], median(&self.recent)));
            self.raise();
        }
    }

    /// It became known whether a reading was right.
    pub fn learned(&mut self, judged: Judged) {
        self.revealed.push_back(judged);
        if self.revealed.len() > WINDOW {
            self.revealed.pop_front();
        }
        if judged.confidence < self.chosen {
            return;
        }
        // The bet: twice as many errors as allowed.
        let risk = self.target.risk.clamp(1e-4, 0.5);
        let stake = 1.0 / (1.0 - risk);
        let error = f64::from(u8::from(!judged.right));
        self.wealth[0] = self.wealth[0].max(1.0) * (1.0 + stake * (error - risk));
        if self.wealth[0] >= PATIENCE {
            let decided = self.revealed.iter().filter(|j| j.confidence >= self.chosen);
            let wrong = decided.clone().filter(|j| !j.right).count();
            self.alarm.errors = Some((wrong, decided.count()));
            self.raise();
        }
    }

    /// After an alarm: what the remembered tickets allow; without enough of them, what held-out rows
    /// allow at half the risk.
    fn raise(&mut self) {
        let recent: Vec<Judged> = self.revealed.iter().copied().collect();
        let stricter = RiskTarget { risk: self.target.risk / 2.0, ..self.target };
        let allowed = match self.alarm.errors {
            Some(_) => choose(&recent, self.target).threshold,
            None => choose(&self.held_out, stricter).threshold,
        };
        self.threshold = self.threshold.max(allowed).max(self.chosen);
    }

    /// What happened, for people; nothing while nothing has changed.
    pub fn words(&self) -> Option<String> {
        let mut out = Vec::new();
        if let Some((wrong, decided)) = self.alarm.errors {
            out.push(format!(
                "{wrong} of the last {decided} tickets decided alone were wrong; {:.0} % was allowed.",
                self.target.risk * 100.0
            ));
        }
        if let Some((then, now)) = self.alarm.confidence {
            out.push(format!(
                "Tickets are no longer what was learned: the usual confidence was {then:.2} and is {now:.2}."
            ));
        }
        if out.is_empty() {
            return None;
        }
        out.push(if self.threshold > 1.0 {
            "Every ticket goes to people until the history is learned anew.".into()
        } else {
            format!(
                "Only tickets with a confidence of {:.2} or more are decided until the history is learned anew.",
                self.threshold
            )
        });
        Some(out.join(" "))
    }
}

fn median(values: &VecDeque<f64>) -> f64 {
    let mut sorted: Vec<f64> = values.iter().copied().collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn draw(dice: &mut u64) -> f64 {
        *dice ^= *dice << 13;
        *dice ^= *dice >> 7;
        *dice ^= *dice << 17;
        (*dice >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Sure tickets are right 98 times in 100, the others half the time.
    fn ticket(dice: &mut u64, sure: f64, right: f64) -> Judged {
        let surely = draw(dice) < sure;
        let confidence = if surely { 0.9 + 0.1 * draw(dice) } else { 0.3 + 0.5 * draw(dice) };
        Judged { confidence, right: draw(dice) < if surely { right } else { 0.5 } }
    }

    fn monitor(dice: &mut u64) -> Monitor {
        let held_out: Vec<Judged> = (0..2_000).map(|_| ticket(dice, 0.6, 0.98)).collect();
        Monitor::new(&Selection::on(held_out, RiskTarget { risk: 0.05, confidence: 0.95 }))
    }

    #[test]
    fn nothing_is_said_while_nothing_changes() {
        let mut dice = 11;
        let mut monitor = monitor(&mut dice);
        for _ in 0..1_500 {
            let now = ticket(&mut dice, 0.6, 0.98);
            monitor.saw(now.confidence);
            monitor.learned(now);
        }
        assert_eq!(monitor.words(), None);
        assert!(monitor.threshold() < 1.0);
    }

    #[test]
    fn errors_raise_abstention_and_say_so() {
        let mut dice = 12;
        let mut monitor = monitor(&mut dice);
        let before = monitor.threshold();
        let mut needed = 0;
        while monitor.words().is_none() && needed < 1_000 {
            monitor.learned(ticket(&mut dice, 0.6, 0.8));
            needed += 1;
        }
        assert!(needed < 200, "{needed} tickets until it was noticed");
        assert!(monitor.threshold() > before);
        let words = monitor.words().unwrap();
        assert!(words.contains("decided alone were wrong; 5 % was allowed"), "{words}");
    }

    #[test]
    fn other_tickets_are_noticed_before_any_outcome_is_known() {
        let mut dice = 13;
        let mut monitor = monitor(&mut dice);
        let before = monitor.threshold();
        for _ in 0..400 {
            monitor.saw(ticket(&mut dice, 0.2, 0.98).confidence);
        }
        let words = monitor.words().unwrap();
        assert!(words.contains("no longer what was learned"), "{words}");
        assert!(monitor.threshold() >= before);
    }
}
