//! `/policy/edit` and `/policy/check`: the document, small forms for what changes often, and what a
//! change would mean before anybody proposes it.

use super::{
    edits,
    write::{Written, diff_line},
};
use crate::{
    clock, policy,
    web::{
        Web,
        bits::{TierChip, When, capital},
        form::{Fields, Signed},
        guard,
        oops::Oops,
        page::{self, Frame},
        session::Viewer,
        visible, words,
    },
};
use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use domain::{ActionKind, Tier};
use gate::{Policy, calendar::Weekday};
use std::sync::Arc;

/// Changed requests of a dry run on the page.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "policy_edit.html")]
struct EditPage {
    frame: Frame,
    document: String,
    problems: Vec<String>,
    /// The document as far as it can be read, for the small forms.
    now: Option<Policy>,
    typed: Fields,
    clients: Vec<(String, String)>,
    kinds: Vec<(&'static str, String)>,
    days: [&'static str; 7],
    windows: Vec<(String, String)>,
    rules: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "policy_check.html")]
struct CheckPage {
    frame: Frame,
    document: String,
    version: String,
    base: String,
    differences: Vec<Line>,
    loosens: Vec<String>,
    looked_at: usize,
    changed: Vec<Changed>,
    more: usize,
}

struct Line {
    text: String,
    loosens: bool,
}

struct Changed {
    case: String,
    client: String,
    at: When,
    sentence: String,
    before: TierChip,
    after: TierChip,
    stricter: bool,
    because: String,
}

/// `GET /policy/edit`
pub(in crate::web) async fn get(
    State(web): State<Arc<Web>>,
    viewer: Viewer,
) -> Result<Response, Oops> {
    guard::admin(&viewer.person)?;
    let document = match web.app.store.active_policy().await? {
        // As people read it, however it was sent.
        Some(row) => policy::parse(&row.document).map_or(row.document, |p| policy::render(&p)),
        None => policy::render(&Policy::cautious(policy::next_version("", clock::now()))),
    };
    show(&web, &viewer, document, Vec::new(), Fields::default()).await
}

/// `POST /policy/check`
pub(in crate::web) async fn check(
    State(web): State<Arc<Web>>,
    signed: Signed,
) -> Result<Response, Oops> {
    let Signed { viewer, fields } = signed;
    guard::admin(&viewer.person)?;
    let text = fields.get("document").replace("\r\n", "\n");
    let mut document = match policy::parse(&text) {
        Ok(document) => document,
        Err(e) => return show(&web, &viewer, text, vec![e], fields).await,
    };
    let todo = fields.get("do");
    if todo == "edit" {
        let text = policy::render(&document);
        return show(&web, &viewer, text, Vec::new(), Fields::default()).await;
    }
    if let Err(e) = edits::apply(&mut document, todo, &fields) {
        return show(&web, &viewer, text, vec![e], fields).await;
    }
    match Written::check(&web, document).await? {
        Ok(written) => checked(&web, &viewer, written).await,
        // The document as it was sent: what the small form adds is still in that form.
        Err(problems) => show(&web, &viewer, text, problems, fields).await,
    }
}

async fn show(
    web: &Web,
    viewer: &Viewer,
    document: String,
    problems: Vec<String>,
    typed: Fields,
) -> Result<Response, Oops> {
    let now = policy::parse(&document).ok();
    let status = match problems.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let writes = ActionKind::ALL.iter().copied().filter(|k| k.is_write() && !words::closes(*k));
    let page = EditPage {
        frame: Frame::new(web, viewer, "policy", "Change the policy").await?,
        document: visible::json(&document),
        problems: problems.iter().map(|p| capital(p)).collect(),
        windows: now.as_ref().map(edits::windows).unwrap_or_default(),
        rules: now.as_ref().map(edits::rules).unwrap_or_default(),
        now,
        typed,
        clients: page::clients(web),
        kinds: writes.map(|k| (k.name(), words::spaced(k.name()))).collect(),
        days: Weekday::ALL.map(Weekday::name),
    };
    Ok(page::html(status, &page))
}

async fn checked(web: &Web, viewer: &Viewer, written: Written) -> Result<Response, Oops> {
    let found = policy::simulate(&web.app.store, &written.compiled, clock::now()).await?;
    let more = found.changed.len().saturating_sub(SHOWN);
    let page = CheckPage {
        frame: Frame::new(web, viewer, "policy", "Check the policy").await?,
        document: visible::json(&policy::render(&written.policy)),
        version: written.policy.version.clone(),
        base: written.base.as_ref().map(|row| row.version.clone()).unwrap_or_default(),
        loosens: written.loosens(),
        differences: written
            .differences
            .iter()
            .map(|d| Line { text: diff_line(d), loosens: d.loosens.is_some() })
            .collect(),
        looked_at: found.looked_at,
        changed: found.changed.into_iter().take(SHOWN).map(|c| changed(web, c)).collect(),
        more,
    };
    Ok(page::html(StatusCode::OK, &page))
}

fn changed(web: &Web, c: policy::Change) -> Changed {
    let tier = |t: Tier| TierChip(t);
    Changed {
        case: c.case.to_string(),
        client: page::client_name(web, &c.client),
        at: When(c.at),
        sentence: c.sentence,
        before: tier(c.before),
        after: tier(c.after),
        stricter: c.after > c.before,
        because: capital(&c.because),
    }
}
