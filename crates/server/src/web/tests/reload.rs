//! Who has the configuration read again.

use super::support::{Desk, PASSWORD};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use store::Role;

async fn reload(desk: &Desk, authorization: &str) -> (StatusCode, String) {
    let request = Request::post("/reload").header("authorization", authorization);
    let reply = desk.stranger().send(request.body(Body::empty()).unwrap()).await;
    (reply.status, reply.body)
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

#[tokio::test]
async fn only_an_administrators_password_reloads() {
    let desk = Desk::new().await;
    let (admin, wrong) = (Role::Admin.name(), basic(Role::Admin.name(), "wrong"));
    let nobody = basic("nobody", PASSWORD);
    let bearer = format!("Bearer {PASSWORD}");
    for bad in ["", "Basic", "Basic %%%", &wrong, &nobody, &bearer] {
        let (status, said) = reload(&desk, bad).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{bad}");
        assert!(!said.contains(PASSWORD), "{said}");
    }
    for role in [Role::Technician, Role::Auditor] {
        let (status, said) = reload(&desk, &basic(role.name(), PASSWORD)).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{said}");
        assert!(said.contains("only administrators reload"), "{said}");
    }
    let (status, said) = reload(&desk, &basic(admin, PASSWORD)).await;
    // Let in; this desk has no file to read.
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
    assert!(said.contains("not started from a configuration file"), "{said}");
    // Wrong guesses are counted, as at the sign-in page.
    let mut last = StatusCode::UNAUTHORIZED;
    for _ in 0..40 {
        last = reload(&desk, &wrong).await.0;
        if last != StatusCode::UNAUTHORIZED {
            break;
        }
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}
