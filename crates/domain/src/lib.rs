//! The nouns of Journeyman: what is asked, what is known, what was decided and what happened.
//!
//! INVARIANT: this crate is pure. It imports no other crate of the workspace and knows no clock,
//! randomness, file, socket or environment: times and ids come in as arguments.

pub mod action;
mod approval;
mod autonomy;
mod because;
mod canon;
mod case;
mod cells;
mod directory;
mod event;
mod facts;
mod ids;
mod past;
pub mod playbook;
mod seen;
mod shadow;
mod things;
mod ticket;
mod tier;
mod time;
mod understanding;
mod verdict;

pub use action::{Action, ActionKind, Scorecard};
pub use approval::{Approval, ApprovalState, AskedChange, Decision, Yes};
pub use autonomy::Autonomy;
pub use because::{Because, Blank};
pub use canon::{Canon, Digest};
pub use case::{Attempt, CaseOutcome, CasePhase, CaseView, HeldAction, ReadRecord};
pub use cells::{Count, GlobalBreaker, Home, Picture, Summary};
pub use directory::{
    Account, AccountQuery, AccountRef, AccountState, Device, DeviceRef, Group, GroupRef,
    LicenceRef, Lock, MailboxRef, MailboxRight, ScriptRef,
};
pub use event::{Actor, Event, Outcome, ReadResult, Recorded, Submission, UndoOf};
pub use facts::{
    BrainFacts, Confidence, Fact, Facts, GroupFacts, Known, Relation, Requester, Sensitivity,
    TargetFacts, TicketFacts, Verification, Volume,
};
pub use ids::{ApprovalId, AttemptId, BrainId, CaseId, CellId, ClientId, IdError, PersonId};
pub use past::{Org, OrgPerson, OrgThing, PastDeed, PastEvent, PastTicket};
pub use seen::Seen;
pub use shadow::{Agreement, Handled, Would};
pub use things::{
    BreakerFacts, BreakerMode, BreakerScope, Contract, CostFacts, DataMark, DeviceFacts,
    DeviceHealth, DeviceRole, FleetFacts, MailboxFacts, PatchFacts, PatchSeverity, ScriptFacts,
    UndoFacts,
};
pub use ticket::{Author, IncomingTicket, Message, TicketRef, TicketState, TicketStatus};
pub use tier::Tier;
pub use time::UnixMs;
pub use understanding::{Intent, Mention, Signal, Understanding};
pub use verdict::{ApprovalPlan, Ask, EscalationStep, Finding, Follow, VerdictRecord};
