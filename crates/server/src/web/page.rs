//! What every page of the console shares: its frame, and the way from template to response.

use super::{Web, assets, mask::mask, oops::Oops, session::Viewer};
use crate::clock;
use askama::Template;
use axum::{
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use domain::{Approval, ClientId};

/// More questions than this are shown as "this many or more".
const MANY: u32 = 500;

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
    /// What the live view fetches again, and which case it listens to.
    pub(super) live: Option<Live>,
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
        Ok(Frame {
            title: title.into(),
            active,
            msp: web.app.msp_name.clone(),
            assets: &assets::ADDRESSES,
            person: viewer.person.name.clone(),
            role: viewer.person.role.name(),
            csrf: viewer.csrf.clone(),
            pending: pending(web).await?.len(),
            live: None,
        })
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

/// A client's name for people.
pub(super) fn client_name(web: &Web, id: &ClientId) -> String {
    web.app.clients.get(id).map_or_else(|| id.to_string(), |c| c.name.clone())
}

/// A page of the console. Tokens of one-time pages are taken out, whatever the template shows.
pub(super) fn html(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => respond(status, mask(&text)),
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
