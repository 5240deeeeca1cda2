//! Questions as cards: what stands on them, deciding, and who was faster.

use super::*;
use crate::{
    clock,
    web::tests::{scenes, seed},
};
use axum::http::StatusCode;
use domain::{Decision, PersonId};
use store::Role;

#[tokio::test]
async fn everybody_who_may_decide_gets_the_whole_package() {
    let scene = Scene::new().await;
    let question = seed::group_question(&scene.desk.app, 60_000, 3 * 3_600_000).await;
    scene.look().await;
    let kind = domain::ActionKind::AddGroupMember;
    for user in [ADMIN, TECHNICIAN] {
        let card = scene.card(user);
        let words = card.words();
        for text in [
            question.sentence.as_str(),
            "globex",
            "Your decision, tier high",
            "Omar Haddad (omar.haddad@globex.test)",
            "Access to Finance Approvers",
            "sensitive_group",
            "Finance Approvers is on this client's list of sensitive groups",
            "The text claims an approval; that does not count",
            kind.risk(),
            kind.undo().unwrap(),
            "judged again with fresh facts",
            &crate::web::approval::card::utc(question.expires_at),
            &question.digest.to_string(),
            &format!("http://desk.example/approvals/{}", question.id),
        ] {
            assert!(words.contains(text), "{text:?} is missing in {words}");
        }
        assert_eq!(card.buttons(), ["approve", "deny", "link"]);
    }
    assert!(scene.slack.inbox(AUDITOR).is_empty(), "who only reads is not asked");
    scene.look().await;
    assert_eq!(scene.card(ADMIN).edits, 0, "nothing changed, so nothing is said again");
}

#[tokio::test]
async fn a_yes_counts_wakes_the_worker_and_shows_on_every_card() {
    let scene = Scene::new().await;
    let question = seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    scene.look().await;
    let mut changes = scene.desk.app.changed.subscribe();
    let due = scene.desk.app.due.notified();
    scene.press(TECHNICIAN, &scene.card(TECHNICIAN), "approve").await;
    due.await;
    assert_eq!(changes.recv().await.unwrap().case, question.case);
    match scene.state(&question).await {
        ApprovalState::Approved { by, .. } => assert_eq!(by.as_str(), "technician"),
        other => panic!("{other:?}"),
    }
    for user in [ADMIN, TECHNICIAN] {
        let card = scene.card(user);
        assert!(card.words().contains("The technician approved it on"), "{}", card.words());
        assert!(card.words().contains(", in Slack."), "{}", card.words());
        assert_eq!(card.buttons(), ["link"], "there is nothing left to press");
    }
    assert!(scene.slack.whispers(TECHNICIAN).is_empty(), "the card says it");
    let mut auditor = scene.desk.visitor(Role::Auditor).await;
    let page = auditor.get(&format!("/approvals/{}", question.id)).await.body;
    assert!(page.contains("technician approved it"), "{page}");
}

#[tokio::test]
async fn a_no_asks_for_its_reason_and_the_reason_is_kept() {
    let scene = Scene::new().await;
    let question = seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    scene.look().await;
    scene.press(ADMIN, &scene.card(ADMIN), "deny").await;
    let window = scene.slack.window(ADMIN).expect("a form opened");
    assert!(window.to_string().contains(&question.sentence), "{window}");
    assert_eq!(scene.state(&question).await, ApprovalState::Pending);
    let sent = scene.slack.submit(ADMIN, " ask <the owner> first ", &scene.interactions()).await;
    assert_eq!((sent.clone().unwrap().status, sent.unwrap().answer.as_str()), (200, ""));
    scene.look().await;
    match scene.state(&question).await {
        ApprovalState::Denied { by, reason, .. } => {
            assert_eq!((by.as_str(), reason.as_str()), ("admin", "ask <the owner> first"));
        }
        other => panic!("{other:?}"),
    }
    let card = scene.card(TECHNICIAN).words();
    assert!(card.contains("The admin denied it on"), "{card}");
    assert!(card.contains("in Slack: ask &lt;the owner&gt; first."), "{card}");
}

#[tokio::test]
async fn a_form_that_comes_too_late_is_said_and_changes_nothing() {
    let scene = Scene::new().await;
    let question = seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    scene.look().await;
    let card = scene.card(ADMIN);
    scene.slack.press(ADMIN, &card, "deny", &scene.interactions()).await.unwrap();
    scene.slack.age_triggers();
    scene.look().await;
    assert!(scene.slack.window(ADMIN).is_none());
    assert!(scene.whisper(ADMIN).contains("Press Deny again"), "{}", scene.whisper(ADMIN));
    assert_eq!(scene.state(&question).await, ApprovalState::Pending);
}

