//! `/learning`: what was learned about each client, with the tickets that show it, and people's corrections; `/backtest`: what would have
//! become of closed tickets; `/shadow`: what would have become of live ones.
//!
//! INVARIANT: a correction is a new version of the playbook, in the journal with who made it; learning never takes it back.

mod backtest;
mod edit;
mod shadow;

pub(super) use backtest::{get as reports, page as report};
pub(super) use edit::{add, change};
pub(super) use shadow::get as shadow;

use super::{
    Web,
    bits::{When, capital},
    oops::Oops,
    page::{self, Frame},
    session::Viewer,
    words,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use domain::{
    ClientId, Intent,
    playbook::{Approves, Line, Rule, Way},
};
use std::sync::Arc;
use store::PlaybookRow;

/// Versions on the page.
const VERSIONS: u32 = 20;

#[derive(Template)]
#[template(path = "learning.html")]
struct LearningPage {
    frame: Frame,
    clients: Vec<ClientLine>,
}

/// A client on the page of all.
struct ClientLine {
    name: String,
    address: String,
    learned: Option<(u64, u32, usize, When)>,
    corrected: usize,
    source: String,
}

/// `GET /learning`
pub(super) async fn get(State(web): State<Arc<Web>>, viewer: Viewer) -> Result<Response, Oops> {
    let mut clients = Vec::new();
    for (id, name) in page::clients(&web) {
        let client = ClientId::new(id.clone()).map_err(|_| missing())?;
        let row = web.app.store.playbook(&client).await?;
        let corrected =
            row.as_ref().map_or(0, |r| r.playbook.lines.iter().filter(|l| l.is_kept()).count());
        clients.push(ClientLine {
            name,
            address: address(&client),
            source: row.as_ref().map(|r| r.playbook.source.clone()).unwrap_or_default(),
            learned: row
                .map(|r| (r.version, r.playbook.tickets, r.playbook.lines.len(), When(r.at))),
            corrected,
        });
    }
    let frame = Frame::new(&web, &viewer, "learning", "Learning").await?;
    Ok(page::html(StatusCode::OK, &LearningPage { frame, clients }))
}

#[derive(Template)]
#[template(path = "playbook.html")]
struct PlaybookPage {
    frame: Frame,
    name: String,
    address: String,
    version: u64,
    tickets: u32,
    source: String,
    period: Option<(When, When)>,
    sections: Vec<Section>,
    versions: Vec<Version>,
    intents: Vec<(&'static str, String)>,
    may: bool,
}

/// Lines of one kind.
struct Section {
    title: &'static str,
    about: &'static str,
    rows: Vec<Row>,
}

/// One line, as the page tells it.
struct Row {
    id: String,
    sentence: String,
    words: String,
    tickets: Vec<String>,
    more: u32,
    by: Option<String>,
    learned: Option<String>,
    locked: bool,
    off: bool,
    proposed: bool,
    own: bool,
    edit: Edit,
}

/// What of a line can be changed.
enum Edit {
    Way { people: bool },
    Words { text: String },
    Person { address: String },
    Nothing,
}

struct Version {
    number: u64,
    author: String,
    reason: String,
    at: When,
    diff: Vec<String>,
}

/// `GET /learning/{client}`
pub(super) async fn of_client(
    State(web): State<Arc<Web>>,
    viewer: Viewer,
    Path(client): Path<String>,
) -> Result<Response, Oops> {
    let client = known(&web, &client)?;
    let rows = web.app.store.playbooks(&client, VERSIONS).await?;
    let name = page::client_name(&web, &client);
    let newest = rows.first();
    let playbook = newest.map(|r| r.playbook.clone()).unwrap_or_default();
    let page = PlaybookPage {
        frame: Frame::new(&web, &viewer, "learning", format!("Playbook of {name}")).await?,
        address: address(&client),
        version: newest.map_or(0, |r| r.version),
        tickets: playbook.tickets,
        source: playbook.source.clone(),
        period: playbook.period.map(|(from, to)| (When(from), When(to))),
        sections: sections(&playbook.lines),
        versions: rows.iter().map(version).collect(),
        intents: actable().map(|i| (i.name(), words::spaced(i.name()))).collect(),
        may: viewer.person.role.may_decide(),
        name,
    };
    Ok(page::html(StatusCode::OK, &page))
}

/// Requests that Journeyman may work on.
fn actable() -> impl Iterator<Item = Intent> {
    let none = |i: &Intent| matches!(i, Intent::Other | Intent::Thanks | Intent::SecurityIncident);
    Intent::ALL.into_iter().filter(move |i| !none(i))
}

fn sections(lines: &[Line]) -> Vec<Section> {
    let of = |wanted: fn(&Rule) -> bool| -> Vec<Row> {
        lines.iter().filter(|l| wanted(&l.rule)).map(row).collect()
    };
    vec![
        Section {
            title: "Who works on what",
            about: "A kind of request is left to people when, with 95 % confidence, more than one in ten of those closed alone would have been wrong.",
            rows: of(|r| matches!(r, Rule::Handle { .. })),
        },
        Section {
            title: "Who approves what",
            about: "Whom to ask first. It entitles nobody: the directory and the gate decide who may say yes.",
            rows: of(|r| matches!(r, Rule::Approver { .. })),
        },
        Section {
            title: "Other systems",
            about: "Passwords and lockouts of these are for people. Switch one off when it signs in with the directory.",
            rows: of(|r| matches!(r, Rule::OtherSystem { .. })),
        },
        Section {
            title: "Closing words",
            about: "Words that an answer ends with. Learned ones are proposals: nothing is sent before you switch them on.",
            rows: of(|r| matches!(r, Rule::Words { .. })),
        },
    ]
}

fn row(line: &Line) -> Row {
    let because = &line.because;
    let shown = u32::try_from(because.tickets.len()).unwrap_or(u32::MAX);
    Row {
        id: line.id.clone(),
        sentence: capital(&line.rule.sentence()),
        words: capital(&because.words),
        tickets: because.tickets.clone(),
        more: because.count.saturating_sub(shown),
        by: line.by.as_ref().map(ToString::to_string),
        learned: line.learned.as_ref().map(Rule::sentence),
        locked: line.locked,
        off: line.off,
        proposed: line.off && line.by.is_none() && matches!(line.rule, Rule::Words { .. }),
        own: because.count == 0 && line.by.is_some(),
        edit: match &line.rule {
            Rule::Handle { way, .. } => Edit::Way { people: *way == Way::People },
            Rule::Words { text, .. } => Edit::Words { text: text.clone() },
            Rule::Approver { who, everyone: true, .. } => Edit::Person {
                address: match who {
                    Approves::Person(address) => address.clone(),
                    _ => String::new(),
                },
            },
            Rule::Approver { .. } | Rule::OtherSystem { .. } => Edit::Nothing,
        },
    }
}

fn version(row: &PlaybookRow) -> Version {
    Version {
        number: row.version,
        author: words::by(&row.author),
        reason: capital(&row.reason),
        at: When(row.at),
        diff: row.diff.clone(),
    }
}

fn address(client: &ClientId) -> String {
    format!("/learning/{}", page::segment(client.as_str()))
}

fn missing() -> Oops {
    Oops::not_found("There is no such client")
}

/// A client of the configuration.
fn known(web: &Web, id: &str) -> Result<ClientId, Oops> {
    let client = ClientId::new(id).map_err(|_| missing())?;
    match web.app.parts().clients.contains_key(&client) {
        true => Ok(client),
        false => Err(missing()),
    }
}
