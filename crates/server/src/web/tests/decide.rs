//! Deciding: by whom, on what, and what the page says when it does not count.

use super::{
    seed,
    support::{Desk, Reply, Visitor},
};
use crate::clock;
use axum::http::StatusCode;
use domain::{Approval, ApprovalState, Decision, Digest, PersonId};
use store::{Person, Role};

async fn state(desk: &Desk, question: &Approval) -> ApprovalState {
    desk.app.store.approval(question.id).await.unwrap().unwrap().state
}

async fn press(
    visitor: &mut Visitor,
    question: &Approval,
    button: &str,
    fields: &[(&str, &str)],
) -> Reply {
    visitor.post_signed(&format!("/approvals/{}/{button}", question.id), fields).await
}

#[tokio::test]
async fn the_page_shows_the_whole_package() {
    let desk = Desk::new().await;
    let question = seed::group_question(&desk.app, 60_000, 3 * 3_600_000 + 59_000).await;
    let mut technician = desk.visitor(Role::Technician).await;
    let page = technician.get(&format!("/approvals/{}", question.id)).await.body;
    let kind = domain::ActionKind::AddGroupMember;
    for text in [
        question.sentence.as_str(),
        "sensitive_group",
        "Finance Approvers is on this client&#39;s list of sensitive groups",
        kind.risk(),
        kind.undo().unwrap(),
        "Please add me to Finance Approvers.",
        "The text claims an approval; that does not count",
        "omar.haddad@globex.test",
        "3 h left",
        &question.digest.to_string(),
    ] {
        assert!(page.contains(text), "{text:?} is missing");
    }
    let list = technician.get("/approvals").await.body;
    assert!(list.contains(&question.sentence));
}

#[tokio::test]
async fn a_yes_is_recorded_and_wakes_the_worker() {
    let desk = Desk::new().await;
    let question = seed::group_question(&desk.app, 60_000, 3_600_000).await;
    let mut changes = desk.app.changed.subscribe();
    let mut technician = desk.visitor(Role::Technician).await;
    let path = format!("/approvals/{}", question.id);
    let page = technician.get(&path).await;
    let digest = page.field("digest");
    let due = desk.app.due.notified();
    let reply = press(&mut technician, &question, "approve", &[("digest", &digest)]).await;
    assert_eq!(reply.header("location"), path);
    due.await;
    assert_eq!(changes.recv().await.unwrap().case, question.case);
    match state(&desk, &question).await {
        ApprovalState::Approved { by, .. } => assert_eq!(by.as_str(), "technician"),
        other => panic!("{other:?}"),
    }
    let page = technician.get(&path).await.body;
    assert!(page.contains("technician approved it"), "{page}");
    assert!(!page.contains(">Approve</button>"), "there is nothing left to press");
    let case = technician.get(&format!("/cases/{}", question.case)).await.body;
    assert!(case.contains("technician approved"), "the story tells it");
}

#[tokio::test]
async fn a_no_needs_a_reason_and_the_reason_is_kept() {
    let desk = Desk::new().await;
    let question = seed::group_question(&desk.app, 60_000, 3_600_000).await;
    let digest = question.digest.to_string();
    let mut admin = desk.visitor(Role::Admin).await;
    for empty in ["", "  \n "] {
        let fields = [("digest", digest.as_str()), ("reason", empty)];
        let reply = press(&mut admin, &question, "deny", &fields).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(reply.body.contains("a denial needs a reason"), "{}", reply.body);
    }
    assert_eq!(state(&desk, &question).await, ApprovalState::Pending);
    let fields = [("digest", digest.as_str()), ("reason", "ask the owner of the group first")];
    let reply = press(&mut admin, &question, "deny", &fields).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    let case = admin.get(&format!("/cases/{}", question.case)).await.body;
    assert!(case.contains("admin denied") && case.contains("ask the owner of the group first"));
}

#[tokio::test]
async fn who_gains_from_it_cannot_decide() {
    let desk = Desk::new().await;
    let question = seed::group_question(&desk.app, 60_000, 3_600_000).await;
    let id = PersonId::new("technician").unwrap();
    let person = desk.app.store.person(&id).await.unwrap().unwrap();
    let omar = Person { email: "Omar.Haddad@globex.test".into(), ..person };
    desk.app.store.put_person(omar, clock::now()).await.unwrap();
    let mut visitor = desk.visitor(Role::Technician).await;
    let page = visitor.get(&format!("/approvals/{}", question.id)).await.body;
    assert!(page.contains("another person has to decide"), "{page}");
    assert!(!page.contains(">Approve</button>"), "no button that would only fail");
    let digest = question.digest.to_string();
    let reply = press(&mut visitor, &question, "approve", &[("digest", &digest)]).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert!(reply.body.contains("another person has to decide"), "{}", reply.body);
    assert_eq!(state(&desk, &question).await, ApprovalState::Pending);
}

#[tokio::test]
async fn a_decision_on_something_else_than_was_shown_does_not_count() {
    let desk = Desk::new().await;
    let question = seed::group_question(&desk.app, 60_000, 3_600_000).await;
    let mut admin = desk.visitor(Role::Admin).await;
    let stale = Digest([7; 32]).to_string();
    let reply = press(&mut admin, &question, "approve", &[("digest", &stale)]).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert!(reply.body.contains("what you saw is not what waits any more"), "{}", reply.body);
    for broken in ["", "abc"] {
        let reply = press(&mut admin, &question, "approve", &[("digest", broken)]).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(state(&desk, &question).await, ApprovalState::Pending);
}

#[tokio::test]
async fn the_second_of_two_is_told_who_was_faster() {
    let desk = Desk::new().await;
    let question = seed::group_question(&desk.app, 60_000, 3_600_000).await;
    let digest = question.digest.to_string();
    let mut admin = desk.visitor(Role::Admin).await;
    let mut technician = desk.visitor(Role::Technician).await;
    press(&mut admin, &question, "approve", &[("digest", &digest)]).await;
    let fields = [("digest", digest.as_str()), ("reason", "no")];
    let reply = press(&mut technician, &question, "deny", &fields).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert!(reply.body.contains("admin approved it on"), "{}", reply.body);
    assert!(reply.body.contains("Nothing was changed"), "{}", reply.body);
}

#[tokio::test]
async fn an_expired_question_stays_expired() {
    let desk = Desk::new().await;
    let question = seed::group_question(&desk.app, 60_000, -1_000).await;
    let mut admin = desk.visitor(Role::Admin).await;
    let page = admin.get(&format!("/approvals/{}", question.id)).await.body;
    assert!(page.contains("Expired") && !page.contains(">Approve</button>"), "{page}");
    let digest = question.digest.to_string();
    let reply = press(&mut admin, &question, "approve", &[("digest", &digest)]).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert!(reply.body.contains("an expired question stays expired"), "{}", reply.body);
    assert!(admin.get("/approvals").await.body.contains("Nothing waits for you"));
}

#[tokio::test]
async fn a_decision_by_command_line_shows_in_the_console() {
    let desk = Desk::new().await;
    let question = seed::group_question(&desk.app, 60_000, 3_600_000).await;
    let id = PersonId::new("admin").unwrap();
    let deny = Decision::Deny("not this quarter".into());
    let now = clock::now();
    desk.app.store.decide(question.id, &id, &[], question.digest, deny, now).await.unwrap();
    let mut auditor = desk.visitor(Role::Auditor).await;
    let page = auditor.get(&format!("/approvals/{}", question.id)).await.body;
    assert!(page.contains("admin denied it on") && page.contains("not this quarter"), "{page}");
}
