//! `GET /metrics`, and the measuring of every request.
//!
//! INVARIANT: a request is labelled by the template of its route, never by its path: paths hold ids and
//! tokens.

use super::{Web, form::same, guard, session::Viewer};
use crate::ops::metrics::{self, HTTP_SECONDS};
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use std::{sync::Arc, time::Instant};

const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// For administrators, and for a collector that has the token of the configuration.
pub(super) async fn get(
    State(web): State<Arc<Web>>,
    viewer: Option<Viewer>,
    headers: HeaderMap,
) -> Response {
    if headers.contains_key(header::AUTHORIZATION) {
        if !knows_token(&web, &headers) {
            return unauthorised();
        }
    } else {
        match viewer {
            None => return unauthorised(),
            Some(viewer) => {
                if let Err(e) = guard::admin(&viewer.person) {
                    return e.into_response();
                }
            }
        }
    }
    match metrics::text(&web.app.store).await {
        Ok(text) => ([(header::CONTENT_TYPE, FORMAT)], text).into_response(),
        Err(e) => super::oops::Oops::store(&e).into_response(),
    }
}

fn unauthorised() -> Response {
    let say = "send the bearer token that `metrics_token` of the configuration names, or sign in\n";
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], say).into_response()
}

fn knows_token(web: &Web, headers: &HeaderMap) -> bool {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(one), None) = (sent.next().and_then(|v| v.to_str().ok()), sent.next()) else {
        return false;
    };
    let Some((scheme, token)) = one.split_once(' ') else { return false };
    let parts = web.app.parts();
    let Some(known) = &parts.metrics_token else { return false };
    // Of the hashes, so that the time tells nothing of the length either.
    let hash = |text: &str| hex::encode(Sha256::digest(text.as_bytes()));
    scheme.eq_ignore_ascii_case("bearer") && same(&hash(token.trim()), &hash(known.expose_secret()))
}

/// Measures how long the answer's head takes.
pub(super) async fn measure(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = name_of(request.method());
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let response = next.run(request).await;
    let labels = [
        ("http_request_method", method.to_owned()),
        ("http_route", route.unwrap_or_default()),
        ("http_response_status_code", response.status().as_str().to_owned()),
    ];
    ::metrics::histogram!(HTTP_SECONDS, &labels).record(begun.elapsed());
    response
}

/// The method, as long as it is one of the common ones: a caller may invent others without end.
fn name_of(method: &Method) -> &'static str {
    let common = [
        (Method::GET, "GET"),
        (Method::POST, "POST"),
        (Method::HEAD, "HEAD"),
        (Method::OPTIONS, "OPTIONS"),
        (Method::PUT, "PUT"),
        (Method::PATCH, "PATCH"),
        (Method::DELETE, "DELETE"),
    ];
    common.iter().find(|(m, _)| m == method).map_or("_OTHER", |(_, name)| name)
}
