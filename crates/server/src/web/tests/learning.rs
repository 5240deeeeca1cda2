//! What was learned, people's corrections of it, reports, and what was only watched.

use super::{scenes, seed::Tale, support::Desk};
use crate::clock;
use axum::http::{StatusCode, header};
use domain::{
    ActionKind, Actor, Agreement, CaseOutcome, ClientId, Event, Handled, Intent, UnixMs, Would,
    playbook::{Evidence, Line, Playbook, Rule, Way},
};
use store::Role;

fn acme() -> ClientId {
    ClientId::new("acme").unwrap()
}

async fn now(desk: &Desk) -> (u64, Playbook) {
    let row = desk.app.store.playbook(&acme()).await.unwrap().unwrap();
    (row.version, row.playbook)
}

fn handle(way: Way) -> Line {
    Line {
        id: "handle:unlock_account".into(),
        rule: Rule::Handle { intent: Intent::UnlockAccount, way },
        learned: None,
        because: Evidence { count: 1, of: 1, tickets: vec!["7".into()], ..Evidence::default() },
        by: None,
        locked: false,
        off: false,
    }
}

#[tokio::test]
async fn a_line_shows_its_tickets_and_takes_a_correction_that_later_learning_keeps() {
    let desk = Desk::policed().await;
    let mut technician = desk.visitor(Role::Technician).await;
    let empty = technician.get("/learning").await.body;
    assert!(empty.contains("Nothing was learned yet") && empty.contains("--keep"), "{empty}");
    scenes::playbook(&desk.app).await;
    let page = technician.get("/learning/acme").await.body;
    assert!(
        page.contains("Navi is another system") && page.contains("3 tickets name it"),
        "{page}"
    );
    assert!(page.contains("&#60;b&#62;41") && !page.contains("<b>41"), "escaped: {page}");

    // From then on it would work on such tickets: more than a technician may decide.
    let off = [("version", "1"), ("id", "system:navi"), ("do", "off")];
    let reply = technician.post_signed("/learning/acme/line", &off).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert!(reply.body.contains("Only administrators may do it"), "{}", reply.body);
    let mut admin = desk.visitor(Role::Admin).await;
    let reply = admin.post_signed("/learning/acme/line", &off).await;
    assert_eq!(reply.header("location"), "/learning/acme", "{}", reply.body);
    let stale = admin.post_signed("/learning/acme/line", &off).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.body.contains("Somebody else changed the playbook"), "{}", stale.body);
    let (version, playbook) = now(&desk).await;
    assert_eq!(version, 2);
    assert!(playbook.lines[0].off && playbook.lines[0].by.as_ref().unwrap().as_str() == "admin");

    // Learning again finds the same line, and another.
    let mut fresh = Playbook { tickets: 20, ..playbook.clone() };
    fresh.lines[0] = Line { off: false, by: None, ..fresh.lines[0].clone() };
    fresh.lines.push(handle(Way::Work));
    scenes::put_playbook(&desk.app, 2, playbook.learn(fresh)).await;
    let (_, playbook) = now(&desk).await;
    assert!(playbook.line("system:navi").unwrap().off, "the correction stays");
    assert_eq!(playbook.lines.len(), 2);
    let journal = technician.get("/journal?client=@msp").await.body;
    assert!(journal.contains("acme, version 2") && journal.contains("person:admin"), "{journal}");
}

