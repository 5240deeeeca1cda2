//! The Slack connector against the stand-in: what it sends, and what it makes of what comes back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::disallowed_methods, reason = "Slack's own clock")]

use connectors::{
    Chat as _, ChatError, SecretSource,
    chat::{
        Button, Call, Card, Door, Form, Heard, NotHeard, Place, Standing, Style,
        slack::{Slack, SlackConfig},
    },
};
use domain::UnixMs;
use sandbox::slack::{SlackUser, Workspace};
use std::time::Duration;

struct Scene {
    slack: Slack,
    workspace: Workspace,
    secrets: tempfile::TempDir,
}

fn config(workspace: &Workspace, secrets: &tempfile::TempDir, token: &str) -> SlackConfig {
    let file = |name: &str, secret: &str| {
        let path = secrets.path().join(name);
        std::fs::write(&path, secret).unwrap();
        SecretSource::File(path)
    };
    SlackConfig {
        token: file("token", token),
        signing_secret: file("signing", &workspace.signing_secret()),
        channel: None,
        approve_up_to: domain::Tier::High,
        base_url: workspace.base_url().into(),
        ca_file: None,
        timeout_ms: 5_000,
    }
}

async fn scene() -> Scene {
    let workspace = Workspace::start().await.unwrap();
    workspace.add_user(SlackUser::full("U1ANN", "Ann", "ann@msp.example"));
    workspace.add_channel("C1");
    let secrets = tempfile::tempdir().unwrap();
    let slack = Slack::new(&config(&workspace, &secrets, &workspace.token())).unwrap();
    Scene { slack, workspace, secrets }
}

fn card(title: &str) -> Card {
    Card {
        title: title.into(),
        sentence: "Unlock the account of Jane".into(),
        buttons: vec![Button::Press {
            name: "approve".into(),
            label: "Approve".into(),
            value: "what was shown".into(),
            style: Style::Yes,
        }],
        ..Card::default()
    }
}

fn form(place: Place) -> Form {
    Form {
        name: "denied".into(),
        value: "what was shown".into(),
        place,
        title: "Deny".into(),
        sentence: "Unlock the account of Jane".into(),
        label: "Why not?".into(),
        longest: 500,
        submit: "Deny".into(),
    }
}

fn now() -> UnixMs {
    UnixMs(jiff::Timestamp::now().as_millisecond())
}

#[tokio::test]
async fn a_card_is_posted_to_a_person_pressed_and_changed_where_it_stands() {
    let s = scene().await;
    let ann = s.slack.find("Ann@MSP.example").await.unwrap().unwrap();
    assert_eq!((ann.id.as_str(), ann.standing), ("U1ANN", Standing::Full));
    let conversation = s.slack.conversation(&ann.id).await.unwrap();
    assert_eq!(s.slack.conversation(&ann.id).await.unwrap(), conversation, "the same again");
    let place = s.slack.post(&conversation, &card("Your decision")).await.unwrap();
    let message = s.workspace.inbox("U1ANN").pop().unwrap();
    assert_eq!((&message.conversation, &message.ts), (&place.conversation, &place.message));

    let sent = s.workspace.press("U1ANN", &message, "approve", "http://127.0.0.1:1/").await;
    let sent = sent.unwrap();
    let call = Call {
        door: Door::Interactions,
        stamp: &sent.stamp,
        signature: &sent.signature,
        body: sent.body.as_bytes(),
    };
    let Ok(Heard::Pressed(pressed)) = s.slack.hear(call, now()) else { panic!("not heard") };
    assert_eq!((pressed.who.as_str(), &pressed.place), ("U1ANN", &place));
    assert_eq!((pressed.name.as_str(), pressed.value.as_str()), ("approve", "what was shown"));
    let stale = s.slack.hear(call, now().plus_ms(301_000));
    assert_eq!(stale, Err(NotHeard::Old));

    s.slack.ask(pressed.trigger.as_deref().unwrap(), &form(place.clone())).await.unwrap();
    let sent = s.workspace.submit("U1ANN", "not \"today\" & <never>", "http://127.0.0.1:1/").await;
    let sent = sent.unwrap();
    let call = Call {
        door: Door::Interactions,
        stamp: &sent.stamp,
        signature: &sent.signature,
        body: sent.body.as_bytes(),
    };
    let Ok(Heard::Pressed(written)) = s.slack.hear(call, now()) else { panic!("not heard") };
    assert_eq!(written.text.as_deref(), Some("not \"today\" & <never>"));
    assert_eq!((written.name.as_str(), &written.place), ("denied", &place));

    s.slack.change(&place, &Card { buttons: vec![], ..card("Decided") }).await.unwrap();
    let message = s.workspace.inbox("U1ANN").pop().unwrap();
    assert_eq!((message.edits, message.buttons().len()), (1, 0));
    s.slack.whisper(&conversation, "U1ANN", "only <you>: *not* `so`").await.unwrap();
    assert_eq!(s.workspace.whispers("U1ANN"), ["only &lt;you&gt;: *not* `so`"]);
    let shown = &s.workspace.whispered("U1ANN")[0].blocks[0]["text"];
    assert_eq!(shown["type"], "plain_text", "nobody's text becomes bold or a link");
    assert_eq!(shown["text"], "only &lt;you&gt;: *not* `so`");
}

