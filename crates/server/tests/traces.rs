//! Cases as traces: a collector gets every step, and a collector that is away holds up nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use sandbox::{Options, Sandbox, WriteKind};
use std::collections::BTreeSet;
use support::{
    Installation, PSA, Said,
    collector::{Collector, Span},
    free_port, mail, ordinary_users, sandbox_config, wait_for, wait_for_intake,
};
use tokio::runtime::Runtime;

const FORGOT: &str =
    "Hello, I have forgotten my password and cannot sign in. Please reset it. Thanks";

/// An installation that sends its traces there.
fn install(sandbox: &Sandbox, origin: &str) -> Installation {
    let (config, secrets) = sandbox_config(sandbox);
    let config = format!(
        "notify = [\"lead@harbour-it.example\"]\n{config}\n[telemetry]\notlp_endpoint = \"{origin}\"\notlp_headers = {{ file = \"secrets/otlp\" }}\n"
    );
    let installation = Installation::new(&config);
    for (file, secret) in secrets {
        installation.write(&file, &secret);
    }
    installation.write("secrets/otlp", "Authorization=Bearer collector-secret, X-Scope=desk");
    installation
}

fn file(runtime: &Runtime, sandbox: &Sandbox, body: &str) -> (String, String, String) {
    let (login, address) = ordinary_users(sandbox, "fabrikam").remove(0);
    let ticket = mail("fabrikam", &address, "forgot my password", body);
    (runtime.block_on(sandbox.file(&ticket)), login, address)
}

#[test]
fn a_worked_ticket_is_one_trace_from_intake_to_close() {
    let runtime = Runtime::new().unwrap();
    let sandbox =
        runtime.block_on(Sandbox::start(Options { seed: 31, ..Options::default() })).unwrap();
    // At first the collector takes nothing: what it was to be sent comes again.
    let collector = Collector::start(&runtime, &[503, 429]);
    let installation = install(&sandbox, &collector.origin);
    let mut server = installation.serve(None);
    installation.wait_ready(&mut server);
    wait_for_intake(&runtime, &installation);
    let (ticket, login, address) = file(&runtime, &sandbox, FORGOT);
    wait_for(
        "the last span",
        || installation.log(),
        || {
            let spans = collector.spans();
            let has = |name: &str, channel: &str| {
                spans.iter().any(|s| s.name == name && s.get("journeyman.channel") == channel)
            };
            (has("close", "") && has("notify", "mail")).then_some(())
        },
    );
    let spans = collector.spans();
    let (case, _) = installation.events_of(&format!("{PSA}#{ticket}")).unwrap();

    // One trace, whose id is the case's, with one root.
    assert!(spans.iter().all(|s| s.trace == case.replace('-', "")), "{spans:#?}");
    let ids: BTreeSet<&str> = spans.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids.len(), spans.len(), "no span is told twice: {spans:#?}");
    let roots: Vec<&Span> = spans.iter().filter(|s| s.parent.is_none()).collect();
    assert!(matches!(roots.as_slice(), [root] if root.name == "intake"), "{roots:#?}");
    let parent = |s: &Span| spans.iter().find(|p| Some(&p.id) == s.parent.as_ref());
    for span in spans.iter().filter(|s| s.parent.is_some()) {
        assert!(parent(span).is_some(), "whose child is {span:#?}?");
        assert!(span.start <= span.end && !span.failed, "{span:#?}");
    }

    // In order.
    let kind = "journeyman.action.kind";
    let reset = |name: &str| {
        let found = spans.iter().find(|s| s.name == name && s.get(kind) == "reset_password");
        found.unwrap_or_else(|| panic!("no {name} of the reset: {spans:#?}"))
    };
    let first = |name: &str| spans.iter().find(|s| s.name == name).unwrap();
    let order = [
        first("intake"),
        first("understand"),
        first("read"),
        reset("judge"),
        reset("perform"),
        reset("read_back"),
        reset("notify"),
        first("close"),
    ];
    for pair in order.windows(2) {
        assert!(pair[0].start <= pair[1].start, "{pair:#?}");
    }
    let mut steps = spans.iter().filter(|s| s.get("journeyman.channel") != "mail");
    assert_eq!(steps.next_back().unwrap().name, "close");

    // What each says.
    let judge = reset("judge");
    assert!(!judge.get("journeyman.findings").is_empty(), "{judge:#?}");
    assert_eq!(judge.get("journeyman.follows"), "run_and_notify");
    assert_eq!(judge.get("journeyman.tier"), "medium");
    let perform = reset("perform");
    assert_eq!(parent(perform).unwrap().id, judge.id);
    assert_eq!(perform.get("journeyman.connector"), "directory");
    assert_eq!(perform.get("journeyman.vendor"), "microsoft_graph");
    assert_eq!(parent(reset("read_back")).unwrap().id, perform.id);
    let reply = spans.iter().find(|s| s.name == "perform" && s.get(kind) == "reply").unwrap();
    assert_eq!(reply.get("journeyman.vendor"), "connectwise");
    assert_eq!(first("close").get("journeyman.outcome"), "closed");

    // Nothing of the ticket or of the person.
    let sent = String::from_utf8(collector.bytes()).unwrap().to_lowercase();
    let name = address.split('@').next().unwrap().replace('.', " ");
    for word in ["forgot", "password and", &login, &address, &name, "collector-secret"] {
        assert!(!sent.contains(&word.to_lowercase()), "{word:?} is in the spans");
    }
    let tokens = collector.header("authorization");
    assert!(tokens.iter().all(|t| t == "Bearer collector-secret"), "{tokens:?}");
    assert!(collector.header("x-scope").iter().all(|t| t == "desk"));
    assert!(!installation.log().contains("collector-secret"));
}

