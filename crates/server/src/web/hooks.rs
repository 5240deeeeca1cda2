//! `POST /hooks/psa/{name}/{token}`: a PSA says that something changed. Nothing that it says is
//! believed: it only makes intake look sooner.

use super::{Web, form::same, oops::Oops};
use axum::{
    body::{Body, to_bytes},
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// The body is read and thrown away, so that the caller does not take a closed connection for a
/// failure; beyond this nobody listens.
const MAX_BYTES: usize = 256 * 1024;

pub(super) async fn post(
    State(web): State<Arc<Web>>,
    Path((name, token)): Path<(String, String)>,
    body: Body,
) -> Response {
    if !same(&token, &web.app.store.hook_token(&name)) {
        return Oops::not_found("There is no such call-back address").into_response();
    }
    if to_bytes(body, MAX_BYTES).await.is_err() {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    web.app.look.notify_waiters();
    StatusCode::NO_CONTENT.into_response()
}
