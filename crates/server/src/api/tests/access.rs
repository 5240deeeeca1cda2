//! Route × caller: who gets in where.

use super::desk::{Desk, Limits, OURS, THEIRS, asks, request, unlock};
use axum::{
    body::Body,
    http::{Method, header},
};
use domain::{ActionKind, Tier};
use serde_json::{Value, json};

/// How each caller fares, by status: the right one; one for other clients alone; one for other kinds
/// alone; another brain with the same scope. Without a token, with a wrong one and with a revoked
/// one it is 401 everywhere.
type Line = (&'static str, &'static str, [u16; 4]);

const TABLE: &[Line] = &[
    ("GET", "/brain", [200, 200, 200, 200]),
    ("GET", "/actions", [200, 200, 200, 200]),
    ("GET", "/clients", [200, 200, 200, 200]),
    ("GET", "/tickets", [200, 200, 200, 200]),
    ("GET", "/tickets/{psa}/{id}", [200, 404, 200, 200]),
    ("GET", "/requests", [200, 200, 200, 200]),
    ("POST", "/requests", [202, 403, 403, 202]),
    ("GET", "/requests/{id}", [200, 404, 404, 404]),
    ("POST", "/requests/{id}/withdraw", [200, 404, 404, 404]),
    ("GET", "/requests/{id}/outcome", [409, 404, 404, 404]),
    ("POST", "/mcp", [200, 200, 200, 200]),
];

async fn call(desk: &Desk, token: &str, (method, route, _): &Line, id: &str) -> u16 {
    let path = match *route {
        "/mcp" => "/mcp".to_owned(),
        "/requests" if *method == "POST" => "/api/v1/requests?wait_ms=0".into(),
        _ => format!("/api/v1{}", route.replace("{psa}/{id}", "rt/17").replace("{id}", id)),
    };
    let body = match *route {
        "/requests" => asks(unlock("dana")),
        "/mcp" => json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}),
        _ => json!({"reason": "not needed any more"}),
    };
    let request = request(method.parse().unwrap(), token, &path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-11-25")
        .header("idempotency-key", crate::clock::new_id().to_string());
    let body = if *method == "GET" { Body::empty() } else { Body::from(body.to_string()) };
    desk.send(request.body(body).unwrap()).await.status.as_u16()
}

#[tokio::test]
async fn every_route_is_in_the_table() {
    let desk = Desk::new().await;
    let document = desk.get("", "/api/v1/openapi.json").await.is(200);
    let mut described: Vec<(String, String)> = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            described.push((method.to_uppercase(), path.clone()));
        }
    }
    assert!(described.len() > 10, "{described:?}");
    for (method, path) in &described {
        let there = TABLE.iter().any(|(m, p, _)| m == method && p == path);
        assert!(there || path == "/openapi.json", "{method} {path} is not in the table");
    }
    for (method, path, _) in TABLE.iter().filter(|(_, path, _)| *path != "/mcp") {
        let there = described.iter().any(|(m, p)| m == method && p == path);
        assert!(there, "{method} {path} is no route any more");
    }
    // What the description is made from is what is served: no route is added beside it.
    let source = include_str!("../mod.rs");
    assert_eq!(source.matches(".route(").count(), 0, "a route outside the description");
    assert_eq!(include_str!("../openapi.rs").matches(".route(").count(), 1);
    assert_eq!(include_str!("../mcp.rs").matches("route_service(").count(), 1);
}

#[tokio::test]
async fn each_caller_gets_in_exactly_where_it_may() {
    let desk = Desk::new().await;
    desk.ticket(OURS, "17", "dana@acme.example", "I am locked out").await;
    let right = desk.brain("right", Limits::default()).await;
    let elsewhere = Limits { clients: Some(&[THEIRS]), ..Limits::default() };
    let elsewhere = desk.brain("elsewhere", elsewhere).await;
    let otherwise = Limits { kinds: Some(&[ActionKind::FindUser]), ..Limits::default() };
    let otherwise = desk.brain("otherwise", otherwise).await;
    let other = desk.brain("other", Limits::default()).await;
    let revoked = desk.brain("revoked", Limits::default()).await;
    desk.revoke("revoked").await;
    let garbage = format!("jm_right_{}", "A".repeat(43));
    for line in TABLE {
        let asked =
            desk.post(&right, "/api/v1/requests?wait_ms=0", line.1, &asks(unlock("dana"))).await;
        let id = asked.body["id"].as_str().unwrap().to_owned();
        let before = desk.entries().await;
        for (what, token) in [
            ("no", ""),
            ("a wrong", garbage.as_str()),
            ("a revoked", revoked.as_str()),
            ("no real", "x"),
        ] {
            let status = call(&desk, token, line, &id).await;
            assert_eq!(status, 401, "{} {} with {what} token", line.0, line.1);
        }
        for (i, token) in [(1, &elsewhere), (2, &otherwise)] {
            let status = call(&desk, token, line, &id).await;
            assert_eq!(status, line.2[i], "{} {} as caller {i}", line.0, line.1);
        }
        assert_eq!(desk.entries().await, before, "{} {} had an effect", line.0, line.1);
        for (i, token) in [(3, &other), (0, &right)] {
            let status = call(&desk, token, line, &id).await;
            assert_eq!(status, line.2[i], "{} {} as caller {i}", line.0, line.1);
        }
    }
}

