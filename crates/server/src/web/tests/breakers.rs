//! Stopping everything, and letting it go again.

use super::support::Desk;
use axum::http::StatusCode;
use domain::{ActionKind, BreakerMode, ClientId};
use store::Role;

#[tokio::test]
async fn an_open_breaker_counts_at_once_and_is_on_every_page() {
    let desk = Desk::policed().await;
    let mut technician = desk.visitor(Role::Technician).await;
    let acme = ClientId::new("acme").unwrap();
    let (kind, other) = (ActionKind::ResetPassword, ActionKind::Reboot);
    let found = |k: ActionKind| desk.app.store.breaker_for(&acme, k);
    let fields = [
        ("scope", "action"),
        ("client", "acme"),
        ("kind", "reset_password"),
        ("reason", "odd <b>mails</b>"),
    ];
    let reply = technician.post_signed("/breakers/open", &fields).await;
    assert_eq!(reply.header("location"), "/breakers", "{}", reply.body);
    assert_eq!(found(kind).await.unwrap().unwrap().mode, BreakerMode::Stop);
    assert!(found(other).await.unwrap().is_none(), "nothing else is stopped");
    let again = technician.post_signed("/breakers/open", &fields).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    technician
        .post_signed("/breakers/open", &[("scope", "everything"), ("mode", "ask"), ("reason", "x")])
        .await;
    assert_eq!(found(other).await.unwrap().unwrap().mode, BreakerMode::Ask);
    let mut auditor = desk.visitor(Role::Auditor).await;
    for path in ["/", "/cases/fragment", "/approvals", "/journal", "/policy", "/people", "/brains"]
    {
        let page = auditor.get(path).await.body;
        assert!(page.contains("Stopped: reset password for Acme Industries"), "{path}");
        assert!(page.contains("On hold, a person is asked: everything"), "{path}");
        assert!(!page.contains("<b>mails"), "{path}");
    }
    let page = auditor.get("/breakers").await.body;
    assert!(!page.contains("/breakers/close"), "auditors have no button");
    let close = [("scope", "action"), ("client", "acme"), ("kind", "reset_password")];
    let without = technician.post_signed("/breakers/close", &close).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY, "a reason is needed");
    let mut with = close.to_vec();
    with.push(("reason", "the mails were a test"));
    technician.post_signed("/breakers/close", &with).await;
    assert_eq!(found(kind).await.unwrap().unwrap().mode, BreakerMode::Ask, "the other is open");
    let twice = technician.post_signed("/breakers/close", &with).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    let journal = technician.get("/journal?client=@msp").await.body;
    assert!(journal.contains("the mails were a test") && journal.contains("person:technician"));
}

#[tokio::test]
async fn a_form_that_names_nothing_stops_nothing() {
    let desk = Desk::policed().await;
    let mut admin = desk.visitor(Role::Admin).await;
    let long = "x".repeat(501);
    for fields in [
        vec![("reason", "why")],
        vec![("scope", "all"), ("reason", "why")],
        vec![("scope", "client"), ("reason", "why")],
        vec![("scope", "client"), ("client", "nobody"), ("reason", "why")],
        vec![("scope", "client"), ("client", "@msp"), ("reason", "why")],
        vec![("scope", "action"), ("client", "acme"), ("reason", "why")],
        vec![("scope", "action"), ("client", "acme"), ("kind", "read_account"), ("reason", "why")],
        vec![("scope", "everything"), ("mode", "maybe"), ("reason", "why")],
        vec![("scope", "everything")],
        vec![("scope", "everything"), ("reason", &long)],
    ] {
        let reply = admin.post_signed("/breakers/open", &fields).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
    }
    assert!(desk.app.store.breakers().await.unwrap().is_empty());
}
