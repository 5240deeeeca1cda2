//! What the worker tells the collector of traces: which step of a case took how long and what came of it.
//!
//! INVARIANT: ids, kinds and codes, never anything of a ticket's or an account's.

use super::drive::Driver;
use crate::{
    app::App,
    ops::traces::{Id, Span},
};
use connectors::CallError;
use domain::{ActionKind, Actor, ApprovalId, Attempt, CaseId, ClientId, Event, Recorded, UnixMs};
use gate::Verdict;

/// The key of an action's kind.
const KIND: &str = "journeyman.action.kind";
/// The key of a tier.
const TIER: &str = "journeyman.tier";
/// The key of how a question was answered.
const DECISION: &str = "journeyman.decision";

/// A step of a case that begins now.
pub(super) fn begin(client: &ClientId, case: CaseId, name: &'static str) -> Span {
    Span::begin(case, name).with("journeyman.client", client)
}

/// What happened since the last drive, as far as nobody told: a request of a brain came in, people
/// decided. Told again after a crash, it is the same span.
pub(super) fn opening(app: &App, client: &ClientId, case: CaseId, events: &[Recorded]) {
    if let [Recorded { event: Event::Submitted { submission }, at, .. }] = events {
        let span = begin(client, case, "intake").known_as(Id::Intake).from(*at);
        app.traces.end(span.with("journeyman.brain", &submission.brain));
    }
    let news = events.iter().rev().take_while(|e| !matches!(e.actor, Actor::Brain(_)));
    for entry in news {
        let Event::Decided { approval, decision } = &entry.event else { continue };
        let asked = events.iter().find(|e| match &e.event {
            Event::Held { approval: held, .. } => held == approval,
            Event::Changed { to, .. } => to == approval,
            _ => false,
        });
        let asked_at = asked.map_or(entry.at, |e| e.at);
        let span = decided(client, case, *approval, asked_at, decision.name());
        app.traces.end_at(span.known_as(Id::Entry(entry.seq)), entry.at);
    }
}

/// The wait for people, from the question to its answer.
pub(super) fn decided(
    client: &ClientId,
    case: CaseId,
    approval: ApprovalId,
    asked_at: UnixMs,
    decision: &str,
) -> Span {
    let span = begin(client, case, "decided").under(Id::Held(approval)).from(asked_at);
    span.with(DECISION, decision).with("journeyman.approval", approval)
}

/// What went wrong with a call, as a code.
pub(super) fn code(error: &CallError) -> &'static str {
    match error {
        CallError::Rejected { .. } => "rejected",
        CallError::Retry { .. } => "retry",
        CallError::Unknown { .. } => "unknown",
    }
}

impl Driver<'_> {
    /// A step of this case that begins now.
    pub(super) fn span(&self, name: &'static str) -> Span {
        begin(&self.view.client, self.view.id, name)
    }

    /// Which judgement this version of the case leads to.
    pub(super) fn judgement(&self) -> Id {
        Id::Step("judge", self.view.version)
    }

    /// Ends the judgement that began with this span.
    pub(super) fn tell_judged(&self, span: Span, kind: ActionKind, verdict: &Verdict) {
        if !self.app.traces.is_on() {
            return;
        }
        let record = verdict.record();
        let codes = record.findings.iter().map(|f| f.code.to_string()).collect();
        let span = span
            .known_as(self.judgement())
            .with(KIND, kind.name())
            .with(TIER, record.tier.name())
            .with("journeyman.follows", record.follows.name())
            .with("journeyman.policy", &record.policy_version)
            .with("journeyman.brain", self.brain())
            .with_all("journeyman.findings", codes);
        self.app.traces.end(span);
    }

    /// The outside call of an attempt, which begins now.
    pub(super) fn performing(&self, attempt: &Attempt) -> Span {
        let psa = attempt.action.ticket().and_then(|t| self.parts.psas.get(&t.psa));
        let (connector, vendor) = match psa {
            Some(psa) => ("help_desk", psa.vendor()),
            None => ("directory", self.client.directory.vendor()),
        };
        self.of_attempt("perform", attempt)
            .known_as(Id::Perform(attempt.id))
            .with("journeyman.connector", connector)
            .with("journeyman.vendor", vendor)
            .with(TIER, attempt.tier.name())
    }

    /// A step after the outside call of an attempt, which begins now.
    pub(super) fn after(&self, name: &'static str, attempt: &Attempt) -> Span {
        self.of_attempt(name, attempt).under(Id::Perform(attempt.id))
    }

    fn of_attempt(&self, name: &'static str, attempt: &Attempt) -> Span {
        let span = self.span(name).with("journeyman.attempt", attempt.id);
        span.with(KIND, attempt.action.kind().name())
    }
}
