//! Two cells, each with a store of its own: what stops one stops the other, and who lives elsewhere is
//! sent there.

use super::desk::{Desk, Limits, OURS, THEIRS, asks, request, unlock};
use crate::{
    cells::{Cells, Peer, Seal, fresh_nonce},
    clock,
};
use axum::{
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header},
    middleware::{self, Next},
    response::IntoResponse as _,
};
use domain::{Actor, BreakerMode, BreakerScope, CellId, ClientId, Home, PersonId};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

const SECRET: &str = "a secret of two cells";

fn cell(name: &str) -> CellId {
    CellId::new(name).unwrap()
}

/// A desk that is the cell `own` beside the cell `other`.
async fn desk(own: &str, other: &str, at: SocketAddr, patience: Duration) -> Desk {
    connectors::install_crypto_provider();
    let peer = Peer { url: format!("http://{at}"), seal: Seal::of(SECRET) };
    let peers = BTreeMap::from([(cell(other), peer)]);
    // acme lives in both, so that each has work; globex in us1.
    let homes = BTreeMap::from([
        (ClientId::new(OURS).unwrap(), cell(own)),
        (ClientId::new(THEIRS).unwrap(), cell("us1")),
    ]);
    Desk::with(|app| app.cells = Cells::of(cell(own), peers, homes, patience)).await
}

struct Two {
    eu: Desk,
    us: Desk,
    /// Whether us1 answers nobody any more.
    cut: Arc<AtomicBool>,
}

async fn two(patience: Duration) -> Two {
    let (a, b) = (TcpListener::bind("127.0.0.1:0"), TcpListener::bind("127.0.0.1:0"));
    let (a, b) = (a.await.unwrap(), b.await.unwrap());
    let eu = desk("eu1", "us1", b.local_addr().unwrap(), patience).await;
    let us = desk("us1", "eu1", a.local_addr().unwrap(), patience).await;
    let cut = Arc::new(AtomicBool::new(false));
    let serve = |listener: TcpListener, desk: &Desk, cut: Arc<AtomicBool>| {
        let cuts = middleware::from_fn(move |request: Request<Body>, next: Next| {
            let cut = cut.load(Ordering::Relaxed);
            async move {
                match cut {
                    true => StatusCode::BAD_GATEWAY.into_response(),
                    false => next.run(request).await,
                }
            }
        });
        let router = crate::web::router(desk.app.clone()).layer(cuts);
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() })
    };
    drop(serve(a, &eu, Arc::default()));
    drop(serve(b, &us, cut.clone()));
    Two { eu: eu.working(), us: us.working(), cut }
}

/// An unlock that the user's own ticket asks for: nobody has to be asked.
async fn unlocked(desk: &Desk, token: &str, ticket: &str) -> Value {
    desk.ticket(OURS, ticket, "dana@acme.example", "I am locked out").await;
    let mut body = asks(unlock("dana"));
    body["ticket"] = json!({"psa": "rt", "id": ticket});
    let mut now = desk.submit(token, &body).await.is(202);
    let path = format!("/api/v1/requests/{}?wait_ms=2000", now["id"].as_str().unwrap());
    while now["status"] == "working" {
        now = desk.get(token, &path).await.is(200);
    }
    now
}

