//! Requests from submission to outcome, with the worker behind them.

use super::desk::{Desk, Limits, OURS, asks, is_time, unlock};
use crate::clock;
use domain::{Action, ActionKind, Decision, Tier};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// An unlock that the user's own ticket asks for: nobody has to be asked.
fn own_ticket() -> Value {
    let mut body = asks(unlock("dana"));
    body["ticket"] = json!({"psa": "rt", "id": "17"});
    body
}

#[tokio::test]
async fn a_harmless_request_is_done_and_proven_at_once() {
    let desk = Desk::at_work().await;
    desk.ticket(OURS, "17", "dana@acme.example", "I am locked out").await;
    let token = desk.brain("right", Limits::default()).await;
    let mut done = desk.submit(&token, &own_ticket()).await.is(202);
    if done["status"] == "working" {
        let path = format!("/api/v1/requests/{}?wait_ms=20000", done["id"].as_str().unwrap());
        while done["settled_at"].is_null() {
            done = desk.get(&token, &path).await.is(200);
        }
    }
    assert_eq!(done["status"], "done", "{done:#}");
    assert_eq!(done["ticket"], "rt#17");
    let action = &done["actions"][0];
    assert_eq!(action["status"], "done");
    assert!(action["evidence"].as_str().unwrap().contains("not locked"), "{action:#}");
    assert_eq!(action["held"], Value::Null);
    let findings = action["findings"].as_array().unwrap();
    assert!(findings.iter().any(|f| f["assessor"] == "base"), "{action:#}");
    let unlocks = desk
        .people
        .performed
        .lock()
        .unwrap()
        .iter()
        .filter(|a| a.kind() == ActionKind::UnlockAccount)
        .count();
    assert_eq!(unlocks, 1);
    let path = format!("/api/v1/requests/{}/outcome", done["id"].as_str().unwrap());
    let outcome = desk.get(&token, &path).await.is(200);
    assert_eq!(outcome["status"], "done");
    assert!(is_time(&outcome["settled_at"]) && outcome["actions"][0]["evidence"].is_string());
}

#[tokio::test]
async fn a_read_brings_back_what_the_directory_says() {
    let desk = Desk::at_work().await;
    let token = desk.brain("right", Limits::default()).await;
    let find = json!({"kind": "find_user", "query": {"address": "dana@acme.example"}});
    let read = json!({"kind": "get_alerts", "device": {"id": "d1", "name": "LT-1"}});
    let mut body = asks(find);
    body["actions"].as_array_mut().unwrap().push(read);
    let done = desk.submit(&token, &body).await.is(202);
    assert_eq!(done["actions"][0]["status"], "done", "{done:#}");
    let found = &done["actions"][0]["result"]["accounts"];
    assert_eq!(found[0]["account"]["id"], "id-dana");
    // What nothing connected here reads fails with the reason.
    assert_eq!(done["actions"][1]["status"], "failed");
    assert!(done["actions"][1]["because"].as_str().unwrap().contains("no connector"));
}