#[tokio::test]
async fn a_person_sets_locks_adds_removes_and_goes_back_to_what_the_tickets_say() {
    let desk = Desk::policed().await;
    let mut admin = desk.visitor(Role::Admin).await;
    let book = Playbook { tickets: 9, lines: vec![handle(Way::Work)], ..Playbook::default() };
    scenes::put_playbook(&desk.app, 0, book).await;
    let id = "handle:unlock_account";
    let mut at = 1;
    for (deed, value) in [("set", "people"), ("lock", ""), ("unlock", ""), ("forget", "")] {
        let version = at.to_string();
        let fields = [("version", version.as_str()), ("id", id), ("do", deed), ("value", value)];
        let reply = admin.post_signed("/learning/acme/line", &fields).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{deed}: {}", reply.body);
        at += 1;
        let (version, playbook) = now(&desk).await;
        assert_eq!(version, at, "{deed}");
        let line = playbook.line(id).unwrap();
        let people = matches!(line.rule, Rule::Handle { way: Way::People, .. });
        assert_eq!(people, deed != "forget", "{deed}");
        assert_eq!(line.locked, deed == "lock");
        let page = admin.get("/learning/acme").await.body;
        assert_eq!(page.contains("The tickets say:"), deed != "forget", "{deed}: {page}");
    }
    let version = at.to_string();
    let add = |rule, value| {
        [
            ("version", version.as_str()),
            ("rule", rule),
            ("value", value),
            ("intent", "reset_password"),
        ]
    };
    for (rule, value, wrong) in [
        ("system", "", "Fill in the name"),
        ("words", "Dear {name}", "without placeholders"),
        ("nothing", "x", "Choose what to add"),
    ] {
        let reply = admin.post_signed("/learning/acme/add", &add(rule, value)).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{rule}");
        assert!(reply.body.contains(wrong), "{rule}: {}", reply.body);
    }
    let reply =
        admin.post_signed("/learning/acme/add", &add("words", "Your team at the desk")).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    let version = (at + 1).to_string();
    let remove = |id| [("version", version.as_str()), ("id", id), ("do", "remove")];
    let learned = admin.post_signed("/learning/acme/line", &remove(id)).await;
    assert!(learned.body.contains("Switch it off instead"), "{}", learned.body);
    admin.post_signed("/learning/acme/line", &remove("words:reset_password")).await;
    assert_eq!(now(&desk).await.1.lines.len(), 1);
    let unknown = admin.post_signed("/learning/nobody/add", &add("system", "Navi")).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_kept_report_is_listed_and_read_without_any_script() {
    let desk = Desk::policed().await;
    let mut auditor = desk.visitor(Role::Auditor).await;
    assert!(auditor.get("/backtest").await.body.contains("No report yet"));
    scenes::report(&desk.app, "<h1>the page</h1>").await;
    let list = auditor.get("/backtest").await.body;
    assert!(
        list.contains("desk.csv") && list.contains("40.0 %") && list.contains("/backtest/-/7"),
        "{list}"
    );
    let report = auditor.get("/backtest/-/7").await;
    assert_eq!(report.body, "<h1>the page</h1>");
    let policy = report.header(header::CONTENT_SECURITY_POLICY.as_str());
    assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"), "{policy}");
    assert!(!policy.contains("script-src"), "{policy}");
    assert_eq!(auditor.get("/backtest/acme/7").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn watched_tickets_stand_beside_what_people_did() {
    let desk = Desk::policed().await;
    let mut auditor = desk.visitor(Role::Auditor).await;
    let page = auditor.get("/shadow").await.body;
    assert!(
        page.contains("No client is in shadow mode") && page.contains("Nothing was watched yet")
    );
    for (subject, agreement) in [
        ("<i>first</i>", Some(Agreement::Same)),
        ("second", Some(Agreement::Differs("reset mfa".into()))),
        ("third", None),
    ] {
        let from = ("Ann", "ann@acme.test");
        let mut t = Tale::begin(&desk.app, "acme", from, subject, "please unlock me", 5_000).await;
        let would = Event::WouldEnd {
            would: Would::CloseAlone,
            changes: vec![ActionKind::UnlockAccount],
            reason: "done".into(),
        };
        t.add(Actor::Platform, vec![would], vec![]).await;
        t.end(CaseOutcome::Watched, "would have been closed alone").await;
        if let Some(agreement) = agreement {
            let did = vec![ActionKind::UnlockAccount];
            let handled = Handled { did, group: "Desk".into(), minutes: Some(12), reopened: None };
            t.add(Actor::Platform, vec![Event::Compared { handled, agreement }], vec![]).await;
        }
    }
    let store = &desk.app.store;
    assert_eq!(store.shadow_due(clock::now().plus_ms(3_600_000), 10).await.unwrap().len(), 1);
    assert!(store.shadow_due(UnixMs(0), 10).await.unwrap().is_empty(), "not before its time");
    let page = auditor.get("/shadow").await.body;
    for shown in
        ["Unlock account", "(12 min)", "Different", "Same", "Not closed yet", "1 are still open"]
    {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(page.contains("people did the same on 1") && !page.contains("<i>first"), "{page}");
    let none = auditor.get("/shadow?client=globex").await.body;
    assert!(none.contains("Nothing was watched yet"));
    let cases = auditor.get("/?phase=watched").await.body;
    assert!(cases.contains("Only watched"), "{cases}");
    assert_eq!(auditor.get("/shadow?client=nobody").await.status, StatusCode::NOT_FOUND);
}
