//! What those who run the server do with it: check its configuration, ask how it is, end it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::process::{Command, Stdio};
use support::{Installation, wait_for};

/// Nothing of it is called.
const GOOD: &str = r#"data_dir = "data"
listen = "127.0.0.1:{port}"
public_url = "https://desk.example.net"
metrics_token = { file = "secrets/metrics" }
msp_name = "Harbour IT"
[[psa]]
name = "desk"
[psa.request_tracker]
url = "https://rt.example.net"
token = { file = "secrets/rt" }
queues = ["Help"]
[[client]]
id = "acme"
name = "Acme"
customers = [{ psa = "desk", customer = "Help" }]
[client.graph]
tenant = "acme.example"
client_id = "0000"
client_secret = { file = "secrets/graph" }
"#;

fn installation(config: &str) -> Installation {
    let desk = Installation::new(config);
    desk.write("secrets/metrics", "0123456789abcdef0123");
    desk.write("secrets/rt", "Planted-Secret-1");
    desk.write("secrets/graph", "Planted-Secret-2");
    desk
}

#[test]
fn a_good_configuration_is_said_to_be_one_and_nothing_is_made() {
    let desk = installation(GOOD);
    let said = desk.say(&["config", "check"]);
    let said = said.ok(&["ok    configuration", "1 help desk", "1 client"]);
    assert!(!said.out.contains("Planted"), "{said:?}");
    assert!(!desk.dir.path().join("data").exists(), "nothing is written");
}

#[test]
fn every_mistake_of_a_configuration_is_said_at_once() {
    let bad = GOOD
        .replace("https://desk", "http://desk")
        .replace("https://rt.", "http://rt.")
        .replace("psa = \"desk\"", "psa = \"disk\"")
        .replace("[[psa]]", "workers = 0\n[[psa]]");
    let desk = installation(&bad);
    desk.write("secrets/metrics", "hunter2");
    desk.write("secrets/graph", "\n");
    let said = desk.say(&["config", "check"]);
    assert_eq!(said.code, Some(1), "{said:#?}");
    for words in [
        &["`public_url`", "must begin with https://"][..],
        &["`workers`", "above 0"],
        &["acme", "no [[psa]] named \"disk\""],
        &["`url`", "unencrypted", "https"],
        &["`metrics_token`", "16 characters"],
        &["secrets/graph is empty"],
    ] {
        let told = said.out.lines().filter(|l| words.iter().all(|w| l.contains(w)));
        let told: Vec<&str> = told.collect();
        assert_eq!(told.len(), 1, "{words:?}: {said:#?}");
        assert!(told[0].starts_with("FAIL  "), "{told:?}");
    }
    assert!(said.out.contains("6 to be corrected"), "{said:#?}");
    assert!(!said.out.contains("hunter2") && !said.out.contains("Planted"), "{said:#?}");
    assert!(!desk.dir.path().join("data").exists(), "nothing is written");
}

#[test]
fn a_secret_in_the_place_of_its_address_is_refused_and_not_repeated() {
    let source = "metrics_token = { file = \"secrets/metrics\" }";
    for (key, value) in [
        ("metrics_token", "hunter2-hunter2"),
        ("database", "postgres://journeyman:hunter2@db.example.net/journeyman"),
    ] {
        let desk = installation(&GOOD.replace(source, &format!("{key} = \"{value}\"")));
        let key = format!("`{key}`");
        let said = desk.say(&["config", "check"]);
        let said = said.fails(&["line 4", &key, "names where the secret is kept"]);
        assert!(!said.err.contains("hunter2"), "{said:?}");
    }
}

#[test]
fn a_server_says_that_it_is_ready_and_ends_in_order_when_told_to() {
    let bare = "data_dir = \"data\"\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"http://127.0.0.1:{port}\"\nmsp_name = \"Harbour IT\"\n";
    let desk = Installation::new(bare);
    let mut command = desk.command(&["serve"]);
    let mut child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let ask = |path: &str| {
        let url = format!("http://127.0.0.1:{}{path}", desk.port);
        let args = ["-s", "--noproxy", "*", "-w", "\n%{http_code}", &url];
        let said = Command::new("curl").args(args).output().unwrap();
        String::from_utf8(said.stdout).unwrap()
    };
    wait_for("readiness", String::new, || ask("/readyz").ends_with("\n200").then_some(()));
    assert_eq!(ask("/readyz"), "{\"ready\":true,\"missing\":[]}\n200");
    assert_eq!(ask("/healthz"), "ok\n200");
    assert!(ask("/metrics").ends_with("\n401"));
    let kill = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let ended = wait_for("the end", String::new, || child.try_wait().unwrap());
    assert!(ended.success(), "{ended:?}");
    desk.say(&["journal", "verify"]).ok(&[]);
    assert!(!desk.dir.path().join("data/journeyman.db-wal").exists(), "closed in order");
}
