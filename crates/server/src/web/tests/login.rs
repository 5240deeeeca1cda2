//! Signing in and out.

use super::support::{Desk, PASSWORD, Visitor};
use crate::{clock, web::password};
use axum::{body::Body, http::Request, http::StatusCode};
use domain::PersonId;
use store::Role;

async fn sign_in(visitor: &mut Visitor, name: &str, password: &str, next: &str) -> StatusCode {
    let fields = [("name", name), ("password", password), ("next", next)];
    visitor.post("/login", &fields).await.status
}

#[tokio::test]
async fn the_right_password_opens_a_session_and_signing_out_ends_it() {
    let desk = Desk::new().await;
    let mut visitor = desk.stranger();
    let reply = visitor.get("/journal?client=acme").await;
    assert_eq!(reply.header("location"), "/login?next=%2Fjournal%3Fclient%3Dacme");
    let form = visitor.get(reply.header("location")).await;
    assert_eq!(form.field("next"), "/journal?client=acme");
    assert_eq!(visitor.cookie, None, "nobody gets a session before signing in");

    let fields = [("name", " Admin "), ("password", PASSWORD), ("next", "/journal?client=acme")];
    let reply = visitor.post("/login", &fields).await;
    assert_eq!(reply.header("location"), "/journal?client=acme");
    let cookie = reply.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert!(!cookie.contains("Secure"), "the address of this desk is http: {cookie}");
    let page = visitor.get("/").await;
    assert!(page.body.contains("The admin"), "{}", page.body);

    visitor.csrf = page.field("csrf");
    let old = visitor.cookie.clone();
    visitor.post_signed("/logout", &[]).await;
    assert_eq!(visitor.cookie, None, "the cookie is taken away");
    visitor.cookie = old;
    assert_eq!(visitor.get("/").await.header("location"), "/login", "and means nothing any more");
}

#[tokio::test]
async fn a_console_behind_tls_marks_its_cookie_secure() {
    let desk = Desk::with(|app| app.public_url = "https://desk.example".into()).await;
    let mut visitor = desk.stranger();
    let reply = visitor.post("/login", &[("name", "admin"), ("password", PASSWORD)]).await;
    let cookie = reply.header("set-cookie");
    assert!(cookie.starts_with("__Host-id=") && cookie.contains("; Secure"), "{cookie}");
    assert!(reply.header("strict-transport-security").contains("max-age"));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_read_the_same() {
    let desk = Desk::new().await;
    let mut visitor = desk.stranger();
    let mut bodies = Vec::new();
    for name in ["admin", "nobody", "not a name!"] {
        let reply = visitor.post("/login", &[("name", name), ("password", "wrong")]).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        bodies.push(reply.body.replace(name, ""));
        assert_eq!(visitor.cookie, None);
    }
    assert_eq!(bodies[0], bodies[1]);
    assert_eq!(bodies[0], bodies[2]);
}

#[tokio::test]
async fn guessing_is_stopped_with_a_wait_and_others_still_get_in() {
    let desk = Desk::new().await;
    let mut guesser = desk.stranger();
    for _ in 0..5 {
        assert_eq!(sign_in(&mut guesser, "admin", "guess", "").await, StatusCode::UNAUTHORIZED);
    }
    let reply = guesser.post("/login", &[("name", "admin"), ("password", PASSWORD)]).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS, "even the right one has to wait");
    let wait: u64 = reply.header("retry-after").parse().unwrap();
    assert!(reply.body.contains(&format!("Wait {wait} seconds")), "{}", reply.body);
    assert_eq!(
        sign_in(&mut guesser, "technician", PASSWORD, "").await,
        StatusCode::SEE_OTHER,
        "another name from there is not shut out"
    );
}

#[tokio::test]
async fn signing_in_never_keeps_an_id_that_was_there_before() {
    let desk = Desk::new().await;
    // The attacker's own session, planted in the victim's browser.
    let attacker = desk.visitor(Role::Auditor).await;
    let planted = attacker.cookie.clone().unwrap();
    let mut victim = desk.stranger();
    victim.cookie = Some(planted.clone());
    assert_eq!(sign_in(&mut victim, "admin", PASSWORD, "").await, StatusCode::SEE_OTHER);
    let own = victim.cookie.clone().unwrap();
    assert_ne!(own, planted);
    assert!(victim.get("/").await.body.contains("The admin"));
    let mut attacker = desk.stranger();
    attacker.cookie = Some(planted);
    let reply = attacker.get("/").await;
    assert_eq!(reply.header("location"), "/login", "the planted id opens nothing");
    // An id that never was one is not taken over either.
    let mut victim = desk.stranger();
    victim.cookie = Some("id=AAAAAAAAAAAAAAAAAAAAAA".into());
    assert_eq!(sign_in(&mut victim, "technician", PASSWORD, "").await, StatusCode::SEE_OTHER);
    assert_ne!(victim.cookie.unwrap(), "id=AAAAAAAAAAAAAAAAAAAAAA");
}

