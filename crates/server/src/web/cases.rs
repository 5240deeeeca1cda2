//! `GET /` and `GET /cases/fragment`: every case at a glance, live.

use super::{
    Web,
    bits::{Ago, PHASES, PhaseChip, TierChip, When, duration},
    oops::Oops,
    page::{self, Frame},
    session::Viewer,
    words,
};
use crate::clock;
use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{ClientId, UnixMs};
use serde::Deserialize;
use std::sync::Arc;
use store::CaseRow;

/// Cases on the page unless more are asked for.
const SHOWN: u32 = 100;
const SHOWN_MOST: u32 = 1_000;
/// Cases that are counted for one client.
const COUNTED: u32 = 10_000;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    phase: String,
    #[serde(default)]
    client: String,
    #[serde(default)]
    show: Option<u32>,
}

impl Filter {
    fn phase(&self) -> Option<&str> {
        PHASES.iter().map(|(name, _)| *name).find(|n| *n == self.phase)
    }

    fn client(&self) -> Option<ClientId> {
        ClientId::new(self.client.clone()).ok()
    }

    /// The query string for these choices; empty ones are left out.
    fn query(client: Option<&str>, phase: Option<&str>, show: Option<u32>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("client", client), ("phase", phase)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        if let Some(show) = show {
            query.append_pair("show", &show.to_string());
        }
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }
}

#[derive(Template)]
#[template(path = "cases.html")]
struct CasesPage {
    frame: Frame,
    list: List,
}

#[derive(Template)]
#[template(path = "cases_fragment.html")]
struct CasesFragment {
    frame: Frame,
    list: List,
}

/// What the page and its fragment both show.
struct List {
    tiles: Vec<Tile>,
    clients: Vec<Tile>,
    rows: Vec<Row>,
    total: usize,
    more: Option<String>,
    median: Option<String>,
    filtered: bool,
    has_clients: bool,
}

/// A choice with its count.
struct Tile {
    class: &'static str,
    text: String,
    count: Option<usize>,
    address: String,
    chosen: bool,
}

struct Row {
    id: String,
    client: String,
    ticket: String,
    subject: String,
    requester: String,
    summary: String,
    tier: Option<TierChip>,
    phase: PhaseChip,
    received: When,
    age: Option<Ago>,
    took: Option<String>,
}

/// `GET /`
pub(super) async fn get(
    State(web): State<Arc<Web>>,
    viewer: Viewer,
    Query(filter): Query<Filter>,
) -> Result<Response, Oops> {
    let (frame, list) = both(&web, &viewer, &filter).await?;
    Ok(page::html(StatusCode::OK, &CasesPage { frame, list }))
}

/// `GET /cases/fragment`
pub(super) async fn fragment(
    State(web): State<Arc<Web>>,
    viewer: Option<Viewer>,
    Query(filter): Query<Filter>,
) -> Result<Response, Oops> {
    let Some(viewer) = viewer else {
        return Ok((StatusCode::UNAUTHORIZED, "signed out").into_response());
    };
    let (frame, list) = both(&web, &viewer, &filter).await?;
    Ok(page::html(StatusCode::OK, &CasesFragment { frame, list }))
}

async fn both(web: &Web, viewer: &Viewer, filter: &Filter) -> Result<(Frame, List), Oops> {
    let client = filter.client();
    let query = Filter::query(client.as_ref().map(ClientId::as_str), filter.phase(), filter.show);
    let frame = Frame::new(web, viewer, "cases", "Cases")
        .await?
        .live(format!("/cases/fragment{query}"), None);
    Ok((frame, list(web, filter).await?))
}

