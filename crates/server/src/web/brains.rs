//! `/brains`: which AIs may ask for actions, their limits, their tokens.
//!
//! INVARIANT: a token and a webhook's secret stand in the one answer to the form that made them, and
//! nowhere else; no address shows them again.

use super::{
    Web,
    bits::{Ago, TierChip, When},
    form::{Fields, Signed},
    guard,
    oops::Oops,
    page::{self, Frame},
    session::Viewer,
    visible, words,
};
use crate::{
    api::{token, webhooks},
    clock, undo,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use domain::{ActionKind, BrainId, ClientId, PersonId, Tier};
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::Arc;
use store::{BrainRow, NewBrain};

/// The highest rate, in calls a minute.
const FASTEST: u32 = 100_000;
/// Longest name, in characters.
const LONGEST: usize = 100;

#[derive(Template)]
#[template(path = "brains.html")]
struct BrainsPage {
    frame: Frame,
    own: Row,
    rows: Vec<Row>,
    gone: Vec<Row>,
    clients: Vec<(String, String)>,
    kinds: Vec<(&'static str, String)>,
    people: Vec<(String, String)>,
    me: String,
    tiers: [&'static str; 4],
    admin: bool,
}

struct Row {
    id: String,
    address: String,
    name: String,
    owner: String,
    clients: String,
    kinds: String,
    ceiling: TierChip,
    rate: String,
    webhook: Option<String>,
    used: Option<Ago>,
    created: Option<When>,
    revoked: Option<When>,
}

/// Something that is shown once.
#[derive(Template)]
#[template(path = "brain_secret.html")]
struct SecretPage {
    frame: Frame,
    title: String,
    what: &'static str,
    secret: String,
    then: String,
}

/// `GET /brains`
pub(super) async fn get(State(web): State<Arc<Web>>, viewer: Viewer) -> Result<Response, Oops> {
    let all = web.app.store.brains().await?;
    let (gone, working): (Vec<_>, Vec<_>) = all.iter().partition(|b| b.revoked_at.is_some());
    let people = web.app.store.people().await?;
    let page = BrainsPage {
        own: own(&web),
        rows: working.into_iter().map(|b| row(&web, b)).collect(),
        gone: gone.into_iter().map(|b| row(&web, b)).collect(),
        clients: page::clients(&web),
        kinds: ActionKind::ALL.iter().map(|k| (k.name(), words::spaced(k.name()))).collect(),
        people: people.iter().map(|p| (p.id.to_string(), p.name.clone())).collect(),
        me: viewer.person.id.to_string(),
        tiers: Tier::ALL.map(Tier::name),
        admin: viewer.person.role == store::Role::Admin,
        frame: Frame::new(&web, &viewer, "brains", "Brains").await?,
    };
    Ok(page::html(StatusCode::OK, &page))
}

/// Our own technician: it is configured, not let in.
fn own(web: &Web) -> Row {
    Row {
        id: web.app.brain.to_string(),
        address: String::new(),
        name: "Journeyman's own technician".into(),
        owner: String::new(),
        clients: "every client".into(),
        kinds: "what its connectors can do".into(),
        ceiling: TierChip(web.app.brain_ceiling),
        rate: "no rate".into(),
        webhook: None,
        used: None,
        created: None,
        revoked: None,
    }
}

fn row(web: &Web, b: &BrainRow) -> Row {
    let names = |all: &Option<Vec<ClientId>>| match all {
        None => "every client".to_owned(),
        Some(ids) if ids.is_empty() => "no client".into(),
        Some(ids) => ids.iter().map(|id| page::client_name(web, id)).collect::<Vec<_>>().join(", "),
    };
    Row {
        address: format!("/brains/{}", page::segment(b.id.as_str())),
        id: b.id.to_string(),
        name: b.name.clone(),
        owner: b.owner.to_string(),
        clients: names(&b.clients),
        kinds: match &b.kinds {
            None => "every action".into(),
            Some(kinds) if kinds.is_empty() => "no action".into(),
            Some(kinds) => {
                kinds.iter().map(|k| words::spaced(k.name())).collect::<Vec<_>>().join(", ")
            }
        },
        ceiling: TierChip(b.ceiling),
        rate: match b.rate_per_min {
            0 => "no rate".into(),
            n => format!("{n} a minute"),
        },
        // Tokens are often part of an address.
        webhook: b.webhook_url.as_deref().map(host),
        used: b.last_used_at.map(|at| Ago { at, now: clock::now() }),
        created: Some(When(b.created_at)),
        revoked: b.revoked_at.map(When),
    }
}

fn host(address: &str) -> String {
    url::Url::parse(address).map_or_else(
        |_| "an address that cannot be read".into(),
        |u| u.origin().ascii_serialization(),
    )
}

/// `POST /brains/add`
pub(super) async fn add(State(web): State<Arc<Web>>, signed: Signed) -> Result<Response, Oops> {
    let Signed { viewer, fields } = signed;
    guard::admin(&viewer.person)?;
    let (new, secret) = wanted(&web, &fields).await?;
    let by = viewer.person.id.clone();
    let brain = web.app.store.add_brain(new, by, clock::now()).await?;
    shown_token(&web, &viewer, &brain.id, &secret).await
}

/// What the form asks for, with a new token.
async fn wanted(web: &Web, fields: &Fields) -> Result<(NewBrain, SecretString), Oops> {
    let wrong = |text: String| Oops::unprocessable(text);
    let name = fields.filled("name").ok_or_else(|| wrong("Give the brain a name.".into()))?;
    if name.chars().count() > LONGEST || visible::hides(&name) {
        let text =
            format!("The name is longer than {LONGEST} characters, or parts cannot be seen.");
        return Err(wrong(text));
    }
    let id = BrainId::new(fields.get("id").trim()).map_err(|e| wrong(format!("{e}.")))?;
    if id == web.app.brain || [undo::PEOPLE, "platform"].contains(&id.as_str()) {
        return Err(wrong(format!("{id} is a name of the platform's own. Choose another id.")));
    }
    let owner = PersonId::new(fields.get("owner")).map_err(|e| wrong(format!("{e}.")))?;
    if web.app.store.person(&owner).await?.is_none() {
        return Err(wrong("Choose who answers for it: somebody who can sign in.".into()));
    }
    let (clients, kinds) = scope(web, fields)?;
    let ceiling = fields.get("ceiling");
    let ceiling = Tier::ALL
        .into_iter()
        .find(|t| t.name() == ceiling)
        .ok_or_else(|| wrong("Choose the highest tier that it may reach.".into()))?;
    let rate = fields.get("rate").trim();
    let rate_per_min =
        rate.parse().ok().filter(|n| (1..=FASTEST).contains(n)).ok_or_else(|| {
            wrong(format!("The rate is {rate:?}; 1 to {FASTEST} a minute is right."))
        })?;
    let (secret, token_hash) = token::new_token(&id).map_err(|e| Oops::inside(&e))?;
    let new = NewBrain { id, name, owner, clients, kinds, ceiling, rate_per_min, token_hash };
    Ok((new, secret))
}

type Scope = (Option<Vec<ClientId>>, Option<Vec<ActionKind>>);

/// Clients and kinds; all of them only when that is said, never because nothing was ticked.
fn scope(web: &Web, fields: &Fields) -> Result<Scope, Oops> {
    let clients = match fields.has("all_clients") {
        true => None,
        false => {
            let parts = web.app.parts();
            let known = |id: &str| parts.clients.keys().find(|c| c.as_str() == id).cloned();
            let chosen: Option<Vec<ClientId>> = fields.all("client").map(known).collect();
            let chosen = chosen.filter(|c| !c.is_empty());
            Some(chosen.ok_or_else(|| Oops::unprocessable("Choose its clients, or all of them."))?)
        }
    };
    let kinds = match fields.has("all_kinds") {
        true => None,
        false => {
            let chosen: Option<Vec<ActionKind>> = fields.all("kind").map(words::kind).collect();
            let chosen = chosen.filter(|k| !k.is_empty());
            Some(chosen.ok_or_else(|| Oops::unprocessable("Choose its actions, or all of them."))?)
        }
    };
    Ok((clients, kinds))
}

async fn shown_token(
    web: &Web,
    viewer: &Viewer,
    id: &BrainId,
    secret: &SecretString,
) -> Result<Response, Oops> {
    let page = SecretPage {
        frame: Frame::new(web, viewer, "brains", "Its token").await?,
        title: format!("The token of {id}"),
        what: "This is the only time that it is shown. Whoever has it may ask in its name.",
        secret: secret.expose_secret().to_owned(),
        then: format!(
            "It is sent as “Authorization: Bearer …” to {0}/api/v1, or over MCP to {0}/mcp.",
            web.app.public_url
        ),
    };
    Ok(page::html(StatusCode::OK, &page))
}

fn brain_id(id: &str) -> Result<BrainId, Oops> {
    BrainId::new(id).map_err(|_| Oops::not_found("There is no such brain"))
}

/// `POST /brains/{id}/rotate`
pub(super) async fn rotate(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    Signed { viewer, .. }: Signed,
) -> Result<Response, Oops> {
    guard::admin(&viewer.person)?;
    let id = brain_id(&id)?;
    let (secret, hash) = token::new_token(&id).map_err(|e| Oops::inside(&e))?;
    let by = viewer.person.id.clone();
    web.app.store.rotate_brain_token(&id, hash, by, clock::now()).await?;
    shown_token(&web, &viewer, &id, &secret).await
}

/// `POST /brains/{id}/revoke`
pub(super) async fn revoke(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    Signed { viewer, fields }: Signed,
) -> Result<Response, Oops> {
    guard::admin(&viewer.person)?;
    let id = brain_id(&id)?;
    let Some(reason) = fields.filled("reason") else {
        return Err(Oops::unprocessable("Say in a few words why it is shut out."));
    };
    let by = viewer.person.id.clone();
    if !web.app.store.revoke_brain(&id, by, &reason, clock::now()).await? {
        return Err(Oops::conflict("It was shut out before."));
    }
    web.app.due.notify_one();
    Ok(Redirect::to("/brains").into_response())
}

/// `POST /brains/{id}/webhook`
pub(super) async fn webhook(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    Signed { viewer, fields }: Signed,
) -> Result<Response, Oops> {
    guard::admin(&viewer.person)?;
    let id = brain_id(&id)?;
    let (by, now) = (viewer.person.id.clone(), clock::now());
    let Some(address) = fields.filled("url") else {
        web.app.store.set_brain_webhook(&id, None, None, by, now).await?;
        return Ok(Redirect::to("/brains").into_response());
    };
    let address = webhooks::check_url(&address)
        .map_err(|e| Oops::unprocessable(format!("{}.", super::bits::capital(&e))))?;
    let secret = token::new_webhook_secret().map_err(|e| Oops::inside(&e))?;
    let kept = Some(secret.clone());
    web.app.store.set_brain_webhook(&id, Some(address.to_string()), kept, by, now).await?;
    let page = SecretPage {
        frame: Frame::new(&web, &viewer, "brains", "Its webhook").await?,
        title: format!("The webhook secret of {id}"),
        what: "This is the only time that it is shown. What is sent is signed with it.",
        secret: secret.expose_secret().to_owned(),
        then: format!("News of its requests go to {}.", host(address.as_str())),
    };
    Ok(page::html(StatusCode::OK, &page))
}