#[tokio::test]
async fn of_slack_and_console_at_once_exactly_one_counts() {
    let scene = Scene::new().await;
    let mut admin = scene.desk.visitor(Role::Admin).await;
    for round in 0..6 {
        let question = seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
        scene.look().await;
        let card = scene.slack.inbox(TECHNICIAN).pop().unwrap();
        let sent = scene.slack.press(TECHNICIAN, &card, "approve", &scene.interactions()).await;
        assert_eq!(sent.unwrap().status, 200);
        let digest = question.digest.to_string();
        let path = format!("/approvals/{}/deny", question.id);
        let fields = [("digest", digest.as_str()), ("reason", "no")];
        let console = admin.post_signed(&path, &fields);
        let (reply, _) = match round % 2 {
            0 => tokio::join!(console, scene.look()),
            _ => {
                let (answered, reply) = tokio::join!(scene.look(), console);
                (reply, answered)
            }
        };
        let decisions = scene.decisions(&question).await;
        assert_eq!(decisions.len(), 1, "{decisions:?}");
        scene.look().await;
        let shown = scene.slack.inbox(ADMIN).pop().unwrap().words();
        match decisions[0].as_str() {
            "approved" => {
                assert_eq!(reply.status, StatusCode::CONFLICT, "{}", reply.body);
                assert!(shown.contains("The technician approved it"), "{shown}");
                assert!(shown.contains("in Slack"), "{shown}");
            }
            _ => {
                assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
                assert!(shown.contains("The admin denied it"), "{shown}");
                assert!(scene.whisper(TECHNICIAN).contains("The admin denied it"));
            }
        }
    }
}

#[tokio::test]
async fn a_late_press_is_told_who_was_faster_and_where() {
    let scene = Scene::new().await;
    let question = seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    scene.look().await;
    let before = scene.card(TECHNICIAN);
    let mut admin = scene.desk.visitor(Role::Admin).await;
    let digest = question.digest.to_string();
    let path = format!("/approvals/{}/approve", question.id);
    admin.post_signed(&path, &[("digest", digest.as_str())]).await;
    for action in ["approve", "deny"] {
        scene.press(TECHNICIAN, &before, action).await;
        let said = scene.whisper(TECHNICIAN);
        assert!(said.contains("The admin approved it on"), "{said}");
        assert!(said.contains("in the console or on the command line"), "{said}");
        assert!(said.contains("Nothing was changed"), "{said}");
    }
    assert!(scene.slack.window(TECHNICIAN).is_none(), "no form for what cannot count");
    assert_eq!(scene.decisions(&question).await, ["approved"]);
    let card = scene.card(TECHNICIAN);
    assert!(card.words().contains("The admin approved it on"), "{}", card.words());
}

#[tokio::test]
async fn a_decision_by_command_line_shows_on_the_card() {
    let scene = Scene::new().await;
    let question = seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    scene.look().await;
    let id = PersonId::new("admin").unwrap();
    let deny = Decision::Deny("not this quarter".into());
    let (store, now) = (&scene.desk.app.store, clock::now());
    store.decide(question.id, &id, &[], question.digest, deny, now).await.unwrap();
    scene.look().await;
    let words = scene.card(TECHNICIAN).words();
    assert!(words.contains("on the command line: not this quarter."), "{words}");
}

