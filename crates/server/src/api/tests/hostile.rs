//! Hostile input through HTTP: a precise 4xx, and not one entry in any journal.

use super::desk::{Desk, Limits, OURS, asks, request, unlock};
use axum::{
    body::Body,
    http::{Method, header},
};
use serde_json::{Value, json};

/// An `unlock_account` of this account.
fn of(account: Value) -> String {
    asks(json!({"kind": "unlock_account", "account": account})).to_string()
}

fn named(name: &str) -> String {
    of(json!({"id": "id-dana", "login": "dana@acme.example", "name": name}))
}

/// What is sent, and what has to be said: status, code, words.
fn table() -> Vec<(Vec<u8>, u16, &'static str, Vec<&'static str>)> {
    let good = asks(unlock("dana"));
    let with = |pointer: &str, value: Value| {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        body.to_string()
    };
    let action = |value: Value| asks(value).to_string();
    let device = |n: usize| json!({"id": format!("d{n}"), "name": format!("LT-{n}")});
    let devices = |count: usize| (0..count).map(device).collect::<Vec<_>>();
    let mut more = good.clone();
    more["approved_by"] = "boss".into();
    let mut grant = good.clone();
    grant["actions"][0]["grant"] = json!({"tier": "low"});
    let mut deep = good.clone();
    deep["actions"] =
        serde_json::from_str(&format!("{}1{}", "[".repeat(60), "]".repeat(60))).unwrap();
    let text = |t: &str, status, code, words: &[&'static str]| {
        (t.as_bytes().to_vec(), status, code, words.to_vec())
    };
    vec![
        text("", 400, "malformed_json", &["line 1 column 0"]),
        text("{\"client\": \"acme\",\n}", 400, "malformed_json", &["line 2 column 1"]),
        text("{\"client\": \"acme\"} {}", 400, "malformed_json", &["trailing characters"]),
        text(
            "{\"client\": \"acme\", \"client\": \"globex\"}",
            400,
            "malformed_json",
            &["\"client\" stands twice"],
        ),
        text("{\"client\": 1e999}", 400, "malformed_json", &["out of range"]),
        text("NaN", 400, "malformed_json", &["line 1"]),
        (b"{\"client\": \"\xff\xfe\"}".to_vec(), 400, "malformed_json", vec!["line 1"]),
        (vec![b'['; 200_000], 400, "malformed_json", vec!["deeper than 32"]),
        text(&deep.to_string(), 400, "malformed_json", &["deeper than 32"]),
        (vec![b' '; 256 * 1024 + 1], 413, "too_large", vec!["262144"]),
        (named(&"x".repeat(10_000_000)).into_bytes(), 413, "too_large", vec!["262144"]),
        text("[]", 422, "does_not_fit", &["an object is right"]),
        text("null", 422, "does_not_fit", &["null"]),
        text(&more.to_string(), 422, "does_not_fit", &["unknown field \"approved_by\""]),
        text(&grant.to_string(), 422, "does_not_fit", &["actions[0]", "unknown field \"grant\""]),
        text(&with("/client", json!(7)), 422, "does_not_fit", &["client is a number"]),
        text(&with("/client", json!("acme' OR '1'='1")), 422, "does_not_fit", &["client id"]),
        text(&with("/client", json!("@msp")), 403, "out_of_scope", &["@msp"]),
        text(&with("/reason", json!("x".repeat(2_001))), 422, "does_not_fit", &["reason", "2000"]),
        text(
            &with("/reason", json!("ok \u{202e}live")),
            422,
            "does_not_fit",
            &["reason", "U+202E"],
        ),
        text(&with("/actions", json!([])), 422, "does_not_fit", &["0 items"]),
        text(
            &with("/actions/0/kind", json!("approve")),
            422,
            "does_not_fit",
            &["\"approve\" is no kind"],
        ),
        text(
            &named("Dana\u{202e}"),
            422,
            "does_not_fit",
            &["account.name", "bidirectional", "U+202E"],
        ),
        text(&named("Da\u{200b}na"), 422, "does_not_fit", &["account.name", "U+200B"]),
        text(&named("D\u{0430}na"), 422, "does_not_fit", &["account.name", "Latin and Cyrillic"]),
        text(&named("Dan\u{03b1}"), 422, "does_not_fit", &["account.name", "Latin and Greek"]),
        text(&named("Dana\u{0}"), 422, "does_not_fit", &["account.name", "control"]),
        text(&named(&"x".repeat(257)), 422, "does_not_fit", &["account.name", "256"]),
        text(
            &of(json!({"id": "", "login": "a@b.example", "name": "A"})),
            422,
            "does_not_fit",
            &["account.id is empty"],
        ),
        text(
            &of(json!({"id": "x\ny", "login": "a@b.example", "name": "A"})),
            422,
            "does_not_fit",
            &["account.id", "U+000A"],
        ),
        text(
            &of(json!({"id": "x", "login": "a b@b.example", "name": "A"})),
            422,
            "does_not_fit",
            &["account.login"],
        ),
        text(&of(json!({"id": "x", "login": "a@b.example"})), 422, "does_not_fit", &["`name`"]),
        text(
            &of(json!("id-dana")),
            422,
            "does_not_fit",
            &["account is a text", "an object is right"],
        ),
        text(
            &action(json!({"kind": "reboot", "devices": []})),
            422,
            "does_not_fit",
            &["devices has 0 items"],
        ),
        text(
            &action(json!({"kind": "reboot", "devices": devices(501)})),
            422,
            "does_not_fit",
            &["devices has 501 items"],
        ),
        text(
            &action(json!({"kind": "reboot", "devices": [device(1), device(1)]})),
            422,
            "does_not_fit",
            &["devices[1]", "second time"],
        ),
        text(
            &action(
                json!({"kind": "issue_temporary_access_pass", "account": super::directory::account("dana"), "minutes": 100_000}),
            ),
            422,
            "does_not_fit",
            &["minutes", "10 to 480"],
        ),
        text(
            &action(
                json!({"kind": "log_time", "ticket": {"psa": "rt", "id": "1"}, "text": "x", "minutes": -5}),
            ),
            422,
            "does_not_fit",
            &["minutes", "1 to 1440"],
        ),
        text(
            &action(json!({"kind": "set_dns", "devices": devices(1), "servers": ["evil.example"]})),
            422,
            "does_not_fit",
            &["servers[0]", "IPv4"],
        ),
        text(
            &action(
                json!({"kind": "run_script", "devices": devices(1), "script": {"id": "s", "sha256": "abc"}, "arguments": []}),
            ),
            422,
            "does_not_fit",
            &["script.sha256"],
        ),
        text(
            &action(
                json!({"kind": "create_user", "login": "no-at-sign", "name": "N", "department": "", "groups": []}),
            ),
            422,
            "does_not_fit",
            &["login", "name@domain.example"],
        ),
    ]
}

