//! The store's behaviour, through its public interface and through the bytes on disk.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods
)]

mod approvals;
mod common;
mod crash;
mod failures;
mod intake;
mod journal;
mod leases;
mod merkle;
mod people;
mod privacy;
mod vault;
mod verify;
