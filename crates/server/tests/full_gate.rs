//! The gate in full, against a server at work: two people, changes, later times, leaving a role, undo,
//! breakers and policies, each as a person would do it at the command line.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::disallowed_methods, reason = "a person's own clock")]

mod support;

use serde_json::Value;
use support::{PSA, Said, day::Day, ordinary_users, wait_for};

const PASSWORD: &str = "correct horse battery staple";

/// Adds people who can sign in with [`PASSWORD`].
fn people(day: &Day, who: &[(&str, &str)]) {
    for (name, role) in who {
        let mail = format!("{name}@harbour-it.example");
        let said = day.signed(&["people", "add", name, "--role", role, "--email", &mail], PASSWORD);
        said.ok(&[&format!("{name} can sign in as {role}")]);
    }
}

fn approve(day: &Day, question: &(String, String), who: &str) -> Said {
    let (id, digest) = question;
    day.signed(&["approvals", "approve", id, "--as", who, "--digest", digest], PASSWORD)
}

fn active_policy(day: &Day) -> Value {
    serde_json::from_str(&day.say(&["policy", "show"]).ok(&[]).out).unwrap()
}

fn propose(day: &Day, change: impl FnOnce(&mut Value), version: &str, who: &str) -> Said {
    let mut policy = active_policy(day);
    change(&mut policy);
    policy["version"] = version.into();
    day.installation.write("policy.json", &policy.to_string());
    let file = day.installation.dir.path().join("policy.json");
    let file = file.to_str().unwrap();
    day.signed(&["policy", "propose", file, "--reason", "as agreed", "--as", who], PASSWORD)
}

fn until(day: &Day, what: &str, mut holds: impl FnMut() -> bool) {
    wait_for(what, || day.installation.log(), || holds().then_some(()));
}

/// The newest event of this kind in the ticket's case.
fn newest(day: &Day, ticket: &str, event: &str) -> Option<Value> {
    let (_, events) = day.installation.events_of(&format!("{PSA}#{ticket}"))?;
    events.into_iter().rev().map(|e| e["event"].clone()).find(|e| e["event"] == event)
}

fn address_of(day: &Day, login: &str) -> String {
    ordinary_users(&day.sandbox, "fabrikam").into_iter().find(|u| u.0 == login).unwrap().1
}

#[test]
fn a_day_with_the_full_gate() {
    let day = Day::begin();
    people(
        &day,
        &[("ada", "admin"), ("bo", "admin"), ("kim", "technician"), ("lee", "technician")],
    );
    two_people_decide_where_the_policy_says_so(&day);
    a_change_takes_the_place_of_what_was_asked(&day);
    who_leaves_a_role_approves_nothing_any_more(&day);
    a_change_is_taken_back_once_and_never_over_a_later_one(&day);
    people_are_asked_in_turn_and_deputies_stand_in(&day);
    a_breaker_stops_at_once_and_only_a_reason_closes_it(&day);
    the_policy_is_checked_compared_and_returned(&day);
    day.say(&["journal", "verify"]).ok(&["@msp"]);
}

/// Stricter: in force at once, and known to the server without a restart.
fn two_people_decide_where_the_policy_says_so(day: &Day) {
    let two = |p: &mut Value| p["two_person"] = serde_json::json!(["add_group_member"]);
    propose(day, two, "test-2", "ada").ok(&["test-2 is in force"]);
    let (login, ticket) = day.join(0, "Finance");
    let question = day.held(&ticket);
    day.say(&["approvals", "show", &question.0]).ok(&["2 have to say yes"]);
    approve(day, &question, "kim").ok(&["another person is needed"]);
    approve(day, &question, "kim").fails(&["you said yes to this before"]);
    assert!(!day.is_member("Finance", &login));
    approve(day, &question, "lee").ok(&["approved by lee"]);
    day.case(&ticket, "ended");
    assert!(day.is_member("Finance", &login));
    // Looser: somebody else has to agree, and not the author.
    let one = |p: &mut Value| p["two_person"] = serde_json::json!([]);
    propose(day, one, "test-3", "ada").ok(&["loosens", "waits for a second person"]);
    day.signed(&["policy", "agree", "test-3", "--as", "ada"], PASSWORD).fails(&["test-3"]);
    day.signed(&["policy", "agree", "test-3", "--as", "kim"], PASSWORD).fails(&["administrators"]);
    assert_eq!(active_policy(day)["version"], "test-2");
    day.signed(&["policy", "agree", "test-3", "--as", "bo"], PASSWORD).ok(&["test-3 is active"]);
}

