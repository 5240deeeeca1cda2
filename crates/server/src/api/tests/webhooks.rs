//! News of requests, as a receiver on this machine gets them.

use super::desk::{Desk, Limits, asks, unlock};
use crate::{api::token, clock};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{BrainId, PersonId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use sha2::Sha256;
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use store::StoreError;

type Got = Arc<Mutex<Vec<(HeaderMap, String)>>>;

/// What the receiver answers, and how often it was asked at the address behind the redirect.
#[derive(Clone)]
struct Receiver {
    got: Got,
    answer: u16,
    elsewhere: Arc<Mutex<u32>>,
}

async fn receive(State(r): State<Receiver>, headers: HeaderMap, body: Bytes) -> Response {
    r.got.lock().unwrap().push((headers, String::from_utf8(body.to_vec()).unwrap()));
    let status = StatusCode::from_u16(r.answer).unwrap();
    (status, [(header::LOCATION, "/elsewhere")]).into_response()
}

async fn listen(answer: u16) -> (Receiver, String) {
    let receiver = Receiver { got: Got::default(), answer, elsewhere: Arc::default() };
    let elsewhere = |State(r): State<Receiver>| async move { *r.elsewhere.lock().unwrap() += 1 };
    let app = Router::new()
        .route("/hook", post(receive))
        .route("/elsewhere", post(elsewhere).get(elsewhere))
        .with_state(receiver.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (receiver, url)
}

async fn until(what: &str, mut is: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what} did not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn set(desk: &Desk, url: &str) -> secrecy::SecretString {
    let secret = token::new_webhook_secret().unwrap();
    let (id, by) = (BrainId::new("right").unwrap(), PersonId::new("boss").unwrap());
    let done: Result<(), StoreError> = desk
        .app
        .store
        .set_brain_webhook(&id, Some(url.into()), Some(secret.clone()), by, clock::now())
        .await;
    done.unwrap();
    secret
}

#[tokio::test]
async fn news_arrive_signed_and_as_the_request_stands() {
    let desk = Desk::at_work().await;
    let token = desk.brain("right", Limits::default()).await;
    let (receiver, url) = listen(204).await;
    let secret = set(&desk, &url).await;
    let held = desk.submit(&token, &asks(unlock("dana"))).await.is(202);
    until("news", || receiver.got.lock().unwrap().len() >= 2).await;
    let got = receiver.got.lock().unwrap().clone();
    let mut ids = std::collections::BTreeSet::new();
    for (headers, text) in &got {
        let of = |name: &str| headers[name].to_str().unwrap();
        assert!(ids.insert(of("webhook-id").to_owned()), "one id, one piece of news");
        let key = STANDARD.decode(secret.expose_secret().strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.{text}", of("webhook-id"), of("webhook-timestamp")).as_bytes());
        let right = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        assert_eq!(of("webhook-signature"), right);
        let sent: i64 = of("webhook-timestamp").parse().unwrap();
        assert!((clock::now().0 / 1_000 - sent).abs() < 60);
        let body: Value = serde_json::from_str(text).unwrap();
        assert_eq!(body["type"], "request.updated");
        assert_eq!(body["data"]["id"], held["id"]);
        assert!(!text.contains("jm_"), "no token");
    }
    let last: Value = serde_json::from_str(&got.last().unwrap().1).unwrap();
    assert_eq!(last["data"]["status"], "held");
    let now = clock::now().plus_ms(3_600_000);
    until("the mark of arrival", || true).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(desk.app.store.due_deliveries(now, 10).await.unwrap().is_empty(), "sent once");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_what_fails_is_tried_later() {
    for answer in [307, 500] {
        let desk = Desk::at_work().await;
        let token = desk.brain("right", Limits::default()).await;
        let (receiver, url) = listen(answer).await;
        set(&desk, &url).await;
        desk.submit(&token, &asks(unlock("dana"))).await.is(202);
        until("news", || !receiver.got.lock().unwrap().is_empty()).await;
        tokio::time::sleep(Duration::from_millis(800)).await;
        assert_eq!(*receiver.elsewhere.lock().unwrap(), 0, "{answer}");
        let waiting =
            desk.app.store.due_deliveries(clock::now().plus_ms(60_000), 10).await.unwrap();
        assert!(!waiting.is_empty() && waiting.iter().all(|d| d.tries == 1), "{waiting:?}");
        assert!(
            desk.app.store.due_deliveries(clock::now(), 10).await.unwrap().is_empty(),
            "not before its time"
        );
        // A revoked brain hears nothing more.
        desk.revoke("right").await;
        let later = desk.app.store.due_deliveries(clock::now().plus_ms(60_000), 10).await.unwrap();
        assert!(later.is_empty(), "{later:?}");
    }
}
