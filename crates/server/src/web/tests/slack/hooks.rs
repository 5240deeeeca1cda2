//! Calls that are believed, and those that are not.

use super::*;
use crate::web::tests::seed;
use serde_json::json;

#[tokio::test]
async fn a_call_counts_with_slacks_own_signature_and_once() {
    let scene = Scene::new().await;
    let question = seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    scene.look().await;
    let (card, to) = (scene.card(TECHNICIAN), scene.interactions());
    let secret = scene.slack.signing_secret();
    // To an address where nobody listens: only to have a body.
    let nowhere = "http://127.0.0.1:1/";
    let sent = scene.slack.press(TECHNICIAN, &card, "approve", nowhere).await.unwrap();
    let bad = [
        sent.changed(&to, |s| s.signature.clear()).await,
        sent.changed(&to, |s| s.stamp.clear()).await,
        sent.changed(&to, |s| s.signature = format!("v0={}", "0".repeat(64))).await,
        sent.changed(&to, |s| s.body.push('x')).await,
        sent.changed(&to, |s| s.stamp.push('0')).await,
        sent.signed_at(&to, 0, "another secret").await,
        sent.signed_at(&to, -400, &secret).await,
        sent.signed_at(&to, 400, &secret).await,
    ];
    for reply in &bad {
        assert_eq!(reply.status, 401, "{reply:?}");
        assert!(!reply.answer.contains(&secret), "{reply:?}");
    }
    assert_eq!(scene.look().await, 0, "nothing of it was taken in");
    assert_eq!(scene.state(&question).await, ApprovalState::Pending);

    assert_eq!(sent.again(&to).await.status, 200);
    // The same call once more, and the same signature in other letters.
    assert_eq!(sent.again(&to).await.status, 200);
    let shout = |s: &mut Sent| s.signature = format!("v0={}", s.signature[3..].to_uppercase());
    assert_eq!(sent.changed(&to, shout).await.status, 200);
    assert_eq!(scene.look().await, 1, "it was taken in once");
    assert_eq!(scene.decisions(&question).await, ["approved"]);
    assert_eq!(sent.again(&to).await.status, 200);
    assert_eq!(scene.look().await, 0, "nor later again");
    assert!(scene.slack.whispers(TECHNICIAN).is_empty());
}

#[tokio::test]
async fn slack_is_greeted_and_its_events_are_taken() {
    let scene = Scene::new().await;
    let to = format!("{}/events", scene.hooks);
    let hello = json!({"type": "url_verification", "token": "x", "challenge": "3eZbrw1aBm2rZ"});
    let reply = scene.slack.event(&hello, &to).await;
    assert_eq!((reply.status, reply.answer.as_str()), (200, "3eZbrw1aBm2rZ"));
    let forged = reply.changed(&to, |s| s.signature.clear()).await;
    assert_eq!(forged.status, 401);
    assert!(!forged.answer.contains("3eZbrw1aBm2rZ"));
    let event = json!({"type": "event_callback", "event": {"type": "message", "text": "hi"}});
    assert_eq!(scene.slack.event(&event, &to).await.status, 200);
    let odd = scene.slack.event(&json!({"type": 7}), &to).await;
    assert_eq!(odd.status, 400);
    assert_eq!(scene.look().await, 0);
}

#[tokio::test]
async fn who_guesses_signatures_is_slowed_down_and_slack_is_not() {
    let scene = Scene::new().await;
    let to = format!("{}/events", scene.hooks);
    let event = json!({"type": "event_callback", "event": {"type": "message"}});
    let good = scene.slack.event(&event, &to).await;
    let mut last = 401;
    for _ in 0..40 {
        last = good.changed(&to, |s| s.signature = "v0=00".into()).await.status;
    }
    assert_eq!(last, 429);
    assert_eq!(good.again(&to).await.status, 200);
}

#[tokio::test]
async fn a_press_inside_an_event_is_words_and_a_press_at_the_address_for_events_is_nothing() {
    let scene = Scene::new().await;
    let question = seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    scene.look().await;
    let (card, secret) = (scene.card(TECHNICIAN), scene.slack.signing_secret());
    let nowhere = "http://127.0.0.1:1/";
    let sent = scene.slack.press(TECHNICIAN, &card, "approve", nowhere).await.unwrap();
    let text = format!("&{}&x=", sent.body);
    assert!(text.starts_with("&payload=%7B"), "{text}");
    let event = json!({"type": "event_callback", "event": {"type": "message", "text": text}});
    let (events, presses) = (format!("{}/events", scene.hooks), scene.interactions());
    assert_eq!(scene.slack.event(&event, &events).await.status, 200);
    assert_eq!(scene.slack.event(&event, &presses).await.status, 400);
    assert_eq!(sent.signed_at(&events, 0, &secret).await.status, 400);
    assert_eq!(scene.look().await, 0, "nothing of it was taken in");
    assert_eq!(scene.state(&question).await, ApprovalState::Pending);
    assert_eq!(sent.signed_at(&presses, 0, &secret).await.status, 200);
    assert_eq!(scene.look().await, 1);
}
