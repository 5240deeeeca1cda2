//! ConnectWise PSA (Manage) stand-in: the part that help-desk work needs, from the published API.

mod callbacks;
mod company;
mod conditions;
pub(crate) mod desk;
mod error;
mod notes;
mod page;
mod records;
pub(crate) mod tickets;
mod time;

pub(crate) use callbacks::deliver;
pub(crate) use error::{CwError, refusal};

use crate::keys::Keys;
use crate::smtp::Mailboxes;
use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use desk::DeskHandle;
use page::Raw;
use std::sync::Arc;

const API: &str = "/cw/v4_6_release/apis/3.0";

/// What every handler shares.
#[derive(Clone)]
pub(crate) struct Cw {
    desk: DeskHandle,
    keys: Arc<Keys>,
    base_url: Arc<str>,
    mails: Mailboxes,
}

impl Cw {
    /// Address of a path of the API.
    fn url(&self, path: &str) -> String {
        format!("{}{API}{path}", self.base_url)
    }
}

type Answer = Result<Response, CwError>;

/// Proof that the request carries the API member's keys and the client id.
struct Member;

impl FromRequestParts<Cw> for Member {
    type Rejection = CwError;

    async fn from_request_parts(parts: &mut Parts, cw: &Cw) -> Result<Self, CwError> {
        let text = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok());
        let sent = text(header::AUTHORIZATION.as_str())
            .and_then(|v| v.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
            .and_then(|(_, code)| STANDARD.decode(code.trim()).ok())
            .ok_or_else(|| {
                CwError::unauthorized("The Authorization header is missing or not Basic.")
            })?;
        let keys = &cw.keys;
        let right = format!("{}+{}:{}", keys.cw_company, keys.cw_public, keys.cw_private.reveal());
        if sent != right.as_bytes() {
            return Err(CwError::unauthorized("Username or password is incorrect."));
        }
        match text("clientId") {
            Some(id) if id == keys.cw_client_id => Ok(Member),
            Some(_) => Err(CwError::unauthorized("The clientId is not valid.")),
            None => Err(CwError::unauthorized("A clientId header is required.")),
        }
    }
}

/// Every route of the stand-in.
pub(crate) fn router(base_url: &str, desk: &DeskHandle, keys: &Keys, mails: &Mailboxes) -> Router {
    let cw = Cw {
        desk: desk.clone(),
        keys: Arc::new(keys.clone()),
        base_url: base_url.into(),
        mails: mails.clone(),
    };
    let api = Router::new()
        .route("/system/info", get(company::info))
        .route("/system/members", get(company::members))
        .route("/system/callbacks", get(callbacks::list).post(callbacks::create))
        .route("/system/callbacks/{id}", get(callbacks::one).delete(callbacks::remove))
        .route("/company/companies", get(company::companies))
        .route("/company/companies/{id}", get(company::company))
        .route("/company/contacts", get(company::contacts))
        .route("/company/contacts/{id}", get(company::contact))
        .route("/service/boards", get(company::boards))
        .route("/service/boards/{id}/statuses", get(company::statuses))
        .route("/service/tickets", get(tickets::list).post(tickets::create))
        .route("/service/tickets/count", get(tickets::count))
        .route("/service/tickets/{id}", get(tickets::one).patch(tickets::patch))
        .route("/service/tickets/{id}/merge", post(tickets::merge))
        .route("/service/tickets/{id}/attachChildren", post(tickets::attach))
        .route("/service/tickets/{id}/notes", get(notes::list).post(notes::create))
        .route("/service/tickets/{id}/allNotes", get(notes::list))
        .route("/time/entries", get(time::list).post(time::create))
        .route("/time/entries/{id}", get(time::one))
        .fallback(no_route);
    Router::new()
        .nest(API, api)
        .route("/cw/v4_6_release/system/callbackkey/index.rails", get(callbacks::key))
        .with_state(cw)
}

async fn no_route(_: Member, uri: axum::http::Uri) -> CwError {
    CwError::not_found("Route", uri.path())
}