#[tokio::test]
async fn a_changed_password_and_a_changed_role_count_at_once() {
    let desk = Desk::new().await;
    let mut visitor = desk.visitor(Role::Technician).await;
    let id = PersonId::new("technician").unwrap();
    let mut person = desk.app.store.person(&id).await.unwrap().unwrap();
    person.role = Role::Auditor;
    desk.app.store.put_person(person.clone(), clock::now()).await.unwrap();
    assert!(visitor.get("/").await.body.contains("auditor"));
    person.password_hash = password::hash("another one").unwrap();
    desk.app.store.put_person(person, clock::now()).await.unwrap();
    assert_eq!(visitor.get("/").await.header("location"), "/login");
}

#[tokio::test]
async fn a_removed_person_is_signed_out_and_a_namesake_inherits_nothing() {
    let desk = Desk::new().await;
    let mut visitor = desk.visitor(Role::Technician).await;
    let id = PersonId::new("technician").unwrap();
    let mut person = desk.app.store.person(&id).await.unwrap().unwrap();
    let link = password::token_hash("unused");
    desk.app.store.put_login_token(link, &id, clock::now().plus_ms(60_000)).await.unwrap();
    let (by, now) = (domain::Actor::Platform, clock::now());
    let removal = desk.app.store.remove_person(&id, by.clone(), now).await.unwrap();
    assert_eq!(removal, store::Removal::Removed);
    assert_eq!(visitor.get("/").await.header("location"), "/login");

    // The same name and even the same password, hashed anew.
    person.password_hash = password::hash(PASSWORD).unwrap();
    assert!(desk.app.store.add_person(person, by, now).await.unwrap());
    assert_eq!(visitor.get("/").await.header("location"), "/login");
    let answer = desk.stranger().post("/login/once/unused", &[]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_one_time_link_is_used_up_by_its_button_alone() {
    let desk = Desk::new().await;
    let id = PersonId::new("admin").unwrap();
    let until = clock::now().plus_ms(60_000);
    let store = &desk.app.store;
    store.put_login_token(password::token_hash("once"), &id, until).await.unwrap();
    store.put_login_token(password::token_hash("late"), &id, clock::now()).await.unwrap();
    let mut scanner = desk.stranger();
    for _ in 0..3 {
        let page = scanner.get("/login/once/once").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("method=\"post\" action=\"/login/once/once\""));
        let head = Request::head("/login/once/once").body(Body::empty()).unwrap();
        scanner.send(head).await;
        assert_eq!(scanner.cookie, None, "looking signs nobody in");
    }
    let mut admin = desk.stranger();
    assert_eq!(admin.post("/login/once/once", &[]).await.status, StatusCode::SEE_OTHER);
    assert!(admin.get("/").await.body.contains("The admin"));
    let mut second = desk.stranger();
    let reply = second.post("/login/once/once", &[]).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert!(reply.body.contains("journeyman login"), "it says what to do: {}", reply.body);
    assert_eq!(second.cookie, None);
    assert_eq!(second.post("/login/once/late", &[]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn nobody_is_sent_to_another_server_after_signing_in() {
    let desk = Desk::new().await;
    let mut visitor = desk.stranger();
    for bad in ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example"] {
        let mut fresh = desk.stranger();
        let fields = [("name", "auditor"), ("password", PASSWORD), ("next", bad)];
        let reply = fresh.post("/login", &fields).await;
        let there = reply.header("location");
        assert!(there == "/" || reply.status == StatusCode::TOO_MANY_REQUESTS, "{bad}: {there}");
        let next: String = url::form_urlencoded::byte_serialize(bad.as_bytes()).collect();
        let page = visitor.get(&format!("/login?next={next}")).await;
        assert_eq!(page.field("next"), "/", "{bad}");
    }
    let mut signed = desk.visitor(Role::Admin).await;
    let reply = signed.get("/login?next=//evil.example").await;
    assert_eq!(reply.header("location"), "/");
}

#[tokio::test]
async fn a_link_from_another_site_asks_again_from_our_own_page() {
    let desk = Desk::new().await;
    let mut visitor = desk.stranger();
    let request = Request::get("/approvals").header("sec-fetch-site", "cross-site");
    let reply = visitor.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.body.contains("http-equiv=\"refresh\""), "{}", reply.body);
}
