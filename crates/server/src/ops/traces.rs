//! What became of each case, as spans for a collector that speaks OTLP: one trace per case, whichever
//! node works on it, since its id is the case's.
//!
//! INVARIANTS: telling never waits: what the queue cannot take is dropped and counted. A span's
//! attributes are ids, kinds and codes of our own, never a text, name or parameter of a ticket.

use super::otlp::{Collector, Sent};
use crate::{clock, complaints::Complaints, config::TelemetryConfig, worker::stop::Stop};
use domain::{ApprovalId, AttemptId, CaseId, UnixMs};
use sha2::{Digest as _, Sha256};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::mpsc;

/// Counter of spans that no collector got.
pub(crate) const DROPPED: &str = "journeyman_otlp_dropped_spans_total";
/// Spans that may wait for the collector.
const QUEUE: usize = 4_096;
/// Spans in one request.
const BATCH: usize = 512;
/// A request is sent at the latest so long after its first span.
const EVERY: Duration = Duration::from_secs(1);
/// Under this topic it is told that spans wait.
const TOPIC: &str = "traces";
/// The longest pause after failures.
const SLOWEST: Duration = Duration::from_secs(30);

/// One step of a case. Times are nanoseconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    pub(super) trace: [u8; 16],
    pub(super) id: [u8; 8],
    pub(super) parent: Option<[u8; 8]>,
    pub(super) name: &'static str,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) attributes: Vec<(&'static str, Value)>,
    /// A code, when the step failed.
    pub(super) failed: Option<&'static str>,
}

/// An attribute's value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// An id, a kind or a code.
    Text(String),
    /// Several codes.
    Texts(Vec<String>),
}

/// Which span, in a way that every node and every start finds again.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Id {
    /// How the case came in: the root of its trace.
    Intake,
    /// The step at this version of the case.
    Step(&'static str, u64),
    /// The question.
    Held(ApprovalId),
    /// The outside call of this attempt.
    Perform(AttemptId),
    /// A decision, by its entry's place in the journal.
    Entry(u64),
}

impl Id {
    /// The id in the trace of this case: never all zeros, which OTLP forbids.
    fn of(self, case: CaseId) -> [u8; 8] {
        let what = match self {
            Id::Intake => "intake".to_owned(),
            Id::Step(name, version) => format!("{name}/{version}"),
            Id::Held(approval) => format!("held/{approval}"),
            Id::Perform(attempt) => format!("perform/{attempt}"),
            Id::Entry(seq) => format!("entry/{seq}"),
        };
        let hash = Sha256::digest(format!("journeyman/span/{case}/{what}"));
        let mut id = hash.first_chunk::<8>().copied().unwrap_or_default();
        id[0] |= 1;
        id
    }
}

impl Span {
    /// A step that begins now, under the case's intake.
    pub(crate) fn begin(case: CaseId, name: &'static str) -> Span {
        let now = clock::now_ns();
        let fresh = clock::new_id().into_bytes();
        // The second half of such an id is random, but for its first two bits.
        let id = fresh.last_chunk::<8>().copied().unwrap_or_default();
        Span {
            trace: case.0.into_bytes(),
            id,
            parent: Some(Id::Intake.of(case)),
            name,
            start: now,
            end: now,
            attributes: vec![("journeyman.case", Value::Text(case.to_string()))],
            failed: None,
        }
    }

    fn case(&self) -> CaseId {
        CaseId(uuid::Uuid::from_bytes(self.trace))
    }

    /// With an id that others can name as their parent.
    pub(crate) fn known_as(mut self, id: Id) -> Span {
        self.id = id.of(self.case());
        if matches!(id, Id::Intake) {
            self.parent = None;
        }
        self
    }

    /// Under another step of the case.
    pub(crate) fn under(mut self, parent: Id) -> Span {
        self.parent = Some(parent.of(self.case()));
        self
    }

    /// It began then.
    pub(crate) fn from(mut self, at: UnixMs) -> Span {
        self.start = u64::try_from(at.0).unwrap_or_default().saturating_mul(1_000_000);
        self
    }

    /// An id, a kind or a code.
    pub(crate) fn with(mut self, key: &'static str, value: impl ToString) -> Span {
        self.attributes.push((key, Value::Text(value.to_string())));
        self
    }

    /// Several codes.
    pub(crate) fn with_all(mut self, key: &'static str, values: Vec<String>) -> Span {
        self.attributes.push((key, Value::Texts(values)));
        self
    }

    /// It failed; a code says how.
    pub(crate) fn failed(mut self, code: Option<&'static str>) -> Span {
        self.failed = code;
        self
    }

