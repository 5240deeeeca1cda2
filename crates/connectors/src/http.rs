//! HTTP as every REST connector needs it: one way to build a client, to send, and to tell what a
//! failure means.
//!
//! INVARIANTS: plain HTTP only to this machine; redirects are never followed, so credentials never
//! leave the configured host; a write whose answer was lost is [`CallError::Unknown`], never
//! [`CallError::Retry`].

use crate::{CallError, TlsError, install_crypto_provider, tls};
use domain::UnixMs;
use reqwest::{RequestBuilder, StatusCode, Url, header};
use serde::de::DeserializeOwned;
use std::{
    collections::HashMap,
    error::Error as _,
    path::Path,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

/// Answers above this many bytes are refused: no vendor page is that large.
const MAX_BODY_BYTES: usize = 32 << 20;

/// Connecting takes at most this many milliseconds, whatever the whole call may take.
const MAX_CONNECT_MS: u64 = 10_000;

/// Whether a request changes anything; decides what a lost answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Reads only.
    Read,
    /// May have changed something by the time the answer is lost.
    Write,
}

/// One complete answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: StatusCode,
    /// The host that answered, for messages.
    pub(crate) host: String,
    effect: Effect,
    headers: header::HeaderMap,
    body: Vec<u8>,
}

/// Checks a configured address: `https`, or `http` to this machine; no credentials, query or
/// fragment. A trailing slash is dropped. `field` names the setting in errors.
pub(crate) fn base_url(field: &str, text: &str) -> Result<Url, CallError> {
    let bad = |what: String, remedy: &str| Err(CallError::rejected(what, remedy));
    let trimmed = text.trim().trim_end_matches('/');
    let Ok(url) = Url::parse(trimmed) else {
        return bad(
            format!("`{field}` is {text:?}, which is no address"),
            "give a full one such as https://host.example/path",
        );
    };
    let Some(host) = url.host_str().filter(|h| !h.is_empty()) else {
        return bad(
            format!("`{field}` names no host"),
            "give a full one such as https://host.example/path",
        );
    };
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => {
            return bad(
                format!("`{field}` would send credentials to {host} unencrypted"),
                "use https; plain http is only for this machine (127.0.0.1, ::1, localhost)",
            );
        }
        other => return bad(format!("`{field}` begins with {other}:"), "begin it with https:"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return bad(
            format!("`{field}` holds a user name or password"),
            "take them out; secrets are named by a file or an environment variable",
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return bad(format!("`{field}` has a part after ? or #"), "end it with the path");
    }
    Ok(url)
}

/// Whether the address is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Adds path segments, each escaped whole. Empty segments and dots are refused: they would name
/// something else.
pub(crate) fn join(base: &Url, segments: &[&str]) -> Result<Url, CallError> {
    let mut url = base.clone();
    for segment in segments {
        if segment.is_empty() || segment.chars().all(|c| c == '.') {
            return Err(CallError::rejected(
                format!("{segment:?} is not an id"),
                "give the id as the system itself shows it",
            ));
        }
    }
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    Ok(url)
}

/// Sets the query, with blanks as `%20`: not every server takes `+`.
pub(crate) fn with_query(mut url: Url, pairs: &[(&str, &str)]) -> Url {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    url.set_query(Some(&query.replace('+', "%20")));
    url
}

/// What clients have to have in common to share one: roots and connections are what a client costs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Common {
    /// Connections are driven by the runtime that made them.
    runtime: Option<tokio::runtime::Id>,
    here: bool,
    timeout_ms: u64,
    ca: Vec<Vec<u8>>,
}

/// What to do about a `ca_file` that is none.
const CA_REMEDY: &str = "set `ca_file` to a PEM file with the certificate that signed the server's";

/// More kinds of client than this are not kept: each has a pool of connections.
const MOST_KINDS: usize = 64;

/// A client for one configured system, shared with others that are set up alike. `ca_file` replaces the
/// system's roots; `timeout_ms` is for one whole call.
pub(crate) fn client(
    base: &Url,
    ca_file: Option<&Path>,
    timeout_ms: u64,
) -> Result<reqwest::Client, CallError> {
    static KEPT: LazyLock<Mutex<HashMap<Common, reqwest::Client>>> = LazyLock::new(Mutex::default);
    let ca = match ca_file {
        None => Vec::new(),
        Some(path) => {
            let bad = |e: TlsError| CallError::rejected(e.to_string(), CA_REMEDY);
            tls::read_ca(path).map_err(bad)?.iter().map(|der| der.to_vec()).collect()
        }
    };
    let runtime = tokio::runtime::Handle::try_current().ok().map(|handle| handle.id());
    let common = Common { runtime, here: is_loopback(base), timeout_ms, ca };
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(client) = kept.get(&common) {
        return Ok(client.clone());
    }
    let client = make(&common, ca_file)?;
    if kept.len() < MOST_KINDS {
        kept.insert(common, client.clone());
    }
    Ok(client)
}

