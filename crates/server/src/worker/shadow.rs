//! Looks at what people did about tickets that were only watched, once they closed them.
//!
//! INVARIANT: this reads the help desk and writes the journal; it changes nothing anywhere.

use super::stop::Stop;
use crate::{app::App, clock, parts::Parts};
use connectors::CallError;
use domain::{Actor, Agreement, CaseView, Event, Handled, UnixMs};
use std::{sync::Arc, time::Duration};
use store::{ShadowRow, StoreError};

/// Tickets looked at in one go.
const BATCH: u32 = 20;
/// How often is looked for some that are due.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The first pause for a ticket that is still open; each further one is half as long again.
const FIRST_MS: i64 = 2 * 60_000;
/// The longest pause.
const LONGEST_MS: i64 = 6 * 3_600_000;
/// A ticket that is still open after this is not looked at any more.
const GIVE_UP_MS: i64 = 60 * 24 * 3_600_000;
/// Under this name trouble is told once.
const TOPIC: &str = "shadow";

/// Compares until told to stop. One node does it for all.
pub(super) async fn run(app: Arc<App>, mut stop: Stop) {
    while !stop.is_set() {
        if super::my_turn(&app, TOPIC).await {
            match look(&app, clock::now()).await {
                Ok(true) => drop(app.complaints.settle(TOPIC)),
                Ok(false) => {}
                Err(e) => {
                    if app.complaints.raise(TOPIC, &e.to_string()) {
                        tracing::warn!(error = %e, "what people did about watched tickets is looked at later");
                    }
                }
            }
        }
        stop.rest(LOOK_EVERY).await;
    }
}

/// Looks at those whose time has come; `false` when something could not be told. One that makes trouble does not hold up the others.
async fn look(app: &App, now: UnixMs) -> Result<bool, StoreError> {
    let parts = app.parts();
    let mut whole = true;
    for row in app.store.shadow_due(now, BATCH).await? {
        if app.cells.elsewhere(&row.client).is_some() {
            app.store.shadow_later(&row.client, row.case, Some(now.plus_ms(LONGEST_MS))).await?;
            continue;
        }
        let after = match settle(app, &parts, &row).await {
            Ok(true) => continue,
            Ok(false) => again(&row, now),
            Err(e) => {
                whole = false;
                if app.complaints.raise(TOPIC, &e.to_string()) {
                    tracing::warn!(ticket = %row.ticket, error = %e, "a watched ticket is looked at later");
                }
                match e {
                    Looked::Store(e) if e.is_passing() => return Err(e),
                    // It will not show it tomorrow either.
                    Looked::Call(CallError::Rejected { .. }) if row.tries > 3 => None,
                    _ => again(&row, now),
                }
            }
        };
        app.store.shadow_later(&row.client, row.case, after).await?;
    }
    Ok(whole)
}

/// Writes what people did, if they closed the ticket; `false` when they did not yet.
async fn settle(app: &App, parts: &Parts, row: &ShadowRow) -> Result<bool, Looked> {
    let Some((handled, agreement)) = compare(app, parts, row).await? else { return Ok(false) };
    let event = Event::Compared { handled, agreement };
    let (client, now) = (&row.client, clock::now());
    let written =
        app.store.record(client, row.case, Actor::Platform, vec![event], vec![], false, now);
    written.await?;
    app.tell(client, row.case);
    Ok(true)
}

/// Why it could not be told.
#[derive(Debug, thiserror::Error)]
enum Looked {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Call(#[from] CallError),
}

/// What people did; `None` while the ticket is open, or its help desk is not configured.
async fn compare(
    app: &App,
    parts: &Parts,
    row: &ShadowRow,
) -> Result<Option<(Handled, Agreement)>, Looked> {
    let Some(psa) = parts.psas.get(&row.ticket.psa) else { return Ok(None) };
    let Some(past) = psa.past(&row.ticket.id).await? else {
        return Ok(None);
    };
    let events = app.store.events(&row.client, row.case).await?;
    let Some(view) = CaseView::fold(&row.client, row.case, &events) else { return Ok(None) };
    let ours: Vec<domain::Action> = view
        .attempts
        .iter()
        .filter(|a| a.watched && a.action.ticket().is_none())
        .map(|a| a.action.clone())
        .collect();
    Ok(Some(backtest::handled(row.would, &ours, &past)))
}

/// When to look again; never more when the ticket has been open for too long.
fn again(row: &ShadowRow, now: UnixMs) -> Option<UnixMs> {
    let pause = (0..row.tries.min(30)).fold(FIRST_MS, |p, _| (p + p / 2).min(LONGEST_MS));
    (now.since(row.at) < GIVE_UP_MS).then(|| now.plus_ms(pause))
}