/// Waits until the desk knows of another cell's breaker of this mode, or of none; then asks once: a brain
/// that repeats itself is refused for that.
async fn once(desk: &Desk, token: &str, open: Option<BreakerMode>) -> Value {
    while desk.app.cells.breaker().map(|b| b.mode) != open {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    unlocked(desk, token, &clock::new_id().to_string()).await
}

#[tokio::test]
async fn what_is_stopped_in_one_cell_stops_in_the_other_and_runs_again_after_it() {
    let two = two(Duration::from_secs(10)).await;
    let token = two.eu.brain("right", Limits::default()).await;
    assert_eq!(once(&two.eu, &token, None).await["status"], "done");
    let store = &two.us.app.store;
    let (stop, by) = (BreakerMode::Stop, Actor::Platform);
    store.open_breaker(BreakerScope::Everything, stop, "a storm", by, clock::now()).await.unwrap();
    let stopped = once(&two.eu, &token, Some(stop)).await;
    assert_eq!(stopped["status"], "refused", "{stopped:#}");
    let text = stopped.to_string();
    assert!(text.contains("a storm") && text.contains("the cell us1"), "{stopped:#}");
    let boss = PersonId::new("boss").unwrap();
    let closed = store.close_breaker(BreakerScope::Everything, boss, "over", clock::now()).await;
    assert!(closed.unwrap());
    let again = once(&two.eu, &token, None).await;
    assert_eq!(again["status"], "done", "{again:#}");
}

#[tokio::test]
async fn a_cell_that_is_cut_off_asks_people() {
    let two = two(Duration::from_secs(3)).await;
    let token = two.eu.brain("right", Limits::default()).await;
    assert_eq!(once(&two.eu, &token, None).await["status"], "done");
    two.cut.store(true, Ordering::Relaxed);
    let held = once(&two.eu, &token, Some(BreakerMode::Ask)).await;
    assert_eq!(held["status"], "held", "{held:#}");
    let text = held.to_string();
    assert!(text.contains("the cell us1 has not been heard"), "{held:#}");
    let fared = two.eu.app.cells.fared(domain::ActionKind::DeployPatches, &["kb1"], 1000);
    assert!(fared.unwrap_err().contains("us1"), "how it fares elsewhere is not known");
}

#[tokio::test]
async fn who_lives_elsewhere_is_sent_there() {
    let two = two(Duration::from_secs(10)).await;
    let both = Limits { clients: Some(&[OURS, THEIRS]), ..Limits::default() };
    let token = two.eu.brain("right", both).await;
    let mut body = asks(unlock("dana"));
    body["client"] = THEIRS.into();
    two.eu.submit(&token, &body).await.problem(421, "lives_elsewhere", &["us1", "http://127"]);
    assert_eq!(two.eu.requests().await, 0, "nothing was taken in");

    // A request of acme that was taken in here, before acme moved.
    let done = once(&two.eu, &token, None).await;
    let path = format!("/api/v1/requests/{}", done["id"].as_str().unwrap());
    two.eu.get(&token, &path).await.is(200);
    let client = ClientId::new(OURS).unwrap();
    let home = Home { client: client.clone(), version: 1, cell: cell("us1"), size: 0 };
    two.eu.app.store.learn_homes(&cell("eu1"), vec![home], clock::now()).await.unwrap();
    while two.eu.app.cells.elsewhere(&client).is_none() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let reply = two.eu.get(&token, &path).await;
    assert!(reply.body["url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    reply.problem(421, "lives_elsewhere", &["us1"]);
    // The other cell hears of it by itself.
    while two.us.app.store.homes().await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(two.us.app.cells.own(), Some(&cell("us1")));
}

/// A question for the summary, as the cell `from` signs it.
fn question(from: &str, to: &str, at: i64, secret: &str) -> Request<Body> {
    let (at, nonce) = (at.to_string(), fresh_nonce());
    let parts = [from.as_bytes(), to.as_bytes(), at.as_bytes(), nonce.as_bytes()];
    request(Method::GET, "none", "/fleet/summary")
        .header("x-journeyman-cell", from)
        .header("x-journeyman-at", &at)
        .header("x-journeyman-nonce", &nonce)
        .header("x-journeyman-signature", Seal::of(secret).sign("ask", &parts))
        .body(Body::empty())
        .unwrap()
}

#[tokio::test]
async fn how_a_cell_stands_is_told_to_the_other_cells_alone() {
    let at = SocketAddr::from(([127, 0, 0, 1], 9));
    let eu = desk("eu1", "us1", at, Duration::from_secs(10)).await;
    let router = crate::web::router(eu.app.clone());
    let ask = async |question: Request<Body>| {
        let nonce = question.headers()["x-journeyman-nonce"].to_str().unwrap().to_owned();
        let answer = router.clone().oneshot(question).await.unwrap();
        let (parts, body) = answer.into_parts();
        (parts, to_bytes(body, usize::MAX).await.unwrap(), nonce)
    };
    let now = clock::now().0;
    for (why, wrong) in [
        ("another secret", question("us1", "eu1", now, "not the secret of them")),
        ("a stranger", question("ap1", "eu1", now, SECRET)),
        ("for another cell", question("us1", "ap1", now, SECRET)),
        ("an old one", question("us1", "eu1", now - 120_000, SECRET)),
        ("one to come", question("us1", "eu1", now + 120_000, SECRET)),
    ] {
        let (parts, body, _) = ask(wrong).await;
        assert_eq!(parts.status, StatusCode::UNAUTHORIZED, "{why}");
        assert!(!String::from_utf8_lossy(&body).contains("sequence"), "{why}");
    }
    let mut unsigned = question("us1", "eu1", now, SECRET);
    unsigned.headers_mut().remove("x-journeyman-signature");
    assert_eq!(ask(unsigned).await.0.status, StatusCode::UNAUTHORIZED);
    let mut sessionless = Request::get("/fleet/summary").body(Body::empty()).unwrap();
    sessionless.headers_mut().insert("x-journeyman-nonce", "1".parse().unwrap());
    assert_eq!(ask(sessionless).await.0.status, StatusCode::UNAUTHORIZED);

    let (parts, body, nonce) = ask(question("us1", "eu1", now, SECRET)).await;
    assert_eq!(parts.status, StatusCode::OK);
    assert_eq!(parts.headers[header::CONTENT_TYPE], "application/json");
    let signature = parts.headers["x-journeyman-signature"].to_str().unwrap();
    let seal = Seal::of(SECRET);
    assert!(seal.holds("tell", &[nonce.as_bytes(), &body], signature));
    assert!(!seal.holds("tell", &[b"another", &body], signature));
    let summary: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(summary["cell"], "eu1");
}
