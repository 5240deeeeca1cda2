//! Approving for later, changing what was asked for, two people, several questions at once.

use super::{
    scenes, seed,
    support::{Desk, Visitor},
};
use crate::clock;
use axum::http::StatusCode;
use domain::{Approval, ApprovalState, PersonId, UnixMs};
use gate::Policy;
use store::Role;

async fn now(desk: &Desk, question: &Approval) -> Approval {
    desk.app.store.approval(question.id).await.unwrap().unwrap()
}

async fn post(
    visitor: &mut Visitor,
    question: &Approval,
    button: &str,
    more: &[(&str, &str)],
) -> super::support::Reply {
    let digest = question.digest.to_string();
    let mut fields = vec![("digest", digest.as_str())];
    fields.extend_from_slice(more);
    visitor.post_signed(&format!("/approvals/{}/{button}", question.id), &fields).await
}

fn local(at: UnixMs) -> String {
    at.to_string().chars().take(16).collect()
}

#[tokio::test]
async fn targets_are_left_out_and_the_page_follows_the_judgement() {
    let desk = Desk::policed().await;
    let question = scenes::reboot_question(&desk.app, &["PC-1", "PC-2", "SRV-9"]).await;
    let mut technician = desk.visitor(Role::Technician).await;
    let path = format!("/approvals/{}", question.id);
    let page = technician.get(&path).await.body;
    for words in ["PC-1 (dev-PC-1)", "SRV-9 (dev-SRV-9)", "leave out what should not be touched"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let picked = [("picked.devices", "1"), ("devices", "0"), ("devices", "1")];
    let reply = post(&mut technician, &question, "change", &picked).await;
    assert_eq!(reply.header("location"), path, "{}", reply.body);
    let page = technician.get(&path).await.body;
    assert!(page.contains("It is being judged"), "{page}");
    assert!(page.contains("Restart 2 devices: PC-1, PC-2"), "{page}");
    assert!(!page.contains(">Approve</button>"), "nobody approves what is being changed");
    let mut admin = desk.visitor(Role::Admin).await;
    let reply = post(&mut admin, &question, "approve", &[]).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert!(admin.get("/approvals").await.body.contains("a change is being judged"));

    let diff = "devices: 3 (PC-1, PC-2, SRV-9) → 2 (PC-1, PC-2)";
    let new = scenes::answer_change(&desk.app, question.id, diff).await;
    let page = technician.get(&path).await.body;
    assert!(page.contains("another question takes its place"), "{page}");
    assert!(page.contains(&format!("/approvals/{}", new.id)), "{page}");
    let page = technician.get(&format!("/approvals/{}", new.id)).await.body;
    assert!(page.contains(diff) && page.contains("technician approved it"), "{page}");
    let story = technician.get(&format!("/cases/{}", question.case)).await.body;
    assert!(story.contains("technician asked for something else instead"), "{story}");
    assert!(story.contains("technician changed it; the gate agrees") && story.contains(diff));
}

#[tokio::test]
async fn a_change_that_is_none_is_not_recorded() {
    let desk = Desk::policed().await;
    let question = scenes::reboot_question(&desk.app, &["PC-1", "PC-2"]).await;
    let mut admin = desk.visitor(Role::Admin).await;
    let all = [("picked.devices", "1"), ("devices", "0"), ("devices", "1")];
    for (fields, words) in [
        (all.to_vec(), "exactly what waits"),
        (vec![], "exactly what waits"),
        (vec![("picked.devices", "1")], "keep at least one"),
        (vec![("picked.devices", "1"), ("devices", "7")], "keep at least one"),
    ] {
        let reply = post(&mut admin, &question, "change", &fields).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        assert!(reply.body.contains(words), "{words}: {}", reply.body);
    }
    let group = seed::group_question(&desk.app, 1_000, 3_600_000).await;
    for (name, value) in [("group.name", ""), ("group.id", " "), ("group.name", "a\u{202e}b")] {
        let reply = post(&mut admin, &group, "change", &[(name, value)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}={value:?}");
    }
    // The account is not in the form, and naming it changes nothing.
    let reply = post(&mut admin, &group, "change", &[("account.id", "other")]).await;
    assert!(reply.body.contains("exactly what waits"), "{}", reply.body);
    assert!(
        now(&desk, &group).await.change.is_none() && now(&desk, &question).await.change.is_none()
    );
}

#[tokio::test]
async fn a_yes_for_later_runs_later() {
    let desk = Desk::policed().await;
    let question = scenes::reboot_question(&desk.app, &["PC-1"]).await;
    let mut admin = desk.visitor(Role::Admin).await;
    let week = local(clock::now().plus_ms(8 * 86_400_000));
    let past = local(clock::now().plus_ms(-86_400_000));
    for bad in [week.as_str(), &past, "tomorrow", "0000-00-00T00:00", "window"] {
        let reply = post(&mut admin, &question, "approve", &[("at", bad)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    assert_eq!(now(&desk, &question).await.state, ApprovalState::Pending);
    let at = local(clock::now().plus_ms(7_200_000));
    let reply = post(&mut admin, &question, "approve", &[("at", &at)]).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    let then = now(&desk, &question).await.not_before.unwrap();
    assert_eq!(local(then), at);
    let page = admin.get(&format!("/approvals/{}", question.id)).await.body;
    assert!(page.contains("It does not run before"), "{page}");
}

#[tokio::test]
async fn the_next_maintenance_window_is_one_click() {
    let desk = Desk::policed().await;
    let row = desk.app.store.active_policy().await.unwrap().unwrap();
    let mut policy: Policy = crate::policy::parse(&row.document).unwrap();
    policy.version = "w1".into();
    policy.maintenance_windows = serde_json::from_value(serde_json::json!([{
        "name": "Nights", "start": "01:00", "end": "02:00",
        "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    }]))
    .unwrap();
    let text = crate::policy::render(&policy);
    let new = store::NewPolicy {
        version: "w1".into(),
        base: Some(row.version),
        author: PersonId::new("admin").unwrap(),
        reason: "windows".into(),
        document: text,
        diff: vec![],
        loosens: vec![],
    };
    desk.app.store.propose_policy(new, clock::now()).await.unwrap();
    desk.app.reload_policy().await.unwrap();
    let question = scenes::reboot_question(&desk.app, &["PC-1"]).await;
    let mut technician = desk.visitor(Role::Technician).await;
    let page = technician.get(&format!("/approvals/{}", question.id)).await.body;
    assert!(page.contains("The next maintenance window is Nights"), "{page}");
    let reply = post(&mut technician, &question, "approve", &[("at", "window")]).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    let then = now(&desk, &question).await.not_before.unwrap();
    let soon = then.since(clock::now());
    assert!((-60_000..=86_400_000).contains(&soon), "{soon}");
    let hour = local(then).get(11..13).unwrap().to_owned();
    assert_eq!(hour, "01", "{then}");
}

#[tokio::test]
async fn two_people_are_two_people() {
    let desk = Desk::policed().await;
    let question = scenes::needs_two(&desk.app).await;
    let mut technician = desk.visitor(Role::Technician).await;
    let path = format!("/approvals/{}", question.id);
    assert!(technician.get(&path).await.body.contains("0 of 2 yes"));
    post(&mut technician, &question, "approve", &[]).await;
    assert_eq!(now(&desk, &question).await.state, ApprovalState::Pending);
    let page = technician.get(&path).await.body;
    assert!(page.contains("1 of 2 yes") && page.contains("technician said yes"), "{page}");
    assert!(page.contains("a second person is needed"), "{page}");
    let again = post(&mut technician, &question, "approve", &[]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let mut admin = desk.visitor(Role::Admin).await;
    post(&mut admin, &question, "approve", &[]).await;
    assert!(matches!(now(&desk, &question).await.state, ApprovalState::Approved { .. }));
    let page = admin.get(&path).await.body;
    assert!(page.contains("technician and admin approved it"), "{page}");
}

#[tokio::test]
async fn several_questions_of_one_case_are_one_decision() {
    let desk = Desk::policed().await;
    let (case, [one, two]) = scenes::two_questions(&desk.app).await;
    let (_, [other, _]) = scenes::two_questions(&desk.app).await;
    let mut admin = desk.visitor(Role::Admin).await;
    let path = format!("/approvals/case/{case}");
    assert!(admin.get("/approvals").await.body.contains(&path), "the list leads there");
    assert!(admin.get(&format!("/approvals/{}", one.id)).await.body.contains(&path));
    assert!(admin.get(&format!("/cases/{case}")).await.body.contains(&path));
    let page = admin.get(&path).await.body;
    assert!(page.contains(&one.sentence) && page.contains(&two.sentence), "{page}");
    let name = |a: &Approval| format!("{}:{}", a.id, a.digest);
    let (first, second, foreign) = (name(&one), name(&two), name(&other));
    let stale = format!("{}:{}", two.id, one.digest);
    let approve = format!("{path}/approve");
    for (fields, status) in [
        (vec![], 400),
        (vec![("question", "x")], 400),
        (vec![("question", first.as_str()), ("question", &foreign)], 400),
        (vec![("question", first.as_str()), ("question", &stale)], 409),
    ] {
        let reply = admin.post_signed(&approve, &fields).await;
        assert_eq!(reply.status.as_u16(), status, "{fields:?}");
    }
    let deny = format!("{path}/deny");
    let both = [("question", first.as_str()), ("question", second.as_str())];
    let reply = admin.post_signed(&deny, &both).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "a no needs a reason");
    for question in [&one, &two] {
        assert_eq!(now(&desk, question).await.state, ApprovalState::Pending, "all or nothing");
    }
    let reply = admin.post_signed(&approve, &both).await;
    assert_eq!(reply.header("location"), format!("/cases/{case}"), "{}", reply.body);
    for question in [&one, &two] {
        assert!(matches!(now(&desk, question).await.state, ApprovalState::Approved { .. }));
    }
    let late = admin.post_signed(&approve, &both).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("admin approved it on"), "{}", late.body);
    let page = admin.get(&path).await.body;
    assert!(page.contains("Nothing of this case waits any more"));
    let stats = admin.get("/approvals").await.body;
    assert!(stats.contains("How people decided"), "{stats}");
}

#[tokio::test]
async fn names_of_look_alikes_and_the_brains_own_words_are_told_apart() {
    let desk = Desk::policed().await;
    let question = scenes::reboot_question(&desk.app, &["\u{410}DMIN-PC", "PC\u{202e}1"]).await;
    let mut admin = desk.visitor(Role::Admin).await;
    let page = admin.get(&format!("/approvals/{}", question.id)).await.body;
    assert!(page.contains("mixes letters of two alphabets"), "{page}");
    assert!(page.contains("PC⟦U+202E⟧1") && !page.contains('\u{202e}'), "{page}");
    // Sent back as shown, the device is still the same one.
    let picked = [("picked.devices", "1"), ("devices", "1")];
    let reply = post(&mut admin, &question, "change", &picked).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    let asked = now(&desk, &question).await.change.unwrap().action;
    assert_eq!(asked.devices()[0].name, "PC\u{202e}1");
}

#[tokio::test]
async fn haste_is_named() {
    let desk = Desk::policed().await;
    let id = PersonId::new("technician").unwrap();
    for _ in 0..21 {
        let question = seed::group_question(&desk.app, 3_000, 3_600_000).await;
        let decision = domain::Decision::Approve;
        let store = &desk.app.store;
        store.decide(question.id, &id, &[], question.digest, decision, clock::now()).await.unwrap();
    }
    let page = desk.visitor(Role::Auditor).await.get("/approvals").await.body;
    assert!(page.contains("Nobody reads that fast"), "{page}");
}
