//! Notices in the channel, and taking back what they tell of.

use super::*;
use crate::{clock, web::tests::scenes};
use store::NewNotice;

#[tokio::test]
async fn what_ran_at_medium_is_told_and_one_press_asks_to_take_it_back() {
    let scene = Scene::new().await;
    let (case, _) = scenes::enabled(&scene.desk.app).await;
    scene.look().await;
    let told = scene.slack.messages(CHANNEL);
    assert_eq!(told.len(), 1, "{told:#?}");
    let words = told[0].words();
    for text in [
        "It ran, tier medium",
        "Kim Novak",
        "asked by lou.fischer@acme.test",
        "One click takes it back until",
        &format!("http://desk.example/cases/{case}"),
    ] {
        assert!(words.contains(text), "{text:?} is missing in {words}");
    }
    assert_eq!(told[0].buttons(), ["undo", "link"]);

    let requests = scene.desk.app.store.cases(None, None, 50).await.unwrap().len();
    scene.press(AUDITOR, &told[0], "undo").await;
    assert!(scene.whisper(AUDITOR).contains("your role reads only"));
    assert_eq!(scene.desk.app.store.cases(None, None, 50).await.unwrap().len(), requests);

    scene.press(TECHNICIAN, &told[0], "undo").await;
    let said = scene.whisper(TECHNICIAN);
    let (text, by) = said.rsplit_once('/').unwrap();
    assert_eq!(text, "Taking it back was asked for: http://desk.example/cases");
    let by = by.parse().unwrap();
    let row = scene.desk.app.store.case(by).await.unwrap().unwrap();
    let events = scene.desk.app.store.events(&row.client, by).await.unwrap();
    let Event::Submitted { submission } = &events[0].event else { panic!("{events:?}") };
    assert_eq!(submission.person.as_ref().unwrap().as_str(), "technician");
    assert_eq!(submission.undoes.unwrap().case, case);
    // A second press while the first one works is the same request.
    scene.press(TECHNICIAN, &told[0], "undo").await;
    assert_eq!(scene.desk.app.store.cases(None, None, 50).await.unwrap().len(), requests + 1);
}

#[tokio::test]
async fn the_button_goes_when_the_time_is_over() {
    let scene = Scene::new().await;
    let (case, attempt) = scenes::enabled(&scene.desk.app).await;
    let store = &scene.desk.app.store;
    let soon = NewNotice {
        client: Some(domain::ClientId::new("acme").unwrap()),
        case: Some(case),
        attempt: Some(attempt),
        kind: "medium".into(),
        title: "Soon over".into(),
        detail: "medium at Acme".into(),
        undo_until: Some(clock::now().plus_ms(1_500)),
    };
    let until = soon.undo_until.unwrap();
    store.put_notice(soon, clock::now()).await.unwrap();
    scene.look().await;
    assert_eq!(scene.slack.messages(CHANNEL).len(), 2);
    while clock::now() <= until {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    scene.look().await;
    let told = scene.slack.messages(CHANNEL);
    let over = told.iter().find(|m| m.words().contains("Soon over")).unwrap();
    assert_eq!(over.buttons(), ["link"]);
    let other = told.iter().find(|m| !m.words().contains("Soon over")).unwrap();
    assert_eq!((other.buttons().len(), other.edits), (2, 0));
}

#[tokio::test]
async fn above_the_tier_that_slack_may_approve_nothing_is_taken_back_there() {
    let scene = Scene::up_to(domain::Tier::Low).await;
    let (case, attempt) = scenes::enabled(&scene.desk.app).await;
    scene.look().await;
    let told = scene.slack.messages(CHANNEL).pop().unwrap();
    assert_eq!(told.buttons(), ["link"]);
    assert!(told.words().contains("is taken back in the console."), "{told:?}");
    // A button from before the setting was changed.
    let mut old = told.clone();
    old.blocks = serde_json::json!([{"type": "actions", "elements": [
        {"type": "button", "action_id": "undo", "text": {"type": "plain_text", "text": "Undo"},
            "value": format!("{case} {attempt} acme")}]}]);
    let requests = scene.desk.app.store.cases(None, None, 50).await.unwrap().len();
    scene.press(ADMIN, &old, "undo").await;
    let said = scene.whisper(ADMIN);
    assert!(said.contains("undo it in the console"), "{said}");
    assert_eq!(scene.desk.app.store.cases(None, None, 50).await.unwrap().len(), requests);
}

#[tokio::test]
async fn notices_that_no_channel_is_to_see_keep_none_of_the_others_away() {
    let client = "[[client]]\nid = \"acme\"\nname = \"Acme\"\ncustomers = []\nslack_channel = \"C0NOTICES\"\n[client.graph]\ntenant = \"t\"\nclient_id = \"c\"\nclient_secret = { env = \"G\" }\n";
    let text =
        format!("data_dir = \"d\"\npublic_url = \"https://d.example\"\nmsp_name = \"M\"\n{client}");
    let scene = Scene::with(|all| {
        all.slack.as_mut().unwrap().channel = None;
        all.client = toml::from_str::<crate::config::Config>(&text).unwrap().client;
    })
    .await;
    let store = &scene.desk.app.store;
    let notice = |client: &str, title: String| NewNotice {
        client: Some(domain::ClientId::new(client).unwrap()),
        kind: "medium".into(),
        title,
        ..NewNotice::default()
    };
    for n in 0..60 {
        store.put_notice(notice("globex", format!("Of Globex {n}")), clock::now()).await.unwrap();
    }
    store.put_notice(notice("acme", "Of Acme".into()), clock::now()).await.unwrap();
    scene.look().await;
    scene.look().await;
    let told = scene.slack.messages(CHANNEL);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].words().contains("Of Acme"), "{told:#?}");
}
