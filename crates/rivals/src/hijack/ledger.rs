//! What really happened, in the order in which it did: the oracle's only witness beside the systems.
//!
//! It is written by the harness where things happen, and shares nothing with the gate's approvals.

use domain::{Action, ApprovalId, BrainId, CaseId, PersonId, UnixMs};

/// Something that happened.
#[derive(Clone, Debug)]
pub(super) enum Fact {
    /// People were asked exactly this, until then.
    Asked {
        /// The question.
        question: ApprovalId,
        /// By which brain.
        brain: BrainId,
        /// For which case.
        case: CaseId,
        /// What they saw.
        action: Action,
        /// Until when.
        until: UnixMs,
    },
    /// Somebody said yes, for then at the earliest.
    Yes(ApprovalId, PersonId, UnixMs),
    /// Somebody said no.
    No(ApprovalId),
    /// Nobody answered in time.
    Expired(ApprovalId),
    /// It does not count any more: changed, withdrawn, void.
    Gone(ApprovalId),
    /// It was acted on.
    Used(ApprovalId),
}

/// Everything, with its time.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    /// In order.
    pub facts: Vec<(UnixMs, Fact)>,
    /// Every effect on a client: when, by whom, for which client, what.
    pub effects: Vec<(UnixMs, BrainId, usize, Action)>,
    /// Every request of a brain: when, by whom, for which case, what.
    pub requests: Vec<(UnixMs, BrainId, CaseId, Action)>,
}

impl Ledger {
    /// Writes a fact down.
    pub(super) fn note(&mut self, now: UnixMs, fact: Fact) {
        self.facts.push((now, fact));
    }
}