#[tokio::test]
async fn a_trigger_opens_one_form_for_three_seconds() {
    let s = scene().await;
    let place = s.slack.post("C1", &card("x")).await.unwrap();
    let message = s.workspace.messages("C1").pop().unwrap();
    let press = || async {
        let sent = s.workspace.press("U1ANN", &message, "approve", "http://127.0.0.1:1/").await;
        let sent = sent.unwrap();
        let call = Call {
            door: Door::Interactions,
            stamp: &sent.stamp,
            signature: &sent.signature,
            body: sent.body.as_bytes(),
        };
        let Ok(Heard::Pressed(p)) = s.slack.hear(call, now()) else { panic!("not heard") };
        p.trigger.unwrap()
    };
    let trigger = press().await;
    s.slack.ask(&trigger, &form(place.clone())).await.unwrap();
    let twice = s.slack.ask(&trigger, &form(place.clone())).await.unwrap_err();
    assert!(matches!(twice, ChatError::TooLate { .. }), "{twice}");
    let trigger = press().await;
    s.workspace.age_triggers();
    let late = s.slack.ask(&trigger, &form(place)).await.unwrap_err();
    assert!(matches!(&late, ChatError::TooLate { what } if what.contains("3 seconds")), "{late}");
}

#[tokio::test]
async fn each_failure_says_what_to_do_next_and_no_secret() {
    let s = scene().await;
    let mut said = Vec::new();
    let one = card("x");
    let post = || s.slack.post("C1", &one);

    s.workspace.throttle(1, 7);
    let e = post().await.unwrap_err();
    let after = Some(Duration::from_secs(7));
    assert!(matches!(&e, ChatError::Later { after: a, .. } if *a == after), "{e}");
    said.push(e);
    s.workspace.set_down(true);
    let e = post().await.unwrap_err();
    assert!(matches!(e, ChatError::Later { .. }), "{e}");
    s.workspace.set_down(false);
    s.workspace.lose_answers(1);
    let e = post().await.unwrap_err();
    assert!(matches!(e, ChatError::Unknown { .. }), "it may have been posted: {e}");
    assert_eq!(s.workspace.messages("C1").len(), 1, "and it was");
    said.push(e);

    let e = s.slack.post("C404", &card("x")).await.unwrap_err();
    assert!(matches!(&e, ChatError::Gone { what } if what.contains("channel_not_found")), "{e}");
    let gone = Place { conversation: "C1".into(), message: "1.000009".into() };
    let e = s.slack.change(&gone, &card("x")).await.unwrap_err();
    assert!(matches!(&e, ChatError::Gone { what } if what.contains("message_not_found")), "{e}");
    let e = s.slack.member("U404").await.unwrap_err();
    assert!(matches!(e, ChatError::Gone { .. }), "{e}");
    assert_eq!(s.slack.find("nobody@msp.example").await.unwrap(), None);

    s.workspace.set_scopes(&["users:read", "users:read.email", "channels:history"]);
    let e = post().await.unwrap_err();
    let ChatError::SetUp { what, remedy } = &e else { panic!("{e}") };
    assert!(what.contains("lacks chat:write") && what.contains("channels:history"), "{what}");
    assert!(remedy.contains("add chat:write"), "{remedy}");
    said.push(e);
    let e = s.slack.probe().await.unwrap_err();
    assert!(e.to_string().contains("lacks chat:write, im:write"), "{e}");

    let other = Slack::new(&config(&s.workspace, &s.secrets, "xoxb-another")).unwrap();
    let e = other.post("C1", &card("x")).await.unwrap_err();
    assert!(matches!(&e, ChatError::SetUp { what, .. } if what.contains("invalid_auth")), "{e}");
    said.push(e);
    for text in said.iter().map(ToString::to_string).chain([format!("{:?}", s.slack)]) {
        assert!(!text.contains(&s.workspace.token()) && !text.contains("another"), "{text}");
        assert!(!text.contains(&s.workspace.signing_secret()), "{text}");
    }
}