#[test]
fn a_question_and_its_answer_are_in_the_trace() {
    let runtime = Runtime::new().unwrap();
    let sandbox =
        runtime.block_on(Sandbox::start(Options { seed: 32, ..Options::default() })).unwrap();
    let collector = Collector::start(&runtime, &[]);
    let installation = install(&sandbox, &collector.origin);
    // Nothing runs without a person.
    let config = std::fs::read_to_string(&installation.config).unwrap();
    let asked = config.replace("\"auto_with_guardrails\"", "\"always_ask\"");
    assert_ne!(config, asked);
    std::fs::write(&installation.config, asked).unwrap();
    let kim = ["people", "add", "kim", "--role", "admin", "--email", "kim@msp.example"];
    Said::from(installation.run_with_input(&kim, "a password of the test\n")).ok(&[]);
    let mut server = installation.serve(None);
    installation.wait_ready(&mut server);
    wait_for_intake(&runtime, &installation);
    let (ticket, ..) = file(&runtime, &sandbox, FORGOT);
    let question = wait_for(
        "the question",
        || installation.log(),
        || {
            let spans = collector.spans();
            let held = spans.iter().find(|s| s.name == "held")?;
            Some(held.get("journeyman.approval").to_owned())
        },
    );
    // The command says which digest it wants.
    let approve = ["approvals", "approve", &question, "--as", "kim"];
    let said = Said::from(installation.run_with_input(&approve, "a password of the test\n"));
    let digest = said.err.trim().rsplit(' ').next().unwrap();
    let approve = ["approvals", "approve", &question, "--digest", digest, "--as", "kim"];
    Said::from(installation.run_with_input(&approve, "a password of the test\n")).ok(&[]);
    wait_for(
        "the close",
        || installation.log(),
        || collector.spans().iter().any(|s| s.name == "close").then_some(()),
    );
    assert!(sandbox.ticket(&ticket).unwrap().closed);
    let spans = collector.spans();
    let held = spans.iter().find(|s| s.name == "held").unwrap();
    let decided = spans.iter().find(|s| s.name == "decided").unwrap();
    assert_eq!(decided.parent.as_ref(), Some(&held.id));
    assert_eq!(decided.get("journeyman.decision"), "approved");
    let parent = spans.iter().find(|s| Some(&s.id) == held.parent.as_ref()).unwrap();
    assert_eq!((parent.name.as_str(), parent.get("journeyman.follows")), ("judge", "hold"));
    let reset = |s: &&Span| s.get("journeyman.action.kind") == "reset_password";
    let ran = spans.iter().filter(reset).find(|s| s.name == "perform").unwrap();
    assert!(decided.end <= ran.start, "{decided:#?} {ran:#?}");
}

#[test]
fn a_collector_that_is_away_holds_up_nothing() {
    let runtime = Runtime::new().unwrap();
    let sandbox =
        runtime.block_on(Sandbox::start(Options { seed: 33, ..Options::default() })).unwrap();
    // Nobody listens there.
    let installation = install(&sandbox, &format!("http://127.0.0.1:{}", free_port()));
    let mut server = installation.serve(None);
    installation.wait_ready(&mut server);
    wait_for_intake(&runtime, &installation);
    let (ticket, login, _) = file(&runtime, &sandbox, FORGOT);
    wait_for(
        "the close",
        || installation.log(),
        || sandbox.ticket(&ticket).is_some_and(|t| t.closed).then_some(()),
    );
    assert_eq!(sandbox.write_count("fabrikam", &login, WriteKind::Password), 1);
    let away = "the collector of traces does not take spans now";
    wait_for(
        "the complaint",
        || installation.log(),
        || installation.log().contains(away).then_some(()),
    );
    std::thread::sleep(std::time::Duration::from_secs(4));
    let log = installation.log();
    assert_eq!(log.matches(away).count(), 1, "{log}");
    assert!(log.contains("does not answer"), "{log}");

    // A place that cannot be right is told before the start.
    let config = std::fs::read_to_string(&installation.config).unwrap();
    let wrong = config.replace(
        "otlp_endpoint = \"http://127.0.0.1",
        "otlp_endpoint = \"http://collector.example",
    );
    std::fs::write(&installation.config, wrong).unwrap();
    let said = installation.say(&["config", "check"]);
    assert!(said.out.contains("[telemetry] `otlp_endpoint` must begin with https://"), "{said:#?}");
}
