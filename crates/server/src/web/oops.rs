//! Pages for what went wrong: what it was, and what would be right.

use super::page;
use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use store::StoreError;

/// A request that ends in an error page.
#[derive(Debug)]
pub(super) struct Oops {
    status: StatusCode,
    title: &'static str,
    text: String,
    retry_after_s: Option<u64>,
}

#[derive(Template)]
#[template(path = "oops.html")]
struct OopsPage<'a> {
    assets: &'static super::assets::Addresses,
    title: &'a str,
    text: &'a str,
    code: u16,
}

impl Oops {
    fn new(status: StatusCode, title: &'static str, text: impl Into<String>) -> Oops {
        Oops { status, title, text: text.into(), retry_after_s: None }
    }

    pub(super) fn not_found(text: &str) -> Oops {
        Oops::new(StatusCode::NOT_FOUND, "Nothing here", text)
    }

    pub(super) fn forbidden(text: &str) -> Oops {
        Oops::new(StatusCode::FORBIDDEN, "Not allowed", text)
    }

    pub(super) fn bad_request(text: &str) -> Oops {
        Oops::new(StatusCode::BAD_REQUEST, "That did not work", text)
    }

    /// Something else holds already; the text says what.
    pub(super) fn conflict(text: impl Into<String>) -> Oops {
        Oops::new(StatusCode::CONFLICT, "Not done", text)
    }

    /// A field says something that cannot be; the text says which and what would be right.
    pub(super) fn unprocessable(text: impl Into<String>) -> Oops {
        Oops::new(StatusCode::UNPROCESSABLE_ENTITY, "That did not work", text)
    }

    pub(super) fn too_large(most: usize) -> Oops {
        let text = format!("This form is larger than {} KiB. Nothing was changed.", most / 1024);
        Oops::new(StatusCode::PAYLOAD_TOO_LARGE, "Too large", text)
    }

    pub(super) fn method() -> Oops {
        let text = "This address does not take that kind of request";
        Oops::new(StatusCode::METHOD_NOT_ALLOWED, "Not possible", text)
    }

    pub(super) fn too_many(wait_s: u64) -> Oops {
        let text = format!("Too many tries. Wait {wait_s} seconds, then try again.");
        let mut oops = Oops::new(StatusCode::TOO_MANY_REQUESTS, "A moment, please", text);
        oops.retry_after_s = Some(wait_s);
        oops
    }

    /// Something inside failed; the cause goes to the log, since the visitor may be anyone.
    pub(super) fn inside(cause: &dyn std::fmt::Display) -> Oops {
        tracing::error!(error = %cause, "a page could not be made");
        let text = "Something inside failed; the server's log names the cause. Try again.";
        Oops::new(StatusCode::INTERNAL_SERVER_ERROR, "Our fault", text)
    }

    /// The store failed while somebody was signed in, who may read the cause and the remedy.
    pub(super) fn store(error: &StoreError) -> Oops {
        match error {
            StoreError::NotFound(text) => Oops::not_found(&sentence(text)),
            StoreError::Refused(text) => Oops::conflict(sentence(text)),
            e if e.is_passing() => {
                tracing::warn!(error = %e, "a page could not be made");
                Oops::new(StatusCode::SERVICE_UNAVAILABLE, "Not at the moment", e.to_string())
            }
            e => {
                tracing::error!(error = %e, "a page could not be made");
                Oops::new(StatusCode::INTERNAL_SERVER_ERROR, "Our fault", e.to_string())
            }
        }
    }
}

/// Plain words of the store as a sentence.
fn sentence(text: &str) -> String {
    format!("{}.", super::bits::capital(text.trim_end_matches('.')))
}

impl From<StoreError> for Oops {
    fn from(e: StoreError) -> Oops {
        Oops::store(&e)
    }
}

impl From<tower_sessions::session::Error> for Oops {
    fn from(e: tower_sessions::session::Error) -> Oops {
        Oops::inside(&e)
    }
}

impl IntoResponse for Oops {
    fn into_response(self) -> Response {
        let page = OopsPage {
            assets: &super::assets::ADDRESSES,
            title: self.title,
            text: &self.text,
            code: self.status.as_u16(),
        };
        let mut response = page::html(self.status, &page);
        if let Some(seconds) = self.retry_after_s
            && let Ok(value) = HeaderValue::from_str(&seconds.to_string())
        {
            response.headers_mut().insert(RETRY_AFTER, value);
        }
        response
    }
}