fn make(common: &Common, ca_file: Option<&Path>) -> Result<reqwest::Client, CallError> {
    install_crypto_provider();
    let timeout_ms = common.timeout_ms;
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("journeyman/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_millis(timeout_ms))
        .connect_timeout(Duration::from_millis(timeout_ms.min(MAX_CONNECT_MS)));
    if common.here {
        builder = builder.no_proxy();
    }
    if let Some(path) = ca_file {
        let mut certs = Vec::new();
        for der in &common.ca {
            let cert = reqwest::Certificate::from_der(der).map_err(|_| {
                CallError::rejected(
                    format!("{} holds no usable certificate", path.display()),
                    CA_REMEDY,
                )
            })?;
            certs.push(cert);
        }
        builder = builder.tls_certs_only(certs);
    }
    builder.build().map_err(|e| {
        CallError::rejected(
            format!("cannot set up HTTPS: {}", causes(&e)),
            "check `ca_file` and that this system has root certificates (package ca-certificates)",
        )
    })
}

/// Sends a request and takes in the whole answer. Redirects, throttling and server faults become
/// errors here; every other status is the caller's to judge.
pub(crate) async fn send(effect: Effect, request: RequestBuilder) -> Result<Answer, CallError> {
    let (client, request) = request.build_split();
    let request = request.map_err(|e| {
        CallError::rejected(
            format!("the request cannot be built: {}", causes(&e)),
            "check the configured address",
        )
    })?;
    let host = host_of(request.url());
    let mut response = client.execute(request).await.map_err(|e| lost(effect, &host, e))?;
    let (status, headers) = (response.status(), response.headers().clone());
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= MAX_BODY_BYTES => {
                body.extend_from_slice(&chunk);
            }
            Ok(Some(_)) => return Err(senseless(effect, &host, "an answer that is far too long")),
            Ok(None) => break,
            Err(e) => return Err(lost(effect, &host, e)),
        }
    }
    Answer { status, host, effect, headers, body }.checked()
}

impl Answer {
    fn checked(self) -> Result<Answer, CallError> {
        let code = self.status.as_u16();
        let host = &self.host;
        match code {
            300..=399 => Err(CallError::rejected(
                format!("{host} sends us on to {}", self.redirect_host()),
                "set the configured address to where it really is; redirects are not followed",
            )),
            408 | 429 | 503 => Err(CallError::Retry {
                what: match code {
                    429 => format!("{host} asks for fewer requests"),
                    408 => format!("{host} did not get the whole request in time"),
                    _ => format!("{host} is not available just now"),
                },
                after: self.retry_after(),
            }),
            500..=599 => {
                let what = format!("{host} failed with status {code}");
                Err(match self.effect {
                    Effect::Read => CallError::Retry { what, after: self.retry_after() },
                    Effect::Write => CallError::unknown(what),
                })
            }
            _ => Ok(self),
        }
    }

    /// The body as JSON. An answer that makes no sense is a failure by itself.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        serde_json::from_slice(&self.body).map_err(|e| {
            if self.effect == Effect::Read && !self.is_json() {
                return CallError::rejected(
                    format!("{} answered with something that is not JSON", self.host),
                    "check the configured address: it has to be that of the API, not of a web page",
                );
            }
            // serde_json's text may quote the value; line and column are enough.
            let place = format!("line {} column {}", e.line(), e.column());
            senseless(self.effect, &self.host, &format!("JSON of an unexpected form at {place}"))
        })
    }

    /// The body as JSON, if it is some; for error answers.
    pub(crate) fn error_json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The server's own clock, if it tells.
    pub(crate) fn date(&self) -> Option<jiff::Timestamp> {
        http_date(self.headers.get(header::DATE)?.to_str().ok()?)
    }

    /// A header of the answer, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The version of what was read, to be sent back in `If-Match`.
    pub(crate) fn etag(&self) -> Option<&header::HeaderValue> {
        self.headers.get(header::ETAG)
    }

    fn is_json(&self) -> bool {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        kind.is_some_and(|k| k.to_ascii_lowercase().contains("json"))
    }

    fn redirect_host(&self) -> String {
        let to = self.headers.get(header::LOCATION).and_then(|v| v.to_str().ok());
        to.and_then(|t| Url::parse(t).ok()).map_or_else(|| "another path".into(), |u| host_of(&u))
    }

    fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse::<u64>() {
            return Some(Duration::from_secs(seconds));
        }
        // Measured by the server's own clock, which is the one that counts.
        let ahead = http_date(text)?.as_millisecond() - self.date()?.as_millisecond();
        Some(Duration::from_millis(u64::try_from(ahead).unwrap_or(0)))
    }
}

fn http_date(text: &str) -> Option<jiff::Timestamp> {
    Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp())
}

/// A time as REST APIs write it, such as `2026-11-21T10:07:00Z`.
pub(crate) fn utc(text: &str) -> Option<UnixMs> {
    Some(UnixMs(text.parse::<jiff::Timestamp>().ok()?.as_millisecond()))
}

/// Host and, where it is not the usual one, port.
pub(crate) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or("?");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn senseless(effect: Effect, host: &str, what: &str) -> CallError {
    let what = format!("{host} sent {what}");
    match effect {
        Effect::Read => CallError::retry(what),
        Effect::Write => CallError::unknown(what),
    }
}

/// What a failed exchange means. Nothing was sent when there was no connection.
fn lost(effect: Effect, host: &str, error: reqwest::Error) -> CallError {
    let timeout = error.is_timeout();
    let error = error.without_url();
    let why = causes(&error);
    if error.is_connect() {
        if why.contains("certificate") {
            return CallError::rejected(
                format!("the certificate of {host} is not accepted: {why}"),
                "renew it, or set `ca_file` to the certificate that signed it; check this machine's clock",
            );
        }
        return CallError::retry(format!(
            "cannot reach {host}: {why}; check the configured address, DNS, firewall and that it is up"
        ));
    }
    let what = if timeout {
        format!("{host} did not answer in time")
    } else {
        format!("the connection to {host} broke: {why}")
    };
    match effect {
        Effect::Read => CallError::retry(what),
        Effect::Write => CallError::unknown(what),
    }
}

/// The innermost cause, which is the one that helps; reqwest's own outer texts say little.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = cause.to_string();
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests;
