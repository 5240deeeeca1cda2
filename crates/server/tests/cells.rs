//! Two cells before one help desk: each works for its own clients, and one that moves is worked for where
//! it moved, with its journal and without a ticket lost or worked twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use sandbox::{Options, Sandbox, WriteKind};
use std::path::Path;
use support::{Installation, PSA, mail, ordinary_users, sandbox_config, wait_for, wait_for_intake};

const BODY: &str =
    "Hello, I have forgotten my password and cannot sign in. Please reset it. Thanks";

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        std::fs::copy(item.path(), to.join(item.file_name())).unwrap();
    }
}

/// The cells eu1, where fabrikam lives, and us1, where the others live.
fn two(sandbox: &Sandbox) -> [Installation; 2] {
    let (config, secrets) = sandbox_config(sandbox);
    let cells = [("eu1", "us1"), ("us1", "eu1")].map(|(own, other)| {
        let mut text = String::new();
        let mut fabrikam = false;
        for line in config.lines() {
            if line.starts_with("customers = ") {
                let cell = if fabrikam { "eu1" } else { "us1" };
                text.push_str(&format!("cell = \"{cell}\"\n"));
            }
            fabrikam = line == "id = \"fabrikam\"" || (fabrikam && line.starts_with("name = "));
            text.push_str(line);
            text.push('\n');
        }
        text.push_str(&format!(
            "[cell]\nname = \"{own}\"\njournal = \"desk.example.net\"\n[[cells]]\nname = \"{other}\"\nurl = \"http://127.0.0.1:OTHER\"\nsecret = {{ file = \"{{dir}}/secrets/cells\" }}\n"
        ));
        let installation = Installation::new(&text);
        for (file, secret) in &secrets {
            installation.write(file, secret);
        }
        installation.write("secrets/cells", "a secret that both cells have");
        installation
    });
    for (own, other) in [(0, 1), (1, 0)] {
        let text = std::fs::read_to_string(&cells[own].config).unwrap();
        std::fs::write(&cells[own].config, text.replace("OTHER", &cells[other].port.to_string()))
            .unwrap();
    }
    // The first command makes the keys, which both need.
    cells[0].say(&["cells", "list"]).ok(&["fabrikam", "eu1", "works"]);
    copy(&cells[0].dir.path().join("data/keys"), &cells[1].dir.path().join("data/keys"));
    cells
}

fn ended(cell: &Installation, ticket: &str) -> Option<()> {
    let (_, events) = cell.events_of(&format!("{PSA}#{ticket}"))?;
    (events.last()?["event"]["event"] == "ended").then_some(())
}

#[test]
fn a_client_that_moves_is_worked_for_where_it_moved() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox =
        runtime.block_on(Sandbox::start(Options { seed: 12, ..Options::default() })).unwrap();
    let cells = two(&sandbox);
    let [eu, us] = &cells;
    let mut servers = cells.each_ref().map(|cell| cell.serve(None));
    for (cell, server) in cells.iter().zip(&mut servers) {
        cell.wait_ready(server);
        wait_for_intake(&runtime, cell);
    }
    let users = ordinary_users(&sandbox, "fabrikam");
    let log = || format!("eu1: {}\nus1: {}", eu.log(), us.log());
    let file = |n: usize| {
        let ticket = mail("fabrikam", &users[n].1, &format!("forgot my password ({n})"), BODY);
        runtime.block_on(sandbox.file(&ticket))
    };
    let first = file(0);
    wait_for("the first case", log, || ended(eu, &first));
    assert!(us.events_of(&format!("{PSA}#{first}")).is_none(), "us1 leaves it to eu1");

    // While both work, and with a ticket that comes in the middle of it.
    let second = file(1);
    let to = us.dir.path().join("data").display().to_string();
    let go = ["cells", "move", "--client", "fabrikam", "--to", "us1", "--target-database", &to];
    eu.say(&go).ok(&["fabrikam lives in us1 now", "the same in both"]);
    eu.say(&go).ok(&["fabrikam lives in us1 now"]);
    let third = file(2);
    for ticket in [&second, &third] {
        wait_for("a case after the move", log, || ended(us, ticket));
    }
    assert!(us.events_of(&format!("{PSA}#{first}")).is_some(), "its past came with it");
    assert!(eu.events_of(&format!("{PSA}#{third}")).is_none(), "eu1 leaves it to us1");
    for (login, _) in &users[..3] {
        assert_eq!(sandbox.write_count("fabrikam", login, WriteKind::Password), 1, "{login}");
    }
    for ticket in [&first, &second, &third] {
        assert!(sandbox.ticket(ticket).unwrap().closed, "{}", log());
    }
    us.say(&["journal", "verify"]).ok(&["fabrikam"]);
    eu.say(&["journal", "verify"]).ok(&["fabrikam"]);
    eu.say(&["cells", "list"]).ok(&["us1", "an old copy, to read"]);
    us.say(&["cells", "list"]).ok(&["us1", "works"]);
    let late = eu.say(&["cells", "stay", "--client", "fabrikam"]);
    late.fails(&["lives in us1 already"]);
}