#[tokio::test]
async fn the_probe_tells_of_rights_that_nobody_needs() {
    let s = scene().await;
    let probe = s.slack.probe().await.unwrap();
    assert_eq!((probe.detail.as_str(), probe.warnings.len()), ("Sandbox MSP, as journeyman", 0));
    s.workspace.set_scopes(&[
        "chat:write",
        "im:write",
        "users:read",
        "users:read.email",
        "channels:history",
    ]);
    let warnings = s.slack.probe().await.unwrap().warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("channels:history"), "{warnings:?}");
}

#[tokio::test]
async fn the_largest_card_is_one_that_slack_takes() {
    let s = scene().await;
    let nasty = "<!channel> & *all* ".repeat(500);
    let huge = Card {
        title: nasty.clone(),
        sentence: nasty.clone(),
        facts: (0..120).map(|n| (format!("{n} {nasty}"), nasty.clone())).collect(),
        lists: (0..60).map(|_| (nasty.clone(), vec![nasty.clone(); 20])).collect(),
        ended: Some(nasty.clone()),
        note: Some(nasty.clone()),
        buttons: vec![
            Button::Press {
                name: "approve".into(),
                label: nasty.clone(),
                value: "v".repeat(2_000),
                style: Style::Yes,
            },
            Button::Link { label: nasty.clone(), url: "https://desk.example/".into() },
        ],
    };
    let place = s.slack.post("C1", &huge).await.unwrap();
    s.slack.change(&place, &Card::default()).await.unwrap();
    let sent = s.workspace.messages("C1").pop().unwrap();
    assert!(!sent.words().contains('<'));
}

#[test]
fn a_configuration_that_cannot_work_is_refused_with_the_remedy() {
    let secrets = tempfile::tempdir().unwrap();
    let file = |name: &str, secret: &str| {
        let path = secrets.path().join(name);
        std::fs::write(&path, secret).unwrap();
        SecretSource::File(path)
    };
    let good = SlackConfig {
        token: file("token", "xoxb-1-2-abc"),
        signing_secret: file("signing", "abc"),
        channel: Some("C0123456789".into()),
        approve_up_to: domain::Tier::High,
        base_url: "https://slack.com/api".into(),
        ca_file: None,
        timeout_ms: 1_000,
    };
    let wrong = |change: &dyn Fn(&mut SlackConfig)| {
        let mut config = good.clone();
        change(&mut config);
        Slack::new(&config).unwrap_err().to_string()
    };
    Slack::new(&good).unwrap();
    let said = wrong(&|c| c.channel = Some("#general".into()));
    assert!(said.contains("C0123456789"), "{said}");
    let said = wrong(&|c| c.token = file("user-token", "xoxp-1-2-hush"));
    assert!(said.contains("xoxb-") && !said.contains("hush"), "{said}");
    let said = wrong(&|c| c.base_url = "http://slack.com/api".into());
    assert!(said.contains("https"), "{said}");
    let said = wrong(&|c| c.signing_secret = SecretSource::File("/nowhere/at-all".into()));
    assert!(said.contains("/nowhere/at-all"), "{said}");
}
