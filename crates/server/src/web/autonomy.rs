//! `/autonomy`: how far each client lets each action go, as a grid. Changing a cell proposes a policy.

use super::{
    Web,
    form::Signed,
    guard,
    oops::Oops,
    page::{self, Frame},
    policy,
    session::Viewer,
    words,
};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use domain::{ActionKind, Autonomy, ClientId};
use gate::Policy;
use serde::Deserialize;
use std::sync::Arc;

/// The key of what holds for every client.
const EVERY: &str = "*";

#[derive(Template)]
#[template(path = "autonomy.html")]
struct AutonomyPage {
    frame: Frame,
    version: String,
    default: &'static str,
    levels: Vec<Level>,
    columns: Vec<String>,
    groups: Vec<Group>,
    admin: bool,
}

#[derive(Clone)]
struct Level {
    class: &'static str,
    name: &'static str,
    text: &'static str,
}

struct Group {
    name: &'static str,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    cells: Vec<Cell>,
}

struct Cell {
    /// Whose, for people who hear the page.
    whose: String,
    class: &'static str,
    level: &'static str,
    /// Said for this client and action themselves.
    own: bool,
    address: String,
}

#[derive(Template)]
#[template(path = "autonomy_change.html")]
struct ChangePage {
    frame: Frame,
    client: String,
    client_name: String,
    kind: &'static str,
    kind_name: String,
    risk: &'static str,
    floor: super::bits::TierChip,
    now: &'static str,
    own: Option<Autonomy>,
    inherited: &'static str,
    levels: Vec<(Autonomy, &'static str, &'static str)>,
}

/// One cell.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Place {
    #[serde(default)]
    client: String,
    #[serde(default)]
    kind: String,
}

/// `GET /autonomy`
pub(super) async fn get(State(web): State<Arc<Web>>, viewer: Viewer) -> Result<Response, Oops> {
    let (row, document) = policy::in_force(&web).await?;
    let keys = columns(&web, &document);
    let page = AutonomyPage {
        frame: Frame::new(&web, &viewer, "autonomy", "Autonomy").await?,
        version: row.version,
        default: words::level(document.default_autonomy).0,
        levels: Autonomy::ALL
            .map(|a| {
                let (name, text) = words::level(a);
                Level { class: a.name(), name, text }
            })
            .to_vec(),
        columns: keys.iter().map(|key| name_of(&web, key)).collect(),
        groups: words::GROUPS
            .iter()
            .map(|(name, of)| Group { name, rows: rows(&web, &document, &keys, *of) })
            .collect(),
        admin: viewer.person.role == store::Role::Admin,
    };
    Ok(page::html(StatusCode::OK, &page))
}

/// Every client, and first what holds for all.
fn columns(web: &Web, document: &Policy) -> Vec<String> {
    let mut keys: Vec<String> = vec![EVERY.into()];
    keys.extend(web.app.parts().clients.keys().map(ToString::to_string));
    for key in document.autonomy.keys() {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    keys
}

fn name_of(web: &Web, key: &str) -> String {
    match ClientId::new(key) {
        _ if key == EVERY => "Every client".into(),
        Ok(id) => page::client_name(web, &id),
        Err(_) => key.to_owned(),
    }
}

fn rows(web: &Web, document: &Policy, keys: &[String], of: words::KindGroup) -> Vec<Row> {
    let kinds = ActionKind::ALL.iter().copied().filter(|k| words::group(*k) == Some(of));
    kinds
        .map(|kind| Row {
            name: words::spaced(kind.name()),
            cells: keys
                .iter()
                .map(|key| {
                    let own = own(document, key, kind);
                    let level = own.unwrap_or_else(|| inherited(document, key, kind));
                    Cell {
                        whose: name_of(web, key),
                        class: level.name(),
                        level: words::level(level).0,
                        own: own.is_some(),
                        address: format!(
                            "/autonomy/change?client={}&kind={}",
                            page::segment(key),
                            kind.name()
                        ),
                    }
                })
                .collect(),
        })
        .collect()
}

fn own(document: &Policy, key: &str, kind: ActionKind) -> Option<Autonomy> {
    document.autonomy.get(key).and_then(|kinds| kinds.get(&kind)).copied()
}

/// What holds for the cell when nothing is said for it itself.
fn inherited(document: &Policy, key: &str, kind: ActionKind) -> Autonomy {
    let common = if key == EVERY { None } else { own(document, EVERY, kind) };
    common.unwrap_or(document.default_autonomy)
}

/// Reads a cell: its client key and kind.
fn place(
    web: &Web,
    document: &Policy,
    client: &str,
    kind: &str,
) -> Result<(String, ActionKind), Oops> {
    let kind = words::kind(kind).filter(|k| words::group(*k).is_some());
    let kind =
        kind.ok_or_else(|| Oops::not_found("There is no such action that changes anything"))?;
    match columns(web, document).into_iter().find(|key| key == client) {
        Some(key) => Ok((key, kind)),
        None => Err(Oops::not_found("There is no such client")),
    }
}

/// `GET /autonomy/change`
pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    viewer: Viewer,
    Query(at): Query<Place>,
) -> Result<Response, Oops> {
    guard::admin(&viewer.person)?;
    let (_, document) = policy::in_force(&web).await?;
    let (key, kind) = place(&web, &document, &at.client, &at.kind)?;
    let own = own(&document, &key, kind);
    let inherited = inherited(&document, &key, kind);
    let page = ChangePage {
        frame: Frame::new(&web, &viewer, "autonomy", "Change autonomy").await?,
        client_name: name_of(&web, &key),
        client: key,
        kind: kind.name(),
        kind_name: words::spaced(kind.name()),
        risk: kind.risk(),
        floor: super::bits::TierChip(kind.floor()),
        now: words::level(own.unwrap_or(inherited)).0,
        own,
        inherited: words::level(inherited).0,
        levels: Autonomy::ALL
            .map(|a| {
                let (name, text) = words::level(a);
                (a, name, text)
            })
            .to_vec(),
    };
    Ok(page::html(StatusCode::OK, &page))
}

/// `POST /autonomy/change`
pub(super) async fn change(State(web): State<Arc<Web>>, signed: Signed) -> Result<Response, Oops> {
    let Signed { viewer, fields } = signed;
    guard::admin(&viewer.person)?;
    let (_, mut document) = policy::in_force(&web).await?;
    let (key, kind) = place(&web, &document, fields.get("client"), fields.get("kind"))?;
    let Some(reason) = fields.filled("reason") else {
        return Err(Oops::unprocessable("Say in a sentence why it changes."));
    };
    let wanted = fields.get("level");
    match Autonomy::ALL.into_iter().find(|a| a.name() == wanted) {
        Some(level) => {
            document.autonomy.entry(key).or_default().insert(kind, level);
        }
        None if wanted == "inherit" => {
            if let Some(kinds) = document.autonomy.get_mut(&key) {
                kinds.remove(&kind);
            }
            document.autonomy.retain(|_, kinds| !kinds.is_empty());
        }
        None => {
            let names = Autonomy::ALL.map(Autonomy::name).join(", ");
            return Err(Oops::unprocessable(format!("Choose a level: {names}, or inherit.")));
        }
    }
    policy::replace(&web, &viewer, document, &reason).await?;
    Ok(Redirect::to("/policy").into_response())
}
