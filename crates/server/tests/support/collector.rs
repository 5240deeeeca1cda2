//! A collector of traces: OTLP over HTTP with JSON, as far as a sender sees it.

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use tokio::runtime::Runtime;

#[derive(Debug, Default)]
struct Seen {
    /// Answered next, before anything is taken.
    refusals: Vec<u16>,
    headers: Vec<HeaderMap>,
    bodies: Vec<Vec<u8>>,
}

/// A running collector.
pub(crate) struct Collector {
    pub(crate) origin: String,
    seen: Arc<Mutex<Seen>>,
}

/// One span, as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: Option<String>,
    pub(crate) name: String,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) failed: bool,
    pub(crate) attributes: Vec<(String, String)>,
}

impl Span {
    /// The value of an attribute; of several codes, all with spaces between.
    pub(crate) fn get(&self, key: &str) -> &str {
        let found = self.attributes.iter().find(|(k, _)| k == key);
        found.map_or("", |(_, value)| value.as_str())
    }
}

impl Collector {
    /// Begins with these answers, then takes everything.
    pub(crate) fn start(runtime: &Runtime, refusals: &[u16]) -> Collector {
        let seen = Arc::new(Mutex::new(Seen { refusals: refusals.into(), ..Seen::default() }));
        let router = Router::new().route("/v1/traces", post(take)).with_state(seen.clone());
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Collector { origin, seen }
    }

    /// What was sent so far, as it was.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.seen.lock().unwrap().bodies.concat()
    }

    /// The values of a header, one for each request.
    pub(crate) fn header(&self, name: &str) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let value = |h: &HeaderMap| h.get(name).map(|v| v.to_str().unwrap().to_owned());
        seen.headers.iter().map(|h| value(h).unwrap_or_default()).collect()
    }

    /// Every span so far, by its start.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let bodies = self.seen.lock().unwrap().bodies.clone();
        let mut spans = Vec::new();
        for body in bodies {
            let body: Value = serde_json::from_slice(&body).unwrap();
            let resource = &body["resourceSpans"][0];
            assert_eq!(resource["resource"]["attributes"][0]["value"]["stringValue"], "journeyman");
            let sent = resource["scopeSpans"][0]["spans"].as_array().unwrap().clone();
            spans.extend(sent.iter().map(span));
        }
        spans.sort_by_key(|s: &Span| s.start);
        spans
    }
}

async fn take(State(seen): State<Arc<Mutex<Seen>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers["content-type"], "application/json");
    let mut seen = seen.lock().unwrap();
    seen.headers.push(headers);
    if !seen.refusals.is_empty() {
        return StatusCode::from_u16(seen.refusals.remove(0)).unwrap();
    }
    seen.bodies.push(body.to_vec());
    StatusCode::OK
}

fn span(sent: &Value) -> Span {
    let text = |key: &str| sent[key].as_str().unwrap().to_owned();
    let (trace, id) = (text("traceId"), text("spanId"));
    assert!(trace.len() == 32 && id.len() == 16, "{sent}");
    let value = |value: &Value| match &value["arrayValue"]["values"] {
        Value::Array(all) => {
            let all: Vec<&str> = all.iter().map(|v| v["stringValue"].as_str().unwrap()).collect();
            all.join(" ")
        }
        _ => value["stringValue"].as_str().or(value["intValue"].as_str()).unwrap().to_owned(),
    };
    let attributes = sent["attributes"].as_array().unwrap().iter();
    Span {
        trace,
        id,
        parent: sent.get("parentSpanId").map(|p| p.as_str().unwrap().to_owned()),
        name: text("name"),
        start: text("startTimeUnixNano").parse().unwrap(),
        end: text("endTimeUnixNano").parse().unwrap(),
        failed: sent["status"]["code"] == 2,
        attributes: attributes
            .map(|a| (a["key"].as_str().unwrap().to_owned(), value(&a["value"])))
            .collect(),
    }
}
