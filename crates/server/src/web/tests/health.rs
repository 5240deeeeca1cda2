//! What a load balancer is told.

use super::support::Desk;
use axum::http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn a_server_in_order_is_alive_and_ready() {
    let desk = Desk::new().await;
    let mut stranger = desk.stranger();
    let live = stranger.get("/healthz").await;
    assert_eq!((live.status, live.body.as_str()), (StatusCode::OK, "ok"));
    let ready = stranger.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::OK, "{}", ready.body);
    let said: Value = serde_json::from_str(&ready.body).unwrap();
    assert_eq!(said, json!({ "ready": true, "missing": [] }));
}

#[tokio::test]
async fn a_server_that_is_about_to_end_is_alive_but_not_ready() {
    let desk = Desk::new().await;
    desk.app.ops.drain();
    let mut stranger = desk.stranger();
    assert_eq!(stranger.get("/healthz").await.status, StatusCode::OK);
    let ready = stranger.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    let said: Value = serde_json::from_str(&ready.body).unwrap();
    assert_eq!(said["missing"], json!([{ "part": "server", "reason": "draining" }]));
}

#[tokio::test]
async fn a_store_that_fails_is_named_without_its_address() {
    let desk = Desk::new().await;
    desk.app.store.clone().close().await;
    let ready = desk.stranger().get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    let said: Value = serde_json::from_str(&ready.body).unwrap();
    let both = json!([
        { "part": "store_read", "reason": "closed" },
        { "part": "store_write", "reason": "closed" },
    ]);
    assert_eq!(said, json!({ "ready": false, "missing": both }));
    assert!(!ready.body.contains("journeyman.db"), "{}", ready.body);
}
