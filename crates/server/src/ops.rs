//! What those who run the server ask it: whether it is ready, and its numbers.
//!
//! INVARIANT: an answer to somebody who is not signed in names parts, never paths, hosts or words of a
//! database.

pub(crate) mod metrics;
mod otlp;
pub(crate) mod traces;

use connectors::SecretSource;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};
use store::{Store, StoreError};
use tokio::sync::Mutex;

/// The shortest token that is accepted, in characters: nobody counts wrong guesses.
const TOKEN_LENGTH: usize = 16;
/// How long a look at the store may take; then it counts as one that does not answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long an answer is given again: anybody may ask, and asking writes.
const FRESH: Duration = Duration::from_millis(500);

/// The state of the server as an operator sees it.
#[derive(Debug, Default)]
pub(crate) struct Ops {
    draining: AtomicBool,
    last: Mutex<Option<(Instant, Vec<Missing>)>>,
}

/// A part that is not ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Missing {
    /// Which.
    pub(crate) part: &'static str,
    /// Why, in one word or two.
    pub(crate) reason: &'static str,
}

/// The token that lets a collector read `/metrics`; `None`: only people may look.
///
/// # Errors
/// When it cannot be read, or could be guessed.
pub(crate) fn metrics_token(source: Option<&SecretSource>) -> Result<Option<SecretString>, String> {
    let Some(source) = source else { return Ok(None) };
    let token = source.read().map_err(|e| format!("`metrics_token`: {e}"))?;
    if token.expose_secret().len() < TOKEN_LENGTH {
        return Err(format!(
            "`metrics_token`: {source} holds fewer than {TOKEN_LENGTH} characters; write one made by `openssl rand -hex 32`"
        ));
    }
    Ok(Some(token))
}

impl Ops {
    /// From now on the server is not ready any more: it is about to end.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// What is not ready; empty when everything is.
    pub(crate) async fn missing(&self, store: &Store) -> Vec<Missing> {
        let mut missing = Vec::new();
        if self.draining.load(Ordering::Relaxed) {
            missing.push(Missing { part: "server", reason: "draining" });
        }
        // Whoever asks meanwhile waits for the same answer.
        let mut last = self.last.lock().await;
        match &*last {
            Some((at, found)) if at.elapsed() < FRESH => missing.extend(found),
            _ => {
                let found = look(store).await;
                missing.extend(&found);
                *last = Some((Instant::now(), found));
            }
        }
        missing
    }
}

async fn look(store: &Store) -> Vec<Missing> {
    let Ok(health) = tokio::time::timeout(PATIENCE, store.ping()).await else {
        return vec![Missing { part: "store", reason: "no answer in time" }];
    };
    let parts = [("store_read", health.read), ("store_write", health.write)];
    let missing = |(part, result): (&'static str, Result<(), StoreError>)| {
        result.err().map(|e| Missing { part, reason: reason(&e) })
    };
    parts.into_iter().filter_map(missing).collect()
}

/// The kind of failure. Its words, which may name files and hosts, stay in the log.
fn reason(error: &StoreError) -> &'static str {
    match error {
        StoreError::Full(_) => "disk full",
        StoreError::Locked(_) => "locked",
        StoreError::Unavailable(..) => "unreachable",
        StoreError::Closed => "closed",
        _ => "failed",
    }
}
