//! What the sandbox's world is too small or too well-behaved to show.

use crate::sandbox_support::{scripted, secret_file};
use connectors::idp::graph::{Graph, GraphConfig};
use connectors::{CallError, Directory};
use tempfile::TempDir;

const TOKEN: &str = r#"{"access_token":"opaque","expires_in":3600,"token_type":"Bearer"}"#;
const USER: &str = r#"{"id":"u1","userPrincipalName":"ann@x.example","displayName":"Ann O'Brien","accountEnabled":true}"#;

async fn far(answers: &[(&str, &str)]) -> (Graph, TempDir) {
    let base = scripted(answers).await;
    let dir = TempDir::new().unwrap();
    let config = GraphConfig {
        base_url: format!("{base}/v1.0"),
        login_url: base,
        tenant: "x.example".into(),
        client_id: "app".into(),
        client_secret: secret_file(&dir, "s", "s"),
        ca_file: None,
        timeout_ms: 20_000,
    };
    (Graph::new("far", &config).unwrap(), dir)
}

#[tokio::test]
async fn a_role_on_the_third_page_is_still_seen() {
    let page = |n: u32, next: &str, kind: &str| {
        format!(
            r##"{{"value":[{{"@odata.type":"#microsoft.graph.{kind}","id":"g{n}","displayName":"G{n}"}}],{next}"@odata.count":3}}"##
        )
    };
    let next = |n: u32| {
        format!(r#""@odata.nextLink":"{{base}}/v1.0/users/u1/transitiveMemberOf?page={n}","#)
    };
    let pages = [
        page(1, &next(2), "group"),
        page(2, &next(3), "administrativeUnit"),
        page(3, "", "directoryRole"),
    ];
    let (graph, _dir) = far(&[
        ("/token", TOKEN),
        ("page=2", &pages[1]),
        ("page=3", &pages[2]),
        ("transitiveMemberOf", &pages[0]),
        ("/users/u1?", USER),
    ])
    .await;
    let account = graph.account("u1").await.unwrap().unwrap();
    let seen: Vec<(&str, bool)> =
        account.groups.iter().map(|g| (g.name.as_str(), g.privileged)).collect();
    assert_eq!(seen, [("G1", false), ("G3", true)]);
    assert_eq!(account.state.must_change, None, "not shown is not a no");
    assert_eq!(account.manager_id, None);
}

#[tokio::test]
async fn the_token_is_not_carried_to_another_host() {
    let away = r#"{"value":[],"@odata.nextLink":"https://elsewhere.example/next"}"#;
    let (graph, _dir) =
        far(&[("/token", TOKEN), ("transitiveMemberOf", away), ("/users/u1?", USER)]).await;
    let error = graph.account("u1").await.unwrap_err();
    assert!(matches!(error, CallError::Rejected { .. }), "{error:?}");
}

#[tokio::test]
async fn a_group_that_the_app_may_not_read_counts_as_administrative() {
    let hidden =
        r##"{"value":[{"@odata.type":"#microsoft.graph.group","id":"g9","displayName":null}]}"##;
    let (graph, _dir) =
        far(&[("/token", TOKEN), ("transitiveMemberOf", hidden), ("/users/u1?", USER)]).await;
    let account = graph.account("u1").await.unwrap().unwrap();
    assert!(account.groups[0].privileged, "{:?}", account.groups);
}

#[tokio::test]
async fn the_probe_tells_which_permissions_the_token_lacks() {
    use base64::Engine as _;
    let claims = r#"{"roles":["User.Read.All","GroupMember.Read.All","Device.Read.All","User.ReadWrite.All","RoleManagement.Read.Directory"]}"#;
    let middle = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims);
    let token = format!(r#"{{"access_token":"h.{middle}.s","expires_in":3600}}"#);
    let none = r#"{"value":[]}"#;
    let (graph, _dir) = far(&[("/token", &token), ("/users?", none), ("/groups?", none)]).await;
    let probe = graph.probe().await.unwrap();
    assert_eq!(probe.warnings.len(), 1, "{:?}", probe.warnings);
    assert!(probe.warnings[0].contains("GroupMember.ReadWrite.All"), "{:?}", probe.warnings);
}
