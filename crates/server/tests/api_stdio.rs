//! `journeyman mcp`: what it says when there is nothing to talk to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::Value;
use std::{
    io::Write as _,
    process::{Command, Stdio},
};
use support::{JOURNEYMAN, Said, free_port};

fn mcp(url: &str, token: Option<&str>, input: &str) -> Said {
    let mut command = Command::new(JOURNEYMAN);
    command.args(["mcp", "--url", url]).env_remove("JOURNEYMAN_TOKEN");
    if let Some(token) = token {
        command.env("JOURNEYMAN_TOKEN", token);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It may have refused to begin.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap().into()
}

#[test]
fn a_server_that_is_not_there_is_told_to_the_model_and_standard_output_stays_json() {
    let url = format!("http://127.0.0.1:{}", free_port());
    let call = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\"}";
    let note = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}";
    let said = mcp(&url, Some("jm_x_y"), &format!("{note}\n\nnot json\n{call}\n")).ok(&[]);
    let mut lines: Vec<Value> = said
        .out
        .lines()
        .map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}")))
        .collect();
    lines.sort_by_key(|l| l["error"]["code"].as_i64());
    assert_eq!(lines.len(), 2, "a note has no answer: {said:?}");
    assert_eq!((&lines[0]["error"]["code"], &lines[0]["id"]), (&(-32700).into(), &Value::Null));
    assert_eq!((&lines[1]["error"]["code"], &lines[1]["id"]), (&(-32000).into(), &7.into()));
    let text = lines[1]["error"]["message"].as_str().unwrap();
    assert!(text.contains("does not answer"), "{text}");
    assert!(
        !said.out.contains("jm_x_y") && !said.err.contains("jm_x_y"),
        "the token is told to nobody"
    );
}

#[test]
fn without_a_token_or_with_an_address_that_would_show_it_nothing_begins() {
    mcp("http://127.0.0.1:1", None, "").fails(&["JOURNEYMAN_TOKEN", "journeyman brains add"]);
    mcp("http://desk.example", Some("jm_x_y"), "").fails(&["--url", "https"]);
    mcp("desk.example", Some("jm_x_y"), "").fails(&["--url", "desk.example"]);
}
