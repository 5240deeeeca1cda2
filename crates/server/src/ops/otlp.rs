//! OTLP over HTTP with JSON, as opentelemetry.io/docs/specs/otlp has it: one request per batch of spans.
//!
//! INVARIANT: what the collector is sent beside spans (its headers) is in no log and no error.

use super::traces::{Span, Value};
use crate::{api::webhooks, config::TelemetryConfig};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::ExposeSecret as _;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// The collector has this long to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A collector, ready to be sent to.
pub(super) struct Collector {
    http: reqwest::Client,
    url: url::Url,
    headers: HeaderMap,
    node: String,
}

impl std::fmt::Debug for Collector {
    /// Without the headers: they may hold a token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collector").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

/// What became of a batch.
pub(super) enum Sent {
    /// The collector has it, but for so many spans.
    Taken {
        /// Spans that it refused.
        refused: usize,
    },
    /// It may take the batch later.
    Later(String),
    /// It will never take the batch.
    Never(String),
}

impl Collector {
    /// # Errors
    /// Names the key of the configuration that is wrong, and what would be right.
    pub(super) fn new(config: &TelemetryConfig, node: &str) -> Result<Collector, String> {
        let base = config.otlp_endpoint.trim_end_matches('/');
        let url = webhooks::check_url(&format!("{base}/v1/traces")).map_err(|_| {
            "[telemetry] `otlp_endpoint` must begin with https:// (http only on this machine) and hold no user name or password; write http://127.0.0.1:4318 for a collector on this machine".to_owned()
        })?;
        let http = webhooks::outgoing(TIMEOUT)
            .map_err(|e| format!("[telemetry] no request can be made: {}", e.without_url()))?;
        let headers = match &config.otlp_headers {
            None => HeaderMap::new(),
            Some(source) => {
                let text = source.read().map_err(|e| format!("[telemetry] `otlp_headers`: {e}"))?;
                headers(text.expose_secret()).ok_or_else(|| {
                    format!("[telemetry] `otlp_headers`: {source} holds no headers; write name=value, several with commas between them")
                })?
            }
        };
        Ok(Collector { http, url, headers, node: node.to_owned() })
    }

    /// Sends one batch.
    pub(super) async fn send(&self, spans: &[Span]) -> Sent {
        let request = self.http.post(self.url.clone()).headers(self.headers.clone());
        let answer = match request.json(&self.body(spans)).send().await {
            Ok(answer) => answer,
            Err(e) => {
                return Sent::Later(format!("{} does not answer: {}", self.place(), cause(e)));
            }
        };
        let status = answer.status().as_u16();
        match status {
            200..=299 => {
                let body: Json = answer.json().await.unwrap_or_default();
                let refused = &body["partialSuccess"]["rejectedSpans"];
                let refused = refused.as_u64().or_else(|| refused.as_str()?.parse().ok());
                Sent::Taken { refused: refused.and_then(|n| n.try_into().ok()).unwrap_or(0) }
            }
            // Those that OTLP calls retryable.
            429 | 502 | 503 | 504 => Sent::Later(format!("{} answered {status}", self.place())),
            401 | 403 => Sent::Never(format!(
                "{} answered {status}; see that `otlp_headers` names the right token",
                self.place()
            )),
            _ => Sent::Never(format!(
                "{} answered {status}; see that `otlp_endpoint` is an OTLP/HTTP receiver, without /v1/traces",
                self.place()
            )),
        }
    }

    fn place(&self) -> String {
        format!(
            "{}:{}",
            self.url.host_str().unwrap_or_default(),
            self.url.port_or_known_default().unwrap_or_default()
        )
    }

    /// An ExportTraceServiceRequest in OTLP's JSON: ids in hexadecimal, 64-bit numbers as text.
    pub(super) fn body(&self, spans: &[Span]) -> Json {
        let resource = [
            ("service.name", "journeyman"),
            ("service.version", env!("CARGO_PKG_VERSION")),
            ("service.instance.id", self.node.as_str()),
        ];
        let resource: Vec<Json> = resource.iter().map(|(k, v)| attribute(k, text(v))).collect();
        json!({"resourceSpans": [{
            "resource": {"attributes": resource},
            "scopeSpans": [{
                "scope": {"name": "journeyman", "version": env!("CARGO_PKG_VERSION")},
                "spans": spans.iter().map(span).collect::<Vec<_>>(),
            }],
        }]})
    }
}

fn span(span: &Span) -> Json {
    let attributes = span.attributes.iter().map(|(key, value)| {
        attribute(
            key,
            match value {
                Value::Text(value) => text(value),
                Value::Texts(values) => {
                    let values: Vec<Json> = values.iter().map(|v| text(v)).collect();
                    json!({"arrayValue": {"values": values}})
                }
            },
        )
    });
    let mut out = json!({
        "traceId": hex::encode(span.trace),
        "spanId": hex::encode(span.id),
        "name": span.name,
        // SPAN_KIND_INTERNAL
        "kind": 1,
        "startTimeUnixNano": span.start.to_string(),
        "endTimeUnixNano": span.end.to_string(),
        "attributes": attributes.collect::<Vec<_>>(),
        "status": match span.failed {
            // STATUS_CODE_ERROR
            Some(code) => json!({"code": 2, "message": code}),
            None => json!({}),
        },
    });
    if let Some(parent) = span.parent {
        out["parentSpanId"] = hex::encode(parent).into();
    }
    out
}

fn attribute(key: &str, value: Json) -> Json {
    json!({"key": key, "value": value})
}

fn text(value: &str) -> Json {
    json!({"stringValue": value})
}

/// The words of the innermost cause, which name no address.
fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// `name=value,name=value`, as OTEL_EXPORTER_OTLP_HEADERS has it.
fn headers(text: &str) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
        let (name, value) = pair.split_once('=')?;
        let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
        let mut value = HeaderValue::from_str(value.trim()).ok()?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    (!headers.is_empty()).then_some(headers)
}
