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
mod cases;
mod checkpoint;
mod db;
mod error;
mod hook;
mod intake;
mod journal;
mod keys;
mod leaf;
pub mod merkle;
mod people;
mod tip;
mod vault;
mod verify;
mod views;
mod writer;

pub use approvals::{ApprovalRow, DecideError};
pub use cases::{CaseRow, Claimed};
pub use checkpoint::{Checkpoint, CheckpointError, Signer, Verifier};
pub use db::{Store, StoreOptions};
pub use error::StoreError;
pub use intake::{Intake, KnownTicket, Received};
pub use journal::{Append, EntryRow, NewEntry};
pub use keys::Keys;
pub use people::{Person, Removal, Role};
pub use vault::{Drop, DropState, NewDrop, TakeError};
pub use verify::{Problem, Report};
pub use views::View;
