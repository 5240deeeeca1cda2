//! A client in shadow mode: everything is read and judged, nothing is done, and what people did stands beside it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::Value;
use support::{day::Day, ordinary_users};

fn of<'e>(events: &'e [Value], kind: &str) -> Vec<&'e Value> {
    events.iter().map(|e| &e["event"]).filter(|e| e["event"] == kind).collect()
}

#[test]
fn nothing_is_done_and_what_people_did_is_compared() {
    let day = Day::begin_with(|config| {
        config.replace("[mail]", "[policy.clients.fabrikam]\nshadow = true\n[mail]")
    });
    let users = ordinary_users(&day.sandbox, "fabrikam");
    let (_, address) = users[0].clone();
    let before = day.sandbox.effects().len();
    let reset =
        day.file(&address, "forgot my password", "I forgot my password, please reset it. Thanks");
    let (_, events) = day.case(&reset, "ended");
    assert_eq!(of(&events, "ended")[0]["outcome"], "watched", "{events:#?}");
    let would = of(&events, "would_end")[0];
    assert_eq!(
        (&would["would"], &would["changes"][0]),
        (&"close_alone".into(), &"reset_password".into())
    );
    assert!(of(&events, "started").is_empty(), "nothing was started: {events:#?}");

    // A question to people is asked of nobody.
    let (_, joiner) = users[1].clone();
    let group = day.file(
        &joiner,
        "access to Finance",
        "Hello, please add me to the Finance group, I need it for my work. Thanks",
    );
    let (_, events) = day.case(&group, "ended");
    assert_eq!(of(&events, "would_end")[0]["would"], "close_after_yes", "{events:#?}");
    assert!(of(&events, "held").is_empty());
    assert!(day.say(&["approvals", "list"]).ok(&[]).out.lines().all(|l| !l.contains("Finance")));

    let ticket = |id: &str| day.sandbox.ticket(id).unwrap();
    for id in [&reset, &group] {
        let desk = ticket(id);
        assert!(!desk.closed && desk.status == "New" && desk.hours == 0.0, "{desk:?}");
        assert_eq!(desk.notes.len(), 1, "nobody wrote on it: {desk:?}");
    }
    assert_eq!(day.sandbox.effects().len(), before, "{:?}", day.sandbox.effects());

    // People do the same, and something else.
    assert!(day.sandbox.closed_by_people(&reset, "Reset the password, user confirmed.", 10));
    assert!(day.sandbox.closed_by_people(&group, "Unlocked the account instead.", 15));
    let (_, events) = day.case(&reset, "compared");
    assert_eq!(of(&events, "compared")[0]["agreement"], "same", "{events:#?}");
    assert_eq!(of(&events, "compared")[0]["handled"]["minutes"], 10);
    let (_, events) = day.case(&group, "compared");
    assert_eq!(of(&events, "compared")[0]["agreement"]["differs"], "unlock account", "{events:#?}");
    day.say(&["journal", "verify"]).ok(&[]);
    assert_eq!(day.sandbox.effects().len(), before);
}

/// One administrator pulls the brake while a question waits: nothing more is asked or done, and people hear of it.
#[test]
fn what_was_under_way_goes_to_people_when_shadow_mode_is_switched_on() {
    let day = Day::begin();
    let (login, group) = day.join(1, "Finance");
    let (approval, digest) = day.held(&group);
    let policy = day.say(&["policy", "show"]).ok(&[]).out;
    let mut policy: Value = serde_json::from_str(&policy).unwrap();
    policy["version"] = "watch".into();
    policy["shadow"] = true.into();
    let file = day.installation.dir.path().join("watch.json");
    std::fs::write(&file, policy.to_string()).unwrap();
    let propose =
        ["policy", "propose", file.to_str().unwrap(), "--reason", "a closer look", "--as", "admin"];
    day.signed(&propose, &day.password).ok(&[]);
    let approve = ["approvals", "approve", &approval, "--digest", &digest, "--as", "admin"];
    day.signed(&approve, &day.password);
    let (_, events) = day.case(&group, "ended");
    let ended = of(&events, "ended")[0];
    assert_eq!(ended["outcome"], "dispatched", "{events:#?}");
    assert!(ended["reason"].as_str().unwrap().contains("shadow mode was switched on"), "{ended}");
    assert!(of(&events, "watched").is_empty() && !day.is_member("Finance", &login));
}
