//! The journal, the views that are folded from it, and the vault for one-time secrets.
//!
//! INVARIANTS:
//! - the journal only grows; every view changes in the same transaction as the entry behind it;
//! - every entry is a leaf of its client's RFC 6962 tree, and personal data stands beside the leaf,
//!   which holds only a keyed commitment to it;
//! - SQL never leaves this crate and every query takes a client scope, except those that serve the
//!   installation itself (people, sessions, cursors, leases);
//! - the SQL uses only what SQLite and PostgreSQL share (`$1`, `RETURNING`, `ON CONFLICT`).

mod approvals;
mod approver_stats;
mod asked;
mod backup;
mod brains;
mod breakers;
mod cases;
mod cells;
mod change;
mod chat;
mod checkpoint;
mod columns;
mod db;
mod edges;
mod error;
mod fleet;
mod hand;
mod health;
mod hook;
mod intake;
mod journal;
mod keys;
mod leaf;
mod leavers;
pub mod merkle;
pub mod meter;
mod migrate;
mod moving;
mod msp;
mod name;
mod notices;
mod outcomes;
mod path;
mod people;
mod policies;
mod proof;
mod prove;
mod prune;
mod requests;
mod scan;
mod sessions;
#[cfg(feature = "sim")]
pub mod sim;
mod source;
mod sql;
mod tiles;
mod tip;
mod touched;
mod vault;
mod verify;
mod views;
mod walk;
mod wall;
mod webhooks;
mod witness;
mod writer;

pub use approvals::{ApprovalRow, DecideError};
pub use approver_stats::{ApproverStats, SimilarCase};
pub use backup::{Proven, copy_database, prove};
pub use brains::{BrainRow, NewBrain};
pub use breakers::BreakerRow;
pub use cases::{CaseRow, Claimed};
pub use cells::{Door, Progress, Relocation, Step};
pub use chat::{NoticePost, Post, PostKey, Press, QuestionPost};
pub use checkpoint::{Checkpoint, CheckpointError, Cosigner, Signer, Verifier, split_notes};
pub use db::{Store, StoreOptions};
pub use error::StoreError;
pub use fleet::{Alone, Listener, News};
pub use hand::{Handed, Lease};
pub use health::{Backlog, Health};
pub use intake::{Intake, KnownTicket, Received};
pub use journal::{Append, EntryRow, NewEntry};
pub use keys::{KEY_FILES, Keys};
pub use moving::Moved;
pub use msp::{MSP_JOURNAL, msp_journal};
pub use name::{Kept, Name};
pub use notices::{NewNotice, Notice};
pub use outcomes::{AttemptRow, AttemptStats, change_key, split_change_key};
pub use people::{Person, Removal, Role};
pub use policies::{NewPolicy, PolicyRow, PolicyState};
pub use proof::{EntryProof, ProofError, ProvenEntry, ShownLeaf};
pub use requests::{RequestCursor, Submit, Submitted};
pub use vault::{Drop, DropState, NewDrop, TakeError};
pub use verify::{Problem, Report};
pub use views::View;
pub use webhooks::Delivery;
pub use witness::add_checkpoint;
