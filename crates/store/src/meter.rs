//! What the store counts, for whoever collects it through the crate `metrics`; nobody else pays for it.
//!
//! INVARIANT: only what was committed is counted.

use domain::Event;
use std::time::Instant;

/// Seconds from the beginning of a commit to its end, waiting for another process's lock included.
pub const COMMIT_SECONDS: &str = "journeyman_store_commit_duration_seconds";
/// Pieces of work that one commit holds.
pub const COMMIT_BATCH: &str = "journeyman_store_commit_batch_size";
/// Judgements in the journal, those of reads included; label `tier`.
pub const JUDGEMENTS: &str = "journeyman_judgements_total";
/// Ended attempts at a change; label `outcome`. One that was unknown at first and then resolved
/// counts under both.
pub const ATTEMPTS: &str = "journeyman_attempts_total";

/// What the open transaction will have counted when it commits.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Counter, label, value of the label.
    waiting: Vec<(&'static str, &'static str, &'static str)>,
    /// How many of them stood before the current piece of work.
    before: usize,
}

impl Tally {
    /// Notes an entry.
    pub(crate) fn entry(&mut self, event: &Event) {
        if let Some(verdict) = event.verdict() {
            self.waiting.push((JUDGEMENTS, "tier", verdict.tier.name()));
        }
        if let Event::Finished { outcome, .. } = event {
            self.waiting.push((ATTEMPTS, "outcome", outcome.name()));
        }
    }

    /// A piece of work begins.
    pub(crate) fn mark(&mut self) {
        self.before = self.waiting.len();
    }

    /// The current piece of work was undone.
    pub(crate) fn take_back(&mut self) {
        self.waiting.truncate(self.before);
    }

    /// The batch ended; `works` is how many pieces of work it held.
    pub(crate) fn end(&mut self, begun: Instant, works: usize, committed: bool) {
        let counted = std::mem::take(&mut self.waiting);
        if !committed {
            return;
        }
        for (counter, label, value) in counted {
            metrics::counter!(counter, label => value).increment(1);
        }
        metrics::histogram!(COMMIT_SECONDS).record(begun.elapsed());
        metrics::histogram!(COMMIT_BATCH).record(works as f64);
    }
}
