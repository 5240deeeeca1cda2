//! The phrases that tickets are made of.
//!
//! INVARIANT: these are the demo's own. The history that the technician learns from is written
//! apart, so that recognising them is earned. Placeholders in braces are filled by `compose`.

mod access;
mod around;
mod password;
mod reads;
mod requests;
mod security;
mod traps;

pub(super) use access::*;
pub(super) use around::*;
pub(super) use password::*;
pub(super) use reads::*;
pub(super) use requests::*;
pub(super) use security::*;
pub(super) use traps::*;

/// Subject and text.
pub(super) type Template = (&'static str, &'static str);
