//! `/policy`: what is in force and what it says in plain words, proposals, and every version.
//!
//! INVARIANT: nothing here changes what the gate judges by except through the store's proposals,
//! which want a second person for whatever loosens.

mod calendar;
mod edit;
mod edits;
mod says;
mod write;

pub(super) use edit::{check, get as edit};
pub(super) use says::whom;
pub(super) use write::{agree, propose, reject, replace, return_to};

use super::{
    Web,
    bits::{When, capital},
    oops::Oops,
    page::{self, Frame},
    session::Viewer,
    words,
};
use crate::{clock, policy};
use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use gate::Policy;
use says::Says;
use std::sync::Arc;
use store::{PolicyRow, PolicyState};

/// Versions on the page.
const SHOWN: u32 = 100;

#[derive(Template)]
#[template(path = "policy.html")]
struct PolicyPage {
    frame: Frame,
    active: Option<Version>,
    says: Option<Says>,
    proposals: Vec<Version>,
    history: Vec<Version>,
    admin: bool,
}

/// One version, as the page tells it.
struct Version {
    name: String,
    address: String,
    base: Option<String>,
    author: String,
    mine: bool,
    reason: String,
    diff: Vec<String>,
    loosens: Vec<String>,
    state: &'static str,
    state_words: &'static str,
    proposed: When,
    decided_by: Option<String>,
    decided: Option<When>,
    document: String,
}

/// `GET /policy`
pub(super) async fn get(State(web): State<Arc<Web>>, viewer: Viewer) -> Result<Response, Oops> {
    let rows = web.app.store.policies(SHOWN).await?;
    let active = web.app.store.active_policy().await?;
    let says = active
        .as_ref()
        .and_then(|row| policy::parse(&row.document).ok())
        .map(|document| says::says(&web, &document, clock::now()));
    let version = |row: &PolicyRow| version(row, &viewer);
    let (open, settled): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| row.state == PolicyState::Proposed);
    let page = PolicyPage {
        frame: Frame::new(&web, &viewer, "policy", "Policy").await?,
        active: active.as_ref().map(version),
        says,
        proposals: open.into_iter().map(version).collect(),
        history: settled.into_iter().map(version).collect(),
        admin: viewer.person.role == store::Role::Admin,
    };
    Ok(page::html(StatusCode::OK, &page))
}

fn version(row: &PolicyRow, viewer: &Viewer) -> Version {
    Version {
        name: row.version.clone(),
        address: format!("/policy/{}", page::segment(&row.version)),
        base: row.base.clone(),
        author: words::by(&row.author),
        mine: row.author == viewer.person.id.as_str(),
        reason: capital(&row.reason),
        diff: row.diff.clone(),
        loosens: row.loosens.clone(),
        state: row.state.name(),
        state_words: match row.state {
            PolicyState::Proposed => "Waits for a second person",
            PolicyState::Active => "In force",
            PolicyState::Retired => "Was in force",
            PolicyState::Rejected => "Rejected",
        },
        proposed: When(row.proposed_at),
        decided_by: row.decided_by.clone(),
        decided: row.decided_at.map(When),
        document: row.document.clone(),
    }
}

/// The version in force and its document. Without a readable one there is nothing to change a part
/// of.
pub(super) async fn in_force(web: &Web) -> Result<(PolicyRow, Policy), Oops> {
    let Some(row) = web.app.store.active_policy().await? else {
        let text = "No policy is in force. Write one with `journeyman policy import`.";
        return Err(Oops::conflict(text));
    };
    match policy::parse(&row.document) {
        Ok(document) => Ok((row, document)),
        Err(e) => Err(Oops::conflict(format!(
            "Policy {} cannot be read: {e}. Return to an earlier version first.",
            row.version
        ))),
    }
}
