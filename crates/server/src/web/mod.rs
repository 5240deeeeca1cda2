//! Console, call-backs of PSAs, calls of a chat and one-time pages.
//!
//! INVARIANTS: a handler only reads the store, records a person's decision and wakes workers; it
//! never calls a connector, except outgoing mail for the one-time code. Every response carries the
//! headers of [`headers`].

pub(crate) mod approval;
mod approvals;
mod assets;
mod autonomy;
mod bits;
mod brains;
mod breakers;
mod by_hand;
mod case;
mod cases;
mod elsewhere;
mod events;
mod fact;
mod fleet;
mod form;
mod guard;
mod headers;
mod health;
mod hooks;
mod journal;
mod learning;
mod limit;
mod login;
mod mask;
mod metrics;
mod notifications;
mod oops;
mod page;
pub(crate) mod password;
mod people;
mod policy;
mod reload;
mod secret;
mod session;
mod slack;
mod story;
mod visible;
mod words;

use crate::app::App;
use axum::{
    Router, middleware,
    routing::{get, post},
};
use oops::Oops;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Password checks at the same time.
const HASHING: usize = 2;

/// What the handlers share.
#[derive(Debug)]
struct Web {
    app: Arc<App>,
    limits: limit::Limits,
    hashing: Semaphore,
    /// The console is reached over TLS.
    https: bool,
    /// Scheme, host and port of the console, as browsers send it in `Origin`.
    origin: String,
}

/// Every route of the server.
pub(crate) fn router(app: Arc<App>) -> Router {
    let address = url::Url::parse(&app.public_url).ok();
    let web = Arc::new(Web {
        https: address.as_ref().is_some_and(|u| u.scheme() == "https"),
        origin: address.map_or_else(String::new, |u| u.origin().ascii_serialization()),
        limits: limit::Limits::new(),
        hashing: Semaphore::new(HASHING),
        app,
    });
    let console = Router::new()
        .route("/", get(cases::get))
        .route("/cases/fragment", get(cases::fragment))
        .route("/cases/{id}", get(case::get))
        .route("/approvals", get(approvals::get))
        .route("/approvals/{id}", get(approval::get))
        .route("/approvals/{id}/approve", post(approval::approve))
        .route("/approvals/{id}/deny", post(approval::deny))
        .route("/approvals/{id}/change", post(approval::alter))
        .route("/approvals/case/{case}", get(approval::all))
        .route("/approvals/case/{case}/approve", post(approval::approve_all))
        .route("/approvals/case/{case}/deny", post(approval::deny_all))
        .route("/cases/{id}/by-hand", post(by_hand::record))
        .route("/undo/{case}/{attempt}", post(by_hand::take_back))
        .route("/notifications", get(notifications::get))
        .route("/policy", get(policy::get))
        .route("/policy/edit", get(policy::edit))
        .route("/policy/check", post(policy::check))
        .route("/policy/propose", post(policy::propose))
        .route("/policy/{version}/agree", post(policy::agree))
        .route("/policy/{version}/reject", post(policy::reject))
        .route("/policy/{version}/return", post(policy::return_to))
        .route("/autonomy", get(autonomy::get))
        .route("/autonomy/change", get(autonomy::ask).post(autonomy::change))
        .route("/breakers", get(breakers::get))
        .route("/breakers/open", post(breakers::open))
        .route("/breakers/close", post(breakers::close))
        .route("/brains", get(brains::get))
        .route("/brains/add", post(brains::add))
        .route("/brains/{id}/rotate", post(brains::rotate))
        .route("/brains/{id}/revoke", post(brains::revoke))
        .route("/brains/{id}/webhook", post(brains::webhook))
        .route("/people", get(people::get))
        .route("/people/{id}/role", post(people::role))
        .route("/people/{id}/away", post(people::away))
        .route("/people/{id}/deputy", post(people::deputy))
        .route("/learning", get(learning::get))
        .route("/learning/{client}", get(learning::of_client))
        .route("/learning/{client}/line", post(learning::change))
        .route("/learning/{client}/add", post(learning::add))
        .route("/backtest", get(learning::reports))
        .route("/backtest/{client}/{at}", get(learning::report))
        .route("/shadow", get(learning::shadow))
        .route("/journal", get(journal::get))
        .route("/journal/verify", post(journal::verify))
        .route("/events", get(events::get))
        .route("/metrics", get(metrics::get))
        .route("/login", get(login::get).post(login::post))
        .route("/login/once/{token}", get(login::once_get).post(login::once_post))
        .route("/logout", post(login::logout))
        .layer(middleware::from_fn_with_state(web.clone(), elsewhere::lead))
        .layer(session::layer(web.app.store.clone(), web.https));
    let open = Router::new()
        .route("/reload", post(reload::post))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/fleet/summary", get(fleet::summary))
        .route("/assets/{name}", get(assets::get))
        .route("/secret/{token}", get(secret::get).post(secret::take))
        .route("/secret/{token}/code", post(secret::code))
        .route("/hooks/psa/{name}/{token}", post(hooks::post))
        .route("/hooks/slack/events", post(slack::post))
        .route("/hooks/slack/interactions", post(slack::post))
        .layer(middleware::from_fn_with_state(web.clone(), elsewhere::lead));
    console
        .merge(open)
        .merge(crate::api::router(web.app.clone()))
        .fallback(|| async { Oops::not_found("There is no page at this address") })
        .method_not_allowed_fallback(|| async { Oops::method() })
        .layer(middleware::from_fn_with_state(web.clone(), headers::set))
        .layer(middleware::from_fn(metrics::measure))
        .with_state(web)
}

#[cfg(test)]
mod tests;
