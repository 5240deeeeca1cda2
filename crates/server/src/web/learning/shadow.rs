//! `/shadow`: what would have become of live tickets, beside what people did.

use crate::web::{
    Web,
    bits::{When, capital},
    oops::Oops,
    page::{self, Frame},
    session::Viewer,
    words,
};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use domain::{ActionKind, Agreement, ClientId, Would};
use std::sync::Arc;
use store::ShadowRow;
use technician::learn::binomial;

/// Rows on the page.
const SHOWN: u32 = 200;
/// Wrong with this chance at most above the bound that is shown.
const MISS: f64 = 0.05;

#[derive(Template)]
#[template(path = "shadow.html")]
struct ShadowPage {
    frame: Frame,
    clients: Vec<Pill>,
    /// Names of the clients that are only watched by the policy in force.
    watched: Vec<String>,
    total: u32,
    ways: Vec<(&'static str, u32)>,
    right: u32,
    known: u32,
    bound: String,
    open: u32,
    rows: Vec<Row>,
}

struct Pill {
    text: String,
    address: String,
    chosen: bool,
}

struct Row {
    case: String,
    subject: String,
    ticket: String,
    client: String,
    at: When,
    ours: String,
    would: &'static str,
    theirs: String,
    class: &'static str,
    verdict: &'static str,
}

/// Whose.
#[derive(Debug, serde::Deserialize)]
pub(in crate::web) struct Filter {
    client: Option<String>,
}

/// `GET /shadow`
pub(in crate::web) async fn get(
    State(web): State<Arc<Web>>,
    viewer: Viewer,
    Query(filter): Query<Filter>,
) -> Result<Response, Oops> {
    let client = filter.client.map(|id| super::known(&web, &id)).transpose()?;
    let counts = web.app.store.shadow_counts(client.as_ref()).await?;
    let rows = web.app.store.shadow(client.as_ref(), SHOWN).await?;
    let sum = |test: &dyn Fn(Would, Option<&str>) -> bool| -> u32 {
        counts.iter().filter(|(w, a, _)| test(*w, a.as_deref())).map(|(_, _, n)| n).sum()
    };
    let right = sum(&|_, a| matches!(a, Some("same" | "first_level")));
    let wrong = sum(&|_, a| a == Some("differs"));
    let most = binomial::upper_bound(wrong, right + wrong, MISS) * 100.0;
    let page = ShadowPage {
        frame: Frame::new(&web, &viewer, "shadow", "Shadow").await?,
        clients: pills(&web, client.as_ref()),
        watched: watched(&web),
        total: sum(&|_, _| true),
        ways: Would::ALL.iter().map(|w| (w.words(), sum(&|x, _| x == *w))).collect(),
        right,
        known: right + wrong,
        bound: format!("{most:.1} %"),
        open: sum(&|_, a| a.is_none()),
        rows: rows.iter().map(|r| row(&web, r)).collect(),
    };
    Ok(page::html(StatusCode::OK, &page))
}

fn pills(web: &Web, chosen: Option<&ClientId>) -> Vec<Pill> {
    let all =
        Pill { text: "All clients".into(), address: "/shadow".into(), chosen: chosen.is_none() };
    let each = page::clients(web).into_iter().map(|(id, text)| Pill {
        address: format!("/shadow?client={}", page::segment(&id)),
        chosen: chosen.is_some_and(|c| c.as_str() == id),
        text,
    });
    std::iter::once(all).chain(each).collect()
}

/// Clients that the policy in force only watches.
fn watched(web: &Web) -> Vec<String> {
    let in_force = web.app.policy();
    let Ok(policy) = in_force.as_ref() else { return Vec::new() };
    let document = policy.document();
    let is = |id: &str| {
        let own =
            ClientId::new(id).ok().and_then(|c| document.clients.get(&c).and_then(|c| c.shadow));
        own.unwrap_or(document.shadow)
    };
    page::clients(web).into_iter().filter(|(id, _)| is(id)).map(|(_, name)| name).collect()
}

fn row(web: &Web, row: &ShadowRow) -> Row {
    let told = |kinds: &[ActionKind]| {
        kinds.iter().map(|k| words::spaced(k.name())).collect::<Vec<_>>().join(", ")
    };
    let (theirs, class, verdict) = match &row.compared {
        None => ("Not closed yet".to_owned(), "quiet", "Waits"),
        Some(done) => {
            let minutes = done.minutes.filter(|m| *m > 0);
            let minutes = minutes.map(|m| format!(" ({m} min)")).unwrap_or_default();
            let words = match (&done.agreement, done.did.is_empty()) {
                (Agreement::Differs(words), true) => capital(words),
                (_, true) => "Closed; no words on a change".to_owned(),
                _ => told(&done.did),
            };
            let (class, verdict) = match done.agreement {
                Agreement::Same | Agreement::FirstLevel => ("good", "Same"),
                Agreement::Differs(_) => ("bad", "Different"),
                Agreement::Unknown => ("quiet", "Cannot be told"),
            };
            (format!("{words}{minutes}"), class, verdict)
        }
    };
    Row {
        case: row.case.to_string(),
        subject: row.subject.clone(),
        ticket: row.ticket.to_string(),
        client: page::client_name(web, &row.client),
        at: When(row.at),
        ours: if row.kinds.is_empty() { "No change".into() } else { told(&row.kinds) },
        would: row.would.words(),
        theirs,
        class,
        verdict,
    }
}
