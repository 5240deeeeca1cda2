//! Graph's error form.

use crate::{fresh_id, now};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error answer.
#[derive(Debug)]
pub(crate) struct GraphError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl GraphError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        GraphError { status, code, message: message.into() }
    }

    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Request_BadRequest", message)
    }

    pub(super) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Request_UnsupportedQuery", message)
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Request_ResourceNotFound",
            format!(
                "Resource '{what}' does not exist or one of its queried reference-property objects are not present."
            ),
        )
    }

    pub(super) fn token(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message)
    }
}

impl IntoResponse for GraphError {
    fn into_response(self) -> Response {
        let id = fresh_id().to_string();
        let date = now().to_string();
        let body = json!({"error": {
            "code": self.code,
            "message": self.message,
            "innerError": {
                "date": date.split('.').next().unwrap_or_default().trim_end_matches('Z'),
                "request-id": id,
                "client-request-id": id,
            }
        }});
        let mut answer = (self.status, Json(body)).into_response();
        if let Ok(value) = HeaderValue::from_str(&id) {
            answer.headers_mut().insert("request-id", value);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let value = HeaderValue::from_static("Bearer realm=\"\", error=\"invalid_token\"");
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        answer
    }
}

/// The answer of an injected fault.
pub(crate) fn refusal(status: StatusCode) -> Response {
    let (code, message) = match status.as_u16() {
        429 => ("TooManyRequests", "Too many requests. Retry after the time the header names."),
        401 => ("InvalidAuthenticationToken", "Access token validation failure."),
        403 => {
            ("Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        }
        404 => ("Request_ResourceNotFound", "Resource does not exist."),
        503 => ("serviceNotAvailable", "The service is temporarily unavailable."),
        504 => ("gatewayTimeout", "The service did not answer in time."),
        400..=499 => ("Request_BadRequest", "The request cannot be processed."),
        _ => ("generalException", "An unspecified error has occurred."),
    };
    GraphError::new(status, code, message).into_response()
}
