//! App-only OAuth 2.0 tokens (client credentials).

use super::Graph;
use crate::{fresh_id, now};
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use domain::UnixMs;
use serde_json::json;
use std::collections::BTreeMap;

/// A token that was handed out.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) tenant: String,
    pub(super) expires_at: UnixMs,
}

fn refuse(status: StatusCode, error: &str, code: u32, text: &str) -> Response {
    let id = fresh_id().to_string();
    let body = json!({
        "error": error,
        "error_description": format!("AADSTS{code}: {text} Trace ID: {id}"),
        "error_codes": [code],
        "timestamp": now().to_string(),
        "trace_id": id,
        "correlation_id": id,
    });
    (status, Json(body)).into_response()
}

/// `POST /login/{tenant}/oauth2/v2.0/token`
pub(super) async fn token(
    State(graph): State<Graph>,
    Path(tenant): Path<String>,
    form: Result<Form<BTreeMap<String, String>>, FormRejection>,
) -> Response {
    let bad = StatusCode::BAD_REQUEST;
    let Ok(Form(form)) = form else {
        return refuse(
            bad,
            "invalid_request",
            900144,
            "The request body must be a form with 'grant_type'.",
        );
    };
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let known = graph.world.read(|w| {
        w.companies
            .iter()
            .find(|c| {
                c.tenant.eq_ignore_ascii_case(&tenant) || c.domain.eq_ignore_ascii_case(&tenant)
            })
            .map(|c| c.tenant.clone())
    });
    let Some(tenant) = known else {
        return refuse(bad, "invalid_request", 90002, &format!("Tenant '{tenant}' not found."));
    };
    match field("grant_type") {
        "client_credentials" => {}
        "" => {
            return refuse(
                bad,
                "invalid_request",
                900144,
                "The request body must contain the following parameter: 'grant_type'.",
            );
        }
        other => {
            return refuse(
                bad,
                "unsupported_grant_type",
                70003,
                &format!("The app requested an unsupported grant type '{other}'."),
            );
        }
    }
    let Some(app) =
        graph.keys.apps.iter().find(|a| a.tenant == tenant && a.client_id == field("client_id"))
    else {
        return refuse(
            bad,
            "unauthorized_client",
            700016,
            "Application with this identifier was not found in the directory.",
        );
    };
    if app.secret.reveal() != field("client_secret") {
        return refuse(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            7000215,
            "Invalid client secret provided.",
        );
    }
    if !field("scope").ends_with("/.default") {
        return refuse(
            bad,
            "invalid_scope",
            1002012,
            "The provided value for scope is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.",
        );
    }
    let text = format!("sbx.{}.{}", fresh_id().simple(), fresh_id().simple());
    let life = graph.token_lifetime_s;
    let expires_at = now().plus_ms(i64::try_from(life).unwrap_or(3599).saturating_mul(1000));
    graph.remember(text.clone(), Token { tenant, expires_at });
    Json(json!({
        "token_type": "Bearer",
        "expires_in": life,
        "ext_expires_in": life,
        "access_token": text,
    }))
    .into_response()
}
