//! What went wrong, as `application/problem+json` (RFC 9457).

use super::check::Wrong;
use crate::app::App;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::ClientId;
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

/// What went wrong (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// Stable name of what went wrong, for programs.
    code: &'static str,
    /// What was wrong here and what would be right.
    detail: String,
    /// Which part of the body, as `actions[0].devices[2].name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    at: Option<Box<str>>,
    /// Where it would be right to ask instead, when the client lives in another cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    url: Option<Box<str>>,
    #[serde(skip)]
    retry_after_s: Option<u32>,
}

/// Sends a caller to the cell of a client that does not live here.
///
/// # Errors
/// Names the cell and where it is.
pub(super) fn here(app: &App, client: &ClientId) -> Result<(), Problem> {
    let Some(there) = app.cells.elsewhere(client) else { return Ok(()) };
    let detail = match &there.url {
        Some(url) => format!("{client} lives in the cell {}; ask at {url}.", there.cell),
        None => format!("{client} lives in the cell {}, which is not configured here.", there.cell),
    };
    let mut problem = Problem::new(StatusCode::MISDIRECTED_REQUEST, "lives_elsewhere", detail);
    problem.url = there.url.map(String::into_boxed_str);
    Err(problem)
}

impl Problem {
    /// A problem with this status, stable code and sentence.
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            at: None,
            url: None,
            retry_after_s: None,
        }
    }

    pub(crate) fn unauthorised() -> Self {
        let detail =
            "Send `Authorization: Bearer TOKEN` with the token of a brain that is not revoked.";
        Problem::new(StatusCode::UNAUTHORIZED, "no_valid_token", detail)
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    pub(crate) fn out_of_scope(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::FORBIDDEN, "out_of_scope", detail)
    }

    pub(crate) fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, code, detail)
    }

    pub(crate) fn unprocessable(code: &'static str, detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    pub(crate) fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::CONFLICT, code, detail)
    }

    pub(crate) fn too_many(wait_s: u64, rate: u32) -> Self {
        let detail = format!("This brain may send {rate} requests a minute; wait {wait_s} s.");
        let mut problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate", detail);
        problem.retry_after_s = Some(u32::try_from(wait_s).unwrap_or(u32::MAX));
        problem
    }

    pub(crate) fn busy() -> Self {
        let detail = "More waits to be worked on than can be taken in; send it again later, with the same Idempotency-Key.";
        let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail);
        problem.retry_after_s = Some(30);
        problem
    }

    /// The sentence.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }
}

impl From<Wrong> for Problem {
    fn from(wrong: Wrong) -> Problem {
        let mut problem = Problem::unprocessable("does_not_fit", wrong.to_string());
        problem.at = Some(wrong.at.into_boxed_str());
        problem
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match &error {
            StoreError::NotFound(_) => Problem::not_found("There is no such thing."),
            StoreError::Refused(why) => Problem::conflict("refused", why.clone()),
            e if e.is_passing() => {
                tracing::warn!(error = %e, "a brain's request could not be served");
                let detail = "Not at the moment; nothing happened. Try again.";
                let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "passing", detail);
                problem.retry_after_s = Some(5);
                problem
            }
            e => {
                tracing::error!(error = %e, "a brain's request could not be served");
                let detail = "Something inside failed; the server's log names the cause.";
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "inside", detail)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, kind, body).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            let realm = HeaderValue::from_static("Bearer realm=\"journeyman\"");
            headers.insert(header::WWW_AUTHENTICATE, realm);
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
