//! Roles, absences and deputies.

use super::{seed, support::Desk};
use crate::clock;
use axum::http::StatusCode;
use domain::{ApprovalState, PersonId};
use store::Role;

fn day(days: i64) -> String {
    clock::now().plus_ms(days * 86_400_000).to_string().chars().take(10).collect()
}

#[tokio::test]
async fn who_may_not_decide_any_more_has_approved_nothing() {
    let desk = Desk::policed().await;
    let question = seed::group_question(&desk.app, 1_000, 3_600_000).await;
    let mut technician = desk.visitor(Role::Technician).await;
    let digest = question.digest.to_string();
    let path = format!("/approvals/{}/approve", question.id);
    technician.post_signed(&path, &[("digest", &digest)]).await;
    let mut admin = desk.visitor(Role::Admin).await;
    let reply = admin.post_signed("/people/technician/role", &[("role", "auditor")]).await;
    assert_eq!(reply.header("location"), "/people", "{}", reply.body);
    let state = desk.app.store.approval(question.id).await.unwrap().unwrap().state;
    assert_eq!(state, ApprovalState::Void);
    let page = admin.get(&format!("/approvals/{}", question.id)).await.body;
    assert!(page.contains("may not any more"), "{page}");
    assert_eq!(technician.post_signed(&path, &[("digest", &digest)]).await.status, 403);
    for bad in ["", "root", "Admin"] {
        let reply = admin.post_signed("/people/technician/role", &[("role", bad)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    admin.post_signed("/people/boss/role", &[("role", "technician")]).await;
    let last = admin.post_signed("/people/admin/role", &[("role", "auditor")]).await;
    assert_eq!(last.status, StatusCode::CONFLICT, "somebody has to be left");
    let nobody = admin.post_signed("/people/nobody/role", &[("role", "auditor")]).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn people_say_when_they_are_away_and_who_stands_in() {
    let desk = Desk::policed().await;
    let mut technician = desk.visitor(Role::Technician).await;
    let (from, until) = (day(-1), day(3));
    let fields = [("from", from.as_str()), ("until", until.as_str())];
    technician.post_signed("/people/technician/away", &fields).await;
    technician.post_signed("/people/technician/deputy", &[("deputy", "boss")]).await;
    let id = PersonId::new("technician").unwrap();
    let person = desk.app.store.person(&id).await.unwrap().unwrap();
    let (since, till) = person.away.unwrap();
    assert!(since < clock::now() && till.since(since) == 5 * 86_400_000, "the last day is whole");
    assert_eq!(person.deputy.as_ref().unwrap().as_str(), "boss");
    let question = seed::group_question(&desk.app, 1_000, 3_600_000).await;
    let page = technician.get(&format!("/approvals/{}", question.id)).await.body;
    assert!(page.contains("boss for The technician, who is away"), "{page}");
    let others = technician.post_signed("/people/admin/away", &fields).await;
    assert_eq!(others.status, StatusCode::FORBIDDEN, "only of oneself");
    let deputy = technician.post_signed("/people/admin/deputy", &[("deputy", "boss")]).await;
    assert_eq!(deputy.status, StatusCode::FORBIDDEN);
    for (from, until) in [
        ("", ""),
        ("yesterday", "tomorrow"),
        (day(5).as_str(), day(2).as_str()),
        (day(-9).as_str(), day(-3).as_str()),
        (day(0).as_str(), "9999-12-31"),
        (day(0).as_str(), "2026-02-31"),
    ] {
        let fields = [("from", from), ("until", until)];
        let reply = technician.post_signed("/people/technician/away", &fields).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{from} {until}");
    }
    for (deputy, status) in [("technician", 409), ("auditor", 409), ("nobody", 404)] {
        let fields = [("deputy", deputy)];
        let reply = technician.post_signed("/people/technician/deputy", &fields).await;
        assert_eq!(reply.status.as_u16(), status, "{deputy}");
    }
    technician.post_signed("/people/technician/away", &[("back", "1")]).await;
    assert_eq!(desk.app.store.person(&id).await.unwrap().unwrap().away, None);
}
