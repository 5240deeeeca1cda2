//! The server in numbers, as Prometheus reads them.
//!
//! Counters and histograms are of this process and begin anew with it; gauges are read from the store at
//! every look, so that nodes which share one say the same. INVARIANT: labels come from fixed lists and
//! route templates, so their number is bounded and nothing of a client or a ticket is in them.

use crate::clock;
use domain::{CaseOutcome, CasePhase, Tier, UnixMs};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::{fmt::Write as _, sync::OnceLock, time::Duration};
use store::{Backlog, Store, StoreError, meter};

/// Seconds from a request's head to the head of its answer; labels as OpenTelemetry names them.
pub(crate) const HTTP_SECONDS: &str = "http_server_request_duration_seconds";

/// Upper bounds that OpenTelemetry advises for requests, in seconds.
const HTTP_BUCKETS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
/// From a commit on a fast disk to one that waits for a lock, in seconds.
const COMMIT_BUCKETS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
/// Up to the largest batch.
const BATCH_BUCKETS: [f64; 8] = [1.0, 4.0, 16.0, 64.0, 128.0, 256.0, 512.0, 1_024.0];

/// Shown also when no case is in them.
const PHASES: [CasePhase; 8] = [
    CasePhase::Working,
    CasePhase::WaitingForApproval,
    CasePhase::WaitingForUser,
    CasePhase::Ended(CaseOutcome::Closed),
    CasePhase::Ended(CaseOutcome::Dispatched),
    CasePhase::Ended(CaseOutcome::Refused),
    CasePhase::Ended(CaseOutcome::Withdrawn),
    CasePhase::Ended(CaseOutcome::Watched),
];

/// How often samples are put into their buckets when nobody looks.
const UPKEEP: Duration = Duration::from_secs(5);

struct Meter {
    handle: PrometheusHandle,
    since: UnixMs,
}

static METER: OnceLock<Option<Meter>> = OnceLock::new();

/// Begins to count, once for the process.
pub(crate) fn start() {
    meter();
}

fn meter() -> Option<&'static Meter> {
    METER.get_or_init(make).as_ref()
}

fn make() -> Option<Meter> {
    let buckets = |name: &str| Matcher::Full(name.to_owned());
    let made = PrometheusBuilder::new()
        .set_buckets_for_metric(buckets(HTTP_SECONDS), &HTTP_BUCKETS)
        .and_then(|b| b.set_buckets_for_metric(buckets(meter::COMMIT_SECONDS), &COMMIT_BUCKETS))
        .and_then(|b| b.set_buckets_for_metric(buckets(meter::COMMIT_BATCH), &BATCH_BUCKETS))
        .and_then(|b| b.install_recorder());
    match made {
        Ok(handle) => {
            describe();
            Some(Meter { handle, since: clock::now() })
        }
        Err(e) => {
            tracing::warn!(error = %e, "nothing is counted for /metrics");
            None
        }
    }
}

fn describe() {
    metrics::describe_histogram!(HTTP_SECONDS, "Time from a request to the head of its answer.");
    metrics::describe_histogram!(meter::COMMIT_SECONDS, "Time of one commit of the journal.");
    metrics::describe_histogram!(meter::COMMIT_BATCH, "Pieces of work in one commit.");
    metrics::describe_counter!(meter::JUDGEMENTS, "Judgements of the gate, by tier.");
    metrics::describe_counter!(meter::ATTEMPTS, "Ended attempts at a change, by outcome.");
    metrics::describe_counter!(super::traces::DROPPED, "Spans that no collector of traces got.");
    metrics::counter!(super::traces::DROPPED).increment(0);
    // Known from the first look on, so that a first increase is seen as one.
    for tier in Tier::ALL {
        metrics::counter!(meter::JUDGEMENTS, "tier" => tier.name()).increment(0);
    }
    for outcome in ["done", "failed", "unknown"] {
        metrics::counter!(meter::ATTEMPTS, "outcome" => outcome).increment(0);
    }
}

/// Puts samples into their buckets until aborted, so that they do not pile up unseen.
pub(crate) async fn upkeep() {
    loop {
        tokio::time::sleep(UPKEEP).await;
        if let Some(meter) = meter() {
            meter.handle.run_upkeep();
        }
    }
}

/// Everything, in Prometheus' text format 0.0.4.
pub(crate) async fn text(store: &Store) -> Result<String, StoreError> {
    let now = clock::now();
    let backlog = store.backlog(now).await?;
    let mut out = String::new();
    if let Some(meter) = meter() {
        out = meter.handle.render();
        let since = meter.since.0 as f64 / 1_000.0;
        gauge(
            &mut out,
            "process_start_time_seconds",
            "Start of the server, Unix time.",
            &[],
            since,
        );
    }
    if let Some(bytes) = resident_bytes() {
        let help = "Memory of the process that is in RAM.";
        gauge(&mut out, "process_memory_usage_bytes", help, &[], bytes);
    }
    backlog_text(&mut out, &backlog, now);
    Ok(out)
}

fn backlog_text(out: &mut String, backlog: &Backlog, now: UnixMs) {
    let help = "Cases by phase.";
    head(out, "journeyman_cases", help);
    for phase in PHASES.map(CasePhase::name) {
        let n = backlog.phases.iter().find(|(name, _)| name == phase).map_or(0, |(_, n)| *n);
        line(out, "journeyman_cases", &[("phase", phase)], n);
    }
    let help = "Questions that wait for a person.";
    gauge(out, "journeyman_approvals_open", help, &[], backlog.approvals_open);
    let age_ms = backlog.oldest_due.map_or(0, |due| now.since(due).max(0));
    let age_s = age_ms as f64 / 1_000.0;
    let help = "Time that the oldest due case has been waiting for a worker.";
    gauge(out, "journeyman_cases_oldest_due_age_seconds", help, &[], age_s);
}

fn gauge(
    out: &mut String,
    name: &str,
    help: &str,
    labels: &[(&str, &str)],
    value: impl std::fmt::Display,
) {
    head(out, name, help);
    line(out, name, labels, value);
}

fn head(out: &mut String, name: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
}

/// One sample. The labels' values are our own names, which need no escaping.
fn line(out: &mut String, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
    let labels: Vec<String> = labels.iter().map(|(k, v)| format!("{k}=\"{v}\"")).collect();
    let _ = match labels.is_empty() {
        true => writeln!(out, "{name} {value}"),
        false => writeln!(out, "{name}{{{}}} {value}", labels.join(",")),
    };
}

/// What Linux says of this process; elsewhere nothing.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    kib.checked_mul(1024)
}
