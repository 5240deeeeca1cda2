//! kill -9 at every point: after each journal write, before and after each outside call. Whatever
//! the point, the next start finishes the case with every effect done exactly once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use domain::ClientId;
use sandbox::{Options, Sandbox, ScenarioTicket, WriteKind, world::PersonKind};
use std::time::Duration;
use support::{Installation, install, wait_for};

/// Users with nothing special about them, one per crash point.
fn ordinary_users(sandbox: &Sandbox, client: &str) -> Vec<(String, String)> {
    sandbox
        .world()
        .company(client, |company| {
            company
                .people
                .iter()
                .filter(|p| {
                    p.enabled && p.kind == PersonKind::Human && !company.is_privileged(&p.id)
                })
                .filter(|p| !p.mail.is_empty() && p.manager.is_some())
                .filter(|p| {
                    company.people.iter().filter(|q| q.display_name == p.display_name).count() == 1
                })
                .map(|p| (p.login.clone(), p.mail.clone()))
                .collect()
        })
        .unwrap()
}

fn ticket(client: &str, from: &str, n: usize) -> ScenarioTicket {
    ScenarioTicket {
        client: ClientId::new(client).unwrap(),
        from: from.into(),
        from_name: from.split('@').next().unwrap().replace('.', " "),
        subject: format!("forgot my password ({n})"),
        body: "Hello, I have forgotten my password and cannot sign in. Please reset it. Thanks"
            .into(),
        kind: "crash".into(),
        allow: Vec::new(),
        may_close: true,
        needs_person: false,
        checked: false,
        prepare: Vec::new(),
        follow_up: None,
    }
}

/// One case through one crash. Answers whether the crash point was reached.
fn crash_once(
    runtime: &tokio::runtime::Runtime,
    sandbox: &Sandbox,
    installation: &Installation,
    user: &(String, String),
    point: &str,
    n: usize,
) -> bool {
    let mut server = installation.serve(Some(point));
    installation.wait_ready(&mut server);
    // The first cursor says where intake begins; later starts have one.
    std::thread::sleep(Duration::from_millis(if n == 0 { 1500 } else { 0 }));
    let id = runtime.block_on(sandbox.file(&ticket("fabrikam", &user.1, n)));
    let crashed = wait_for(
        "a crash or a close",
        || installation.log(),
        || {
            if server.ended() {
                return Some(true);
            }
            let closed = sandbox.ticket(&id).is_some_and(|t| t.closed);
            let ended = closed
                && installation
                    .events_of(&format!("{}#{id}", support::PSA))
                    .is_some_and(|(_, e)| e.last().unwrap()["event"]["event"] == "ended");
            ended.then_some(false)
        },
    );
    if crashed {
        let mut server = installation.serve(None);
        wait_for(
            "the end after a crash",
            || installation.log(),
            || {
                assert!(
                    !server.ended(),
                    "{point}: the server does not start again: {}",
                    server.log()
                );
                let closed = sandbox.ticket(&id).is_some_and(|t| t.closed);
                let (_, events) = installation.events_of(&format!("{}#{id}", support::PSA))?;
                (closed && events.last()?["event"]["event"] == "ended").then_some(())
            },
        );
    }
    drop(server);
    check(sandbox, installation, user, &id, point);
    crashed
}

/// Every effect exactly once, and the journal whole.
fn check(
    sandbox: &Sandbox,
    installation: &Installation,
    user: &(String, String),
    id: &str,
    point: &str,
) {
    let resets = sandbox.write_count("fabrikam", &user.0, WriteKind::Password);
    assert_eq!(resets, 1, "{point}: the password of {} was set {resets} times", user.0);
    let view = sandbox.ticket(id).unwrap();
    let public =
        view.notes.iter().filter(|(text, internal)| !internal && text.contains("[jm-")).count();
    let internal =
        view.notes.iter().filter(|(text, internal)| *internal && text.contains("[jm-")).count();
    assert_eq!((public, internal), (1, 1), "{point}: one answer and one note: {:#?}", view.notes);
    let (_, events) = installation.events_of(&format!("{}#{id}", support::PSA)).unwrap();
    let received = events.iter().filter(|e| e["event"]["event"] == "received").count();
    assert_eq!(received, 1, "{point}");
    let ended = events.iter().filter(|e| e["event"]["event"] == "ended").count();
    assert_eq!(ended, 1, "{point}");
    let time: Vec<_> = events
        .iter()
        .filter(|e| e["event"]["event"] == "started" && e["event"]["action"]["kind"] == "log_time")
        .collect();
    assert!(!time.is_empty(), "{point}");
    assert!(view.hours > 0.0, "{point}: work time is on the ticket");
}

#[test]
fn a_crash_anywhere_leaves_a_case_that_the_next_start_finishes_once() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox =
        runtime.block_on(Sandbox::start(Options { seed: 11, ..Options::default() })).unwrap();
    let installation = install(&sandbox);
    let mut users = ordinary_users(&sandbox, "fabrikam").into_iter();
    let mut n = 0;
    let mut reached = Vec::new();
    for kind in ["before_call", "after_call", "write"] {
        for nth in 1.. {
            let point = format!("{kind}:{nth}");
            let user = users.next().expect("a user for every crash point");
            let crashed = crash_once(&runtime, &sandbox, &installation, &user, &point, n);
            n += 1;
            if !crashed {
                break;
            }
            reached.push(point);
        }
    }
    // Five outside calls (reset, answer, note, time, status) and at least two entries for each.
    assert!(reached.iter().filter(|p| p.starts_with("before_call")).count() >= 5, "{reached:?}");
    assert!(reached.iter().filter(|p| p.starts_with("after_call")).count() >= 5, "{reached:?}");
    assert!(reached.iter().filter(|p| p.starts_with("write")).count() >= 12, "{reached:?}");
    let verify = installation.run(&["journal", "verify"]);
    let text = String::from_utf8_lossy(&verify.stdout).into_owned();
    assert!(verify.status.success(), "{text}");
    println!("crash points passed: {}", reached.join(" "));
}
