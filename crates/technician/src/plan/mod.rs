//! What to do next about a case.
//!
//! [`next`] looks only at the folded case: what was understood, read, judged, held and done. Each
//! step that it names can run twice; what is done is recognised and not proposed again. INVARIANTS:
//! - an account or group in a proposed action came out of a directory read of this case;
//! - no account is changed when the text smells of an incident, gives orders, asks for several
//!   things or was not understood surely, or when the sender is unknown;
//! - at most one question to the user per case, then people take over;
//! - no ticket is closed without a word to the user, except on their own thanks and on duplicates.

#![allow(clippy::result_large_err, reason = "the next step is the usual case here, not an error")]

mod decide;
mod ends;
mod people;
mod writes;

use domain::{Action, ActionKind, Author, CaseOutcome, CaseView, UnixMs};
use serde::{Deserialize, Serialize};

/// What the plan has to know about one client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// Name of the service provider, for signatures.
    pub msp_name: String,
    /// The writes that this client's directory connector performs.
    pub can: Vec<ActionKind>,
    /// After a reset the user must choose an own password at the next sign-in.
    pub must_change_after_reset: bool,
    /// A reset for an account that reads as locked is preceded by an unlock: in Active Directory a
    /// new password alone leaves the lockout in place.
    pub unlock_with_reset: bool,
    /// How long a question to the user stays open, in milliseconds.
    pub answer_timeout_ms: i64,
    /// Pause before a system that did not answer is tried again, in milliseconds.
    pub retry_wait_ms: i64,
    /// Minutes recorded for one performed action or one answered question.
    pub minutes_per_action: u32,
    /// How long the page with a temporary password stays, in hours; only told to the user.
    pub link_ttl_hours: u32,
}

impl Default for Profile {
    fn default() -> Self {
        Profile {
            msp_name: "your service desk".into(),
            can: Vec::new(),
            must_change_after_reset: true,
            unlock_with_reset: true,
            answer_timeout_ms: 3 * 24 * 3_600_000,
            retry_wait_ms: 30_000,
            minutes_per_action: 5,
            link_ttl_hours: 24,
        }
    }
}

/// What [`next`] is told besides the case.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The client's profile.
    pub profile: &'a Profile,
    /// The time now.
    pub now: UnixMs,
    /// Address of the one-time page with the temporary password, once a reset of this case is done.
    pub secret_link: Option<&'a str>,
}

/// Whom a case waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitFor {
    /// A person who approves or denies.
    Approval,
    /// The user's answer.
    User,
    /// An outside system: an open outcome that the worker resolves, or a pause before a new try.
    System,
}

/// The next step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Read the prose (again) and record `Event::Understood`.
    Understand,
    /// Put this read or write to the gate.
    Propose(Action),
    /// Nothing to do until then, or until an event comes.
    Wait {
        /// Look again at this time; `None`: only an event wakes the case.
        until: Option<UnixMs>,
        /// Whom for.
        for_whom: WaitFor,
    },
    /// Record `Event::Ended`; every close-out is done or named in the reason as left out.
    Finish {
        /// How.
        outcome: CaseOutcome,
        /// Why, in plain words.
        reason: String,
    },
}

/// A value, or the step that has to come before there is one.
type Flow<T> = Result<T, Step>;

/// Note code by which the worker marks a repeated ticket; the text is the original's id in the PSA.
const DUPLICATE_OF: &str = "duplicate_of";
/// Note at intake: the requester (not with thanks) or a technician wrote while something was held
/// for a person or had been done.
pub const MESSAGE_MEANWHILE: &str = "message_meanwhile";
/// Note at intake: the requester said thanks meanwhile; nothing changes.
pub const THANKS_MEANWHILE: &str = "thanks_meanwhile";

/// The next step of a case. Pure: the same case and context give the same step.
pub fn next(case: &CaseView, context: &Context<'_>) -> Step {
    if let Some((outcome, reason, _)) = &case.ended {
        return Step::Finish { outcome: *outcome, reason: reason.clone() };
    }
    if case.unresolved().next().is_some() {
        return Step::Wait { until: None, for_whom: WaitFor::System };
    }
    let plan = Plan { case, context };
    plan.drive().unwrap_or_else(|step| step)
}

/// Texts for [`crate::understand`]: the requester's own public messages so far, oldest first.
pub fn requester_texts(case: &CaseView) -> Vec<String> {
    requester_messages(case).map(|(_, m)| m.body.clone()).collect()
}

fn requester_messages(case: &CaseView) -> impl DoubleEndedIterator<Item = &(u64, domain::Message)> {
    let from = case.ticket.from.to_lowercase();
    case.messages.iter().filter(move |(_, m)| {
        !m.internal && matches!(&m.author, Author::Customer(a) if a.to_lowercase() == from)
    })
}

/// One look at one case.
#[derive(Clone, Copy, Debug)]
struct Plan<'a> {
    case: &'a CaseView,
    context: &'a Context<'a>,
}
