//! The API as the tools of others see it: the MCP inspector, the MCP conformance suite, schemathesis.
//! `labs/tools.sh` installs them; `cargo verify` does that and names its `tools.json`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use sandbox::{Options, Sandbox};
use serde_json::Value;
use std::{
    ffi::OsStr,
    path::PathBuf,
    process::{Command, Output},
};
use support::{
    Installation, JOURNEYMAN, Said, Server, install, mail, ordinary_users, repository, wait_for,
    wait_for_intake,
};
use tokio::runtime::Runtime;

/// Where the tools are; `None` when nobody installed them, which in CI may not be.
fn tools() -> Option<Value> {
    let Some(file) = std::env::var_os("JOURNEYMAN_TOOLS").map(PathBuf::from) else {
        assert!(
            std::env::var_os("CI").is_none(),
            "JOURNEYMAN_TOOLS is not set; in CI no tool may be skipped"
        );
        eprintln!(
            "SKIPPED: no tools; `labs/tools.sh target/tools` installs them, then set JOURNEYMAN_TOOLS=…/tools.json"
        );
        return None;
    };
    Some(serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap())
}

/// A server for the sandbox with a brain.
struct Stage {
    tools: Value,
    runtime: Runtime,
    sandbox: Sandbox,
    installation: Installation,
    _server: Server,
    token: String,
    url: String,
}

impl Stage {
    fn begin(tools: Value) -> Stage {
        let runtime = Runtime::new().unwrap();
        let sandbox =
            runtime.block_on(Sandbox::start(Options { seed: 31, ..Options::default() })).unwrap();
        let installation = install(&sandbox);
        let add = ["people", "add", "owner", "--role", "admin", "--email", "owner@msp.example"];
        Said::from(installation.run_with_input(&add, "a password of the test\n")).ok(&[]);
        let add =
            ["brains", "add", "Model", "--owner", "owner", "--ceiling", "high", "--rate", "100000"];
        let said = installation.say(&add).ok(&["id: model"]);
        let token = said.line("token, shown once: ").split(": ").nth(1).unwrap().to_owned();
        installation.say(&["brains", "list"]).ok(&["model", "owner", "high", "works"]);
        let mut server = installation.serve(None);
        installation.wait_ready(&mut server);
        wait_for_intake(&runtime, &installation);
        let url = format!("http://127.0.0.1:{}", installation.port);
        Stage { tools, runtime, sandbox, installation, _server: server, token, url }
    }

    fn tool(&self, name: &str) -> Command {
        let line = self.tools[name].as_array().unwrap_or_else(|| panic!("no {name}"));
        let mut words = line.iter().map(|w| w.as_str().unwrap());
        let mut command = Command::new(words.next().unwrap());
        command.args(words).env("MCP_BEARER", &self.token).env("JOURNEYMAN_TOKEN", &self.token);
        command.env("NO_COLOR", "1").current_dir(self.installation.dir.path());
        command
    }

    /// The inspector over HTTP.
    fn over_http(&self, method: &str, more: &[&str]) -> Value {
        let (url, header) =
            (format!("{}/mcp", self.url), format!("Authorization: Bearer {}", self.token));
        let mut command = self.tool("inspector");
        command
            .args([&url, "--transport", "http", "--header", &header, "--method", method])
            .args(more);
        answer(command)
    }

    /// The inspector over standard input and output of `journeyman mcp`.
    fn over_stdio(&self, method: &str, more: &[&str]) -> Value {
        let mut command = self.tool("inspector");
        let token = format!("JOURNEYMAN_TOKEN={}", self.token);
        // What takes several values must not stand right before the command.
        command.args(["-e", &token]).args(more).args(["--method", method]);
        command.args([JOURNEYMAN, "mcp", "--url", &self.url]);
        answer(command)
    }
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}\n{}", output.status, text(&output.stdout), text(&output.stderr))
}

