//! Slack away, slow or unwilling: nothing waits for it, and nothing is lost.

use super::*;
use crate::web::tests::seed;
use std::time::Duration;
use store::Role;

/// Looks until it is so.
async fn until(scene: &Scene, so: impl Fn(&Scene) -> bool) {
    while !so(scene) {
        scene.look().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn while_slack_is_down_people_decide_elsewhere_and_cards_come_later() {
    let scene = Scene::new().await;
    scene.slack.set_down(true);
    let decided = seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    let waiting = seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    scene.look().await;
    scene.look().await;
    assert!(scene.slack.calls("users.lookupByEmail") + scene.slack.calls("auth.test") > 0);
    let mut admin = scene.desk.visitor(Role::Admin).await;
    let digest = decided.digest.to_string();
    let path = format!("/approvals/{}/approve", decided.id);
    admin.post_signed(&path, &[("digest", digest.as_str())]).await;
    assert!(matches!(scene.state(&decided).await, ApprovalState::Approved { .. }));
    scene.slack.set_down(false);
    // Every look is one after a restart: what is wanted stands in the store.
    until(&scene, |s| !s.slack.inbox(ADMIN).is_empty() && !s.slack.inbox(TECHNICIAN).is_empty())
        .await;
    let words = scene.card(TECHNICIAN).words();
    assert!(words.contains(&waiting.digest.to_string()), "only what still waits: {words}");
}

#[tokio::test]
async fn slacks_wish_for_fewer_calls_is_kept() {
    let scene = Scene::new().await;
    seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    scene.slack.throttle(1, 1);
    scene.look().await;
    assert_eq!(scene.slack.calls("auth.test"), 1, "the pass ends there");
    assert_eq!(scene.slack.calls("chat.postMessage"), 0);
    until(&scene, |s| !s.slack.inbox(ADMIN).is_empty() && !s.slack.inbox(TECHNICIAN).is_empty())
        .await;
}

#[tokio::test]
async fn a_change_that_fails_is_made_later() {
    let scene = Scene::new().await;
    seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    scene.look().await;
    let card = scene.card(TECHNICIAN);
    scene.slack.press(TECHNICIAN, &card, "approve", &scene.interactions()).await.unwrap();
    // Who pressed is asked of Slack first; then it goes down.
    let app = &scene.desk.app;
    let desk = app.parts().chat.clone().unwrap();
    assert_eq!(crate::chat::answer_presses(app, &desk).await, 1);
    scene.slack.set_down(true);
    scene.look().await;
    assert_eq!(scene.card(ADMIN).edits, 0);
    scene.slack.set_down(false);
    until(&scene, |s| s.card(ADMIN).edits == 1 && s.card(TECHNICIAN).edits == 1).await;
    assert_eq!(scene.card(ADMIN).buttons(), ["link"]);
}

#[tokio::test]
async fn a_lost_answer_never_makes_two_decisions() {
    let scene = Scene::new().await;
    let question = seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    scene.slack.lose_answers(1);
    until(&scene, |s| s.slack.calls("chat.postMessage") >= 3).await;
    // The chat may hold two of one card then; each of them is honest.
    let all: Vec<_> = [ADMIN, TECHNICIAN].iter().flat_map(|u| scene.slack.inbox(u)).collect();
    assert_eq!(all.len(), 3);
    let twice = if scene.slack.inbox(ADMIN).len() == 2 { ADMIN } else { TECHNICIAN };
    for card in scene.slack.inbox(twice) {
        scene.press(twice, &card, "approve").await;
    }
    assert_eq!(scene.decisions(&question).await, ["approved"]);
    assert!(scene.whisper(twice).contains("Nothing was changed"), "{}", scene.whisper(twice));
}

#[tokio::test]
async fn a_token_that_may_too_little_delays_cards_and_says_what_it_lacks() {
    let scene = Scene::new().await;
    scene.slack.set_scopes(&["chat:write", "users:read", "users:read.email"]);
    seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    scene.look().await;
    assert_eq!(scene.slack.calls("chat.postMessage"), 0);
    let probe = scene.desk.app.parts().chat.as_ref().unwrap().chat.probe().await.unwrap_err();
    assert!(probe.to_string().contains("im:write"), "{probe}");
    scene.slack.set_scopes(&["chat:write", "im:write", "users:read", "users:read.email"]);
    until(&scene, |s| !s.slack.inbox(ADMIN).is_empty() && !s.slack.inbox(TECHNICIAN).is_empty())
        .await;
}

#[tokio::test]
async fn a_press_that_waited_for_minutes_changes_nothing_and_is_told_so() {
    let scene = Scene::new().await;
    let question = seed::group_question(&scene.desk.app, 600_000, 3_600_000).await;
    scene.look().await;
    let card = scene.card(TECHNICIAN);
    let value = crate::chat::question_value(question.id, question.digest);
    let place = connectors::chat::Place { conversation: card.conversation, message: card.ts };
    for (name, text) in [("approve", None), ("denied", Some("no".to_owned()))] {
        let pressed = connectors::chat::Pressed {
            who: TECHNICIAN.into(),
            place: place.clone(),
            name: name.into(),
            value: value.clone(),
            trigger: None,
            text,
        };
        let body = serde_json::to_string(&pressed).unwrap();
        let then = crate::clock::now().plus_ms(-301_000);
        scene.desk.app.store.take_in_press(name, body, then).await.unwrap();
        assert_eq!(scene.look().await, 1);
        let said = scene.whisper(TECHNICIAN);
        assert!(said.contains("did not get through in time. Press again"), "{name}: {said}");
    }
    assert_eq!(scene.slack.whispers(TECHNICIAN).len(), 2);
    assert_eq!(scene.state(&question).await, ApprovalState::Pending);
    scene.press(TECHNICIAN, &scene.card(TECHNICIAN), "approve").await;
    assert_eq!(scene.decisions(&question).await, ["approved"]);
}