async fn list(web: &Web, filter: &Filter) -> Result<List, Oops> {
    let (client, phase) = (filter.client(), filter.phase());
    let counts = counts(web, client.as_ref()).await?;
    let limit = filter.show.unwrap_or(SHOWN).clamp(1, SHOWN_MOST);
    let mut rows = web.app.store.cases(client.as_ref(), phase, limit).await?;
    // By arrival, so that rows stay where they are while people read.
    rows.sort_by(|a, b| b.received_at.0.cmp(&a.received_at.0).then_with(|| b.id.cmp(&a.id)));
    let chosen_total = match phase {
        Some(phase) => counts.iter().find(|(p, _)| p == phase).map_or(0, |(_, n)| *n),
        None => counts.iter().map(|(_, n)| n).sum(),
    };
    let id = client.as_ref().map(ClientId::as_str);
    let more = (chosen_total > rows.len() && limit < SHOWN_MOST)
        .then(|| format!("/{}", Filter::query(id, phase, Some((limit * 5).min(SHOWN_MOST)))));
    let now = clock::now();
    Ok(List {
        tiles: tiles(&counts, id, phase),
        clients: clients(web, id, phase),
        median: median(&rows),
        total: chosen_total,
        more,
        rows: rows.into_iter().map(|row| show(web, row, now)).collect(),
        filtered: client.is_some() || phase.is_some(),
        has_clients: !web.app.parts().clients.is_empty(),
    })
}

async fn counts(web: &Web, client: Option<&ClientId>) -> Result<Vec<(String, usize)>, Oops> {
    if client.is_none() {
        let counts = web.app.store.phase_counts().await?;
        return Ok(counts
            .into_iter()
            .map(|(p, n)| (p, usize::try_from(n).unwrap_or(usize::MAX)))
            .collect());
    }
    let rows = web.app.store.cases(client, None, COUNTED).await?;
    let count = |phase: &str| rows.iter().filter(|r| r.phase == phase).count();
    Ok(PHASES.iter().map(|(name, _)| ((*name).to_owned(), count(name))).collect())
}

fn tiles(counts: &[(String, usize)], client: Option<&str>, phase: Option<&str>) -> Vec<Tile> {
    let all = Tile {
        class: "all",
        text: "All".into(),
        count: Some(counts.iter().map(|(_, n)| n).sum()),
        address: format!("/{}", Filter::query(client, None, None)),
        chosen: phase.is_none(),
    };
    let each = PHASES.iter().map(|(name, text)| Tile {
        class: name,
        text: (*text).to_owned(),
        count: Some(counts.iter().find(|(p, _)| p == name).map_or(0, |(_, n)| *n)),
        address: format!("/{}", Filter::query(client, Some(name), None)),
        chosen: phase == Some(name),
    });
    // Rare: no room is kept for it.
    let rare = |t: &Tile| ["withdrawn", "watched"].contains(&t.class);
    let shown = each.filter(|t| !rare(t) || t.count != Some(0) || t.chosen);
    std::iter::once(all).chain(shown).collect()
}

fn clients(web: &Web, client: Option<&str>, phase: Option<&str>) -> Vec<Tile> {
    let parts = web.app.parts();
    if parts.clients.len() < 2 {
        return Vec::new();
    }
    let tile = |text: String, id: Option<&str>| Tile {
        class: "client",
        text,
        count: None,
        address: format!("/{}", Filter::query(id, phase, None)),
        chosen: client == id,
    };
    let each = parts.clients.values().map(|c| tile(c.name.clone(), Some(c.id.as_str())));
    std::iter::once(tile("All clients".into(), None)).chain(each).collect()
}

/// Middle of the times from arrival to close, over the cases on the page.
fn median(rows: &[CaseRow]) -> Option<String> {
    let mut times: Vec<i64> = rows
        .iter()
        .filter(|r| r.phase == "closed")
        .filter_map(|r| r.ended_at.map(|end| end.since(r.received_at)))
        .collect();
    times.sort_unstable();
    times.get(times.len() / 2).map(|ms| duration(*ms))
}

fn show(web: &Web, row: CaseRow, now: UnixMs) -> Row {
    let took = row.ended_at.map(|end| words::took(row.received_at, end));
    Row {
        id: row.id.to_string(),
        client: page::client_name(web, &row.client),
        ticket: row.ticket,
        subject: match row.subject.trim() {
            "" => "(no subject)".into(),
            text => text.to_owned(),
        },
        requester: match row.requester.as_str() {
            "" => "unknown sender".into(),
            text => text.to_owned(),
        },
        summary: words::spaced(&row.summary),
        tier: row.tier.as_deref().and_then(TierChip::parse),
        phase: PhaseChip(row.phase),
        received: When(row.received_at),
        age: took.is_none().then_some(Ago { at: row.received_at, now }),
        took,
    }
}
