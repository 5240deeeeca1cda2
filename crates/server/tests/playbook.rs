//! What was learned, at work: kept from a history, corrected by people, and heeded by the next tickets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::{Value, json};
use support::{day::Day, ordinary_users};

fn of<'e>(events: &'e [Value], kind: &str) -> Vec<&'e Value> {
    events.iter().map(|e| &e["event"]).filter(|e| e["event"] == kind).collect()
}

#[test]
fn a_history_becomes_a_playbook_that_people_correct_and_tickets_heed() {
    let day = Day::begin_with(|config| {
        config.replace(
            "[mail]",
            "[[policy.escalation]]\nask = \"learned\"\nwindow_ms = 900000\n[mail]",
        )
    });
    let config = day.installation.config.to_str().unwrap();
    day.say(&["playbook", "show", "fabrikam"]).fails(&["nothing was learned about fabrikam yet"]);
    // Two customers' histories in one file, of which one is Fabrikam's.
    let companies = sandbox::past::companies(7, 2);
    let folder = day.installation.dir.path();
    let (mut history, mut orgs) = (String::new(), Vec::new());
    for (company, name) in companies.into_iter().zip(["fabrikam", "Somebody else"]) {
        for ticket in company.tickets(450) {
            let ticket = domain::PastTicket { client: name.into(), ..ticket };
            history += &format!("{}\n", serde_json::to_string(&ticket).unwrap());
        }
        orgs.push(domain::Org { client: name.into(), ..company.org });
    }
    std::fs::write(folder.join("desk.history.jsonl"), history).unwrap();
    std::fs::write(folder.join("people.json"), serde_json::to_vec(&orgs).unwrap()).unwrap();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (history, people) = (path("desk.history.jsonl"), path("people.json"));
    let keep = ["backtest", &history, "--directory", &people, "--config", config, "--keep"];
    support::journeyman(&keep).ok(&[
        "playbook of fabrikam: version 1",
        "kept for the console",
        "no playbook for Somebody else",
    ]);
    day.say(&["playbook", "show", "northwind"]).fails(&["nothing was learned about northwind yet"]);
    let sandbox = ["backtest", "--sandbox", "10", "--config", config, "--keep"];
    assert_eq!(support::journeyman(&sandbox).code, Some(2), "simulated tickets teach no client");
    support::journeyman(&keep).ok(&["nothing new, version 1 stays"]);
    let shown = day.say(&["playbook", "show", "fabrikam"]).ok(&[
        "because of",
        "works on",
        "450 closed tickets: desk.history.jsonl",
    ]);
    assert!(shown.out.lines().count() > 10, "{shown:#?}");

    // An administrator is who is asked first; Navi is another system; resets are left to people.
    let json = day.say(&["playbook", "show", "fabrikam", "--json"]).ok(&[]).out;
    let mut playbook: Value = serde_json::from_str(&json).unwrap();
    let lines = playbook["lines"].as_array_mut().unwrap();
    lines.retain(|l| l["rule"]["rule"] != "approver" && l["id"] != "handle:reset_password");
    for (id, rule) in [
        ("system:navi", json!({"rule": "other_system", "name": "Navi"})),
        (
            "handle:reset_password",
            json!({"rule": "handle", "intent": "reset_password", "way": "people"}),
        ),
        (
            "words:add_to_group",
            json!({"rule": "words", "intent": "add_to_group", "text": "Welcome aboard, your desk."}),
        ),
        (
            "ask:groups",
            json!({"rule": "approver", "kind": "add_group_member", "about": "groups",
            "who": {"who": "person", "address": "boss@harbour-it.example"}, "sentence": "The boss is asked.", "everyone": true}),
        ),
    ] {
        lines.push(json!({"id": id, "rule": rule}));
    }
    let file = day.installation.dir.path().join("playbook.json");
    std::fs::write(&file, serde_json::to_vec(&playbook).unwrap()).unwrap();
    let put = |base: &str, password: &str| {
        let file = file.to_str().unwrap();
        let args = [
            "playbook",
            "put",
            "fabrikam",
            file,
            "--base",
            base,
            "--reason",
            "what we know",
            "--as",
            "admin",
        ];
        day.signed(&args, password)
    };
    put("1", "not the password").fails(&["name or password is wrong"]);
    put("0", &day.password).fails(&["at version 1 by now"]);
    put("1", &day.password).ok(&["version 2"]);
    day.say(&["playbook", "show", "fabrikam"])
        .ok(&["\u{201c}reset password\u{201d} is left to people. (by admin)"]);
    day.say(&["playbook", "log", "fabrikam"]).ok(&["what we know", "new: Navi"]);
    let boss = [
        "people",
        "add",
        "boss",
        "--name",
        "The boss",
        "--email",
        "Boss@harbour-it.example",
        "--role",
        "technician",
    ];
    day.signed(&boss, "a long enough passphrase").ok(&[]);

    let users = ordinary_users(&day.sandbox, "fabrikam");
    let reset = day.file(
        &users[0].1,
        "forgot my password",
        "I forgot my password, please reset it. Thanks",
    );
    let (_, events) = day.case(&reset, "ended");
    let ended = of(&events, "ended")[0];
    assert_eq!(ended["outcome"], "dispatched", "{events:#?}");
    assert!(
        ended["reason"].as_str().unwrap().contains("playbook leaves requests like this to people"),
        "{ended}"
    );
    let told =
        of(&events, "noted").iter().any(|n| n["text"].as_str().unwrap().contains("version 2: "));
    assert!(told, "which line, in which version: {events:#?}");

    let navi =
        day.file(&users[1].1, "navi", "I am locked out of navi, please unlock my account. Thanks");
    let (_, events) = day.case(&navi, "ended");
    let reason = of(&events, "ended")[0]["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("another system than the directory: Navi"), "{reason}");

    let (_, group) = day.join(2, "Finance");
    let (_, events) = day.case(&group, "asked");
    assert_eq!(of(&events, "asked")[0]["people"], json!(["boss"]), "{events:#?}");
    let (approval, digest) = day.held(&group);
    let approve = ["approvals", "approve", &approval, "--digest", &digest, "--as", "boss"];
    day.signed(&approve, "a long enough passphrase").ok(&[]);
    let (_, events) = day.case(&group, "ended");
    assert_eq!(of(&events, "ended")[0]["outcome"], "closed", "{events:#?}");
    let notes = day.sandbox.ticket(&group).unwrap().notes;
    assert!(
        notes
            .iter()
            .any(|(text, internal)| !internal && text.contains("Welcome aboard, your desk.")),
        "{notes:#?}"
    );
}
