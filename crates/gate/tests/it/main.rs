//! The gate, seen from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod approvals;
mod calendar;
mod laws;
mod rules;
mod worlds;
