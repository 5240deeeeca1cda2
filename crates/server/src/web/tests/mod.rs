//! The console as a visitor meets it: the whole router over a real store in a temporary folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod brains;
mod breakers;
mod by_hand;
mod cells;
mod change;
mod decide;
mod health;
mod learning;
mod login;
mod metrics;
mod pages;
mod people;
mod policy;
mod reload;
mod scenes;
mod secret;
mod seed;
mod serve;
mod slack;
mod support;