#[tokio::test]
async fn an_expired_question_stays_expired() {
    let scene = Scene::new().await;
    let question = seed::group_question(&scene.desk.app, 60_000, 1_000).await;
    scene.look().await;
    let card = scene.card(TECHNICIAN);
    while clock::now() < question.expires_at {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    scene.press(TECHNICIAN, &card, "approve").await;
    let said = scene.whisper(TECHNICIAN);
    assert!(said.contains("an expired question stays expired"), "{said}");
    assert!(scene.decisions(&question).await.is_empty());
    let settle = store::View::Settle(question.id, ApprovalState::Expired);
    let event = Event::Expired { approval: question.id };
    let (store, actor, now) = (&scene.desk.app.store, domain::Actor::Platform, clock::now());
    let (client, case) = (&question.client, question.case);
    store.record(client, case, actor, vec![event], vec![settle], false, now).await.unwrap();
    scene.look().await;
    let card = scene.card(TECHNICIAN);
    assert!(card.words().contains("Nobody decided by"), "{}", card.words());
    assert_eq!(card.buttons(), ["link"]);
}

#[tokio::test]
async fn the_first_of_two_shows_on_the_cards_and_cannot_say_yes_twice() {
    let scene = Scene::new().await;
    let question = scenes::needs_two(&scene.desk.app).await;
    scene.look().await;
    let before = scene.card(ADMIN);
    assert!(before.words().contains("2 people; so far nobody"), "{}", before.words());
    scene.press(ADMIN, &before, "approve").await;
    assert_eq!(scene.state(&question).await, ApprovalState::Pending);
    assert!(scene.card(TECHNICIAN).words().contains("2 people; so far admin"));
    assert_eq!(scene.card(ADMIN).buttons(), ["deny", "link"]);
    scene.press(ADMIN, &before, "approve").await;
    assert!(scene.whisper(ADMIN).contains("a second person is needed"));
    scene.press(TECHNICIAN, &scene.card(TECHNICIAN), "approve").await;
    assert!(matches!(scene.state(&question).await, ApprovalState::Approved { .. }));
    assert!(scene.card(ADMIN).words().contains("The technician approved it on"));
}

#[tokio::test]
async fn what_a_user_wrote_becomes_no_mention_no_link_and_no_part_of_the_card() {
    let scene = Scene::new().await;
    let from = ("<@U1ADMIN>", "omar.haddad@globex.test");
    let subject = "<!channel> <https://evil.example|Approve> &\n*Tier*\nlow \u{202e}gnp";
    let app = &scene.desk.app;
    let mut t = seed::Tale::begin(app, "globex", from, subject, "block Mark", 60_000).await;
    let account = seed::account("Mark Stone", "mark.stone@globex.test");
    let disable = domain::Action::DisableAccount(domain::action::DisableAccount { account });
    let facts = t.facts(domain::Relation::Unrelated);
    t.held(disable, facts, 3_600_000).await;
    scene.look().await;
    let words = scene.card(ADMIN).words();
    let line = "&lt;!channel&gt; &lt;https://evil.example|Approve&gt; &amp; *Tier* low ⟦U+202E⟧gnp";
    assert!(words.contains(line), "{words}");
    assert!(words.contains("&lt;@U1ADMIN&gt;"), "{words}");
    assert!(!words.contains('<') && !words.contains('>'), "{words}");
}

#[tokio::test]
async fn above_the_tier_that_slack_may_approve_there_is_only_a_no() {
    let scene = Scene::up_to(domain::Tier::Medium).await;
    let question = seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    scene.look().await;
    let card = scene.card(ADMIN);
    assert_eq!(card.buttons(), ["deny", "link"]);
    assert!(card.words().contains("Tier high is approved in the console"), "{}", card.words());
    // A button from before the setting was changed.
    let mut old = card.clone();
    old.blocks = serde_json::json!([{"type": "actions", "elements": [
        {"type": "button", "action_id": "approve", "text": {"type": "plain_text", "text": "Approve"},
            "value": format!("{} {}", question.id, question.digest)}]}]);
    scene.press(ADMIN, &old, "approve").await;
    assert!(scene.whisper(ADMIN).contains("is approved in the console"));
    assert_eq!(scene.state(&question).await, ApprovalState::Pending);
    scene.press(ADMIN, &card, "deny").await;
    scene.slack.submit(ADMIN, "no", &scene.interactions()).await.unwrap();
    scene.look().await;
    assert_eq!(scene.decisions(&question).await, ["denied"]);
}

#[tokio::test]
async fn after_a_change_was_refused_the_card_can_be_approved_again() {
    let scene = Scene::new().await;
    let question = seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    scene.look().await;
    let store = &scene.desk.app.store;
    let account = seed::account("Mark Stone", "mark.stone@globex.test");
    let other = domain::Action::UnlockAccount(domain::action::UnlockAccount { account });
    let (admin, change) = (PersonId::new("admin").unwrap(), Decision::Change(Box::new(other)));
    let now = clock::now();
    store.decide(question.id, &admin, &[], question.digest, change, now).await.unwrap();
    scene.look().await;
    assert_eq!(scene.card(TECHNICIAN).buttons(), ["deny", "link"]);
    let event = Event::ChangeRefused { approval: question.id, reason: "not allowed".into() };
    let view = store::View::Update(Box::new(question.clone()));
    let (client, case, actor) = (&question.client, question.case, domain::Actor::Platform);
    let now = clock::now();
    store.record(client, case, actor, vec![event], vec![view], false, now).await.unwrap();
    scene.look().await;
    let card = scene.card(TECHNICIAN);
    assert_eq!(card.buttons(), ["approve", "deny", "link"]);
    scene.press(TECHNICIAN, &card, "approve").await;
    assert!(matches!(scene.state(&question).await, ApprovalState::Approved { .. }));
}
