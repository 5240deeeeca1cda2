//! Reads what help desks export into one form: tickets of the past, in the order of time.
//!
//! Why a crate of its own: it is the one place of learning that knows files and their formats, so that the pure crates need not. It
//! knows no vendor's system and makes no calls; what a connector reads comes here as lines of our own form.
//!
//! INVARIANT: a row can be put aside, with a reason, but no row stops an import, and memory does not grow with the source.

mod csv;
mod dates;
mod error;
mod feed;
mod fold;
mod guess;
mod import;
mod jsonl;
mod letters;
mod mapping;
mod names;
mod past;
mod profile;
mod read;
mod reject;
mod row;
mod sorted;
mod summary;
mod talk;
mod ticket;
mod zone;

pub use dates::Dates;
pub use error::HistoryError;
pub use import::{Step, Target, import};
pub use mapping::{Column, Field, Mapping, Rows, Unit};
pub use past::{Tickets, tickets};
pub use read::{Limits, Source};
pub use row::Why;
pub use summary::Summary;
