//! `GET /journal` and `POST /journal/verify`: what was written, and the proof that it stands.

use super::{
    Web,
    bits::{TierChip, When, capital},
    form::Signed,
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
use domain::ClientId;
use serde::Deserialize;
use std::sync::Arc;
use store::{EntryRow, Report};

/// Entries on the page.
const SHOWN: u32 = 200;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    client: String,
}

#[derive(Template)]
#[template(path = "journal.html")]
struct JournalPage {
    frame: Frame,
    clients: Vec<ClientLink>,
    client: Option<ClientLink>,
    rows: Vec<Row>,
    checkpoint: Option<String>,
    key: String,
    report: Option<ReportView>,
    kept: String,
}

#[derive(Clone)]
struct ClientLink {
    id: String,
    name: String,
    chosen: bool,
}

struct Row {
    seq: u64,
    at: When,
    case: String,
    actor: String,
    kind: String,
    tier: Option<TierChip>,
    outcome: String,
    digest: String,
    what: String,
}

struct ReportView {
    clean: bool,
    size: u64,
    root: String,
    checkpoints: u64,
    erased: u64,
    kept: bool,
    problems: Vec<String>,
}

/// `GET /journal`
pub(super) async fn get(
    State(web): State<Arc<Web>>,
    viewer: Viewer,
    Query(choice): Query<Choice>,
) -> Result<Response, Oops> {
    let client = chosen(&web, &choice.client).await?;
    show(&web, &viewer, client, None, String::new()).await
}

/// `POST /journal/verify`
pub(super) async fn verify(
    State(web): State<Arc<Web>>,
    Signed { viewer, fields }: Signed,
) -> Result<Response, Oops> {
    let client = chosen(&web, fields.get("client")).await?;
    // A signed note ends with a line break; browsers send CR LF, and people copy without the last.
    let kept = fields.get("kept").replace("\r\n", "\n");
    let kept = (!kept.trim().is_empty()).then(|| format!("{}\n", kept.trim()));
    let report = match &client {
        Some(client) => {
            let report = web.app.store.verify(client, kept.as_deref()).await?;
            Some(report_view(report, kept.is_some()))
        }
        None => None,
    };
    show(&web, &viewer, client, report, kept.unwrap_or_default()).await
}

/// The client asked for; without one, the first that has a journal.
async fn chosen(web: &Web, wanted: &str) -> Result<Option<ClientId>, Oops> {
    let all = journals(web).await?;
    if wanted.is_empty() {
        return Ok(all.into_iter().next());
    }
    match all.into_iter().find(|c| c.as_str() == wanted) {
        Some(client) => Ok(Some(client)),
        None => Err(Oops::not_found("There is no journal of such a client yet")),
    }
}

/// Every journal; that of the gate's own settings last.
async fn journals(web: &Web) -> Result<Vec<ClientId>, Oops> {
    let mut all = web.app.store.journals().await?;
    all.sort_by_key(|id| *id == store::msp_journal());
    Ok(all)
}

async fn show(
    web: &Web,
    viewer: &Viewer,
    client: Option<ClientId>,
    report: Option<ReportView>,
    kept: String,
) -> Result<Response, Oops> {
    let link = |id: &ClientId| ClientLink {
        id: id.to_string(),
        name: page::client_name(web, id),
        chosen: client.as_ref() == Some(id),
    };
    let (rows, checkpoint, key) = match &client {
        Some(client) => (
            web.app.store.entries(client, SHOWN).await?.into_iter().map(row).collect(),
            web.app.store.checkpoint(client).await?,
            web.app.store.verifier_key(client),
        ),
        None => (Vec::new(), None, String::new()),
    };
    let page = JournalPage {
        frame: Frame::new(web, viewer, "journal", "Journal").await?,
        clients: journals(web).await?.iter().map(link).collect(),
        client: client.as_ref().map(link),
        rows,
        checkpoint,
        key,
        report,
        kept,
    };
    Ok(page::html(StatusCode::OK, &page))
}

fn row(entry: EntryRow) -> Row {
    let what = match &entry.event {
        Some(event) => sentence(event),
        None => "personal data erased".into(),
    };
    Row {
        seq: entry.seq,
        at: When(entry.at),
        case: entry.case,
        actor: entry.actor,
        kind: words::spaced(&entry.kind),
        tier: entry.tier.as_deref().and_then(TierChip::parse),
        outcome: entry.outcome.map(|o| words::spaced(&o)).unwrap_or_default(),
        digest: entry.digest.and_then(|d| d.get(..8).map(str::to_owned)).unwrap_or_default(),
        what,
    }
}

/// One line on what the entry is about.
fn sentence(event: &domain::Event) -> String {
    use domain::Event;
    let text = match event {
        Event::Received { ticket } => ticket.subject.clone(),
        Event::Understood { understanding, .. } => words::spaced(understanding.intent.name()),
        Event::Read { action, .. } => words::read_title(action),
        Event::Judged { action, .. }
        | Event::Held { action, .. }
        | Event::Started { action, .. } => match action.ticket() {
            Some(_) => words::closeout(action).0,
            None => action.sentence(),
        },
        Event::Voided { reason, .. }
        | Event::Ended { reason, .. }
        | Event::ChangeRefused { reason, .. }
        | Event::HandedOver { reason, .. }
        | Event::Withdrawn { reason } => capital(reason),
        Event::Submitted { submission } => {
            submission.actions.iter().map(domain::Action::sentence).collect::<Vec<_>>().join("; ")
        }
        Event::Changed { diff, .. } => diff.join("; "),
        Event::DoneByHand { text, .. } => text.clone(),
        Event::PolicyProposed { version, reason, .. }
        | Event::PolicyRejected { version, reason } => format!("{version}: {reason}"),
        Event::PolicyActivated { version, .. } => version.clone(),
        Event::BreakerOpened { scope, reason, .. } | Event::BreakerClosed { scope, reason } => {
            format!("{}: {reason}", capital(&scope.to_string()))
        }
        Event::BrainAdded { brain, limits } => format!("{brain}: {}", limits.join("; ")),
        Event::BrainRevoked { brain, reason } => format!("{brain}: {reason}"),
        Event::PersonChanged { person, change } => format!("{person}: {change}"),
        Event::PlaybookChanged { client, version, diff, .. } => {
            format!("{client}, version {version}: {}", diff.join("; "))
        }
        Event::Watched { action, .. } => action.sentence(),
        Event::WouldEnd { would, reason, .. } => format!("{}: {reason}", capital(would.words())),
        Event::ClientMoved { client, cell, .. } => format!("{client} lives in {cell}"),
        Event::Noted { text, .. } => text.clone(),
        _ => String::new(),
    };
    match text.char_indices().nth(160) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn report_view(report: Report, kept: bool) -> ReportView {
    let problem = |p: &store::Problem| match p.seq {
        Some(seq) => format!("Entry {seq}: {}", p.text),
        None => capital(&p.text),
    };
    ReportView {
        clean: report.is_clean(),
        size: report.size,
        root: hex::encode(report.root),
        checkpoints: report.checkpoints,
        erased: report.erased,
        kept,
        problems: report.problems.iter().map(problem).collect(),
    }
}