    /// It ended then, instead of when it is told.
    fn ended(mut self, at: u64) -> Span {
        self.end = at.max(self.start);
        self
    }
}

/// Where spans go; by default nowhere.
#[derive(Debug, Default)]
pub(crate) struct Traces(Option<Queue>);

#[derive(Debug)]
struct Queue {
    spans: mpsc::Sender<Span>,
    out: Mutex<Option<(mpsc::Receiver<Span>, Collector)>>,
}

impl Traces {
    /// For the collector of the configuration. Nothing is sent before [`Traces::run`].
    ///
    /// # Errors
    /// Names the key of the configuration that is wrong, and what would be right.
    pub(crate) fn new(config: Option<&TelemetryConfig>, node: &str) -> Result<Traces, String> {
        let Some(config) = config else { return Ok(Traces::default()) };
        let collector = Collector::new(config, node)?;
        let (spans, waiting) = mpsc::channel(QUEUE);
        Ok(Traces(Some(Queue { spans, out: Mutex::new(Some((waiting, collector))) })))
    }

    /// Whether anybody listens.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Tells of a step that ends now.
    pub(crate) fn end(&self, span: Span) {
        self.tell(span.ended(clock::now_ns()));
    }

    /// Tells of a step that ended then.
    pub(crate) fn end_at(&self, span: Span, at: UnixMs) {
        let at = u64::try_from(at.0).unwrap_or_default().saturating_mul(1_000_000);
        self.tell(span.ended(at));
    }

    fn tell(&self, span: Span) {
        let Some(queue) = &self.0 else { return };
        if queue.spans.try_send(span).is_err() {
            dropped(1);
        }
    }

    /// Sends what is told until told to stop, and then what is left, once.
    pub(crate) async fn run(&self, mut stop: Stop) {
        let out = self
            .0
            .as_ref()
            .and_then(|queue| queue.out.lock().unwrap_or_else(PoisonError::into_inner).take());
        let Some((mut waiting, collector)) = out else { return };
        let (mut batch, complaints) = (Vec::new(), Complaints::default());
        while !stop.is_set() {
            let more = tokio::select! {
                more = fill(&mut waiting, &mut batch) => more,
                () = stop.wait() => break,
            };
            if !more {
                return;
            }
            deliver(&collector, &mut batch, &complaints, &mut stop).await;
        }
        loop {
            while batch.len() < BATCH
                && let Ok(span) = waiting.try_recv()
            {
                batch.push(span);
            }
            if batch.is_empty() {
                return;
            }
            match collector.send(&batch).await {
                Sent::Taken { refused } => dropped(refused),
                Sent::Later(_) | Sent::Never(_) => return dropped(batch.len() + waiting.len()),
            }
            batch.clear();
        }
    }
}

/// Waits for a batch; `false` when there will be none.
async fn fill(waiting: &mut mpsc::Receiver<Span>, batch: &mut Vec<Span>) -> bool {
    if batch.is_empty() {
        match waiting.recv().await {
            Some(span) => batch.push(span),
            None => return false,
        }
    }
    let pause = tokio::time::sleep(EVERY);
    tokio::pin!(pause);
    while batch.len() < BATCH {
        tokio::select! {
            span = waiting.recv() => match span {
                Some(span) => batch.push(span),
                None => break,
            },
            () = &mut pause => break,
        }
    }
    true
}

/// Sends the batch until the collector has it, or never will. The queue fills meanwhile, and no more.
async fn deliver(
    collector: &Collector,
    batch: &mut Vec<Span>,
    complaints: &Complaints,
    stop: &mut Stop,
) {
    let mut pause = EVERY;
    while !stop.is_set() {
        let sent = tokio::select! {
            sent = collector.send(batch) => sent,
            () = stop.wait() => return,
        };
        let (wrong, lost) = match sent {
            Sent::Taken { refused } => {
                if complaints.settle(TOPIC) {
                    tracing::info!("the collector of traces takes spans again");
                }
                batch.clear();
                return dropped(refused);
            }
            Sent::Never(wrong) => (wrong, true),
            Sent::Later(wrong) => (wrong, false),
        };
        if complaints.raise(TOPIC, &wrong) {
            tracing::warn!(error = %wrong, "the collector of traces does not take spans now; no case waits for it");
        }
        if lost {
            dropped(batch.len());
            return batch.clear();
        }
        stop.rest(pause).await;
        pause = (pause * 2).min(SLOWEST);
    }
}

fn dropped(spans: usize) {
    if spans > 0 {
        metrics::counter!(DROPPED).increment(u64::try_from(spans).unwrap_or_default());
    }
}

#[cfg(test)]
#[path = "traces_tests.rs"]
mod tests;
