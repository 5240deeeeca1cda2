//! Buttons that people pressed: taken from the store, answered, and done.

use super::{Desk, answers};
use crate::{app::App, clock, worker::stop::Stop};
use connectors::chat::Pressed;
use std::time::Duration;
use store::{Press, StoreError};

/// How often is looked for presses when nothing rings: those of a node that died.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A press that is not answered by then is taken up again, in milliseconds.
const LEASE_MS: i64 = 15_000;
/// Times that one is tried.
const TRIES: u32 = 5;
/// Taken and answered at the same time: what waits here for its turn would be taken up elsewhere.
const AT_ONCE: u32 = 8;

/// Answers presses until told to stop, on every node.
pub(super) async fn run(app: &App, mut stop: Stop) {
    while !stop.is_set() {
        let desk = app.parts().chat.clone();
        let Some(desk) = desk else {
            stop.rest(LOOK_EVERY).await;
            continue;
        };
        match pass(app, &desk, &stop).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(e) if app.complaints.raise("presses", &e.to_string()) => {
                tracing::warn!(error = %e, "what people pressed in the chat is answered later");
            }
            Err(_) => {}
        }
        tokio::select! {
            biased;
            () = stop.wait() => {}
            () = desk.pressed.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Answers what waits; how many presses there were.
pub(super) async fn pass(app: &App, desk: &Desk, stop: &Stop) -> Result<usize, StoreError> {
    let now = clock::now();
    let presses = app.store.claim_presses(now, now.plus_ms(LEASE_MS), AT_ONCE).await?;
    let count = presses.len();
    futures::future::join_all(presses.into_iter().map(|press| one(app, desk, press, stop))).await;
    if count > 0 {
        desk.news.notify_one();
    }
    Ok(count)
}

async fn one(app: &App, desk: &Desk, press: Press, stop: &Stop) {
    // It is taken up again when its lease is over.
    if stop.is_set() {
        return;
    }
    let pressed: Pressed = match serde_json::from_str(&press.body) {
        Ok(pressed) => pressed,
        Err(e) => {
            tracing::warn!(error = %e, "a press in the chat cannot be read; it is left");
            return done(app, &press).await;
        }
    };
    match answers::answer(app, desk, &press, &pressed).await {
        Ok(said) => {
            if let Some(text) = said {
                answers::whisper(desk, &pressed, &text).await;
            }
            done(app, &press).await;
        }
        Err(e) if press.tries >= TRIES => {
            tracing::warn!(error = e, "a press in the chat could not be answered");
            let text = format!("That could not be recorded: {e}. Decide in the console.");
            answers::whisper(desk, &pressed, &text).await;
            done(app, &press).await;
        }
        Err(e) => tracing::info!(error = e, "a press in the chat is answered later"),
    }
}

async fn done(app: &App, press: &Press) {
    if let Err(e) = app.store.press_done(&press.id).await {
        // It is taken up again, and finds the question decided.
        tracing::warn!(error = %e, "a press in the chat may be answered twice");
    }
}
