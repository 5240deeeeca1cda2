//! What the journal records about a case. A case is nothing but its events, folded.

use crate::{
    Account, AccountState, Action, ActionKind, Agreement, ApprovalId, AttemptId, BrainId,
    BreakerMode, BreakerScope, CaseId, CaseOutcome, CellId, ClientId, Decision, Device, Digest,
    Facts, Finding, Group, Handled, IncomingTicket, Message, PersonId, Tier, Understanding, UnixMs,
    VerdictRecord, Would,
};
use serde::{Deserialize, Serialize};

/// Who did what an entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Journeyman itself.
    Platform,
    /// A brain.
    Brain(BrainId),
    /// A person who signed in.
    Person(PersonId),
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Actor::Platform => f.write_str("platform"),
            Actor::Brain(b) => write!(f, "brain:{b}"),
            Actor::Person(p) => write!(f, "person:{p}"),
        }
    }
}

/// What a read brought back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "one at a time, never in long lists")]
pub enum ReadResult {
    /// Accounts that matched a query; never more than a handful.
    Accounts(Vec<Account>),
    /// One account, or none.
    Account(Option<Account>),
    /// Groups that matched a name.
    Groups(Vec<Group>),
    /// Devices.
    Devices(Vec<Device>),
    /// The system could not be read; plain words.
    Unavailable(String),
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It happened, and reading the system back showed it. The text is the evidence.
    Done(String),
    /// It did not happen. The text says why.
    Failed(String),
    /// Nobody knows yet; resolved by reading, never by repeating blindly.
    Unknown(String),
}

impl Outcome {
    /// The snake-case name.
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Done(_) => "done",
            Outcome::Failed(_) => "failed",
            Outcome::Unknown(_) => "unknown",
        }
    }
}

/// What a brain other than our own asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Submission {
    /// Who asks.
    pub brain: BrainId,
    /// What, in order. Held ones of one submission are one decision.
    pub actions: Vec<Action>,
    /// The brain's own words on why. Shown to people as such; the gate never reads them.
    pub reason: String,
    /// How sure the brain says it is, of a hundred. It can only raise.
    pub confidence: Option<u8>,
    /// The ticket that it works on, as the platform read it; who asks is taken from there alone.
    pub ticket: Option<Box<IncomingTicket>>,
    /// The attempt that it takes back. Only a person can ask for that.
    #[serde(default)]
    pub undoes: Option<UndoOf>,
    /// The person who takes it back: their click is their yes.
    #[serde(default)]
    pub person: Option<PersonId>,
}

/// Which attempt an undo takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoOf {
    /// The case of the attempt.
    pub case: CaseId,
    /// The attempt.
    pub attempt: AttemptId,
}

