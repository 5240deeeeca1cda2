//! Whose press counts.

use super::*;
use crate::{
    clock,
    web::{approval::card, tests::seed},
};
use domain::PersonId;
use store::Person;

/// A card that everybody in the channel can press, as if somebody had shared it.
async fn shared(scene: &Scene, question: &Approval) -> SlackMessage {
    let app = &scene.desk.app;
    let admin = app.store.person(&PersonId::new("admin").unwrap()).await.unwrap();
    let card = card::of(app, question, admin.as_ref()).await.unwrap();
    app.parts().chat.as_ref().unwrap().chat.post(CHANNEL, &card).await.unwrap();
    scene.slack.messages(CHANNEL).pop().unwrap()
}

async fn refused(scene: &Scene, user: &str, card: &SlackMessage, why: &str) {
    for action in ["approve", "deny"] {
        scene.press(user, card, action).await;
        let said = scene.whisper(user);
        assert!(said.contains(why), "{user} {action}: {said}");
    }
    assert!(scene.slack.window(user).is_none(), "{user}");
}

#[tokio::test]
async fn only_a_full_member_whose_address_is_of_somebody_who_may_decide_counts() {
    let scene = Scene::new().await;
    let question = seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    let card = shared(&scene, &question).await;
    let add = |id: &str, mail: Option<&str>, change: &dyn Fn(&mut SlackUser)| {
        let mut user = SlackUser::full(id, id, mail.unwrap_or_default());
        user.email = mail.map(str::to_owned);
        change(&mut user);
        scene.slack.add_user(user);
    };
    let admin = Some("admin@desk.example");
    add("UGUEST", admin, &|u| u.restricted = true);
    add("UGONE", admin, &|u| u.deleted = true);
    add("UBOT", admin, &|u| u.bot = true);
    add("UOTHER", admin, &|u| u.team = "T0OTHER".into());
    add("UCLAIM", admin, &|u| u.confirmed = Some(false));
    add("UUNSAID", admin, &|u| u.confirmed = None);
    add("UNOBODY", Some("mallory@elsewhere.example"), &|_| {});
    add("UNOMAIL", None, &|_| {});
    add("ULIKE", Some("admin@desk.example.evil.example"), &|_| {});
    for (user, why) in [
        (AUDITOR, "your role reads only"),
        ("UGUEST", "guests of the workspace do not decide"),
        ("UGONE", "deactivated"),
        ("UBOT", "only people decide"),
        ("UOTHER", "of another workspace"),
        ("UCLAIM", "has not confirmed the address"),
        ("UUNSAID", "has not confirmed the address"),
        ("UNOBODY", "nobody in Journeyman has the address mallory@elsewhere.example"),
        ("UNOMAIL", "does not say which address"),
        ("ULIKE", "nobody in Journeyman has the address"),
    ] {
        refused(&scene, user, &card, why).await;
    }
    assert_eq!(scene.state(&question).await, ApprovalState::Pending);
    assert!(scene.decisions(&question).await.is_empty());
    // The address may be written in other letters.
    scene.slack.change_user(ADMIN, |u| u.email = Some("Admin@Desk.Example".into()));
    scene.press(ADMIN, &card, "approve").await;
    assert_eq!(scene.decisions(&question).await, ["approved"]);
}

#[tokio::test]
async fn an_address_of_two_people_is_nobodys() {
    let scene = Scene::new().await;
    let question = seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    let card = shared(&scene, &question).await;
    let store = &scene.desk.app.store;
    let admin = store.person(&PersonId::new("admin").unwrap()).await.unwrap().unwrap();
    let twin = Person { id: PersonId::new("twin").unwrap(), ..admin };
    store.put_person(twin, clock::now()).await.unwrap();
    refused(&scene, ADMIN, &card, "several people in Journeyman have the address").await;
}

#[tokio::test]
async fn who_lost_their_role_after_the_card_came_does_not_count() {
    let scene = Scene::new().await;
    let question = seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    scene.look().await;
    let card = scene.card(TECHNICIAN);
    let (store, id) = (&scene.desk.app.store, PersonId::new("technician").unwrap());
    let by = domain::Actor::Platform;
    store.set_role(&id, store::Role::Auditor, by, clock::now()).await.unwrap();
    refused(&scene, TECHNICIAN, &card, "your role reads only").await;
    assert_eq!(scene.state(&question).await, ApprovalState::Pending);
}

#[tokio::test]
async fn who_gains_from_it_gets_no_card_and_cannot_decide() {
    let scene = Scene::new().await;
    let store = &scene.desk.app.store;
    let person = store.person(&PersonId::new("technician").unwrap()).await.unwrap().unwrap();
    let omar = Person { email: "Omar.Haddad@globex.test".into(), ..person };
    store.put_person(omar, clock::now()).await.unwrap();
    scene.slack.change_user(TECHNICIAN, |u| u.email = Some("omar.haddad@globex.test".into()));
    let question = seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    scene.look().await;
    assert!(scene.slack.inbox(TECHNICIAN).is_empty());
    let card = shared(&scene, &question).await;
    refused(&scene, TECHNICIAN, &card, "another person has to decide").await;
    assert_eq!(scene.state(&question).await, ApprovalState::Pending);
}

#[tokio::test]
async fn the_owner_of_the_brain_that_asks_gets_no_card_and_cannot_decide() {
    let scene = Scene::new().await;
    let app = &scene.desk.app;
    let from = ("Lou Fischer", "lou.fischer@globex.test");
    let mut t = seed::Tale::begin(app, "globex", from, "Leaver", "block Mark", 60_000).await;
    t.excluded = vec!["technician".into(), "technician@desk.example".into()];
    let account = seed::account("Mark Stone", "mark.stone@globex.test");
    let disable = domain::Action::DisableAccount(domain::action::DisableAccount { account });
    let facts = t.facts(domain::Relation::Unrelated);
    let question = t.held(disable, facts, 3_600_000).await;
    scene.look().await;
    assert!(scene.slack.inbox(TECHNICIAN).is_empty());
    refused(&scene, TECHNICIAN, &shared(&scene, &question).await, "another person").await;
    scene.press(ADMIN, &scene.card(ADMIN), "approve").await;
    assert_eq!(scene.decisions(&question).await, ["approved"]);
}

#[tokio::test]
async fn an_account_that_does_not_count_is_sent_no_card() {
    let scene = Scene::new().await;
    scene.slack.change_user(TECHNICIAN, |u| u.restricted = true);
    scene.slack.change_user(ADMIN, |u| u.email = Some("someone@else.example".into()));
    seed::group_question(&scene.desk.app, 60_000, 3_600_000).await;
    scene.look().await;
    assert!(scene.slack.inbox(TECHNICIAN).is_empty() && scene.slack.inbox(ADMIN).is_empty());
    assert_eq!(scene.slack.calls("chat.postMessage"), 0);
}
