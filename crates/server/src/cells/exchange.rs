//! Every second, each node asks every other cell how it stands, and looks at its own map.

use super::{Cells, Known, Peer, fresh_nonce};
use crate::{app::App, clock, worker::stop::Stop};
use axum::http::StatusCode;
use domain::{BreakerScope, CellId, GlobalBreaker, Home, Summary};
use std::{
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};
use store::StoreError;

/// How often is asked.
const EVERY: Duration = Duration::from_secs(1);
/// A cell has this long to answer.
const TIMEOUT: Duration = Duration::from_secs(3);
/// The longest answer, in bytes.
const MOST: u64 = 16 * 1024 * 1024;
/// How long a summary is given again.
const FRESH: Duration = Duration::from_millis(500);
/// The window of counts where no policy says another, in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// Asks until told to stop. Where there is one cell, there is nothing to do.
pub(crate) async fn run(app: Arc<App>, stop: Stop) {
    let Some(known) = &app.cells.0 else { return };
    known.begun.get_or_init(Instant::now);
    let http = match crate::api::webhooks::outgoing(TIMEOUT) {
        Ok(http) => http,
        Err(e) => {
            tracing::error!(error = %e, "no other cell can be asked");
            return;
        }
    };
    let map = async {
        let mut stop = stop.clone();
        while !stop.is_set() {
            settle(&app, "the map of cells", look(&app).await.map_err(|e| e.to_string()));
            stop.rest(EVERY).await;
        }
    };
    let peers = known.peers.iter().map(|(cell, peer)| {
        let (app, http, mut stop) = (&app, &http, stop.clone());
        async move {
            while !stop.is_set() {
                let heard = ask(app, known, http, cell, peer).await;
                settle(app, &format!("the cell {cell}"), heard);
                stop.rest(EVERY).await;
            }
        }
    });
    futures::join!(map, futures::future::join_all(peers));
}

/// Says once that something fails, and once that it goes again.
fn settle(app: &App, topic: &str, result: Result<(), String>) {
    match result {
        Ok(()) => {
            if app.complaints.settle(topic) {
                tracing::info!("{topic} is heard again");
            }
        }
        Err(e) => {
            if app.complaints.raise(topic, &e) {
                tracing::warn!(error = %e, "{topic} is not heard; what it may say is taken for the stricter");
            }
        }
    }
}

/// Reads the map of this cell's own store.
async fn look(app: &App) -> Result<(), StoreError> {
    app.cells.set_homes(app.store.homes().await?);
    Ok(())
}

async fn ask(
    app: &App,
    known: &Known,
    http: &reqwest::Client,
    cell: &CellId,
    peer: &Peer,
) -> Result<(), String> {
    let (at, nonce) = (clock::now().0.to_string(), fresh_nonce());
    let own = known.own.as_str();
    let parts = [own.as_bytes(), cell.as_str().as_bytes(), at.as_bytes(), nonce.as_bytes()];
    let answer = http
        .get(format!("{}/fleet/summary", peer.url))
        .header("x-journeyman-cell", own)
        .header("x-journeyman-at", &at)
        .header("x-journeyman-nonce", &nonce)
        .header("x-journeyman-signature", peer.seal.sign("ask", &parts))
        .send()
        .await
        .map_err(|e| e.without_url().to_string())?;
    if answer.status() != StatusCode::OK {
        return Err(format!(
            "it answers {}; check `secret` and the clocks of both cells",
            answer.status()
        ));
    }
    if answer.content_length().is_none_or(|length| length > MOST) {
        return Err(format!("its answer is longer than {MOST} bytes"));
    }
    let header = answer.headers().get("x-journeyman-signature");
    let signature = header.and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let body = answer.bytes().await.map_err(|e| e.without_url().to_string())?;
    if !peer.seal.holds("tell", &[nonce.as_bytes(), &body], &signature) {
        return Err("its answer is not signed with `secret`".into());
    }
    let summary: Summary =
        serde_json::from_slice(&body).map_err(|e| format!("its answer cannot be read: {e}"))?;
    if summary.cell != *cell {
        return Err(format!("it says that it is {}; check `url`", summary.cell));
    }
    let news: Vec<Home> = {
        let homes = super::read(&known.homes);
        let wins = |h: &&Home| homes.get(&h.client).is_none_or(|ours| h.wins(ours));
        summary.homes.iter().filter(wins).cloned().collect()
    };
    app.cells.hear(summary);
    if !news.is_empty() {
        let learnt = app.store.learn_homes(&known.own, news, clock::now()).await;
        look(app).await.map_err(|e| e.to_string())?;
        app.due.notify_one();
        learnt.map_err(|e| e.to_string())?;
    }
    Ok(())
}

/// What this cell says of itself; `None` where there is one cell.
///
/// # Errors
/// When the store cannot be read: a cell that cannot know says nothing.
pub(crate) async fn summary(app: &App) -> Result<Option<Summary>, StoreError> {
    let Some(known) = &app.cells.0 else { return Ok(None) };
    let made = known.made.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((at, summary)) = made
        && at.elapsed() < FRESH
    {
        return Ok(Some(summary));
    }
    let summary = make(app, &app.cells, known).await?;
    let kept = Some((Instant::now(), summary.clone()));
    *known.made.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    Ok(Some(summary))
}

async fn make(app: &App, cells: &Cells, known: &Known) -> Result<Summary, StoreError> {
    let policy = app.policy();
    let window_ms = policy.as_ref().as_ref().map_or(DAY_MS, |p| p.document().fleet_window_ms);
    let now = clock::now();
    let open = app.store.breakers().await?.into_iter();
    let open = open.filter(|b| b.facts.scope == BreakerScope::Everything);
    let breakers = open.map(|b| GlobalBreaker {
        mode: b.facts.mode,
        reason: b.facts.reason,
        since: b.facts.since,
    });
    Ok(Summary {
        sequence: cells.next(now),
        at: now,
        cell: known.own.clone(),
        window_ms,
        counts: app.store.fleet_counts(now.plus_ms(-window_ms)).await?,
        breakers: breakers.collect(),
        homes: app.store.homes().await?,
    })
}
