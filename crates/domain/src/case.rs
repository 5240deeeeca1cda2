//! A case, folded from its events. The fold is the only way to a [`CaseView`].

use crate::{
    AccountState, Action, Actor, Agreement, ApprovalId, ApprovalState, AttemptId, CaseId, ClientId,
    Decision, Digest, Event, Follow, Handled, IncomingTicket, Message, Outcome, PersonId,
    ReadResult, Recorded, Submission, TicketRef, TicketStatus, Tier, Understanding, UnixMs,
    VerdictRecord, Would,
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
    /// The brain took its request back before anything ran.
    Withdrawn,
    /// Only watched, in shadow mode: people worked on it.
    Watched,
}

impl CaseOutcome {
    /// The snake-case name.
    pub fn name(self) -> &'static str {
        match self {
            CaseOutcome::Closed => "closed",
            CaseOutcome::Dispatched => "dispatched",
            CaseOutcome::Refused => "refused",
            CaseOutcome::Withdrawn => "withdrawn",
            CaseOutcome::Watched => "watched",
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
    /// How many different people have to say yes.
    pub needed: u8,
    /// How many steps of the escalation have been asked.
    pub asked_steps: u32,
    /// Not to run before this, by the word of who approved it.
    pub not_before: Option<UnixMs>,
    /// Who said yes so far.
    pub yes: Vec<PersonId>,
    /// What a person would rather have done, and who, while that is being judged.
    pub change: Option<(PersonId, Action)>,
    /// Where it stands.
    pub state: ApprovalState,
}

impl HeldAction {
    /// Counts a person's yes; the same person twice is one.
    fn say_yes(&mut self, by: &PersonId, at: UnixMs) {
        if !self.yes.contains(by) {
            self.yes.push(by.clone());
        }
        if self.yes.len() >= usize::from(self.needed) {
            self.state = ApprovalState::Approved { by: by.clone(), at };
        }
    }
}

impl Submission {
    /// The ticket that it works on, or one that says that there is none: nobody asked whom the
    /// platform knows.
    fn as_ticket(&self, id: CaseId, at: UnixMs) -> IncomingTicket {
        match &self.ticket {
            Some(ticket) => (**ticket).clone(),
            None => IncomingTicket {
                ticket: TicketRef { psa: "request".into(), id: id.to_string() },
                customer: String::new(),
                from: String::new(),
                from_name: String::new(),
                subject: self.actions.iter().map(Action::sentence).collect::<Vec<_>>().join("; "),
                body: self.reason.clone(),
                created_at: at,
                message_id: None,
                status: TicketStatus::New,
            },
        }
    }
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
    /// Whether the account was a member of the group before, for group actions.
    pub was_member: Option<bool>,
    /// When it started.
    pub started_at: UnixMs,
    /// How and when it ended; `None` while the outside call is open or after a crash.
    pub outcome: Option<(Outcome, UnixMs)>,
    /// A watching person was told.
    pub notified: bool,
    /// It was taken back.
    pub undone: bool,
    /// It was not made: shadow mode takes it for made, to see how the case would go on.
    pub watched: bool,
    /// It was not made, and a person would have been asked first.
    pub after_yes: bool,
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
    /// What a brain asked for, when the case is a request over the API, or an undo.
    pub submission: Option<Submission>,
    /// Actions that nothing of ours can perform, with the reason.
    pub handed_over: Vec<(Action, String)>,
    /// What people did by hand: digest of the action, who, their words, when.
    pub by_hand: Vec<(Digest, PersonId, String, UnixMs)>,
    /// The brain took its request back.
    pub withdrawn: bool,
    /// In shadow mode: how it would have gone, and why.
    pub would: Option<(Would, String)>,
    /// In shadow mode: what people did, and how that stands to what would have been done.
    pub compared: Option<(Handled, Agreement)>,
    /// How and why it ended, and when.
    pub ended: Option<(CaseOutcome, String, UnixMs)>,
}

impl CaseView {
    /// Folds a case from all its events, oldest first. `None` unless the first is `Received` or
    /// `Submitted`.
    pub fn fold(client: &ClientId, id: CaseId, events: &[Recorded]) -> Option<CaseView> {
        let (first, rest) = events.split_first()?;
        let (ticket, submission) = match &first.event {
            Event::Received { ticket } => (ticket.clone(), None),
            Event::Submitted { submission } => {
                (submission.as_ticket(id, first.at), Some(submission.clone()))
            }
            _ => return None,
        };
        let mut view = CaseView {
            id,
            client: client.clone(),
            version: 1,
            ticket,
            received_at: first.at,
            understanding: None,
            messages: Vec::new(),
            understood_seq: None,
            reads: Vec::new(),
            judged: Vec::new(),
            held: Vec::new(),
            attempts: Vec::new(),
            notes: Vec::new(),
            submission,
            handed_over: Vec::new(),
            by_hand: Vec::new(),
            withdrawn: false,
            would: None,
            compared: None,
            ended: None,
        };
        for recorded in rest {
            view.apply(recorded);
        }
        Some(view)
    }