/// One thing that happened to a case, or to the gate's own settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "one at a time, never in long lists")]
pub enum Event {
    /// A brain, or a person who undoes something, asked for actions.
    Submitted {
        /// What.
        submission: Submission,
    },
    /// A ticket came in.
    Received {
        /// As it arrived.
        ticket: IncomingTicket,
    },
    /// The customer or a technician wrote on the ticket.
    MessageReceived {
        /// The message.
        message: Message,
    },
    /// The technician read the prose.
    Understood {
        /// What it made of it.
        understanding: Understanding,
        /// Digest of the model that did.
        model: String,
    },
    /// A read ran.
    Read {
        /// What was asked for.
        action: Action,
        /// How it was judged.
        verdict: VerdictRecord,
        /// What came back.
        result: ReadResult,
    },
    /// The gate judged a write.
    Judged {
        /// What was asked.
        action: Action,
        /// From which facts.
        facts: Facts,
        /// The answer.
        verdict: VerdictRecord,
    },
    /// A judged write waits for a person.
    Held {
        /// The question.
        approval: ApprovalId,
        /// What waits.
        action: Action,
        /// Its digest.
        digest: Digest,
        /// The tier that the person is asked about.
        tier: Tier,
        /// When the question expires.
        expires_at: UnixMs,
        /// How many different people have to say yes.
        #[serde(default = "one")]
        needed: u8,
    },
    /// The next people of the escalation were asked.
    Asked {
        /// The question.
        approval: ApprovalId,
        /// How many steps have had their turn by now.
        steps: u32,
        /// Who was asked; those who are away are stood in for.
        people: Vec<PersonId>,
    },
    /// The change that a person asked for was judged: it takes the place of the old question.
    Changed {
        /// The old question.
        approval: ApprovalId,
        /// The new one; who asked for the change has said yes to it.
        to: ApprovalId,
        /// Who asked for the change.
        by: PersonId,
        /// What waits now.
        action: Action,
        /// Its digest.
        digest: Digest,
        /// Its tier.
        tier: Tier,
        /// When the new question expires.
        expires_at: UnixMs,
        /// How many different people have to say yes.
        needed: u8,
        /// What is different, line by line.
        diff: Vec<String>,
    },
    /// The change that a person asked for may not be made; the old question still waits.
    ChangeRefused {
        /// The question.
        approval: ApprovalId,
        /// Plain words.
        reason: String,
    },
    /// A person decided.
    Decided {
        /// The question.
        approval: ApprovalId,
        /// The answer.
        decision: Decision,
    },
    /// Nobody decided in time.
    Expired {
        /// The question.
        approval: ApprovalId,
    },
    /// The approval no longer covers what the facts now say.
    Voided {
        /// The question.
        approval: ApprovalId,
        /// Plain words.
        reason: String,
    },
    /// A grant was issued; the outside call comes next.
    Started {
        /// This attempt.
        attempt: AttemptId,
        /// What runs.
        action: Action,
        /// Its digest.
        digest: Digest,
        /// Its tier.
        tier: Tier,
        /// The approval used, if one was needed.
        approval: Option<ApprovalId>,
        /// The target's state before, for verification and undo.
        before: Option<AccountState>,
        /// Whether the account was a member of the group before, for group actions.
        #[serde(default)]
        was_member: Option<bool>,
    },
    /// The attempt ended.
    Finished {
        /// Which.
        attempt: AttemptId,
        /// How.
        outcome: Outcome,
    },
    /// Something worth knowing that is no act: a thanks that reopens nothing, a duplicate.
    Noted {
        /// Stable code.
        code: String,
        /// Plain words.
        text: String,
    },
    /// A Medium action is marked for people to look at: in the console, and in the ticket's note.
    Notified {
        /// Which attempt.
        attempt: AttemptId,
        /// How to undo it, in plain words.
        undo: Option<String>,
    },
    /// Nothing of ours can perform it; people have to.
    HandedOver {
        /// What.
        action: Action,
        /// Its digest.
        digest: Digest,
        /// Plain words.
        reason: String,
    },
    /// A person did by hand what no brain may, and says what.
    DoneByHand {
        /// The action that was refused or handed over.
        digest: Digest,
        /// What they did.
        text: String,
    },
    /// An attempt of this case was taken back.
    Undone {
        /// Which.
        attempt: AttemptId,
        /// The case that did it.
        by_case: CaseId,
    },
    /// The brain took its request back.
    Withdrawn {
        /// Its words.
        reason: String,
    },
    /// In shadow mode: the gate would have let it run, at once or after a yes. Nothing was done.
    Watched {
        /// In place of an attempt.
        attempt: AttemptId,
        /// What would have run.
        action: Action,
        /// Its digest.
        digest: Digest,
        /// Its tier.
        tier: Tier,
        /// A person would have been asked first.
        after_yes: bool,
    },
    /// In shadow mode: how the case would have gone.
    WouldEnd {
        /// How.
        would: Would,
        /// The kinds of changes that would have been made, in order.
        changes: Vec<ActionKind>,
        /// Why, in plain words.
        reason: String,
    },
    /// What people did about a ticket that was only watched.
    Compared {
        /// What.
        handled: Handled,
        /// How it stands to what would have been done.
        agreement: Agreement,
    },
    /// What was learned about a client, or what people made of it, is another version.
    PlaybookChanged {
        /// Whose.
        client: ClientId,
        /// Its number.
        version: u64,
        /// SHA-256 of the document.
        document: Digest,
        /// What is different, line by line.
        diff: Vec<String>,
    },
    /// Work on the case ended.
    Ended {
        /// How.
        outcome: CaseOutcome,
        /// Plain words.
        reason: String,
    },
    /// Somebody wrote another policy.
    PolicyProposed {
        /// Its version.
        version: String,
        /// The version that it was written against.
        base: Option<String>,
        /// Why, in the author's words.
        reason: String,
        /// What is different, line by line.
        diff: Vec<String>,
        /// What it loosens: it needs a second person then.
        loosens: Vec<String>,
        /// SHA-256 of the document.
        document: Digest,
    },
    /// A policy is in force.
    PolicyActivated {
        /// Its version.
        version: String,
        /// SHA-256 of the document.
        document: Digest,
    },
    /// A second person did not agree, or the author took it back.
    PolicyRejected {
        /// Its version.
        version: String,
        /// Why.
        reason: String,
    },
    /// A breaker opened.
    BreakerOpened {
        /// What it covers.
        scope: BreakerScope,
        /// What it does.
        mode: BreakerMode,
        /// Why.
        reason: String,
    },
    /// A person closed a breaker.
    BreakerClosed {
        /// What it covered.
        scope: BreakerScope,
        /// Why.
        reason: String,
    },
    /// A brain was let in, or its limits changed.
    BrainAdded {
        /// Which.
        brain: BrainId,
        /// Its limits, in plain words.
        limits: Vec<String>,
    },
    /// A brain was shut out.
    BrainRevoked {
        /// Which.
        brain: BrainId,
        /// Why.
        reason: String,
    },
    /// A client lives in another cell from now on.
    ClientMoved {
        /// Whose.
        client: ClientId,
        /// Where to.
        cell: CellId,
        /// Its number among the moves of this client.
        version: u64,
        /// Entries of its journal then.
        size: u64,
    },
    /// A person was added, removed, or may do something else now.
    PersonChanged {
        /// Who.
        person: PersonId,
        /// Plain words.
        change: String,
    },
}

