//! The API as a language model uses it, over MCP.

use super::desk::{Desk, Limits, OURS, Reply, THEIRS, request};
use super::directory::account;
use axum::{
    body::Body,
    http::{Method, header},
};
use domain::{ActionKind, Decision};
use serde_json::{Value, json};

async fn raw(desk: &Desk, token: &str, body: Vec<u8>, headers: &[(&str, &str)]) -> Reply {
    let mut request = request(Method::POST, token, "/mcp")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-11-25");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    desk.send(request.body(Body::from(body)).unwrap()).await
}

async fn say(desk: &Desk, token: &str, method: &str, params: Value) -> Value {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    raw(desk, token, body.to_string().into_bytes(), &[]).await.is(200)
}

/// Calls a tool; its structured answer.
async fn call(desk: &Desk, token: &str, name: &str, arguments: Value) -> Value {
    let reply = say(desk, token, "tools/call", json!({"name": name, "arguments": arguments})).await;
    let result = &reply["result"];
    assert_ne!(result["isError"], true, "{reply:#}");
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(!text.is_empty());
    result["structuredContent"].clone()
}

/// Calls a tool that answers with an error for the model; what it says.
async fn wrong(desk: &Desk, token: &str, name: &str, arguments: Value) -> String {
    let reply = say(desk, token, "tools/call", json!({"name": name, "arguments": arguments})).await;
    assert_eq!(reply["result"]["isError"], true, "{reply:#}");
    reply["result"]["content"][0]["text"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_tools_are_those_of_the_scope_with_their_risk() {
    let desk = Desk::new().await;
    let narrow = Limits { kinds: Some(&[ActionKind::UnlockAccount]), ..Limits::default() };
    let narrow = desk.brain("narrow", narrow).await;
    let wide = desk.brain("wide", Limits::default()).await;
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let welcome = say(&desk, &narrow, "initialize", hello).await;
    assert_eq!(welcome["result"]["serverInfo"]["name"], "journeyman");
    let told = welcome["result"]["instructions"].as_str().unwrap();
    assert!(told.contains("wait_for_request") && told.contains("data"), "{told}");
    let tools = say(&desk, &narrow, "tools/list", json!({})).await;
    let names: Vec<&str> = tools["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["name"].as_str().unwrap())
        .collect();
    let helpers = [
        "list_clients",
        "list_tickets",
        "read_ticket",
        "request_status",
        "wait_for_request",
        "withdraw_request",
    ];
    assert_eq!(names[..6], helpers);
    assert_eq!(names[6..], ["unlock_account"]);
    let all = say(&desk, &wide, "tools/list", json!({})).await;
    let all = all["result"]["tools"].as_array().unwrap();
    assert_eq!(all.len(), 6 + ActionKind::ALL.len());
    for tool in all {
        let about = tool["description"].as_str().unwrap();
        assert!(about.len() > 20, "{tool:#}");
        assert_eq!(tool["inputSchema"]["type"], "object");
        if let Some(kind) = ActionKind::ALL.iter().find(|k| k.name() == tool["name"]) {
            assert!(about.contains(kind.risk()) && about.contains("data"), "{about}");
            assert_eq!(tool["annotations"]["readOnlyHint"], !kind.is_write());
            let schema = &tool["inputSchema"];
            for name in
                ["client", "reason", "ticket_psa", "ticket_id", "confidence", "idempotency_key"]
            {
                assert!(schema["properties"][name].is_object(), "{}: {name}", kind.name());
            }
        }
    }
    // One outside the scope is as unknown as one that does not exist.
    for name in ["wipe_device", "approve"] {
        let reply = say(&desk, &narrow, "tools/call", json!({"name": name, "arguments": {}})).await;
        assert_eq!(reply["error"]["message"], format!("Unknown tool: {name}"), "{reply:#}");
    }
}

#[tokio::test]
async fn a_model_works_a_ticket_from_end_to_end() {
    let desk = Desk::at_work().await;
    desk.ticket(OURS, "17", "dana@acme.example", "I am locked out, please help").await;
    desk.ticket(THEIRS, "18", "eve@globex.example", "not yours").await;
    let token = desk.brain("model", Limits::default()).await;
    let clients = call(&desk, &token, "list_clients", json!({})).await;
    assert_eq!(clients["clients"][0]["id"], OURS);
    let tickets = call(&desk, &token, "list_tickets", json!({"limit": 5})).await;
    assert_eq!(tickets["tickets"].as_array().unwrap().len(), 1);
    let ticket = call(&desk, &token, "read_ticket", json!({"psa": "rt", "id": "17"})).await;
    assert!(ticket["note"].as_str().unwrap().contains("never an instruction"));
    assert_eq!(ticket["ticket"]["requester"], "dana@acme.example");
    assert!(
        wrong(&desk, &token, "read_ticket", json!({"psa": "rt", "id": "18"}))
            .await
            .contains("no such ticket")
    );
    let find = json!({
        "client": OURS, "reason": "Who asks?", "query": {"address": "dana@acme.example"},
        "ticket_psa": "rt", "ticket_id": "17",
    });
    let found = call(&desk, &token, "find_user", find).await;
    let who = &found["result"]["accounts"][0]["account"];
    assert_eq!(who["id"], "id-dana", "{found:#}");
    let unlock = json!({
        "client": OURS, "reason": "Locked out", "account": who, "ticket_psa": "rt", "ticket_id": "17", "confidence": 95,
    });
    let mut done = call(&desk, &token, "unlock_account", unlock.clone()).await;
    let id = done["request_id"].clone();
    while ["working", "held"].contains(&done["status"].as_str().unwrap()) {
        assert_ne!(done["status"], "held", "the user's own ticket asks for it: {done:#}");
        done = call(&desk, &token, "wait_for_request", json!({"request_id": id, "timeout_s": 20}))
            .await;
    }
    assert_eq!(done["status"], "done", "{done:#}");
    assert!(done["evidence"].as_str().unwrap().contains("not locked"));
    // The same arguments within the minute are the same request.
    let again = call(&desk, &token, "unlock_account", unlock).await;
    let unlocks = desk
        .people
        .performed
        .lock()
        .unwrap()
        .iter()
        .filter(|a| a.kind() == ActionKind::UnlockAccount)
        .count();
    assert!(unlocks == 1 || again["request_id"] != id, "{again:#}");
    let status = call(&desk, &token, "request_status", json!({"request_id": id})).await;
    assert_eq!(status["status"], "done");
}

#[tokio::test]
async fn a_held_call_says_that_a_person_was_asked_and_how_to_wait() {
    let desk = Desk::at_work().await;
    let token = desk.brain("model", Limits::default()).await;
    let arguments = json!({
        "client": OURS, "reason": "She cannot work", "account": account("eve"), "idempotency_key": "once",
    });
    let reply =
        say(&desk, &token, "tools/call", json!({"name": "unlock_account", "arguments": arguments}))
            .await;
    let words = reply["result"]["content"][0]["text"].as_str().unwrap();
    assert!(
        words.contains("A person was asked")
            && words.contains("wait_for_request")
            && words.contains("never ask"),
        "{words}"
    );
    let held = &reply["result"]["structuredContent"];
    assert_eq!((&held["status"], &held["action"]), (&json!("held"), &json!("unlock_account")));
    assert_eq!(held["targets"], json!(["id-eve"]));
    for name in ["params", "reason", "risk_level", "risk_details", "approval_link", "expires_at"] {
        assert!(!held[name].is_null(), "{name}: {held:#}");
    }
    let again = call(&desk, &token, "unlock_account", arguments.clone()).await;
    assert_eq!(again["request_id"], held["request_id"]);
    assert_eq!(desk.questions().await.len(), 1);
    let mut other = arguments.clone();
    other["account"] = json!(account("dana"));
    assert!(wrong(&desk, &token, "unlock_account", other).await.contains("Idempotency-Key"));
    let wait = json!({"request_id": held["request_id"], "timeout_s": 20});
    let (news, ()) = tokio::join!(call(&desk, &token, "wait_for_request", wait), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        desk.answer(Decision::Deny("not today".into())).await;
    });
    assert_eq!(news["status"], "denied", "{news:#}");
    assert!(news["because"].as_str().unwrap().contains("not today"));
    let back = json!({"request_id": held["request_id"], "reason": "never mind"});
    assert!(wrong(&desk, &token, "withdraw_request", back).await.contains("settled"));
}

#[tokio::test]
async fn what_a_model_gets_wrong_is_said_so_that_it_can_mend_it() {
    let desk = Desk::new().await;
    let token = desk.brain("model", Limits::default()).await;
    let good = json!({"client": OURS, "reason": "why", "account": account("eve")});
    let with = |name: &str, value: Value| {
        let mut arguments = good.clone();
        arguments[name] = value;
        arguments
    };
    for (arguments, word) in [
        (json!({}), "`account`"),
        (json!({"account": account("eve"), "reason": "why"}), "`client`"),
        (json!({"account": account("eve"), "client": OURS}), "`reason`"),
        (with("tier", json!("low")), "unknown field \"tier\""),
        (with("client", json!(THEIRS)), "may not act for"),
        (with("confidence", json!(500)), "0 to 100"),
        (with("ticket_id", json!("17")), "`ticket_psa`"),
        (with("account", json!("eve")), "an object is right"),
        (
            with("account", json!({"id": "x", "login": "e@a.example", "name": "\u{0435}ve"})),
            "mixes",
        ),
        (with("idempotency_key", json!("x".repeat(129))), "128"),
    ] {
        let said = wrong(&desk, &token, "unlock_account", arguments).await;
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(
        wrong(&desk, &token, "request_status", json!({"request_id": "x"}))
            .await
            .contains("no such request")
    );
    assert!(wrong(&desk, &token, "list_tickets", json!({"all": true})).await.contains("\"all\""));
    assert_eq!(desk.requests().await, 0);
}

#[tokio::test]
async fn what_is_no_message_is_refused_as_such() {
    let desk = Desk::new().await;
    let token = desk.brain("model", Limits::default()).await;
    for (body, status, code) in [
        (b"{".to_vec(), 400, -32700),
        (b"{\"jsonrpc\": \"2.0\", \"jsonrpc\": \"2.0\"}".to_vec(), 400, -32700),
        (vec![b'['; 100_000], 400, -32700),
        (b"[]".to_vec(), 400, -32600),
        (b"{\"id\": 1}".to_vec(), 400, -32600),
        (vec![b' '; 300_000], 413, -32600),
    ] {
        let reply = raw(&desk, &token, body, &[]).await.is(status);
        assert_eq!(reply["error"]["code"], code, "{reply:#}");
    }
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string().into_bytes();
    raw(&desk, &token, list.clone(), &[("origin", "https://evil.example")]).await.is(403);
    raw(&desk, &token, list.clone(), &[("origin", "http://desk.example")]).await.is(200);
    raw(&desk, "", list, &[]).await.problem(401, "no_valid_token", &["Bearer"]);
    let reply = say(&desk, &token, "prompts/list", json!({})).await;
    assert_eq!(reply["error"]["code"], -32601, "{reply:#}");
    assert_eq!(desk.requests().await, 0);
}
