#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use store::{Store, StoreOptions};

fn config() -> TelemetryConfig {
    TelemetryConfig { otlp_endpoint: "http://127.0.0.1:9".into(), otlp_headers: None }
}

#[tokio::test]
async fn what_the_queue_cannot_take_is_dropped_and_counted() {
    connectors::install_crypto_provider();
    super::super::metrics::start();
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&StoreOptions::new(dir.path(), "desk.example")).await.unwrap();
    // Nobody sends: telling goes on all the same.
    let traces = Traces::new(Some(&config()), "node").unwrap();
    for _ in 0..QUEUE + 7 {
        traces.end(Span::begin(CaseId(clock::new_id()), "judge"));
    }
    let numbers = super::super::metrics::text(&store).await.unwrap();
    assert!(numbers.contains(&format!("{DROPPED} 7\n")), "{numbers}");
}

#[test]
fn every_node_and_every_start_finds_the_same_ids() {
    let case = CaseId(clock::new_id());
    let attempt = AttemptId(clock::new_id());
    let span = || Span::begin(case, "perform").known_as(Id::Perform(attempt));
    assert_eq!(span().id, span().id);
    assert_eq!(hex::encode(span().trace), case.to_string().replace('-', ""));
    assert_eq!(Span::begin(case, "read_back").under(Id::Perform(attempt)).parent, Some(span().id));
    assert_ne!(Span::begin(case, "read").id, Span::begin(case, "read").id);
    assert_eq!(Span::begin(case, "intake").known_as(Id::Intake).parent, None);
    let root = Span::begin(case, "intake").known_as(Id::Intake).id;
    assert_eq!(span().parent, Some(root), "every step is the case's");
}