fn a_change_takes_the_place_of_what_was_asked(day: &Day) {
    let (login, ticket) = day.join(2, "Finance");
    let (id, digest) = day.held(&ticket);
    let said = day.say(&["approvals", "show", &id, "--json"]).ok(&["add_group_member"]);
    let mut action: Value = serde_json::from_str(&said.out).unwrap();
    let other = day
        .sandbox
        .world()
        .company("fabrikam", |c| {
            let taken = |g: &&sandbox::world::Group| {
                g.name != "Finance" && !g.privileged && !g.name.contains("Admin")
            };
            c.groups
                .iter()
                .filter(taken)
                .map(|g| (g.id.clone(), g.name.clone()))
                .collect::<Vec<_>>()
        })
        .unwrap();
    let (group_id, group) = other.first().unwrap().clone();
    action["group"] = serde_json::json!({"id": group_id, "name": group, "privileged": false});
    let json = action.to_string();
    let args = ["approvals", "change", &id, "--action", &json, "--as", "kim", "--digest", &digest];
    // Another kind of action is no change of this one.
    let mut foreign = action.clone();
    foreign["kind"] = "remove_group_member".into();
    let foreign = foreign.to_string();
    let wrong =
        ["approvals", "change", &id, "--action", &foreign, "--as", "kim", "--digest", &digest];
    day.signed(&wrong, PASSWORD).ok(&["is judged by the running server"]);
    until(day, "the refused change", || newest(day, &ticket, "change_refused").is_some());
    assert_eq!(newest(day, &ticket, "change_refused").unwrap()["approval"], id.as_str());
    day.signed(&args, PASSWORD).ok(&["is judged by the running server"]);
    until(day, "the change", || newest(day, &ticket, "changed").is_some());
    let changed = newest(day, &ticket, "changed").unwrap();
    let diff = changed["diff"].to_string();
    assert!(diff.contains("Finance") && diff.contains(&group), "{diff}");
    assert_ne!(changed["digest"], digest.as_str());
    day.case(&ticket, "ended");
    assert!(day.is_member(&group, &login) && !day.is_member("Finance", &login));
    // The old question is settled; its digest does not count any more.
    approve(day, &(id, digest), "lee").fails(&["already changed"]);
}

fn who_leaves_a_role_approves_nothing_any_more(day: &Day) {
    let (login, ticket) = day.join(3, "Finance");
    let (id, digest) = day.held(&ticket);
    let later = "2100-01-01T00:00:00Z";
    let args = |at| ["approvals", "approve", &id, "--at", at, "--as", "lee", "--digest", &digest];
    day.signed(&args(later), PASSWORD).fails(&["a week ahead"]);
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(2);
    day.signed(&args(&soon.to_string()), PASSWORD).ok(&["approved by lee"]);
    day.say(&["people", "role", "lee", "auditor"]).ok(&["lee is auditor now"]);
    until(day, "the void", || newest(day, &ticket, "voided").is_some());
    assert!(!day.is_member("Finance", &login));
    // It is asked anew, and lee is not somebody to decide it.
    until(day, "another question", || {
        newest(day, &ticket, "held").is_some_and(|h| h["approval"] != id.as_str())
    });
    let held = newest(day, &ticket, "held").unwrap();
    let text = |k: &str| held[k].as_str().unwrap().to_owned();
    let question = (text("approval"), text("digest"));
    approve(day, &question, "lee").fails(&["administrators and technicians decide"]);
    approve(day, &question, "kim").ok(&["approved by kim"]);
    day.case(&ticket, "ended");
    assert!(day.is_member("Finance", &login));
}

fn a_change_is_taken_back_once_and_never_over_a_later_one(day: &Day) {
    let undo = |case: &str| day.signed(&["undo", case, "--as", "kim"], PASSWORD);
    let (login, ticket) = day.join(4, "Finance");
    let question = day.held(&ticket);
    approve(day, &question, "kim").ok(&["approved"]);
    let (case, _) = day.case(&ticket, "ended");
    assert!(day.is_member("Finance", &login));
    undo(&case).ok(&["takes it back"]);
    until(day, "the undo", || !day.is_member("Finance", &login));
    until(day, "its record", || newest(day, &ticket, "undone").is_some());
    undo(&case).fails(&["nothing of this case can be taken back"]);

    let (login, ticket) = day.join(5, "Finance");
    let question = day.held(&ticket);
    approve(day, &question, "kim").ok(&["approved"]);
    let (case, _) = day.case(&ticket, "ended");
    // Somebody takes the membership away by hand: there is nothing of ours left to take back.
    let world = day.sandbox.world();
    let (group, person) = world
        .company("fabrikam", |c| {
            let group = c.groups.iter().find(|g| g.name == "Finance").unwrap().id.clone();
            (group, c.people.iter().find(|p| p.login == login).unwrap().id.clone())
        })
        .unwrap();
    world.remove_member("fabrikam", &group, &person, sandbox::System::Graph).unwrap();
    let said = undo(&case).ok(&["takes it back"]);
    let by = said.out.split_whitespace().nth(1).unwrap().to_owned();
    until(day, "its refusal", || {
        let told = day.say(&["cases", "show", &by]);
        told.out.contains("changed_since") && told.out.contains("refused")
    });
}

