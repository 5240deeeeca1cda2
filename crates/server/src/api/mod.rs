//! The Brain Connector API: how any brain other than our own asks for actions, over REST and over MCP.
//!
//! INVARIANTS: every route but the API's own description needs a brain's token, asked of the store
//! on every call; what a caller sees is of its own requests and its own clients; nothing here judges
//! or performs: a submission is journalled, the worker does the rest. Text that is not right gets a
//! 4xx that names what is wrong, before anything is written.

mod answer;
mod body;
mod brain;
mod caller;
mod check;
mod mcp;
mod openapi;
mod problem;
mod rate;
mod requests;
mod resource;
mod schema;
mod shape;
mod standing;
mod submit;
mod text;
mod tickets;
pub(crate) mod token;
pub(crate) mod webhooks;

use crate::app::App;
use axum::{
    Router,
    http::{Method, StatusCode},
    middleware,
};
use problem::Problem;
use std::sync::Arc;

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct Api {
    app: Arc<App>,
    rates: rate::Rates,
}

/// `/api/v1/…` and `/mcp`.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(app: Arc<App>) -> Router<S> {
    let api = Arc::new(Api { app, rates: rate::Rates::default() });
    let (rest, document) = openapi::routes().split_for_parts();
    let required = middleware::from_fn_with_state(api.clone(), caller::required);
    let rest = rest
        .method_not_allowed_fallback(wrong_method)
        .fallback(nothing)
        .layer(required.clone())
        .merge(openapi::document(&document))
        .with_state(api.clone());
    let mcp = mcp::router(api).layer(required);
    Router::new().nest("/api/v1", rest).merge(mcp)
}

async fn wrong_method(method: Method) -> Problem {
    let detail = format!("{method} does nothing here; the `Allow` header names what does.");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", detail)
}

async fn nothing() -> Problem {
    Problem::not_found(
        "There is nothing at this address; GET /api/v1/openapi.json lists what there is.",
    )
}

#[cfg(test)]
mod tests;
