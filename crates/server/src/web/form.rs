//! Forms that were posted: from our own pages only, and with the session's token.
//!
//! INVARIANT: no handler of a POST reads its form by any other way, except call-backs of PSAs,
//! which carry nothing that is believed, and calls of a chat, which are signed.

use super::{Web, oops::Oops, session::Viewer};
use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// The largest form of somebody who is not signed in, in bytes.
const SMALL: usize = 64 * 1024;
/// The largest form of somebody who is: a policy of a million bytes, encoded. In bytes.
const LARGE: usize = 4 * 1024 * 1024;
/// More fields than any page of ours has.
const MOST_FIELDS: usize = 20_000;

/// The fields of a form.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    fn parse(bytes: &Bytes) -> Fields {
        Fields(url::form_urlencoded::parse(bytes).into_owned().take(MOST_FIELDS).collect())
    }

    #[cfg(test)]
    pub(super) fn of(pairs: &[(&str, &str)]) -> Fields {
        Fields(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    /// Every value of this name, in the order of the form.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Whether the form had a field of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// The first value of this name without the space around it, with the line breaks of a browser
    /// made plain; `None` when nothing is left of it.
    pub(super) fn filled(&self, name: &str) -> Option<String> {
        let text = self.get(name).replace("\r\n", "\n");
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The first value of this name; empty when there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
    }
}

/// A form posted from our own page by anyone.
#[derive(Debug)]
pub(super) struct Posted(pub(super) Fields);

impl FromRequest<Arc<Web>> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, web: &Arc<Web>) -> Result<Self, Response> {
        from_our_page(request.headers(), web).map_err(IntoResponse::into_response)?;
        body(request, SMALL).await.map(Posted)
    }
}

/// A form posted from our own page by someone who is signed in.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) viewer: Viewer,
    pub(super) fields: Fields,
}

impl FromRequest<Arc<Web>> for Signed {
    type Rejection = Response;

    async fn from_request(request: Request, web: &Arc<Web>) -> Result<Self, Response> {
        from_our_page(request.headers(), web).map_err(IntoResponse::into_response)?;
        let (mut parts, rest) = request.into_parts();
        let viewer = <Viewer as FromRequestParts<_>>::from_request_parts(&mut parts, web).await?;
        let fields = body(Request::from_parts(parts, rest), LARGE).await?;
        if !same(fields.get("csrf"), &viewer.csrf) {
            let text = "This form is from another session. Go back, reload the page, try again.";
            return Err(Oops::forbidden(text).into_response());
        }
        Ok(Signed { viewer, fields })
    }
}

async fn body(request: Request, most: usize) -> Result<Fields, Response> {
    let declared = request.headers().get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<usize>().ok());
    if declared.is_some_and(|bytes| bytes > most) {
        return Err(Oops::too_large(most).into_response());
    }
    match to_bytes(request.into_body(), most).await {
        Ok(bytes) => Ok(Fields::parse(&bytes)),
        Err(e) if is_limit(&e) => Err(Oops::too_large(most).into_response()),
        Err(_) => {
            let text = "This form did not arrive whole. Try again.";
            Err(Oops::bad_request(text).into_response())
        }
    }
}

/// Whether a body was cut off because it is too long, and not because the connection broke.
fn is_limit(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|e| e.to_string().contains("length limit"))
}

/// Compares two secrets in a time that depends only on their lengths.
pub(super) fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0u8, |acc, (x, y)| acc | (x ^ y)) == 0
}

/// The browser's own word on which page a form came from. Without any, the form is refused.
fn from_our_page(headers: &HeaderMap, web: &Web) -> Result<(), Oops> {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let ours = match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            origin == web.origin
                || text("host").is_some_and(|host| {
                    origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"))
                        == Some(host)
                })
        }
        (None, None) => false,
    };
    if ours {
        return Ok(());
    }
    let text = "This form did not come from a page of this server. Open the page and try again.";
    Err(Oops::forbidden(text))
}
