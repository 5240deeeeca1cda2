//! `/breakers`: what is stopped, and the switches. The worker asks the store at every judgement, so
//! opening one counts at once, on every node.

use super::{
    Web,
    bits::{When, capital},
    form::{Fields, Signed},
    guard,
    oops::Oops,
    page::{self, Alarm, Frame},
    session::Viewer,
    words,
};
use crate::clock;
use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use domain::{ActionKind, Actor, BreakerMode, BreakerScope, ClientId};
use std::sync::Arc;
use store::BreakerRow;

#[derive(Template)]
#[template(path = "breakers.html")]
struct BreakersPage {
    frame: Frame,
    open: Vec<Row>,
    clients: Vec<(String, String)>,
    kinds: Vec<(&'static str, String)>,
    may: bool,
}

struct Row {
    what: String,
    mode: &'static str,
    stop: bool,
    reason: String,
    by: String,
    since: When,
    scope: &'static str,
    client: String,
    kind: &'static str,
}

/// `GET /breakers`
pub(super) async fn get(State(web): State<Arc<Web>>, viewer: Viewer) -> Result<Response, Oops> {
    let open = web.app.store.breakers().await?;
    let writes = ActionKind::ALL.iter().copied().filter(|k| k.is_write());
    let page = BreakersPage {
        frame: Frame::new(&web, &viewer, "breakers", "Breakers").await?,
        open: open.iter().map(|b| row(&web, b)).collect(),
        clients: page::clients(&web),
        kinds: writes.map(|k| (k.name(), words::spaced(k.name()))).collect(),
        may: viewer.person.role.may_decide(),
    };
    Ok(page::html(StatusCode::OK, &page))
}

/// `POST /breakers/open`
pub(super) async fn open(State(web): State<Arc<Web>>, signed: Signed) -> Result<Response, Oops> {
    let Signed { viewer, fields } = signed;
    guard::decider(&viewer.person)?;
    let scope = scope(&web, &fields)?;
    if let BreakerScope::Client(client) | BreakerScope::Action(client, _) = &scope
        && !web.app.parts().clients.contains_key(client)
    {
        return Err(Oops::unprocessable(format!("There is no client {client} to stop.")));
    }
    let mode = match fields.get("mode") {
        "ask" => BreakerMode::Ask,
        "stop" | "" => BreakerMode::Stop,
        _ => return Err(Oops::unprocessable("A breaker either stops or asks.")),
    };
    let reason = reason(&fields, "Say in a few words why it opens: whoever closes it reads that.")?;
    let actor = Actor::Person(viewer.person.id.clone());
    if !web.app.store.open_breaker(scope, mode, &reason, actor, clock::now()).await? {
        let text = "A breaker for exactly this is open already, and at least as strict.";
        return Err(Oops::conflict(text));
    }
    Ok(Redirect::to("/breakers").into_response())
}

/// `POST /breakers/close`
pub(super) async fn close(State(web): State<Arc<Web>>, signed: Signed) -> Result<Response, Oops> {
    let Signed { viewer, fields } = signed;
    guard::decider(&viewer.person)?;
    let scope = scope(&web, &fields)?;
    let reason = reason(&fields, "Say in a few words why it may close again.")?;
    let person = &viewer.person.id;
    if !web.app.store.close_breaker(scope, person.clone(), &reason, clock::now()).await? {
        return Err(Oops::conflict("No breaker for exactly this is open any more."));
    }
    // What waited for it is looked at now.
    web.app.due.notify_one();
    Ok(Redirect::to("/breakers").into_response())
}

fn reason(fields: &Fields, without: &str) -> Result<String, Oops> {
    match fields.filled("reason") {
        Some(text) if text.chars().count() <= 500 => Ok(text),
        Some(_) => Err(Oops::unprocessable("The reason is longer than 500 characters.")),
        None => Err(Oops::unprocessable(without)),
    }
}

fn scope(web: &Web, fields: &Fields) -> Result<BreakerScope, Oops> {
    let client = || {
        let id = ClientId::new(fields.get("client"));
        let known = id.ok().filter(|id| *id != store::msp_journal());
        // A client that was taken out of the configuration may still have an open one to close.
        known.ok_or_else(|| {
            let parts = web.app.parts();
            let names: Vec<_> = parts.clients.keys().map(ClientId::as_str).collect();
            Oops::unprocessable(format!("Choose one of the clients: {}.", names.join(", ")))
        })
    };
    let kind = || {
        let kind = words::kind(fields.get("kind")).filter(|k| k.is_write());
        kind.ok_or_else(|| Oops::unprocessable("Choose one of the actions that change something."))
    };
    match fields.get("scope") {
        "everything" => Ok(BreakerScope::Everything),
        "client" => Ok(BreakerScope::Client(client()?)),
        "action" => Ok(BreakerScope::Action(client()?, kind()?)),
        _ => Err(Oops::unprocessable(
            "Choose what it covers: everything, a client, or one action of a client.",
        )),
    }
}

/// What a breaker covers, in words.
pub(super) fn scope_words(web: &Web, scope: &BreakerScope) -> String {
    match scope {
        BreakerScope::Everything => "everything".into(),
        BreakerScope::Client(client) => page::client_name(web, client),
        BreakerScope::Action(client, kind) => {
            format!("{} for {}", words::inside(kind.name()), page::client_name(web, client))
        }
    }
}

fn mode_words(mode: BreakerMode) -> &'static str {
    match mode {
        BreakerMode::Stop => "nothing runs",
        BreakerMode::Ask => "a person is asked about every change",
    }
}

/// An open breaker for the banner.
pub(super) fn alarm(web: &Web, row: &BreakerRow) -> Alarm {
    let facts = &row.facts;
    let scope = scope_words(web, &facts.scope);
    Alarm {
        what: match facts.mode {
            BreakerMode::Stop => format!("Stopped: {scope}"),
            BreakerMode::Ask => format!("On hold, a person is asked: {scope}"),
        },
        since: When(facts.since),
        reason: facts.reason.clone(),
    }
}

fn row(web: &Web, row: &BreakerRow) -> Row {
    let facts = &row.facts;
    let (scope, client, kind) = match &facts.scope {
        BreakerScope::Everything => ("everything", String::new(), ""),
        BreakerScope::Client(client) => ("client", client.to_string(), ""),
        BreakerScope::Action(client, kind) => ("action", client.to_string(), kind.name()),
    };
    Row {
        what: capital(&scope_words(web, &facts.scope)),
        mode: mode_words(facts.mode),
        stop: facts.mode == BreakerMode::Stop,
        reason: facts.reason.clone(),
        by: words::by(&row.by),
        since: When(facts.since),
        scope,
        client,
        kind,
    }
}