    /// The case as it will be once these entries are in the journal, for looking one step ahead. Entries
    /// whose place in the journal matters, messages and what was made of them, have none yet.
    pub fn after<'e>(
        &self,
        at: UnixMs,
        entries: impl IntoIterator<Item = (&'e Actor, &'e Event)>,
    ) -> CaseView {
        let mut view = self.clone();
        for (actor, event) in entries {
            view.apply(&Recorded { seq: 0, at, actor: actor.clone(), event: event.clone() });
        }
        view
    }

    /// Folds one more event into the case, in place.
    pub fn record(&mut self, recorded: &Recorded) {
        self.apply(recorded);
    }

    fn apply(&mut self, r: &Recorded) {
        self.version += 1;
        match &r.event {
            Event::Received { .. }
            | Event::Submitted { .. }
            | Event::PolicyProposed { .. }
            | Event::PolicyActivated { .. }
            | Event::PolicyRejected { .. }
            | Event::BreakerOpened { .. }
            | Event::BreakerClosed { .. }
            | Event::BrainAdded { .. }
            | Event::BrainRevoked { .. }
            | Event::PersonChanged { .. }
            | Event::PlaybookChanged { .. }
            | Event::ClientMoved { .. } => {}
            Event::Watched { attempt, action, digest, tier, after_yes } => {
                self.attempts.push(Attempt {
                    id: *attempt,
                    action: action.clone(),
                    digest: *digest,
                    tier: *tier,
                    approval: None,
                    before: None,
                    was_member: None,
                    started_at: r.at,
                    outcome: Some((Outcome::Done("not done: shadow mode".into()), r.at)),
                    notified: false,
                    undone: false,
                    watched: true,
                    after_yes: *after_yes,
                })
            }
            Event::WouldEnd { would, reason, .. } => self.would = Some((*would, reason.clone())),
            Event::Compared { handled, agreement } => {
                self.compared = Some((handled.clone(), agreement.clone()));
            }
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
            Event::Held { approval, action, digest, tier, expires_at, needed } => {
                self.held.push(HeldAction {
                    approval: *approval,
                    action: action.clone(),
                    digest: *digest,
                    tier: *tier,
                    asked_at: r.at,
                    expires_at: *expires_at,
                    needed: *needed,
                    asked_steps: 0,
                    not_before: None,
                    yes: Vec::new(),
                    change: None,
                    state: ApprovalState::Pending,
                });
            }
            Event::Changed {
                approval, to, by, action, digest, tier, expires_at, needed, ..
            } => {
                let state = ApprovalState::Changed { by: by.clone(), at: r.at, to: *to };
                self.set_held(*approval, state);
                let mut held = HeldAction {
                    approval: *to,
                    action: action.clone(),
                    digest: *digest,
                    tier: *tier,
                    asked_at: r.at,
                    expires_at: *expires_at,
                    needed: *needed,
                    asked_steps: 0,
                    not_before: None,
                    yes: Vec::new(),
                    change: None,
                    state: ApprovalState::Pending,
                };
                held.say_yes(by, r.at);
                self.held.push(held);
            }
            Event::Asked { approval, steps, .. } => {
                if let Some(h) = self.held_mut(*approval) {
                    h.asked_steps = *steps;
                }
            }
            Event::ChangeRefused { approval, .. } => {
                if let Some(h) = self.held_mut(*approval) {
                    h.change = None;
                }
            }
            Event::Decided { approval, decision } => self.decided(*approval, decision, r),
            Event::Expired { approval } => self.set_held(*approval, ApprovalState::Expired),
            Event::Voided { approval, .. } => self.set_held(*approval, ApprovalState::Void),
            Event::Started { attempt, action, digest, tier, approval, before, was_member } => {
                self.attempts.push(Attempt {
                    id: *attempt,
                    action: action.clone(),
                    digest: *digest,
                    tier: *tier,
                    approval: *approval,
                    before: *before,
                    was_member: *was_member,
                    started_at: r.at,
                    outcome: None,
                    notified: false,
                    undone: false,
                    watched: false,
                    after_yes: false,
                });
            }
            Event::Finished { attempt, outcome } => {
                if let Some(a) = self.attempt_mut(*attempt) {
                    a.outcome = Some((outcome.clone(), r.at));
                }
            }
            Event::Notified { attempt, .. } => {
                if let Some(a) = self.attempt_mut(*attempt) {
                    a.notified = true;
                }
            }
            Event::Undone { attempt, .. } => {
                if let Some(a) = self.attempt_mut(*attempt) {
                    a.undone = true;
                }
            }
            Event::HandedOver { action, reason, .. } => {
                self.handed_over.push((action.clone(), reason.clone()));
            }
            Event::DoneByHand { digest, text } => {
                if let crate::Actor::Person(by) = &r.actor {
                    self.by_hand.push((*digest, by.clone(), text.clone(), r.at));
                }
            }
            Event::Withdrawn { .. } => self.withdrawn = true,
            Event::Noted { code, text } => self.notes.push((code.clone(), text.clone())),
            Event::Ended { outcome, reason } => {
                self.ended = Some((*outcome, reason.clone(), r.at));
            }
        }
    }