fn people_are_asked_in_turn_and_deputies_stand_in(day: &Day) {
    day.say(&["people", "deputy", "kim", "bo"]).ok(&["bo is asked while kim is away"]);
    let away = ["people", "away", "kim", "--until", "2100-01-01T00:00:00Z"];
    day.say(&away).ok(&["kim is away"]);
    let chain = |p: &mut Value| {
        p["escalation"] = serde_json::json!([
            {"ask": {"person": "kim"}, "window_ms": 1500},
            {"ask": {"role": "admin"}, "window_ms": 900_000},
        ]);
    };
    propose(day, chain, "test-4", "ada").ok(&["waits for a second person"]);
    day.signed(&["policy", "agree", "test-4", "--as", "bo"], PASSWORD).ok(&["test-4 is active"]);
    let (_, ticket) = day.join(8, "Finance");
    day.held(&ticket);
    until(day, "the second step", || {
        newest(day, &ticket, "asked").is_some_and(|a| a["steps"] == 2)
    });
    let (_, events) = day.case(&ticket, "asked");
    let asked: Vec<&Value> =
        events.iter().map(|e| &e["event"]).filter(|e| e["event"] == "asked").collect();
    assert_eq!(asked[0]["people"], serde_json::json!(["bo"]), "bo stands in for kim");
    let later = asked[1]["people"].to_string();
    assert!(later.contains("ada") && !later.contains("kim"), "{later}");
    let mails = day.sandbox.mailbox("bo@harbour-it.example");
    assert!(mails.iter().any(|m| m.subject.starts_with("Your decision: Add ")), "{mails:?}");
    day.say(&["people", "away", "kim"]).ok(&["kim is there"]);
}

fn a_breaker_stops_at_once_and_only_a_reason_closes_it(day: &Day) {
    let (login, _) = ordinary_users(&day.sandbox, "fabrikam").swap_remove(6);
    let address = address_of(day, &login);
    let open = ["breakers", "open", "--client", "fabrikam", "--reason", "odd", "--as", "kim"];
    day.signed(&open, PASSWORD).ok(&["client fabrikam: stopped"]);
    day.say(&["breakers", "list"]).ok(&["client fabrikam", "stop", "odd"]);
    let ask = "I forgot my password, please reset it. Thanks";
    let ticket = day.file(&address, "forgot my password", ask);
    let (_, events) = day.case(&ticket, "ended");
    let judged = events.iter().rfind(|e| {
        e["event"]["event"] == "judged" && e["event"]["action"]["kind"] == "reset_password"
    });
    let findings = judged.unwrap()["event"]["verdict"]["findings"].to_string();
    assert!(findings.contains("breaker_stops"), "{findings}");
    assert_eq!(events.last().unwrap()["event"]["outcome"], "refused");
    let close = |reason| {
        day.signed(
            &["breakers", "close", "--client", "fabrikam", "--reason", reason, "--as", "kim"],
            PASSWORD,
        )
    };
    close(" ").fails(&["reason"]);
    close("looked at it").ok(&["client fabrikam: runs again"]);
    let ticket = day.file(&address, "still no password", ask);
    let (_, events) = day.case(&ticket, "ended");
    assert_eq!(events.last().unwrap()["event"]["outcome"], "closed", "{events:#?}");
}

fn the_policy_is_checked_compared_and_returned(day: &Day) {
    let file = |text: &str| {
        day.installation.write("other.toml", text);
        day.installation.dir.path().join("other.toml").to_str().unwrap().to_owned()
    };
    let bad = file(
        "version = \"x\"\nbulk_threshold = 0\n[[custom_rules]]\nname = \"r\"\naction = \"reboot\"\n\
         condition = \"user_activ\"\nescalate_to = \"critical\"\nreason = \"why\"\n",
    );
    day.say(&["policy", "check", &bad]).fails(&["bulk_threshold", "user_active"]);
    let empty = file(" ");
    day.say(&["policy", "check", &empty]).fails(&["empty"]);
    let loose = file("version = \"y\"\nbulk_threshold = 500\ncritical_threshold = 5000\n");
    day.say(&["policy", "check", &loose]).ok(&["version y"]);
    day.say(&["policy", "diff", &loose]).ok(&["bulk_threshold: 90 → 500", "loosens: "]);
    let strict = file("version = \"z\"\ndefault_autonomy = \"deny\"\n");
    day.say(&["policy", "simulate", &strict]).ok(&["would have another tier", "critical"]);
    day.say(&["policy", "explain", "fabrikam"]).ok(&["unlock_account", "auto_and_close"]);
    let back = ["policy", "return", "test-1", "--reason", "as before", "--as", "ada"];
    day.signed(&back, PASSWORD).ok(&["policy "]);
    day.say(&["policy", "history"]).ok(&["test-1", "test-2", "test-3", "as before"]);
}
