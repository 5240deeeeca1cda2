//! Help desks: where tickets come from and where the record is kept.

use crate::{CallError, Probe, ReadBack};
use async_trait::async_trait;
use domain::{Action, ActionKind, IncomingTicket, PastTicket, TicketState, UnixMs};
use gate::Grant;

pub mod connectwise;
mod past;
pub mod request_tracker;

pub use past::PastPage;

/// A ticket that is new or was touched since the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The PSA's id.
    pub id: String,
    /// When it was last touched.
    pub updated_at: UnixMs,
}

/// One page of changes, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// The tickets.
    pub changes: Vec<Change>,
    /// Where to go on. Opaque; kept by the caller. Repeats are allowed, gaps are not.
    pub cursor: String,
    /// More are waiting now.
    pub more: bool,
}

/// A help desk. One instance serves one PSA, which may hold many clients.
///
/// Texts that [`Psa::perform`] writes end in a reference mark, `[jm-xxxxxxxx]` with the first eight
/// hexadecimal digits of the action's digest, by which [`Psa::read_back`] recognises them.
#[async_trait]
pub trait Psa: Send + Sync + std::fmt::Debug {
    /// The configured name, as in `TicketRef::psa`.
    fn name(&self) -> &str;

    /// The kind of system, in snake case: for traces.
    fn vendor(&self) -> &'static str;

    /// The writes that [`Psa::perform`] can do here.
    fn capabilities(&self) -> &'static [ActionKind];

    /// Whether a call would be let through now; a [`crate::Paced`] one may have to be left alone for a
    /// while.
    ///
    /// # Errors
    /// [`CallError::Retry`] with the time that is left.
    fn ready(&self) -> Result<(), CallError> {
        Ok(())
    }

    /// A harmless read that shows whether address, certificate, credentials and rights are right.
    async fn probe(&self) -> Result<Probe, CallError>;

    /// Tickets that are new or were touched since the cursor; from now on, when it is `None` (a
    /// fresh installation does not work off old tickets).
    async fn changes(&self, cursor: Option<&str>) -> Result<Changes, CallError>;

    /// The ticket as it arrived, for intake; `None` when there is none.
    async fn incoming(&self, id: &str) -> Result<Option<IncomingTicket>, CallError>;

    /// The ticket as it stands; `None` when there is none.
    async fn ticket(&self, id: &str) -> Result<Option<TicketState>, CallError>;

    /// Closed tickets with all that became of them, by ascending id, beginning behind the cursor or with the first; for a history to learn
    /// from. One page costs a few dozen requests at most, so that live work gets its turn between pages. A ticket that is closed after its
    /// place was passed is not seen by this run.
    async fn closed(&self, _cursor: Option<&str>) -> Result<PastPage, CallError> {
        Err(CallError::rejected(
            format!("{} shows no history that is read here", self.name()),
            "export its closed tickets and import the file",
        ))
    }

    /// One closed ticket with all that became of it; `None` while it is open, and when there is none.
    async fn past(&self, _id: &str) -> Result<Option<PastTicket>, CallError> {
        Err(CallError::rejected(
            format!("{} shows no history that is read here", self.name()),
            "shadow mode cannot compare with what people did on this help desk",
        ))
    }

    /// Performs exactly what the grant permits. A ticket that somebody else changed meanwhile is
    /// read again before its status is changed.
    async fn perform(&self, grant: Grant) -> Result<(), CallError>;

    /// Reads the ticket back and says whether the change is there. `mark` is the digest's short form.
    async fn read_back(&self, action: &Action, mark: &str) -> Result<ReadBack, CallError>;
}

/// The reference mark for a digest's short form.
pub(crate) fn reference(mark: &str) -> String {
    format!("[jm-{mark}]")
}
