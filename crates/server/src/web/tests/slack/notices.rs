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
