//! What every page of the console shares: its frame, and the way from template to response.

use super::{
    Web, assets, bits::When, breakers, mask::mask, oops::Oops, session::Viewer, visible::visible,
};
use crate::clock;
use askama::Template;
use axum::{
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use domain::{Approval, ClientId};

/// More questions than this are shown as "this many or more".
const MANY: u32 = 500;

/// Open breakers that the banner names one by one.
const ALARMS: usize = 3;

/// The frame of a page for someone who is signed in.
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) active: &'static str,
    pub(super) msp: String,
    pub(super) assets: &'static assets::Addresses,
    pub(super) person: String,
    pub(super) role: &'static str,
    pub(super) csrf: String,
    pub(super) pending: usize,
    /// What is stopped, on every page until somebody closes it.
    pub(super) alarms: Vec<Alarm>,
    /// Open breakers that found no room among the alarms.
    pub(super) more_alarms: usize,
    /// Why no policy is in force, when none is.
    pub(super) no_policy: Option<String>,
    /// What the live view fetches again, and which case it listens to.
    pub(super) live: Option<Live>,
}

/// An open breaker, as the banner tells it.
pub(super) struct Alarm {
    pub(super) what: String,
    pub(super) since: When,
    pub(super) reason: String,
}

/// How a page stays current.
pub(super) struct Live {
    pub(super) address: String,
    pub(super) case: Option<String>,
}

impl Frame {
    pub(super) async fn new(
        web: &Web,
        viewer: &Viewer,
        active: &'static str,
        title: impl Into<String>,
    ) -> Result<Frame, Oops> {
        let open = web.app.store.breakers().await?;
        Ok(Frame {
            title: title.into(),
            active,
            msp: web.app.msp_name.clone(),
            assets: &assets::ADDRESSES,
            person: viewer.person.name.clone(),
            role: viewer.person.role.name(),
            csrf: viewer.csrf.clone(),
            pending: pending(web).await?.len(),
            more_alarms: open.len().saturating_sub(ALARMS),
            alarms: open.iter().take(ALARMS).map(|b| breakers::alarm(web, b)).collect(),
            no_policy: web.app.policy().as_ref().as_ref().err().cloned(),
            live: None,
        })
    }

    /// Whether the page is one of those about the gate.
    pub(super) fn of_gate(&self) -> bool {
        ["policy", "autonomy", "breakers", "brains", "people"].contains(&self.active)
    }

    /// Whether the page is one of those about learning.
    pub(super) fn of_learning(&self) -> bool {
        ["learning", "backtest", "shadow"].contains(&self.active)
    }

    pub(super) fn live(mut self, address: String, case: Option<String>) -> Frame {
        self.live = Some(Live { address, case });
        self
    }
}

/// Questions that can still be decided.
pub(super) async fn pending(web: &Web) -> Result<Vec<Approval>, Oops> {
    let now = clock::now();
    let mut all = web.app.store.approvals(Some("pending"), MANY).await?;
    all.retain(|a| a.expires_at > now);
    Ok(all)
}

/// A part of an address, with everything but letters, digits, `-` and `_` written in per cent.
pub(super) fn segment(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, b| {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => out.push(char::from(b)),
            b => out.push_str(&format!("%{b:02X}")),
        }
        out
    })
}

/// Every client that can be chosen: id and name.
pub(super) fn clients(web: &Web) -> Vec<(String, String)> {
    web.app.parts().clients.values().map(|c| (c.id.to_string(), c.name.clone())).collect()
}

/// A client's name for people.
pub(super) fn client_name(web: &Web, id: &ClientId) -> String {
    if *id == store::msp_journal() {
        return "Settings of the gate".into();
    }
    web.app.parts().clients.get(id).map_or_else(|| id.to_string(), |c| c.name.clone())
}

/// A page of the console. Tokens of one-time pages are taken out, whatever the template shows.
pub(super) fn html(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => respond(status, visible(&mask(&text)).into_owned()),
        Err(e) => failed(&e),
    }
}

/// A page for the end user, whose forms must lead back to their own one-time address.
pub(super) fn html_with_token(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => respond(status, text),
        Err(e) => failed(&e),
    }
}

fn respond(status: StatusCode, text: String) -> Response {
    (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
}

fn failed(error: &askama::Error) -> Response {
    tracing::error!(error = %error, "a template could not be rendered");
    (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be made.").into_response()
}
