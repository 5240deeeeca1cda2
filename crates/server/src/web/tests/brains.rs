//! Letting brains in and shutting them out.

use super::support::{Desk, Reply, Visitor};
use crate::{api::token, clock};
use axum::http::StatusCode;
use domain::{ActionKind, BrainId};
use store::{BrainRow, Role};

const GOOD: [(&str, &str); 7] = [
    ("name", "Claude of the desk"),
    ("id", "claude"),
    ("owner", "technician"),
    ("ceiling", "medium"),
    ("rate", "30"),
    ("client", "acme"),
    ("kind", "reboot"),
];

fn secret(page: &Reply) -> String {
    let rest = page.body.split("<output id=\"once\">").nth(1).expect("a secret");
    rest.split('<').next().unwrap().to_owned()
}

async fn by(desk: &Desk, secret: &str) -> Option<BrainRow> {
    desk.app.store.brain_by_token(&token::hash(secret), clock::now()).await.unwrap()
}

async fn add(admin: &mut Visitor) -> String {
    let page = admin.post_signed("/brains/add", &GOOD).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    secret(&page)
}

#[tokio::test]
async fn a_token_is_shown_once_and_works_within_its_limits() {
    let desk = Desk::policed().await;
    let mut admin = desk.visitor(Role::Admin).await;
    let first = add(&mut admin).await;
    let row = by(&desk, &first).await.expect("it works");
    assert_eq!(row.kinds, Some(vec![ActionKind::Reboot]));
    assert_eq!(row.clients.as_ref().unwrap()[0].as_str(), "acme");
    let mut auditor = desk.visitor(Role::Auditor).await;
    for path in ["/brains", "/journal?client=@msp", "/notifications"] {
        assert!(!auditor.get(path).await.body.contains(&first[10..]), "{path}");
    }
    let page = auditor.get("/brains").await.body;
    assert!(page.contains("Claude of the desk") && page.contains("30 a minute"), "{page}");
    assert!(!page.contains("/brains/claude/rotate"), "auditors have no button");
    let rotated = admin.post_signed("/brains/claude/rotate", &[]).await;
    let second = secret(&rotated);
    assert!(rotated.header("cache-control").contains("no-store"));
    assert!(by(&desk, &first).await.is_none(), "the old one stops at once");
    assert!(by(&desk, &second).await.is_some());
    let reply = admin.post_signed("/brains/claude/revoke", &[("reason", " ")]).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    admin.post_signed("/brains/claude/revoke", &[("reason", "contract ended")]).await;
    assert!(by(&desk, &second).await.is_none());
    let again = admin.post_signed("/brains/claude/revoke", &[("reason", "x")]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let back = admin.post_signed("/brains/claude/rotate", &[]).await;
    assert_eq!(back.status, StatusCode::CONFLICT, "what is shut out stays out");
    let page = admin.get("/brains").await.body;
    assert!(page.contains("Shut out"), "{page}");
}

#[tokio::test]
async fn a_form_with_gaps_lets_nobody_in() {
    let desk = Desk::policed().await;
    let mut admin = desk.visitor(Role::Admin).await;
    for (name, value) in [
        ("name", ""),
        ("name", "Cl\u{202e}aude"),
        ("id", "Not An Id"),
        ("id", "technician"),
        ("id", "people"),
        ("owner", "nobody"),
        ("ceiling", "highest"),
        ("rate", "0"),
        ("rate", "fast"),
        ("client", "initech"),
        ("kind", "make_coffee"),
    ] {
        let mut fields = GOOD.to_vec();
        fields.retain(|(n, _)| *n != name);
        fields.push((name, value));
        let reply = admin.post_signed("/brains/add", &fields).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}={value}");
        fields.pop();
        if name == "client" || name == "kind" {
            let reply = admin.post_signed("/brains/add", &fields).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "nothing ticked is not all");
        }
    }
    assert!(desk.app.store.brains().await.unwrap().is_empty());
    for path in ["/brains/nobody/rotate", "/brains/nobody/revoke", "/brains/nobody/webhook"] {
        let reply = admin.post_signed(path, &[("reason", "x")]).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
    }
    add(&mut admin).await;
    let twice = admin.post_signed("/brains/add", &GOOD).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_webhook_goes_over_tls_and_its_secret_is_shown_once() {
    let desk = Desk::policed().await;
    let mut admin = desk.visitor(Role::Admin).await;
    add(&mut admin).await;
    let path = "/brains/claude/webhook";
    for bad in ["http://hooks.example/x", "javascript:alert(1)", "https://u:p@hooks.example/", "x"]
    {
        let reply = admin.post_signed(path, &[("url", bad)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    let page = admin.post_signed(path, &[("url", "https://hooks.example/t/0123456789")]).await;
    assert!(secret(&page).starts_with("whsec_"), "{}", page.body);
    let id = BrainId::new("claude").unwrap();
    assert!(desk.app.store.brain_webhook(&id).await.unwrap().is_some());
    let list = admin.get("/brains").await.body;
    assert!(list.contains("https://hooks.example") && !list.contains("0123456789"), "{list}");
    admin.post_signed(path, &[("url", "")]).await;
    assert!(desk.app.store.brain_webhook(&id).await.unwrap().is_none());
}