#[tokio::test]
async fn a_held_request_carries_what_was_promised_and_runs_once_a_person_agrees() {
    let desk = Desk::at_work().await;
    let token = desk.brain("right", Limits::default()).await;
    // No ticket: nobody whom the platform knows asked.
    let held = desk.submit(&token, &asks(unlock("dana"))).await.is(202);
    assert_eq!((&held["status"], &held["settled_at"]), (&json!("held"), &Value::Null), "{held:#}");
    let action = &held["actions"][0];
    let package = action["held"].as_object().unwrap();
    let mut keys: Vec<&str> = package.keys().map(String::as_str).collect();
    keys.sort_unstable();
    let promised = [
        "action",
        "approval_link",
        "expires_at",
        "params",
        "reason",
        "risk_details",
        "risk_level",
        "targets",
    ];
    assert_eq!(keys, promised);
    assert_eq!(package["action"], "unlock_account");
    assert_eq!(package["targets"], json!(["id-dana"]));
    assert_eq!(package["params"], json!({"account": super::directory::account("dana")}));
    assert_eq!(package["reason"], "The user cannot work.");
    assert_eq!(package["risk_level"], "high");
    assert!(package["risk_details"].as_array().unwrap().len() > 1, "{package:#?}");
    assert!(is_time(&package["expires_at"]));
    let question = &desk.questions().await[0];
    let link = format!("http://desk.example/approvals/{}", question.id);
    assert_eq!(package["approval_link"], json!(link));
    assert_eq!(question.excluded.iter().find(|e| *e == "owner"), Some(&"owner".to_owned()));
    let id = held["id"].as_str().unwrap();
    let early = desk.get(&token, &format!("/api/v1/requests/{id}/outcome")).await;
    early.problem(409, "not_settled", &["held", "wait_ms"]);
    assert!(desk.people.performed.lock().unwrap().is_empty());
    // A long poll hears of the decision.
    let path = format!("/api/v1/requests/{id}?wait_ms=30000&since_version={}", held["version"]);
    let begun = Instant::now();
    let (news, ()) = tokio::join!(desk.get(&token, &path), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        desk.answer(Decision::Approve).await;
    });
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(250) && took < Duration::from_secs(20), "{took:?}");
    let mut news = news.is(200);
    assert!(news["version"].as_u64() > held["version"].as_u64());
    while news["settled_at"].is_null() {
        news = desk.get(&token, &format!("/api/v1/requests/{id}?wait_ms=20000")).await.is(200);
    }
    assert_eq!(news["status"], "done", "{news:#}");
    assert_eq!(desk.people.performed.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn devices_are_named_by_id_and_what_nobody_can_do_is_handed_over_with_a_link() {
    let desk = Desk::at_work().await;
    let token = desk.brain("right", Limits { ceiling: Tier::Critical, ..Limits::default() }).await;
    let wipe = json!({"kind": "wipe_device", "devices": [{"id": "d1", "name": "LT-1"}]});
    let refused = desk.submit(&token, &asks(wipe)).await.is(202);
    let action = &refused["actions"][0];
    assert_eq!((&action["status"], &action["tier"]), (&json!("refused"), &json!("critical")));
    let link = format!("http://desk.example/cases/{}#by-hand", refused["id"].as_str().unwrap());
    assert_eq!(action["manual_link"], json!(link));
    assert!(action["because"].as_str().unwrap().starts_with("people only: "), "{action:#}");
    assert_eq!(action["held"], Value::Null);
    let dns = json!({"kind": "set_dns", "servers": ["192.0.2.53"], "devices": [{"id": "d2", "name": "LT-2"}]});
    let asked = desk.submit(&token, &asks(dns)).await.is(202);
    let action = &asked["actions"][0];
    match action["status"].as_str().unwrap() {
        "held" => {
            assert_eq!(action["held"]["device_ids"], json!(["d2"]));
            assert_eq!(action["held"].get("targets"), None);
        }
        _ => assert!(action["manual_link"].as_str().unwrap().ends_with("#by-hand"), "{action:#}"),
    }
}

#[tokio::test]
async fn a_denied_request_says_so_and_stays_so() {
    let desk = Desk::at_work().await;
    let token = desk.brain("right", Limits::default()).await;
    let held = desk.submit(&token, &asks(unlock("eve"))).await.is(202);
    desk.answer(Decision::Deny("She is on leave".into())).await;
    let id = held["id"].as_str().unwrap();
    let mut news = held.clone();
    while news["settled_at"].is_null() {
        news = desk.get(&token, &format!("/api/v1/requests/{id}?wait_ms=20000")).await.is(200);
    }
    assert_eq!(news["status"], "denied");
    assert!(news["actions"][0]["because"].as_str().unwrap().contains("She is on leave"));
    // Asking again inside the cool-down is refused without anybody being asked.
    let again = desk.submit(&token, &asks(unlock("eve"))).await.is(202);
    assert_eq!(again["status"], "refused", "{again:#}");
    assert!(desk.questions().await.is_empty() && desk.people.performed.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_same_key_is_the_same_request_and_never_another() {
    let desk = Desk::new().await;
    let token = desk.brain("right", Limits::default()).await;
    let other = desk.brain("other", Limits::default()).await;
    let path = "/api/v1/requests?wait_ms=0";
    let first = desk.post(&token, path, "k1", &asks(unlock("dana"))).await.is(202);
    // Another order of keys and other blanks are the same body.
    let shuffled =
        json!({"reason": "The user cannot work.", "actions": [unlock("dana")], "client": OURS});
    let again = desk.post(&token, path, "k1", &shuffled).await.is(200);
    assert_eq!(first["id"], again["id"]);
    let reused = desk.post(&token, path, "k1", &asks(unlock("eve"))).await;
    reused.problem(422, "key_reused", &["Idempotency-Key"]);
    assert_eq!(desk.requests().await, 1);
    // Keys are each brain's own.
    let theirs = desk.post(&other, path, "k1", &asks(unlock("eve"))).await.is(202);
    assert_ne!(theirs["id"], first["id"]);
    for wrong in ["", "with blank", &"x".repeat(129)] {
        let reply = desk.post(&token, path, wrong, &asks(unlock("dana"))).await;
        reply.problem(400, "idempotency_key", &["Idempotency-Key"]);
    }
    assert_eq!(desk.requests().await, 2);
}

#[tokio::test]
async fn sixteen_at_once_with_one_key_are_one_request() {
    let desk = Desk::new().await;
    let token = desk.brain("right", Limits::default()).await;
    let body = asks(unlock("dana"));
    let path = "/api/v1/requests?wait_ms=0";
    let all = futures::future::join_all((0..16).map(|_| desk.post(&token, path, "k", &body))).await;
    let new = all.iter().filter(|r| r.status == 202).count();
    assert_eq!((new, all.iter().filter(|r| r.status == 200).count()), (1, 15));
    assert!(all.iter().all(|r| r.body["id"] == all[0].body["id"]));
    assert_eq!(desk.requests().await, 1);
    // With two bodies, one wins and the other is told.
    let other = asks(unlock("eve"));
    let mixed = futures::future::join_all(
        (0..16).map(|i| desk.post(&token, path, "k2", if i % 2 == 0 { &body } else { &other })),
    )
    .await;
    let told = mixed.iter().filter(|r| r.status == 422).count();
    assert_eq!((told, mixed.iter().filter(|r| r.status == 202).count()), (8, 1));
    assert_eq!(desk.requests().await, 2);
}

#[tokio::test]
async fn taking_back_works_until_it_is_settled() {
    let desk = Desk::at_work().await;
    let token = desk.brain("right", Limits::default()).await;
    let held = desk.submit(&token, &asks(unlock("dana"))).await.is(202);
    assert_eq!(held["status"], "held");
    let path = format!("/api/v1/requests/{}/withdraw", held["id"].as_str().unwrap());
    for wrong in [json!({}), json!({"reason": ""}), json!({"reason": "x", "by": "me"}), json!([])] {
        desk.post(&token, &path, "k", &wrong).await.is(422);
    }
    assert_eq!(desk.questions().await.len(), 1);
    let why = json!({"reason": "It was a mistake."});
    let back = desk.post(&token, &path, "k", &why).await.is(200);
    assert_eq!(
        (&back["status"], back["settled_at"].is_null()),
        (&json!("withdrawn"), false),
        "{back:#}"
    );
    assert!(desk.questions().await.is_empty(), "nobody is asked any more");
    // Twice is once.
    let twice = desk.post(&token, &path, "k", &why).await.is(200);
    assert_eq!(twice["version"], back["version"]);
    // What is done is not taken back.
    let find = json!({"kind": "find_user", "query": {"name": "dana of Acme"}});
    let done = desk.submit(&token, &asks(find)).await.is(202);
    let id = done["id"].as_str().unwrap();
    let mut done = done.clone();
    while done["settled_at"].is_null() {
        done = desk.get(&token, &format!("/api/v1/requests/{id}?wait_ms=20000")).await.is(200);
    }
    let late = desk.post(&token, &format!("/api/v1/requests/{id}/withdraw"), "k", &why).await;
    late.problem(409, "settled", &["done"]);
    assert!(desk.people.performed.lock().unwrap().is_empty());
}

#[tokio::test]
async fn waits_end_when_they_should() {
    let desk = Desk::new().await;
    let token = desk.brain("right", Limits::default()).await;
    let begun = Instant::now();
    let asked =
        desk.post(&token, "/api/v1/requests?wait_ms=300", "k", &asks(unlock("dana"))).await.is(202);
    assert!(begun.elapsed() >= Duration::from_millis(300), "nobody works here");
    assert_eq!((&asked["status"], &asked["version"]), (&json!("working"), &json!(1)));
    let id = asked["id"].as_str().unwrap();
    let begun = Instant::now();
    desk.get(&token, &format!("/api/v1/requests/{id}?wait_ms=300")).await.is(200);
    assert!(begun.elapsed() >= Duration::from_millis(300));
    // There is something newer than version 0 already.
    let begun = Instant::now();
    desk.get(&token, &format!("/api/v1/requests/{id}?wait_ms=60000&since_version=0")).await.is(200);
    assert!(begun.elapsed() < Duration::from_secs(5));
    for (query, word) in [
        ("wait_ms=60001", "60000"),
        ("wait_ms=-1", "wait_ms"),
        ("wait_ms=soon", "wait_ms"),
        ("since_version=1.5", "since_version"),
        ("forever=true", "forever"),
    ] {
        let reply = desk.get(&token, &format!("/api/v1/requests/{id}?{query}")).await;
        assert_eq!(reply.status, 400, "{query}");
        assert!(reply.body["detail"].as_str().unwrap().contains(word), "{query}: {:#}", reply.body);
    }
}

#[tokio::test]
async fn the_list_goes_on_where_the_page_before_ended() {
    let desk = Desk::new().await;
    let token = desk.brain("right", Limits::default()).await;
    let other = desk.brain("other", Limits::default()).await;
    let mut ids = Vec::new();
    for i in 0..5 {
        let find = json!({"kind": "find_group", "name": format!("Group {i}")});
        let key = format!("k{i}");
        let asked =
            desk.post(&token, "/api/v1/requests?wait_ms=0", &key, &asks(find)).await.is(202);
        ids.push(asked["id"].clone());
    }
    desk.post(&other, "/api/v1/requests?wait_ms=0", "k", &asks(unlock("eve"))).await.is(202);
    ids.reverse();
    let mut seen: Vec<Value> = Vec::new();
    let mut path = "/api/v1/requests?limit=2".to_owned();
    loop {
        let page = desk.get(&token, &path).await.is(200);
        seen.extend(page["requests"].as_array().unwrap().iter().map(|r| r["id"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/requests?limit=2&after={next}");
    }
    assert_eq!(seen, ids);
    for wrong in ["after=x", "after=1.2", "limit=0", "limit=101"] {
        desk.get(&token, &format!("/api/v1/requests?{wrong}")).await.is(400);
    }
}

#[tokio::test]
async fn a_ticket_has_to_be_the_clients_own_and_the_one_that_is_acted_on() {
    let desk = Desk::new().await;
    desk.ticket(OURS, "17", "dana@acme.example", "ours").await;
    desk.ticket(super::desk::THEIRS, "18", "eve@globex.example", "theirs").await;
    let token = desk.brain("right", Limits::default()).await;
    for id in ["18", "99"] {
        let mut body = asks(unlock("dana"));
        body["ticket"] = json!({"psa": "rt", "id": id});
        desk.submit(&token, &body).await.problem(
            404,
            "not_found",
            &["no such ticket of client acme"],
        );
    }
    let note = json!({"kind": "add_note", "ticket": {"psa": "rt", "id": "17"}, "text": "Looked."});
    desk.submit(&token, &asks(note.clone())).await.problem(422, "other_ticket", &["rt#17"]);
    let mut body = asks(note);
    body["ticket"] = json!({"psa": "rt", "id": "17"});
    let key = clock::new_id().to_string();
    let taken = desk.post(&token, "/api/v1/requests?wait_ms=0", &key, &body).await.is(202);
    let case = taken["id"].as_str().unwrap().parse().unwrap();
    let client = domain::ClientId::new(OURS).unwrap();
    let events = desk.app.store.events(&client, case).await.unwrap();
    let domain::Event::Submitted { submission } = &events[0].event else { panic!("{events:?}") };
    // Who asks is what the platform read, not what the brain says.
    assert_eq!(submission.ticket.as_ref().unwrap().from, "dana@acme.example");
    assert!(matches!(submission.actions[0], Action::AddNote(_)));
    assert_eq!(desk.requests().await, 1);
}

#[tokio::test]
async fn more_than_can_be_worked_off_is_not_taken_in_and_nothing_of_it_is_lost() {
    let desk = Desk::new().await;
    let token = desk.brain("eager", Limits::default()).await;
    assert!(!desk.app.is_full().await.unwrap());
    // Nobody works on them: this desk has no worker.
    let tickets = (0..2_000).map(|n| {
        let desk = &desk;
        async move { desk.ticket(OURS, &n.to_string(), "dana@acme.example", "Locked out").await }
    });
    futures::future::join_all(tickets).await;
    assert!(desk.app.is_full().await.unwrap());
    let before = desk.requests().await;
    let refused = desk.post(&token, "/api/v1/requests", "key-1", &asks(unlock("dana"))).await;
    assert_eq!(refused.headers["retry-after"], "30");
    refused.problem(503, "busy", &["again later", "same Idempotency-Key"]);
    assert_eq!(desk.requests().await, before, "nothing half done");
}
