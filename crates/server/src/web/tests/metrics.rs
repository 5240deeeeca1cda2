//! What a collector reads, and who else may.

use super::{
    seed,
    support::{Desk, change_parts},
};
use crate::ops::{metrics, metrics_token};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use connectors::SecretSource;
use store::Role;

const TOKEN: &str = "0123456789abcdef-collector";

/// A desk whose configuration names a token.
async fn desk(folder: &std::path::Path) -> Desk {
    metrics::start();
    let file = folder.join("token");
    std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
    let token = metrics_token(Some(&SecretSource::File(file))).unwrap();
    Desk::with(|app| change_parts(app, |parts| parts.metrics_token = token)).await
}

async fn with(desk: &Desk, authorization: &str) -> (StatusCode, String) {
    let request = Request::get("/metrics").header("authorization", authorization);
    let reply = desk.stranger().send(request.body(Body::empty()).unwrap()).await;
    (reply.status, reply.body)
}

/// The value of one sample.
fn sample(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
}

#[tokio::test]
async fn a_collector_with_the_token_gets_in_and_nobody_with_another() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path()).await;
    for good in [format!("Bearer {TOKEN}"), format!("bearer  {TOKEN}")] {
        assert_eq!(with(&desk, &good).await.0, StatusCode::OK, "{good}");
    }
    let basic = format!("Basic {TOKEN}");
    let longer = format!("Bearer {TOKEN}0");
    let shorter = format!("Bearer {}", &TOKEN[1..]);
    for bad in ["", "Bearer", "Bearer ", "Bearer 0", &longer, &shorter, &basic] {
        let (status, body) = with(&desk, bad).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{bad}");
        assert!(body.contains("metrics_token") && !body.contains(TOKEN), "{body}");
    }
    let twice = Request::get("/metrics")
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("authorization", "Bearer 0");
    let reply = desk.stranger().send(twice.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    // The token opens nothing else.
    let page = Request::get("/").header("authorization", format!("Bearer {TOKEN}"));
    let reply = desk.stranger().send(page.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn without_a_token_in_the_configuration_none_is_right() {
    let desk = Desk::new().await;
    for sent in ["Bearer ", "Bearer 0", &format!("Bearer {TOKEN}")] {
        assert_eq!(with(&desk, sent).await.0, StatusCode::UNAUTHORIZED, "{sent}");
    }
}

#[test]
fn a_token_that_could_be_guessed_is_refused_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "hunter2").unwrap();
    let why = metrics_token(Some(&SecretSource::File(file))).unwrap_err();
    assert!(why.contains("`metrics_token`") && why.contains("16 characters"), "{why}");
    assert!(!why.contains("hunter2"), "{why}");
}

#[tokio::test]
async fn the_numbers_are_those_of_the_desk() {
    metrics::start();
    let desk = Desk::policed().await;
    seed::unlock(&desk.app, 60_000).await;
    seed::group_question(&desk.app, 1_000, 3_600_000).await;
    let mut admin = desk.visitor(Role::Admin).await;
    for path in ["/cases/no-such-case?token=hunter2", "/secret/hunter2", "/hunter2"] {
        admin.get(path).await;
    }
    let reply = admin.get("/api/v1/requests/hunter2").await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    let reply = admin.get("/metrics").await;
    assert_eq!(reply.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let text = reply.body;
    assert_eq!(sample(&text, "journeyman_approvals_open"), 1.0);
    assert_eq!(sample(&text, "journeyman_cases{phase=\"closed\"}"), 1.0);
    assert_eq!(sample(&text, "journeyman_cases{phase=\"waiting_for_approval\"}"), 1.0);
    assert_eq!(sample(&text, "journeyman_cases{phase=\"refused\"}"), 0.0);
    assert!(sample(&text, "journeyman_cases_oldest_due_age_seconds") >= 0.0);
    // Counters are of the process, and other tests run beside this one.
    assert!(sample(&text, "journeyman_judgements_total{tier=\"high\"}") >= 1.0, "{text}");
    assert!(sample(&text, "journeyman_attempts_total{outcome=\"done\"}") >= 1.0, "{text}");
    assert!(sample(&text, "journeyman_store_commit_batch_size_bucket{le=\"+Inf\"}") >= 1.0);
    assert!(sample(&text, "journeyman_store_commit_duration_seconds_sum") > 0.0);
    assert!(sample(&text, "process_start_time_seconds") > 1.7e9);
    if cfg!(target_os = "linux") {
        assert!(sample(&text, "process_memory_usage_bytes") > 1e6);
    }
    let request =
        "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_route";
    for (route, status) in [("/cases/{id}", "404"), ("/secret/{token}", "404"), ("", "404")] {
        let name = format!("{request}=\"{route}\",http_response_status_code=\"{status}\"}}");
        assert!(sample(&text, &name) >= 1.0, "{name}");
    }
    let api = format!("{request}=\"/api/v1/requests/{{id}}\",http_response_status_code=\"401\"}}");
    assert!(sample(&text, &api) >= 1.0, "{text}");
    assert!(!text.contains("hunter2"), "paths are in no label: {text}");
    assert!(!text.contains("__private"), "{text}");
    for name in text.lines().filter_map(|l| l.strip_prefix("# TYPE ")) {
        assert!(text.contains(&format!("# HELP {}", name.split(' ').next().unwrap())), "{name}");
    }
}