fn one() -> u8 {
    1
}

impl Event {
    /// Stable snake-case name, public in the journal.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::Submitted { .. } => "submitted",
            Event::Received { .. } => "received",
            Event::Asked { .. } => "asked",
            Event::Changed { .. } => "changed",
            Event::ChangeRefused { .. } => "change_refused",
            Event::HandedOver { .. } => "handed_over",
            Event::DoneByHand { .. } => "done_by_hand",
            Event::Undone { .. } => "undone",
            Event::Withdrawn { .. } => "withdrawn",
            Event::Watched { .. } => "watched",
            Event::WouldEnd { .. } => "would_end",
            Event::Compared { .. } => "compared",
            Event::PlaybookChanged { .. } => "playbook_changed",
            Event::PolicyProposed { .. } => "policy_proposed",
            Event::PolicyActivated { .. } => "policy_activated",
            Event::PolicyRejected { .. } => "policy_rejected",
            Event::BreakerOpened { .. } => "breaker_opened",
            Event::BreakerClosed { .. } => "breaker_closed",
            Event::BrainAdded { .. } => "brain_added",
            Event::BrainRevoked { .. } => "brain_revoked",
            Event::PersonChanged { .. } => "person_changed",
            Event::ClientMoved { .. } => "client_moved",
            Event::MessageReceived { .. } => "message_received",
            Event::Understood { .. } => "understood",
            Event::Read { .. } => "read",
            Event::Judged { .. } => "judged",
            Event::Held { .. } => "held",
            Event::Decided { .. } => "decided",
            Event::Expired { .. } => "expired",
            Event::Voided { .. } => "voided",
            Event::Started { .. } => "started",
            Event::Finished { .. } => "finished",
            Event::Noted { .. } => "noted",
            Event::Notified { .. } => "notified",
            Event::Ended { .. } => "ended",
        }
    }

    /// The verdict that the event carries, if any.
    pub fn verdict(&self) -> Option<&VerdictRecord> {
        match self {
            Event::Read { verdict, .. } | Event::Judged { verdict, .. } => Some(verdict),
            _ => None,
        }
    }

    /// The digest of the change that the event is about, if any. Reads have none here: it stands in
    /// the public leaf, and from the digest of a look-up by address the address could be guessed.
    pub fn digest(&self) -> Option<Digest> {
        match self {
            Event::Read { .. } => None,
            Event::Held { digest, .. }
            | Event::Started { digest, .. }
            | Event::Changed { digest, .. }
            | Event::Watched { digest, .. }
            | Event::HandedOver { digest, .. }
            | Event::DoneByHand { digest, .. } => Some(*digest),
            Event::PolicyProposed { document, .. }
            | Event::PolicyActivated { document, .. }
            | Event::PlaybookChanged { document, .. } => Some(*document),
            _ => self.verdict().map(|v| v.digest),
        }
    }

    /// The findings that the event carries.
    pub fn findings(&self) -> &[Finding] {
        self.verdict().map_or(&[], |v| v.findings.as_slice())
    }

    /// The name of the outcome that the event carries: of an attempt, a decision or a case.
    pub fn outcome_name(&self) -> Option<&'static str> {
        match self {
            Event::Finished { outcome, .. } => Some(outcome.name()),
            Event::Decided { decision, .. } => Some(decision.name()),
            Event::Ended { outcome, .. } => Some(outcome.name()),
            Event::WouldEnd { would, .. } => Some(would.name()),
            Event::Compared { agreement, .. } => Some(agreement.name()),
            Event::Read { verdict, .. } | Event::Judged { verdict, .. } => {
                Some(verdict.follows.name())
            }
            _ => None,
        }
    }
}

/// An event with its place in the case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// Index of the entry in the client's journal, from 0.
    pub seq: u64,
    /// When it was written.
    pub at: UnixMs,
    /// Who.
    pub actor: Actor,
    /// What.
    pub event: Event,
}
