//! The store's behaviour, through its public interface and through the bytes on disk.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods
)]

mod approvals;
mod approver_stats;
mod batches;
mod brains;
mod breakers;
mod cells;
mod changes;
mod chat;
mod common;
mod crash;
mod failures;
mod grouped;
mod health;
mod intake;
mod journal;
mod learning;
mod leases;
mod leavers;
mod merkle;
mod notices;
mod offline;
mod outcomes;
mod people;
mod policies;
mod privacy;
mod proofs;
mod prune;
mod requests;
mod upgrade;
mod usage;
mod vault;
mod verify;
mod wall;
mod webhooks;
