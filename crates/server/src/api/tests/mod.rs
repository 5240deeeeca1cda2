//! The API as brains use it: over HTTP, with the worker behind it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod cells;
mod description;
mod desk;
mod directory;
mod hostile;
mod mcp;
mod requests;
mod shapes;
mod webhooks;
