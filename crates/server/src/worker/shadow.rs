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
        if super::my_turn(&app, TOPIC).await
            && let Err(e) = look(&app, clock::now()).await
            && app.complaints.raise(TOPIC, &e.to_string())
        {
            tracing::warn!(error = %e, "what people did about watched tickets is looked at later");
        }
        stop.rest(LOOK_EVERY).await;
    }
}

/// Looks at those whose time has come.
async fn look(app: &App, now: UnixMs) -> Result<(), StoreError> {
    let parts = app.parts();
    for row in app.store.shadow_due(now, BATCH).await? {
        if app.cells.elsewhere(&row.client).is_some() {
            app.store.shadow_later(&row.client, row.case, Some(now.plus_ms(LONGEST_MS))).await?;
            continue;
        }
        match compare(app, &parts, &row).await {
            Ok(Some((handled, agreement))) => {
                let event = Event::Compared { handled, agreement };
                let store = &app.store;
                store
                    .record(
                        &row.client,
                        row.case,
                        Actor::Platform,
                        vec![event],
                        vec![],
                        false,
                        clock::now(),
                    )
                    .await?;
                app.tell(&row.client, row.case);
            }
            Ok(None) => app.store.shadow_later(&row.client, row.case, again(&row, now)).await?,
            Err(Looked::Store(e)) => return Err(e),
            Err(Looked::Call(e)) => {
                if app.complaints.raise(TOPIC, &e.to_string()) {
                    tracing::warn!(psa = row.ticket.psa, error = %e, "a watched ticket is looked at later");
                }
                let after = match e {
                    // It will not show it tomorrow either.
                    CallError::Rejected { .. } if row.tries > 3 => None,
                    _ => again(&row, now),
                };
                app.store.shadow_later(&row.client, row.case, after).await?;
            }
        }
    }
    Ok(())
}

enum Looked {
    Store(StoreError),
    Call(CallError),
}

/// What people did; `None` while the ticket is open, or its help desk is not configured.
async fn compare(
    app: &App,
    parts: &Parts,
    row: &ShadowRow,
) -> Result<Option<(Handled, Agreement)>, Looked> {
    let Some(psa) = parts.psas.get(&row.ticket.psa) else { return Ok(None) };
    let Some(past) = psa.past(&row.ticket.id).await.map_err(Looked::Call)? else {
        return Ok(None);
    };
    let events = app.store.events(&row.client, row.case).await.map_err(Looked::Store)?;
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