#[tokio::test]
async fn a_refusal_says_what_is_missing_and_a_revoked_brain_is_out_at_once() {
    let desk = Desk::new().await;
    let token = desk.brain("right", Limits::default()).await;
    let reply = desk.get("", "/api/v1/brain").await;
    assert_eq!(reply.headers[header::WWW_AUTHENTICATE], "Bearer realm=\"journeyman\"");
    reply.problem(401, "no_valid_token", &["Authorization: Bearer"]);
    // Two tokens, a token in another scheme, and a token of another brain's name are none.
    let renamed = token.replacen("jm_right_", "jm_other_", 1);
    for wrong in
        [format!("Basic {token}"), format!("Bearer {renamed}"), token.clone(), "Bearer".into()]
    {
        let request =
            axum::http::Request::get("/api/v1/brain").header(header::AUTHORIZATION, &wrong);
        desk.send(request.body(Body::empty()).unwrap()).await.is(401);
    }
    let twice =
        request(Method::GET, &token, "/api/v1/brain").header(header::AUTHORIZATION, "Bearer x");
    desk.send(twice.body(Body::empty()).unwrap()).await.is(401);
    desk.get(&token, "/api/v1/brain").await.is(200);
    desk.revoke("right").await;
    desk.get(&token, "/api/v1/brain").await.is(401);
}

#[tokio::test]
async fn a_brain_sees_its_own_scope_and_no_more() {
    let desk = Desk::new().await;
    let limits = Limits {
        kinds: Some(&[ActionKind::UnlockAccount, ActionKind::FindUser]),
        ceiling: Tier::Medium,
        rate: 100,
        ..Limits::default()
    };
    let token = desk.brain("narrow", limits).await;
    let brain = desk.get(&token, "/api/v1/brain").await.is(200);
    assert_eq!(brain["clients"], json!([OURS]));
    assert_eq!(brain["actions"], json!(["find_user", "unlock_account"]));
    assert_eq!((&brain["ceiling"], &brain["rate_per_min"]), (&json!("medium"), &json!(100)));
    let actions = desk.get(&token, "/api/v1/actions").await.is(200);
    let kinds: Vec<&Value> = actions.as_array().unwrap().iter().map(|a| &a["kind"]).collect();
    assert_eq!(kinds, ["find_user", "unlock_account"]);
    let unlock = &actions[1];
    assert_eq!(unlock["write"], true);
    assert!(
        unlock["risk"].as_str().unwrap().len() > 10 && unlock["scorecard"]["rationale"].is_string()
    );
    assert_eq!(unlock["parameters"]["required"], json!(["account"]));
    desk.get(&token, "/api/v1/clients").await.is(200);
    desk.ticket(OURS, "1", "dana@acme.example", "ours").await;
    desk.ticket(THEIRS, "2", "eve@globex.example", "theirs").await;
    let tickets = desk.get(&token, "/api/v1/tickets").await.is(200);
    assert_eq!(tickets.as_array().unwrap().len(), 1);
    assert_eq!((&tickets[0]["client"], &tickets[0]["id"]), (&json!(OURS), &json!("1")));
    let ticket = desk.get(&token, "/api/v1/tickets/rt/1").await.is(200);
    assert_eq!(ticket["body"], "ours");
    desk.get(&token, "/api/v1/tickets/rt/2").await.problem(404, "not_found", &["no such ticket"]);
    for client in [THEIRS, "nobody", "NOT%20AN%20ID"] {
        let path = format!("/api/v1/tickets?client={client}");
        desk.get(&token, &path).await.problem(403, "out_of_scope", &["clients"]);
    }
}

#[tokio::test]
async fn a_client_outside_the_scope_looks_like_one_that_does_not_exist() {
    let desk = Desk::new().await;
    let token = desk.brain("right", Limits::default()).await;
    let mut said = Vec::new();
    for client in [THEIRS, "nowhere"] {
        let mut body = asks(unlock("dana"));
        body["client"] = client.into();
        let reply = desk.submit(&token, &body).await.is(403);
        said.push(reply["detail"].as_str().unwrap().replace(client, "X"));
        // Nor by way of an action on several clients.
        let many = json!({"kind": "change_many_clients", "clients": [OURS, client], "change": "all of it"});
        desk.submit(&token, &asks(many)).await.problem(403, "out_of_scope", &[client]);
    }
    assert_eq!(said[0], said[1]);
    assert_eq!(desk.requests().await, 0);
}

#[tokio::test]
async fn a_rate_holds_for_reads_too_and_says_how_long_to_wait() {
    let desk = Desk::new().await;
    let token = desk.brain("slow", Limits { rate: 3, ..Limits::default() }).await;
    for _ in 0..3 {
        desk.get(&token, "/api/v1/brain").await.is(200);
    }
    let reply = desk.submit(&token, &asks(unlock("dana"))).await;
    let wait_s: u64 = reply.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=20).contains(&wait_s), "{wait_s}");
    reply.problem(429, "rate", &["3 requests a minute"]);
    assert_eq!(desk.requests().await, 0);
}
