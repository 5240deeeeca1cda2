//! `GET /fleet/summary`: how this cell stands, for the other cells of the configuration and nobody else.

use super::Web;
use crate::{cells, clock};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{CellId, UnixMs};
use std::sync::Arc;

/// How far the clocks of two cells may be apart, in milliseconds.
const SKEW_MS: i64 = 60_000;

/// Answers a question that a configured cell signed a moment ago; the answer is signed over the
/// question's nonce, so that no old one passes for it.
pub(super) async fn summary(State(web): State<Arc<Web>>, headers: HeaderMap) -> Response {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let (cell, at, nonce) =
        (text("x-journeyman-cell"), text("x-journeyman-at"), text("x-journeyman-nonce"));
    let cells = &web.app.cells;
    let Some(own) = cells.own() else {
        return super::oops::Oops::not_found("There are no other cells here").into_response();
    };
    let peer = CellId::new(cell).ok().and_then(|cell| cells.peer(&cell));
    let skew = at.parse().map(|at| clock::now().since(UnixMs(at)).saturating_abs());
    let parts = [cell.as_bytes(), own.as_str().as_bytes(), at.as_bytes(), nonce.as_bytes()];
    let signed =
        |peer: &&cells::Peer| peer.seal.holds("ask", &parts, text("x-journeyman-signature"));
    let (Some(peer), true) = (peer.filter(signed), skew.is_ok_and(|ms| ms <= SKEW_MS)) else {
        let say = "sign the question with the `secret` of [[cells]], at the present time\n";
        return (StatusCode::UNAUTHORIZED, say).into_response();
    };
    let body = match cells::summary(&web.app).await {
        Ok(summary) => serde_json::to_vec(&summary).unwrap_or_default(),
        Err(e) => {
            tracing::warn!(error = %e, "another cell cannot be told how this one stands");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let signature = peer.seal.sign("tell", &[nonce.as_bytes(), &body]);
    let kind = "application/json".to_owned();
    let named = [(header::CONTENT_TYPE.as_str(), kind), ("x-journeyman-signature", signature)];
    (named, body).into_response()
}
