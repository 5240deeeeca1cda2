//! The API's error form.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error answer.
#[derive(Debug)]
pub(crate) struct CwError {
    status: StatusCode,
    code: &'static str,
    message: String,
    errors: Vec<Value>,
}

impl CwError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        CwError { status, code, message: message.into(), errors: Vec::new() }
    }

    pub(super) fn unauthorized(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", message)
    }

    pub(super) fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", format!("{what} {id} not found"))
    }

    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidRequest", message)
    }

    /// An object with one invalid field.
    pub(super) fn invalid(resource: &str, field: &str, code: &str, message: &str) -> Self {
        CwError {
            status: StatusCode::BAD_REQUEST,
            code: "InvalidObject",
            message: format!("{resource} object is invalid"),
            errors: vec![json!({
                "code": code, "message": message, "resource": resource, "field": field,
            })],
        }
    }

    /// A field that must be there.
    pub(super) fn missing(resource: &str, field: &str) -> Self {
        Self::invalid(
            resource,
            field,
            "MissingRequiredField",
            &format!("The {field} field is required."),
        )
    }
}

impl IntoResponse for CwError {
    fn into_response(self) -> Response {
        let errors = if self.errors.is_empty() { Value::Null } else { Value::Array(self.errors) };
        let body = json!({"code": self.code, "message": self.message, "errors": errors});
        (self.status, Json(body)).into_response()
    }
}

/// The answer of an injected fault.
pub(crate) fn refusal(status: StatusCode) -> Response {
    let (code, message) = match status.as_u16() {
        429 => ("TooManyRequests", "Too many requests. Please try again later."),
        401 => ("Unauthorized", "Username or password is incorrect."),
        403 => ("Forbidden", "You do not have security permission to perform this action."),
        404 => ("NotFound", "The requested object was not found."),
        400..=499 => ("InvalidRequest", "The request cannot be processed."),
        _ => ("ServerError", "An error has occurred."),
    };
    CwError::new(status, code, message).into_response()
}
