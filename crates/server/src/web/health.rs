//! `GET /healthz` and `GET /readyz`, for whatever keeps this process running and sends it visitors.

use super::Web;
use crate::ops::Missing;
use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use std::sync::Arc;

/// The process answers. When it does not, starting it again is right.
pub(super) async fn live() -> &'static str {
    "ok"
}

#[derive(Serialize)]
pub(super) struct Readiness {
    ready: bool,
    /// What is not ready; empty when everything is.
    missing: Vec<Missing>,
}

/// Whether work can be done here: the store reads and writes, and the server is not about to end.
/// When not, starting it again helps nothing; visitors go to another node meanwhile.
pub(super) async fn ready(State(web): State<Arc<Web>>) -> (StatusCode, Json<Readiness>) {
    let missing = web.app.ops.missing(&web.app.store).await;
    let status = match missing.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(Readiness { ready: missing.is_empty(), missing }))
}
