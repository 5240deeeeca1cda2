//! What people do by hand, and taking back.

use super::{scenes, seed, support::Desk};
use axum::http::StatusCode;
use store::Role;

#[tokio::test]
async fn what_was_done_by_hand_joins_the_record() {
    let desk = Desk::policed().await;
    let (case, digest) = scenes::refused(&desk.app).await;
    let mut technician = desk.visitor(Role::Technician).await;
    let path = format!("/cases/{case}");
    let page = technician.get(&path).await.body;
    let section = &page[page.find("id=\"by-hand\"").expect("a place to record it")..];
    assert!(section.contains("Unlock") && section.contains("Domain Admins"), "with the reasons");
    let (post, digest) = (format!("{path}/by-hand"), digest.to_string());
    let long = "x".repeat(4_001);
    for (text, status) in [("", 422), (" \r\n ", 422), (long.as_str(), 422)] {
        let fields = [("digest", digest.as_str()), ("text", text)];
        assert_eq!(technician.post_signed(&post, &fields).await.status.as_u16(), status);
    }
    for other in ["", "abc", &"0".repeat(64)] {
        let fields = [("digest", other), ("text", "did it")];
        let reply = technician.post_signed(&post, &fields).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{other:?} was not left to people");
    }
    let fields =
        [("digest", digest.as_str()), ("text", "called her, unlocked it\r\nin the console")];
    let reply = technician.post_signed(&post, &fields).await;
    assert_eq!(reply.header("location"), format!("{path}#by-hand"));
    let page = technician.get(&path).await.body;
    assert!(page.contains("called her, unlocked it\nin the console"), "{page}");
    assert!(page.contains("technician did it by hand"), "the story tells it");
    let mut auditor = desk.visitor(Role::Auditor).await;
    let page = auditor.get(&path).await.body;
    assert!(page.contains("called her") && !page.contains("/by-hand\""), "reads, no form");
    let closed = seed::unlock(&desk.app, 60_000).await;
    let page = auditor.get(&format!("/cases/{closed}")).await.body;
    assert!(!page.contains("id=\"by-hand\""), "nothing was left to people");
}

#[tokio::test]
async fn one_click_takes_back_what_can_be_taken_back() {
    let desk = Desk::policed().await;
    let (case, attempt) = scenes::enabled(&desk.app).await;
    let mut technician = desk.visitor(Role::Technician).await;
    let address = format!("/undo/{case}/{attempt}");
    for page in ["/notifications".to_owned(), format!("/cases/{case}")] {
        let body = technician.get(&page).await.body;
        assert!(body.contains(&format!("action=\"{address}\"")), "{page}: {body}");
        let body = desk.visitor(Role::Auditor).await.get(&page).await.body;
        assert!(!body.contains(&format!("action=\"{address}\"")), "{page} for auditors");
    }
    let told = technician.get("/notifications").await.body;
    for words in ["Kim Novak", "asked by lou.fischer@acme.test", "Acme Industries", "Why it ran"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let due = desk.app.due.notified();
    let reply = technician.post_signed(&address, &[]).await;
    due.await;
    let by = reply.header("location").to_owned();
    assert!(by.starts_with("/cases/"), "{} {}", reply.status, reply.body);
    let page = technician.get(&by).await.body;
    assert!(page.contains("technician takes something back"), "{page}");
    let unknown = technician.post_signed(&format!("/undo/{case}/{case}"), &[]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let elsewhere = seed::unlock(&desk.app, 60_000).await;
    let reply = technician.post_signed(&format!("/undo/{elsewhere}/{attempt}"), &[]).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND, "an attempt belongs to its case");
    let page = technician.get(&format!("/cases/{elsewhere}")).await.body;
    assert!(!page.contains("/undo/"), "an unlock cannot be taken back");
}
