//! Faults on demand: throttling, latency, outages, lost answers.

use crate::effect::System;
use crate::http::Cut;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The connection ends before the request is looked at. Nothing changes.
    DropBefore,
    /// The request is carried out, and the connection ends without an answer.
    DropAfter,
    /// This status is answered, in the vendor's own error form. Nothing changes.
    Status {
        /// HTTP status code. Active Directory answers 429 as busy, 5xx as unavailable, and anything
        /// else as a result code of LDAP.
        code: u16,
        /// Value of `Retry-After` in seconds.
        retry_after_s: Option<u64>,
    },
}

/// A fault for the next requests that match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which stand-in.
    pub system: System,
    /// Only this HTTP method, in capitals (for Active Directory `BIND`, `SEARCH` or `MODIFY`); any
    /// when `None`.
    pub method: Option<String>,
    /// The path (for Active Directory the name of the entry) contains this; empty matches any.
    pub path_contains: String,
    /// What goes wrong.
    pub kind: FaultKind,
    /// How many requests it hits.
    pub times: u32,
}

/// Counters and pending faults of all stand-ins.
#[derive(Debug)]
pub(crate) struct Faults {
    pub(crate) latency_ms: u64,
    pub(crate) throttle_every: Option<u32>,
    pub(crate) retry_after_s: u64,
    pending: Mutex<Vec<Fault>>,
    graph: AtomicU64,
    connectwise: AtomicU64,
    active_directory: AtomicU64,
}

impl Faults {
    pub(crate) fn new(latency_ms: u64, throttle_every: Option<u32>, retry_after_s: u64) -> Self {
        Faults {
            latency_ms,
            throttle_every: throttle_every.filter(|n| *n > 0),
            retry_after_s,
            pending: Mutex::new(Vec::new()),
            graph: AtomicU64::new(0),
            connectwise: AtomicU64::new(0),
            active_directory: AtomicU64::new(0),
        }
    }

    pub(crate) fn add(&self, fault: Fault) {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    pub(crate) fn requests(&self, system: System) -> u64 {
        self.counter(system).load(Ordering::Relaxed)
    }

    fn counter(&self, system: System) -> &AtomicU64 {
        match system {
            System::Graph => &self.graph,
            System::Connectwise => &self.connectwise,
            System::ActiveDirectory => &self.active_directory,
        }
    }

    /// Counts one request; gives how many there have been.
    pub(crate) fn count(&self, system: System) -> u64 {
        self.counter(system).fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn take(&self, system: System, method: &str, path: &str) -> Option<FaultKind> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let place = pending.iter().position(|f| {
            f.times > 0
                && f.system == system
                && f.method.as_deref().is_none_or(|m| m == method)
                && path.contains(&f.path_contains)
        })?;
        let fault = pending.get_mut(place)?;
        fault.times -= 1;
        let kind = fault.kind;
        if fault.times == 0 {
            pending.remove(place);
        }
        Some(kind)
    }
}

/// Applies latency, faults and throttling before a stand-in sees the request.
pub(crate) async fn middleware(
    State(faults): State<Arc<Faults>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let system = if path.starts_with("/cw/") { System::Connectwise } else { System::Graph };
    if faults.latency_ms > 0 {
        tokio::time::sleep(Duration::from_millis(faults.latency_ms)).await;
    }
    let count = faults.count(system);
    match faults.take(system, request.method().as_str(), &path) {
        Some(FaultKind::DropBefore) => {
            cut.cut();
            return StatusCode::BAD_GATEWAY.into_response();
        }
        Some(FaultKind::DropAfter) => {
            let answer = next.run(request).await;
            cut.cut();
            return answer;
        }
        Some(FaultKind::Status { code, retry_after_s }) => {
            return refuse(system, code, retry_after_s);
        }
        None => {}
    }
    let login = path.starts_with("/login/") || path.contains("/callbackkey/");
    if faults.throttle_every.is_some_and(|n| !login && count.is_multiple_of(u64::from(n))) {
        return refuse(system, 429, Some(faults.retry_after_s));
    }
    next.run(request).await
}

fn refuse(system: System, code: u16, retry_after_s: Option<u64>) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = match system {
        System::Connectwise => crate::connectwise::refusal(status),
        System::Graph | System::ActiveDirectory => crate::graph::refusal(status),
    };
    if let Some(s) = retry_after_s {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(s));
    }
    answer
}
