//! The gate, seen from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod approvals;
mod breaker;
mod calendar;
mod laws;
mod policy;
mod races;
mod rules;
mod states;
mod verdict_table;
mod worlds;
