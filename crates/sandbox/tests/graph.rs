//! The Microsoft Graph stand-in, as a client sees it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Graph, body, start, token};
use reqwest::StatusCode;
use sandbox::{Effect, Fault, FaultKind, Options, System, WriteKind};
use serde_json::{Value, json};

fn system() -> System {
    System::Graph
}

#[tokio::test]
async fn a_token_opens_the_tenant_and_nothing_else_does() {
    let (_sandbox, access) = start(Options::default()).await;
    let graph = Graph::of(&access, "fabrikam").await;
    let organization = graph.json("/organization").await;
    assert_eq!(organization["value"][0]["displayName"], "Fabrikam Dental");

    let wrong = token(&graph.client, Some("guess")).await;
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(body(wrong).await["error"], "invalid_client");

    let none = graph.http.get(format!("{}/users", graph.url)).send().await.unwrap();
    assert_eq!(none.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(body(none).await["error"]["code"], "InvalidAuthenticationToken");

    let other = Graph::of(&access, "northwind").await;
    let foreign = other.http.get(format!("{}/users", other.url)).bearer_auth(&graph.token);
    assert_eq!(foreign.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_expires() {
    let (_sandbox, access) = start(Options { token_lifetime_s: 0, ..Options::default() }).await;
    let graph = Graph::of(&access, "fabrikam").await;
    let answer = graph.get("/users").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert!(body(answer).await["error"]["message"].as_str().unwrap().contains("expired"));
}

#[tokio::test]
async fn paging_by_next_link_reaches_every_user_once() {
    let (sandbox, access) = start(Options::default()).await;
    let graph = Graph::of(&access, "fabrikam").await;
    let mut logins = Vec::new();
    let mut page = graph.json("/users?$top=17&$select=userPrincipalName").await;
    loop {
        for user in page["value"].as_array().unwrap() {
            assert_eq!(user.as_object().unwrap().len(), 1);
            logins.push(user["userPrincipalName"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["@odata.nextLink"].as_str().map(str::to_owned) else { break };
        page = body(graph.http.get(next).bearer_auth(&graph.token).send().await.unwrap()).await;
    }
    let all = sandbox.world().company("fabrikam", |c| c.people.len()).unwrap();
    assert_eq!(logins.len(), all);
    logins.sort();
    logins.dedup();
    assert_eq!(logins.len(), all);
}

#[tokio::test]
async fn filters_find_people_by_any_address_and_by_name() {
    let (sandbox, access) = start(Options::default()).await;
    let graph = Graph::of(&access, "fabrikam").await;
    let (person, twin) = sandbox
        .world()
        .company("fabrikam", |c| (c.people[10].clone(), c.people[12].clone()))
        .unwrap();
    let find = async |filter: String| {
        let answer = graph.get("/users").query(&[("$filter", filter)]).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let answer = body(answer).await;
        answer["value"].as_array().unwrap().iter().map(|u| u["id"].clone()).collect::<Vec<_>>()
    };
    let private = &person.other_mails[0];
    let address = |a: &str| {
        format!("userPrincipalName eq '{a}' or mail eq '{a}' or otherMails/any(x:x eq '{a}')")
    };
    assert_eq!(find(address(&person.login.to_uppercase())).await, [json!(person.id)]);
    assert_eq!(find(address(private)).await, [json!(person.id)]);
    assert_eq!(find(address("nobody@nowhere.example")).await.len(), 0);
    let name = format!("displayName eq '{}'", twin.display_name);
    assert_eq!(find(name).await.len(), 2, "two people of one name");
    let both = format!("givenName eq '{}' and surname eq '{}'", person.given_name, person.surname);
    assert_eq!(find(both).await, [json!(person.id)]);
    let start = format!("startswith(displayName,'{}')", person.display_name);
    assert!(find(start).await.contains(&json!(person.id)));
}

#[tokio::test]
async fn advanced_queries_need_their_header_and_unknown_filters_are_refused() {
    let (_sandbox, access) = start(Options::default()).await;
    let graph = Graph::of(&access, "northwind").await;
    let filter = [("$filter", "endsWith(mail,'.example')"), ("$count", "true")];
    let plain = graph.get("/users").query(&filter).send().await.unwrap();
    assert_eq!(plain.status(), StatusCode::BAD_REQUEST);
    assert_eq!(body(plain).await["error"]["code"], "Request_UnsupportedQuery");
    let advanced = graph.get("/users").query(&filter).header("ConsistencyLevel", "eventual");
    let advanced = body(advanced.send().await.unwrap()).await;
    assert_eq!(advanced["@odata.count"], 40);

    let unknown = graph.get("/users").query(&[("$filter", "favouriteColour eq 'red'")]);
    assert_eq!(unknown.send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    let broken = graph.get("/users").query(&[("$filter", "displayName eq 'open")]);
    let broken = broken.send().await.unwrap();
    assert_eq!(broken.status(), StatusCode::BAD_REQUEST);
    assert_eq!(body(broken).await["error"]["code"], "Request_BadRequest");
}

#[tokio::test]
async fn a_password_change_shows_and_a_weak_one_is_refused() {
    let (sandbox, access) = start(Options::default()).await;
    let graph = Graph::of(&access, "fabrikam").await;
    let person = sandbox.world().company("fabrikam", |c| c.people[9].clone()).unwrap();
    let path = format!("/users/{}", person.id);
    let read =
        format!("{path}?$select=id,lastPasswordChangeDateTime,passwordProfile,accountEnabled");
    let before = graph.json(&read).await;

    let weak = graph.patch(&path, json!({"passwordProfile": {"password": "secret"}})).await;
    assert_eq!(weak.status(), StatusCode::BAD_REQUEST);
    assert_eq!(graph.json(&read).await, before);
    assert_eq!(sandbox.effects().len(), 0);

    let profile = json!({"password": "Quiet-Harbour-71", "forceChangePasswordNextSignIn": true});
    let done = graph.patch(&path, json!({"passwordProfile": profile})).await;
    assert_eq!(done.status(), StatusCode::NO_CONTENT);
    let after = graph.json(&read).await;
    assert_ne!(after["lastPasswordChangeDateTime"], before["lastPasswordChangeDateTime"]);
    assert_eq!(after["passwordProfile"]["forceChangePasswordNextSignIn"], true);
    assert_eq!(after["passwordProfile"]["password"], Value::Null);
    let effects: Vec<Effect> = sandbox.effects().into_iter().map(|e| e.effect).collect();
    assert_eq!(effects, [Effect::PasswordSet { login: person.login.clone() }]);

    assert_eq!(graph.patch(&path, json!({"shoeSize": 43})).await.status(), StatusCode::BAD_REQUEST);
    let missing = graph.patch("/users/nobody", json!({"accountEnabled": false})).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert_eq!(body(missing).await["error"]["code"], "Request_ResourceNotFound");
    graph.patch(&path, json!({"accountEnabled": false})).await;
    assert_eq!(graph.json(&read).await["accountEnabled"], false);
}

#[tokio::test]
async fn membership_is_added_once_and_removed_once() {
    let (sandbox, access) = start(Options::default()).await;
    let graph = Graph::of(&access, "fabrikam").await;
    let user = sandbox.world().company("fabrikam", |c| c.people[38].clone()).unwrap();
    let groups = graph.json("/groups?$filter=displayName eq 'project falcon'").await;
    let group = groups["value"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(groups["value"].as_array().unwrap().len(), 1);

    assert_eq!(graph.add_member(&group, &user.id).await.status(), StatusCode::NO_CONTENT);
    let again = graph.add_member(&group, &user.id).await;
    assert_eq!(again.status(), StatusCode::BAD_REQUEST);
    assert!(body(again).await["error"]["message"].as_str().unwrap().contains("already exist"));
    let members = graph.json(&format!("/groups/{group}/members")).await;
    assert!(members["value"].as_array().unwrap().iter().any(|m| m["id"] == json!(user.id)));
    assert_eq!(sandbox.write_count("fabrikam", "Project Falcon", WriteKind::AddMember), 2);

    let address = format!("{}/groups/{group}/members/{}/$ref", graph.url, user.id);
    let remove =
        async || graph.http.delete(&address).bearer_auth(&graph.token).send().await.unwrap();
    assert_eq!(remove().await.status(), StatusCode::NO_CONTENT);
    assert_eq!(remove().await.status(), StatusCode::NOT_FOUND);
    assert_eq!(sandbox.effects().len(), 2, "one added, one removed");
    let nobody = graph.add_member(&group, "00000000-0000-0000-0000-000000000000").await;
    assert_eq!(nobody.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nested_roles_owners_manager_devices_and_licences_are_shown() {
    let (sandbox, access) = start(Options::default()).await;
    let graph = Graph::of(&access, "fabrikam").await;
    let (nested, owner, group) = sandbox
        .world()
        .company("fabrikam", |c| {
            let team = c.group_named("Server Operations").unwrap();
            let falcon = c.group_named("Project Falcon").unwrap();
            (team.members[0].clone(), falcon.owners[0].clone(), falcon.id.clone())
        })
        .unwrap();
    let parents = graph.json(&format!("/users/{nested}/transitiveMemberOf")).await;
    let kinds: Vec<_> = parents["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["@odata.type"].as_str().unwrap(), p["displayName"].as_str().unwrap()))
        .collect();
    assert!(kinds.contains(&("#microsoft.graph.group", "Server Operations")));
    assert!(kinds.contains(&("#microsoft.graph.directoryRole", "User Administrator")));
    let owners = graph.json(&format!("/groups/{group}/owners")).await;
    assert_eq!(owners["value"][0]["id"], json!(owner));
    let manager = graph.json(&format!("/users/{nested}/manager")).await;
    assert_eq!(manager["jobTitle"], "IT Coordinator");
    let devices = graph.json(&format!("/users/{nested}/ownedDevices")).await;
    assert_eq!(devices["value"][0]["operatingSystem"], "Windows");
    let skus = graph.json("/subscribedSkus").await;
    assert_eq!(skus["value"][0]["prepaidUnits"]["enabled"], 45);
}

#[tokio::test]
async fn every_third_request_is_throttled() {
    let options = Options { throttle_every: Some(3), retry_after_s: 4, ..Options::default() };
    let (_sandbox, access) = start(options).await;
    let graph = Graph::of(&access, "fabrikam").await;
    let mut throttled = 0;
    for _ in 0..9 {
        let answer = graph.get("/organization").send().await.unwrap();
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            throttled += 1;
            assert_eq!(answer.headers()["retry-after"], "4");
            assert_eq!(body(answer).await["error"]["code"], "TooManyRequests");
        }
    }
    assert_eq!(throttled, 3);
}

#[tokio::test]
async fn connections_drop_before_or_after_the_change() {
    let (sandbox, access) = start(Options::default()).await;
    let graph = Graph::of(&access, "fabrikam").await;
    let person = sandbox.world().company("fabrikam", |c| c.people[9].clone()).unwrap();
    let address = format!("{}/users/{}", graph.url, person.id);
    let change = json!({"passwordProfile": {"password": "Quiet-Harbour-71"}});
    let attempt =
        async || graph.http.patch(&address).bearer_auth(&graph.token).json(&change).send().await;
    let fault = |kind| Fault {
        system: system(),
        method: Some("PATCH".into()),
        path_contains: "/users/".into(),
        kind,
        times: 1,
    };
    sandbox.fault(fault(FaultKind::DropBefore));
    assert!(attempt().await.is_err(), "no answer");
    assert_eq!(sandbox.effects().len(), 0);
    sandbox.fault(fault(FaultKind::DropAfter));
    assert!(attempt().await.is_err(), "no answer");
    assert_eq!(sandbox.effects().len(), 1);
    sandbox.fault(fault(FaultKind::Status { code: 403, retry_after_s: None }));
    assert_eq!(attempt().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(attempt().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(sandbox.write_count("fabrikam", &person.login, WriteKind::Password), 2);
}
