//! A case, folded from its events. The fold is the only way to a [`CaseView`].

use crate::{
    AccountState, Action, ApprovalId, ApprovalState, AttemptId, CaseId, ClientId, Decision, Digest,
    Event, Follow, IncomingTicket, Message, Outcome, ReadResult, Recorded, Tier, Understanding,
    UnixMs, VerdictRecord,
};
use serde::{Deserialize, Serialize};

/// How work on a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseOutcome {
    /// Done and closed.
    Closed,
    /// Handed to people: out of scope, unclear, an incident, or something failed.
    Dispatched,
    /// The gate or a person refused it; handed to people.
    Refused,
}

impl CaseOutcome {
    /// The snake-case name.
    pub fn name(self) -> &'static str {
        match self {
            CaseOutcome::Closed => "closed",
            CaseOutcome::Dispatched => "dispatched",
            CaseOutcome::Refused => "refused",
        }
    }
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CasePhase {
    /// Journeyman works on it.
    Working,
    /// Waits for a person's approval.
    WaitingForApproval,
    /// Waits for the user's answer.
    WaitingForUser,
    /// Ended.
    Ended(CaseOutcome),
}

impl CasePhase {
    /// The snake-case name.
    pub fn name(self) -> &'static str {
        match self {
            CasePhase::Working => "working",
            CasePhase::WaitingForApproval => "waiting_for_approval",
            CasePhase::WaitingForUser => "waiting_for_user",
            CasePhase::Ended(o) => o.name(),
        }
    }
}

/// A read that ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRecord {
    /// What was asked for.
    pub action: Action,
    /// What came back.
    pub result: ReadResult,
    /// When.
    pub at: UnixMs,
}

/// A write that waits or waited for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldAction {
    /// The question.
    pub approval: ApprovalId,
    /// What waits.
    pub action: Action,
    /// Its digest.
    pub digest: Digest,
    /// The tier asked about.
    pub tier: Tier,
    /// When the question was put.
    pub asked_at: UnixMs,
    /// When it expires.
    pub expires_at: UnixMs,
    /// Where it stands.
    pub state: ApprovalState,
}

/// One attempt to perform an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// What ran.
    pub action: Action,
    /// Its digest.
    pub digest: Digest,
    /// Its tier.
    pub tier: Tier,
    /// The approval used.
    pub approval: Option<ApprovalId>,
    /// The target's state before.
    pub before: Option<AccountState>,
    /// When it started.
    pub started_at: UnixMs,
    /// How and when it ended; `None` while the outside call is open or after a crash.
    pub outcome: Option<(Outcome, UnixMs)>,
    /// A watching person was told.
    pub notified: bool,
}

impl Attempt {
    /// The read-back evidence, if it is done.
    pub fn evidence(&self) -> Option<&str> {
        match &self.outcome {
            Some((Outcome::Done(e), _)) => Some(e),
            _ => None,
        }
    }
}

/// Everything known about a case.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseView {
    /// Its id.
    pub id: CaseId,
    /// Whose.
    pub client: ClientId,
    /// Events folded so far; the compare-and-set value of the case.
    pub version: u64,
    /// The ticket as it arrived.
    pub ticket: IncomingTicket,
    /// When it arrived here.
    pub received_at: UnixMs,
    /// What the technician made of it; the newest when it read again after an answer.
    pub understanding: Option<Understanding>,
    /// Messages since, oldest first, with the journal sequence number of each.
    pub messages: Vec<(u64, Message)>,
    /// Sequence number of the newest `Understood`.
    pub understood_seq: Option<u64>,
    /// Reads, oldest first.
    pub reads: Vec<ReadRecord>,
    /// Judgements of writes, oldest first.
    pub judged: Vec<(Action, VerdictRecord)>,
    /// Held writes, oldest first.
    pub held: Vec<HeldAction>,
    /// Attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// Notes, as code and text.
    pub notes: Vec<(String, String)>,
    /// How and why it ended, and when.
    pub ended: Option<(CaseOutcome, String, UnixMs)>,
}

impl CaseView {
    /// Folds a case from all its events, oldest first. `None` unless the first is `Received`.
    pub fn fold(client: &ClientId, id: CaseId, events: &[Recorded]) -> Option<CaseView> {
        let (first, rest) = events.split_first()?;
        let Event::Received { ticket } = &first.event else { return None };
        let mut view = CaseView {
            id,
            client: client.clone(),
            version: 1,
            ticket: ticket.clone(),
            received_at: first.at,
            understanding: None,
            messages: Vec::new(),
            understood_seq: None,
            reads: Vec::new(),
            judged: Vec::new(),
            held: Vec::new(),
            attempts: Vec::new(),
            notes: Vec::new(),
            ended: None,
        };
        for recorded in rest {
            view.apply(recorded);
        }
        Some(view)
    }