fn run(mut command: Command) -> String {
    let line: Vec<&OsStr> =
        std::iter::once(command.get_program()).chain(command.get_args()).collect();
    let line = format!("{line:?}");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{line}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn answer(command: Command) -> Value {
    let text = run(command);
    let json = text.find('{').map(|at| &text[at..]).unwrap_or_default();
    serde_json::from_str(json).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn the_tools_of_others_can_use_the_api() {
    let Some(tools) = tools() else { return };
    let stage = Stage::begin(tools);
    the_inspector_works_a_ticket(&stage);
    the_conformance_suite_passes(&stage);
    schemathesis_finds_nothing(&stage);
}

fn the_inspector_works_a_ticket(stage: &Stage) {
    let kinds = domain::ActionKind::ALL.len();
    let names = |list: &Value| -> Vec<String> {
        let tools = list["tools"].as_array().unwrap_or_else(|| panic!("{list:#}"));
        tools.iter().map(|t| t["name"].as_str().unwrap().to_owned()).collect()
    };
    let listed = stage.over_http("tools/list", &[]);
    assert_eq!(names(&listed).len(), kinds + 6);
    assert_eq!(names(&stage.over_stdio("tools/list", &[])), names(&listed));
    let (login, address) = ordinary_users(&stage.sandbox, "fabrikam").swap_remove(0);
    let filed = stage.runtime.block_on(stage.sandbox.file(&mail(
        "fabrikam",
        &address,
        "a question about the new printer",
        "Hello, could somebody please show me how the new printer scans? Thanks",
    )));
    let list = ["--tool-name", "list_tickets", "--tool-arg", "client=fabrikam"];
    let ticket = wait_for(
        "the ticket",
        || stage.installation.log(),
        || {
            let tickets =
                stage.over_http("tools/call", &list)["structuredContent"]["tickets"].clone();
            tickets.as_array()?.iter().find(|t| t["id"] == filed.as_str()).cloned()
        },
    );
    assert_eq!(ticket["client"], "fabrikam");
    let (psa, id) = (ticket["psa"].as_str().unwrap(), ticket["id"].as_str().unwrap());
    for over in [Stage::over_http, Stage::over_stdio] {
        let (psa, id) = (format!("psa={psa}"), format!("id={id}"));
        let read =
            over(stage, "tools/call", &["--tool-name", "read_ticket", "--tool-arg", &psa, &id]);
        assert!(
            read["structuredContent"]["ticket"]["body"].as_str().unwrap().contains("printer"),
            "{read:#}"
        );
        let query = format!("query={{\"address\": \"{address}\"}}");
        let find = [
            "--tool-name",
            "find_user",
            "--tool-arg",
            "client=fabrikam",
            "reason=Who asks?",
            &query,
        ];
        let found = over(stage, "tools/call", &find);
        let content = &found["structuredContent"];
        assert_eq!(content["status"], "done", "{found:#}");
        assert_eq!(
            content["result"]["accounts"][0]["account"]["login"],
            login.as_str(),
            "{found:#}"
        );
    }
}

fn the_conformance_suite_passes(stage: &Stage) {
    for version in ["2025-11-25", "2026-07-28"] {
        let mut command = stage.tool("conformance");
        let expected = repository(&format!("labs/conformance-{version}.yml"));
        command.args(["server", "--url", &format!("{}/mcp", stage.url), "--requirements", version]);
        command.arg("--expected-failures").arg(expected);
        let text = run(command);
        assert!(text.contains("passed"), "{text}");
    }
}

fn schemathesis_finds_nothing(stage: &Stage) {
    let mut command = stage.tool("schemathesis");
    command.env("SCHEMATHESIS_HOOKS", "schemathesis_hooks").env("PYTHONPATH", repository("labs"));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.arg("--config-file").arg(repository("labs/schemathesis.toml"));
    command.args(["run", &format!("{}/api/v1/openapi.json", stage.url)]);
    command.args(["--header", &format!("Authorization: Bearer {}", stage.token)]);
    command.args(["--seed", "7", "--workers", "2", "--max-examples", "40", "--no-color"]);
    run(command);
}