    fn decided(&mut self, approval: ApprovalId, decision: &Decision, r: &Recorded) {
        let Some(held) = self.held.iter_mut().find(|h| h.approval == approval) else { return };
        let crate::Actor::Person(by) = &r.actor else {
            // Only people decide; anything else in the journal voids the question.
            held.state = ApprovalState::Void;
            return;
        };
        match decision {
            Decision::Approve => held.say_yes(by, r.at),
            Decision::ApproveAt(at) => {
                held.not_before = held.not_before.max(Some(*at));
                held.say_yes(by, r.at);
            }
            Decision::Change(action) => held.change = Some((by.clone(), (**action).clone())),
            Decision::Deny(reason) => {
                held.state =
                    ApprovalState::Denied { by: by.clone(), at: r.at, reason: reason.clone() };
            }
        }
    }

    fn held_mut(&mut self, approval: ApprovalId) -> Option<&mut HeldAction> {
        self.held.iter_mut().find(|h| h.approval == approval)
    }

    fn attempt_mut(&mut self, attempt: AttemptId) -> Option<&mut Attempt> {
        self.attempts.iter_mut().find(|a| a.id == attempt)
    }

    fn set_held(&mut self, approval: ApprovalId, state: ApprovalState) {
        if let Some(h) = self.held_mut(approval) {
            h.change = None;
            h.state = state;
        }
    }

    /// Whether something of it was only watched, in shadow mode.
    pub fn is_watched(&self) -> bool {
        self.attempts.iter().any(|a| a.watched)
    }

    /// What takes the place of this action: itself, unless a person changed it while approving.
    pub fn effective<'a>(&'a self, action: &'a Action) -> &'a Action {
        let mut current = action;
        // Each step leads to a question asked later, so this ends.
        for held in &self.held {
            if held.action == *current
                && let ApprovalState::Changed { to, .. } = &held.state
                && let Some(next) = self.held.iter().find(|h| h.approval == *to)
            {
                current = &next.action;
            }
        }
        current
    }

    /// The newest result of exactly this read.
    pub fn read(&self, action: &Action) -> Option<&ReadResult> {
        self.reads.iter().rev().find(|r| r.action == *action).map(|r| &r.result)
    }

    /// Attempts of exactly this action, or of what a person put in its place, oldest first.
    pub fn attempts_of<'a>(&'a self, action: &'a Action) -> impl Iterator<Item = &'a Attempt> {
        let action = self.effective(action);
        self.attempts.iter().filter(move |a| a.action == *action)
    }

    /// The attempt of exactly this action, or of what a person put in its place, that is done.
    pub fn done(&self, action: &Action) -> Option<&Attempt> {
        let action = self.effective(action);
        self.attempts.iter().find(|a| a.action == *action && a.evidence().is_some())
    }

    /// The newest question to a person about this action, or about what took its place.
    pub fn held_for(&self, action: &Action) -> Option<&HeldAction> {
        let action = self.effective(action);
        self.held.iter().rev().find(|h| h.action == *action)
    }

    /// The newest verdict on exactly this action, or on what took its place.
    pub fn verdict_on(&self, action: &Action) -> Option<&VerdictRecord> {
        let action = self.effective(action);
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