    fn apply(&mut self, r: &Recorded) {
        self.version += 1;
        match &r.event {
            Event::Received { .. } => {}
            Event::MessageReceived { message } => self.messages.push((r.seq, message.clone())),
            Event::Understood { understanding, .. } => {
                self.understanding = Some(understanding.clone());
                self.understood_seq = Some(r.seq);
            }
            Event::Read { action, result, .. } => self.reads.push(ReadRecord {
                action: action.clone(),
                result: result.clone(),
                at: r.at,
            }),
            Event::Judged { action, verdict, .. } => {
                self.judged.push((action.clone(), verdict.clone()));
            }
            Event::Held { approval, action, digest, tier, expires_at } => {
                self.held.push(HeldAction {
                    approval: *approval,
                    action: action.clone(),
                    digest: *digest,
                    tier: *tier,
                    asked_at: r.at,
                    expires_at: *expires_at,
                    state: ApprovalState::Pending,
                });
            }
            Event::Decided { approval, decision } => {
                let state = match (&r.actor, decision) {
                    (crate::Actor::Person(by), Decision::Approve) => {
                        ApprovalState::Approved { by: by.clone(), at: r.at }
                    }
                    (crate::Actor::Person(by), Decision::Deny(reason)) => {
                        ApprovalState::Denied { by: by.clone(), at: r.at, reason: reason.clone() }
                    }
                    // Only people decide; anything else in the journal voids the question.
                    _ => ApprovalState::Void,
                };
                self.set_held(*approval, state);
            }
            Event::Expired { approval } => self.set_held(*approval, ApprovalState::Expired),
            Event::Voided { approval, .. } => self.set_held(*approval, ApprovalState::Void),
            Event::Started { attempt, action, digest, tier, approval, before } => {
                self.attempts.push(Attempt {
                    id: *attempt,
                    action: action.clone(),
                    digest: *digest,
                    tier: *tier,
                    approval: *approval,
                    before: *before,
                    started_at: r.at,
                    outcome: None,
                    notified: false,
                });
            }
            Event::Finished { attempt, outcome } => {
                if let Some(a) = self.attempts.iter_mut().find(|a| a.id == *attempt) {
                    a.outcome = Some((outcome.clone(), r.at));
                }
            }
            Event::Notified { attempt, .. } => {
                if let Some(a) = self.attempts.iter_mut().find(|a| a.id == *attempt) {
                    a.notified = true;
                }
            }
            Event::Noted { code, text } => self.notes.push((code.clone(), text.clone())),
            Event::Ended { outcome, reason } => {
                self.ended = Some((*outcome, reason.clone(), r.at));
            }
        }
    }

    fn set_held(&mut self, approval: ApprovalId, state: ApprovalState) {
        if let Some(h) = self.held.iter_mut().find(|h| h.approval == approval) {
            h.state = state;
        }
    }

    /// The newest result of exactly this read.
    pub fn read(&self, action: &Action) -> Option<&ReadResult> {
        self.reads.iter().rev().find(|r| r.action == *action).map(|r| &r.result)
    }

    /// Attempts of exactly this action, oldest first.
    pub fn attempts_of<'a>(&'a self, action: &'a Action) -> impl Iterator<Item = &'a Attempt> {
        self.attempts.iter().filter(move |a| a.action == *action)
    }

    /// The attempt of exactly this action that is done, if any.
    pub fn done(&self, action: &Action) -> Option<&Attempt> {
        self.attempts.iter().find(|a| a.action == *action && a.evidence().is_some())
    }

    /// The newest question to a person about exactly this action.
    pub fn held_for(&self, action: &Action) -> Option<&HeldAction> {
        self.held.iter().rev().find(|h| h.action == *action)
    }

    /// The newest verdict on exactly this action.
    pub fn verdict_on(&self, action: &Action) -> Option<&VerdictRecord> {
        self.judged.iter().rev().find(|(a, _)| a == action).map(|(_, v)| v)
    }

    /// Attempts whose outcome is open or unknown.
    pub fn unresolved(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(|a| matches!(a.outcome, None | Some((Outcome::Unknown(_), _))))
    }

    /// Whether the gate's newest word on this action was a refusal.
    pub fn refused(&self, action: &Action) -> bool {
        self.verdict_on(action).is_some_and(|v| v.follows == Follow::Refuse)
    }
}