#[tokio::test]
async fn each_gets_a_precise_answer_and_none_has_an_effect() {
    let desk = Desk::at_work().await;
    let token = desk.brain("right", Limits::default()).await;
    let before = desk.entries().await;
    for (i, (body, status, code, words)) in table().into_iter().enumerate() {
        let begins = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let request = request(Method::POST, &token, "/api/v1/requests?wait_ms=0")
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", format!("k{i}"));
        let reply = desk.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(reply.status.as_u16(), status, "{begins}: {:#}", reply.body);
        reply.problem(status, code, &words);
    }
    assert_eq!(desk.entries().await, before);
    assert_eq!(desk.requests().await, 0);
    assert!(desk.people.performed.lock().unwrap().is_empty());
    // The desk still works.
    desk.submit(&token, &asks(unlock("dana"))).await.is(202);
}

#[tokio::test]
async fn wrong_kinds_of_request_are_refused_before_the_body_is_read() {
    let desk = Desk::new().await;
    let token = desk.brain("right", Limits::default()).await;
    let body = asks(unlock("dana")).to_string();
    let path = "/api/v1/requests?wait_ms=0";
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let request = request(Method::POST, &token, path)
            .header(header::CONTENT_TYPE, kind)
            .header("idempotency-key", "k");
        let reply = desk.send(request.body(Body::from(body.clone())).unwrap()).await;
        reply.problem(415, "not_json", &["application/json"]);
    }
    let keyless =
        request(Method::POST, &token, path).header(header::CONTENT_TYPE, "application/json");
    let reply = desk.send(keyless.body(Body::from(body.clone())).unwrap()).await;
    reply.problem(400, "idempotency_key", &["exactly one"]);
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let request = request(method, &token, "/api/v1/requests");
        let reply = desk.send(request.body(Body::empty()).unwrap()).await;
        assert!(reply.headers.contains_key(header::ALLOW));
        reply.problem(405, "method", &["Allow"]);
    }
    desk.get(&token, "/api/v1/nothing").await.problem(404, "not_found", &["openapi.json"]);
    desk.get("", "/api/v1/nothing").await.is(401);
    for id in ["x", "../../brain", "00000000-0000-0000-0000-000000000000", "%00", "'%20OR%201=1"] {
        let reply = desk.get(&token, &format!("/api/v1/requests/{id}")).await;
        assert_eq!(reply.status, 404, "{id}");
    }
    assert_eq!(desk.requests().await, 0);
}

#[tokio::test]
async fn the_id_of_a_ticket_is_no_request() {
    let desk = Desk::new().await;
    let token = desk.brain("right", Limits::default()).await;
    let case = desk.ticket(OURS, "17", "dana@acme.example", "private words").await;
    let reply = desk.get(&token, &format!("/api/v1/requests/{case}")).await;
    reply.problem(404, "not_found", &["no such request"]);
}
