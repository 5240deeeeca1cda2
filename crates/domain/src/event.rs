//! What the journal records about a case. A case is nothing but its events, folded.

use crate::{
    Account, AccountState, Action, ApprovalId, AttemptId, BrainId, CaseOutcome, Decision, Device,
    Digest, Facts, Finding, Group, IncomingTicket, Message, PersonId, Tier, Understanding, UnixMs,
    VerdictRecord,
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

/// One thing that happened to a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
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
    /// Work on the case ended.
    Ended {
        /// How.
        outcome: CaseOutcome,
        /// Plain words.
        reason: String,
    },
}

impl Event {
    /// Stable snake-case name, public in the journal.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::Received { .. } => "received",
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
            Event::Held { digest, .. } | Event::Started { digest, .. } => Some(*digest),
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
            Event::Decided { decision: Decision::Approve, .. } => Some("approved"),
            Event::Decided { decision: Decision::Deny(_), .. } => Some("denied"),
            Event::Ended { outcome, .. } => Some(outcome.name()),
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
