//! The ConnectWise PSA stand-in, as a client sees it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use base64::Engine;
use common::{Desk, body, start};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::StatusCode;
use sandbox::{Options, Sandbox, ScenarioTicket, scenario};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn filed(sandbox: &Sandbox, n: usize) -> Vec<(ScenarioTicket, String)> {
    let mut filed = Vec::new();
    for ticket in scenario(7, n) {
        let id = sandbox.file(&ticket).await;
        filed.push((ticket, id));
    }
    filed
}

#[tokio::test]
async fn keys_and_client_id_are_needed() {
    let (_sandbox, access) = start(Options::default()).await;
    let desk = Desk::of(&access);
    let info = desk.get("/system/info", &[]).await;
    assert!(info["version"].as_str().unwrap().starts_with('v'));
    let url = format!("{}/v4_6_release/apis/3.0/system/info", access.connectwise.site_url);
    let none = desk.http.get(&url).send().await.unwrap();
    assert_eq!(none.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(body(none).await["code"], "Unauthorized");
    let wrong = desk.http.get(&url).basic_auth("riverbend+x", Some("y")).header("clientId", "z");
    assert_eq!(wrong.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn conditions_and_child_conditions_select() {
    let (sandbox, access) = start(Options::default()).await;
    let desk = Desk::of(&access);
    let person = sandbox.world().company("northwind", |c| c.people[5].clone()).unwrap();
    for address in [person.mail.to_uppercase(), person.other_mails[0].clone()] {
        let child = format!("communicationItems/value=\"{address}\"");
        let found = desk.get("/company/contacts", &[("childConditions", &child)]).await;
        assert_eq!(found.as_array().unwrap().len(), 1, "{address}");
        assert_eq!(found[0]["lastName"], json!(person.surname));
        assert_eq!(found[0]["company"]["identifier"], "NorthwindLogistics");
    }
    let filed = filed(&sandbox, 30).await;
    let count = async |conditions: &str| {
        let query = [("conditions", conditions), ("pageSize", "1000")];
        desk.get("/service/tickets", &query).await.as_array().unwrap().len()
    };
    assert_eq!(count("board/name=\"Help Desk\" and lastUpdated>[2026-01-01T00:00:00Z]").await, 30);
    assert_eq!(count("lastUpdated>[2099-01-01T00:00:00Z]").await, 0);
    assert_eq!(count("_info/lastUpdated>=[2026-01-01T00:00:00Z] and closedFlag=false").await, 30);
    let client = |id: &str| {
        filed.iter().filter(|(t, _)| t.client.as_str() == id && t.kind != "unknown_sender").count()
    };
    assert_eq!(count("company/identifier='FabrikamDental'").await, client("fabrikam"));
    assert_eq!(count("(id=1001 or id in (1002,1003)) and not status/name=\"Closed\"").await, 3);
    let wrong =
        desk.request(reqwest::Method::GET, "/service/tickets").query(&[("conditions", "id >> 3")]);
    assert_eq!(wrong.send().await.unwrap().status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn pages_link_to_the_next_and_hold_every_ticket_once() {
    let (sandbox, access) = start(Options::default()).await;
    let desk = Desk::of(&access);
    let filed = filed(&sandbox, 25).await;
    let mut ids: Vec<u64> = Vec::new();
    let first =
        [("pageSize", "10"), ("orderBy", "lastUpdated desc, id desc"), ("fields", "id,summary")];
    let mut request = desk.request(reqwest::Method::GET, "/service/tickets").query(&first);
    loop {
        let answer = request.send().await.unwrap();
        let link = answer.headers().get("link").map(|l| l.to_str().unwrap().to_owned());
        let items = body(answer).await;
        assert_eq!(items[0].as_object().unwrap().len(), 2);
        ids.extend(items.as_array().unwrap().iter().map(|t| t["id"].as_u64().unwrap()));
        let next =
            link.as_deref().unwrap_or_default().split(", ").find(|l| l.contains("rel=\"next\""));
        let Some(next) = next else { break };
        let address = next.split(['<', '>']).nth(1).unwrap().to_owned();
        let cw = &access.connectwise;
        request = desk
            .http
            .get(address)
            .basic_auth(format!("{}+{}", cw.company, cw.public_key), Some(cw.private_key.reveal()))
            .header("clientId", &cw.client_id);
    }
    let mut expected: Vec<u64> = filed.iter().map(|(_, id)| id.parse().unwrap()).collect();
    expected.reverse();
    ids.sort_by(|a, b| b.cmp(a));
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn a_ticket_is_answered_worked_and_closed() {
    let (sandbox, access) = start(Options::default()).await;
    let desk = Desk::of(&access);
    let (ticket, id) = filed(&sandbox, 1).await.remove(0);
    let path = format!("/service/tickets/{id}");
    let read = desk.get(&path, &[]).await;
    assert_eq!(read["contactEmailAddress"], json!(ticket.from));
    assert_eq!(read["status"]["name"], "New");
    assert_eq!(read.get("initialDescription"), None);
    let notes = desk.get(&format!("{path}/notes"), &[]).await;
    assert_eq!(notes[0]["text"], json!(ticket.body));
    assert_eq!(notes[0]["member"], Value::Null);

    let bare = desk.send("POST", &format!("{path}/notes"), json!({"text": "hello"})).await;
    assert_eq!(bare.status(), StatusCode::BAD_REQUEST);
    assert_eq!(body(bare).await["errors"][0]["resource"], "serviceNote");
    let reply =
        json!({"text": "Done.", "detailDescriptionFlag": true, "processNotifications": true});
    assert_eq!(
        desk.send("POST", &format!("{path}/notes"), reply).await.status(),
        StatusCode::CREATED
    );
    assert_eq!(sandbox.mailbox(&ticket.from).last().unwrap().text, "Done.");

    let entry = json!({"chargeToId": id.parse::<u64>().unwrap(), "chargeToType": "ServiceTicket",
        "timeStart": "2026-03-01T10:00:00Z", "actualHours": 0.25, "notes": "reset"});
    assert_eq!(desk.send("POST", "/time/entries", entry).await.status(), StatusCode::CREATED);
    let spent = desk
        .get(
            "/time/entries",
            &[("conditions", &format!("chargeToId={id} and chargeToType=\"ServiceTicket\""))],
        )
        .await;
    assert_eq!(spent[0]["actualHours"], 0.25);
    let nowhere = json!({"chargeToId": 1, "chargeToType": "ServiceTicket", "timeStart": "2026-03-01T10:00:00Z", "actualHours": 1});
    assert_eq!(desk.send("POST", "/time/entries", nowhere).await.status(), StatusCode::BAD_REQUEST);

    let wrong = json!([{"op": "replace", "path": "/status", "value": {"name": "Sleeping"}}]);
    assert_eq!(desk.send("PATCH", &path, wrong).await.status(), StatusCode::BAD_REQUEST);
    let close = json!([{"op": "replace", "path": "/status", "value": {"name": "Closed"}}]);
    let closed = desk.send("PATCH", &path, close.clone()).await;
    assert_eq!(body(closed).await["closedFlag"], true);
    desk.send("PATCH", &path, close).await;
    assert_eq!(sandbox.effects().len(), 1, "closing a closed ticket is no second change");
    assert!(sandbox.ticket(&id).unwrap().closed);
    assert_eq!(sandbox.ticket(&id).unwrap().hours, 0.25);

    assert!(sandbox.follow_up(&id, "Thanks!").await);
    let after = desk.get(&path, &[]).await;
    assert_eq!((&after["closedFlag"], &after["customerUpdatedFlag"]), (&json!(true), &json!(true)));
    let missing = desk.request(reqwest::Method::GET, "/service/tickets/4").send().await.unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert_eq!(body(missing).await["code"], "NotFound");
}

#[tokio::test]
async fn duplicates_are_merged_and_unknown_senders_land_in_the_catch_all() {
    let (sandbox, access) = start(Options::default()).await;
    let desk = Desk::of(&access);
    let filed = filed(&sandbox, 120).await;
    let (stranger, id) = filed.iter().find(|(t, _)| t.kind == "unknown_sender").unwrap();
    let ticket = desk.get(&format!("/service/tickets/{id}"), &[]).await;
    assert_eq!(ticket["company"]["identifier"], "CatchAll");
    assert_eq!(ticket["contact"], Value::Null);
    assert_eq!(ticket["contactEmailAddress"], json!(stranger.from));

    assert_eq!(desk.get("/service/tickets/1001", &[]).await["hasMergedChildTicketFlag"], false);
    let closed = access.connectwise.statuses.iter().find(|(s, _)| s.name() == "closed").unwrap();
    let merge = json!({"mergeTicketIds": [1002], "status": {"name": closed.1}});
    assert!(desk.send("POST", "/service/tickets/1001/merge", merge).await.status().is_success());
    let child = desk.get("/service/tickets/1002", &[]).await;
    assert_eq!(
        (&child["mergedParentTicket"]["id"], &child["closedFlag"]),
        (&json!(1001), &json!(true))
    );
    assert_eq!(desk.get("/service/tickets/1001", &[]).await["hasMergedChildTicketFlag"], true);
    let parent = json!([{"op": "replace", "path": "parentTicketId", "value": 1001}]);
    let changed = body(desk.send("PATCH", "/service/tickets/1003", parent).await).await;
    assert_eq!(changed["parentTicketId"], 1001);
}

#[tokio::test]
async fn callbacks_reach_the_registered_address_and_are_signed() {
    let (sandbox, access) = start(Options::default()).await;
    let desk = Desk::of(&access);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook?id=x", listener.local_addr().unwrap());
    let outside =
        json!({"url": "http://example.com/", "objectId": 1, "type": "ticket", "level": "owner"});
    assert_eq!(
        desk.send("POST", "/system/callbacks", outside).await.status(),
        StatusCode::BAD_REQUEST
    );
    let entry = json!({"url": url, "objectId": 1, "type": "ticket", "level": "owner"});
    assert_eq!(desk.send("POST", "/system/callbacks", entry).await.status(), StatusCode::CREATED);
    let id = sandbox.file(&scenario(7, 1)[0]).await;

    let (mut stream, _) = listener.accept().await.unwrap();
    let mut received = String::new();
    while !received.ends_with('}') {
        let mut part = vec![0; 65536];
        let n = stream.read(&mut part).await.unwrap();
        assert!(n > 0, "the callback ended early: {received}");
        received.push_str(std::str::from_utf8(&part[..n]).unwrap());
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    let (head, content) = received.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("action=added"), "{head}");
    let signature = head
        .lines()
        .find_map(|l| l.strip_prefix("x-content-signature: "))
        .expect("a signature header");
    let raw = content;
    let content: Value = serde_json::from_str(raw).unwrap();
    assert_eq!(content["ID"].to_string(), id);
    let key = content["Metadata"]["key_url"].as_str().unwrap();
    let key = body(desk.http.get(key).send().await.unwrap()).await;
    let key = Sha256::digest(key["signing_key"].as_str().unwrap());
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(raw.as_bytes());
    let sent = base64::engine::general_purpose::STANDARD.decode(signature).unwrap();
    mac.verify_slice(&sent).expect("the signature fits body and key");
    let entity: Value = serde_json::from_str(content["Entity"].as_str().unwrap()).unwrap();
    assert_eq!(entity["id"].to_string(), id);
}
