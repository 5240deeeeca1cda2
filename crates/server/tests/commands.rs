//! The command line without a server: what each command says, and what it ends with.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::Value;
use std::collections::BTreeSet;
use support::{Installation, Said, at_terminal, journeyman, password_in, repository};

// ---------------------------------------------------------------- without a server

#[test]
fn help_says_what_every_command_does() {
    for (args, words) in [
        (
            &["--help"][..],
            &[
                "serve",
                "init",
                "doctor",
                "cases",
                "approvals",
                "people",
                "journal",
                "judge",
                "login",
                "demo",
            ][..],
        ),
        (&["serve", "--help"], &["Run the server", "--config <FILE>"]),
        (&["init", "--help"], &["commented configuration", "first administrator", "--defaults"]),
        (&["doctor", "--help"], &["every configured connector", "what to fix"]),
        (&["cases", "--help"], &["Look at cases", "list", "show"]),
        (
            &["cases", "list", "--help"],
            &["Newest cases first", "--config <FILE>", "--client", "--phase"],
        ),
        (&["cases", "show", "--help"], &["whole story", "--json"]),
        (&["approvals", "--help"], &["list", "show", "approve", "deny", "questions to people"]),
        (
            &["approvals", "approve", "--help"],
            &["Say yes to exactly what `show` prints", "--as <PERSON>", "--digest"],
        ),
        (&["approvals", "deny", "--help"], &["Say no", "--reason"]),
        (&["people", "--help"], &["add", "list", "password", "remove", "sign in"]),
        (&["people", "add", "--help"], &["--role", "technician", "--email", "12 characters"]),
        (&["journal", "--help"], &["verify", "show", "checkpoint", "prove", "check-proof"]),
        (&["journal", "prove", "--help"], &["--client", "--entry", "--json"]),
        (&["journal", "check-proof", "--help"], &["offline", "--key <VKEY>", "--witness-key"]),
        (
            &["journal", "verify", "--help"],
            &["Recompute every entry", "--checkpoint <FILE>", "rollback"],
        ),
        (&["cells", "--help"], &["Where clients live", "list", "move", "stay"]),
        (&["cells", "move", "--help"], &["--target-database <PATH>", "run it", "again"]),
        (&["import", "--help"], &["closed tickets", "--mapping <FILE>", "psa:NAME", "--show"]),
        (&["similar", "--help"], &["HISTORY", "--embeddings <FOLDER>", "--top <TOP>"]),
        (
            &["backtest", "--help"],
            &[
                "Replay closed tickets",
                "--directory <FILE>",
                "--report <FILE>",
                "--sandbox <TICKETS>",
            ],
        ),
        (&["judge", "--help"], &["offline", "--explain <FILE>"]),
        (&["login", "--help"], &["one-time sign-in link"]),
        (&["demo", "--help"], &["--headless", "--print-world", "--from <FILE>", "--json <FILE>"]),
    ] {
        journeyman(args).ok(words);
    }
    let none = journeyman::<&str>(&[]);
    assert_eq!(none.code, Some(2));
    assert!(none.err.contains("Usage: journeyman <COMMAND>"), "{none:?}");
}

const VERDICT: &str = "\
Set a temporary password that must be changed at the next sign-in for Jane Roe (jane.roe@acme.example)
medium → run_and_notify (policy example-1)
digest e8cb4b39957fadd6fcea8e53e9cfc8a3478f08e2ccd7df6bafa81612df5ed23e
  medium   autonomy_guardrails  autonomy: reset_password is set to auto_with_guardrails here
  medium   own_account_verified base: The old password is gone for good, and whoever reads the new one is that user.
";

#[test]
fn judge_explains_a_request_offline() {
    let folder = tempfile::tempdir().unwrap();
    let example = repository("docs/judge-example.json");
    let text = std::fs::read_to_string(&example).unwrap();
    let judge = |text: &str| {
        let path = folder.path().join("request.json");
        std::fs::write(&path, text).unwrap();
        journeyman(&["judge".as_ref(), "--explain".as_ref(), path.as_os_str()])
    };
    let said = journeyman(&["judge".as_ref(), "--explain".as_ref(), example.as_os_str()]).ok(&[]);
    assert_eq!(said.out, VERDICT);

    // For somebody else's account a person is asked; without a policy nothing goes.
    judge(&text.replace("\"oneself\"", "\"unrelated\"")).ok(&["high → hold"]);
    let mut value: Value = serde_json::from_str(&text).unwrap();
    value.as_object_mut().unwrap().remove("policy");
    judge(&value.to_string()).ok(&["→ refuse", "policy"]);
    let path = example.as_os_str();
    let said =
        journeyman(&["judge".as_ref(), "--json".as_ref(), "--explain".as_ref(), path]).ok(&[]);
    let record: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(record["tier"], "medium", "{record:#}");
    assert_eq!(record["findings"].as_array().unwrap().len(), 2, "{record:#}");

    judge(&text[..text.len() / 2]).fails(&[
        "request.json",
        "line",
        "docs/judge-example.json shows the form",
    ]);
    judge(&text.replace("reset_password\",\n", "reset_everything\",\n"))
        .fails(&["reset_everything", "reset_password"]);
    judge(&text.replace("\"known\"", "\"assumed\"")).fails(&["assumed", "`known`"]);
    let none = folder.path().join("none.json");
    let none = journeyman(&["judge".as_ref(), "--explain".as_ref(), none.as_os_str()]);
    none.fails(&["cannot read", "none.json"]);
}

#[test]
fn init_writes_a_commented_configuration_that_works_and_never_overwrites() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("desk.toml");
    let init = |more: &[&str]| {
        let mut args = vec!["init", "--defaults", "--config", path.to_str().unwrap()];
        args.extend(more);
        journeyman(&args)
    };
    // What cannot be is refused before anything is written.
    for (more, words) in [
        (
            ["--public-url", "http://desk.example.net"],
            &["`public_url`", "must begin with https://"][..],
        ),
        (["--client-id", "Bad Id"], &["\"Bad Id\" is not a client id", "a-z"]),
        (["--admin", "no such name"], &["no such name"]),
    ] {
        let said = init(&more).fails(words);
        assert_eq!(said.err.trim().lines().count(), 1, "{said:#?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{more:?}");
    }
    let said =
        init(&["--psa", "connectwise", "--directory", "graph", "--msp-name", "Quote \" & Co"]);
    let said = said.ok(&[
        "wrote",
        "desk.toml",
        "next:",
        "journeyman doctor --config",
        "journeyman serve --config",
        "journeyman people add NAME --role technician|auditor|admin --email ADDRESS --config",
    ]);
    let password = password_in(&said);
    assert!(password.len() >= 16, "{password}");
    assert_eq!(said.out.matches(&password).count(), 1, "shown once");

    // Every key has a comment above it or beside it, and nothing secret stands in the file.
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains(&password));
    let comments = text.lines().filter(|l| l.contains("# ")).count();
    assert!(comments >= 20, "{comments} comments: {text}");
    for word in [
        "[policy]",
        "[mail]",
        "[[psa]]",
        "[psa.connectwise]",
        "[[client]]",
        "[client.graph]",
        "Quote",
    ] {
        assert!(text.contains(word), "{word}");
    }
    // The file is accepted, and doctor says what is left to fill in, with whole paths.
    let doctor = journeyman(&["doctor", "--config", path.to_str().unwrap()]);
    assert_eq!(doctor.code, Some(1), "{doctor:#?}");
    assert!(doctor.out.contains("ok    configuration"), "{doctor:#?}");
    let secret = folder.path().join("secrets/connectwise").display().to_string();
    let line = doctor.line("help desk helpdesk");
    assert!(line.contains(&secret) && line.contains("create it"), "{line}");
    assert!(!doctor.out.contains("nobody can sign in"), "{doctor:#?}");

    init(&[]).fails(&["desk.toml exists", "nothing was changed", "--config"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn init_asks_at_a_terminal_and_takes_the_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("asked.toml");
    let answers = |last: &str| {
        format!(
            "Harbour IT\nhttps://desk.harbour-it.example\nnorthwind\nNorthwind Freight\nconnectwise\ngraph\nchief\nchief@harbour-it.example\nlong-enough-secret\n{last}\n"
        )
    };
    let ask = |text: &str| at_terminal(&["init", "--config", path.to_str().unwrap()], text);
    let said = ask(&answers("something-else-here"));
    assert_eq!(said.code, Some(1), "{said:#?}");
    assert!(said.out.contains("the two passwords differ; nothing was written"), "{said:#?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    let said = ask(&answers("long-enough-secret"));
    let said = said.ok(&[
        "Name of your company",
        "Address of the console",
        "Help desk (request-tracker or connectwise)",
        "administrator chief is in",
    ]);
    assert!(!said.out.contains("shown once"), "a chosen password is not repeated: {said:#?}");
    let text = std::fs::read_to_string(&path).unwrap();
    for line in [
        "msp_name = \"Harbour IT\"",
        "public_url = \"https://desk.harbour-it.example\"",
        "id = \"northwind\"",
        "name = \"Northwind Freight\"",
        "[psa.connectwise]",
        "[client.graph]",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    journeyman(&["login", "chief", "--config", path.to_str().unwrap()])
        .ok(&["https://desk.harbour-it.example/login/once/"]);
}

// ---------------------------------------------------------------- people

/// An installation where nobody can sign in yet.
fn empty_desk() -> Installation {
    Installation::new(
        "data_dir = \"data\"\npublic_url = \"https://desk.example.net\"\nmsp_name = \"Harbour IT\"\n",
    )
}

#[test]
fn people_are_added_listed_given_passwords_and_removed() {
    let desk = empty_desk();
    let typed = |args: &[&str], input: &str| -> Said { desk.run_with_input(args, input).into() };
    let add = |name: &str, role: &str, password: &str| {
        let mail = format!("{name}@harbour-it.example");
        typed(&["people", "add", name, "--role", role, "--email", &mail], password)
    };
    let long = "long-enough-secret";
    add("chief", "admin", long).ok(&["chief can sign in as admin"]);
    let tess = ["people", "add", "tess", "--role", "technician"];
    let with = |more: &[&str]| typed(&[&tess[..], more].concat(), long);
    with(&["--email", "tess at harbour"]).fails(&["\"tess at harbour\" is no mail address"]);
    with(&["--email", "tess@harbour-it.example", "--name", "Tess Ito"]).ok(&["tess", "technician"]);
    add("otto", "auditor", "elevencharr\n")
        .fails(&["12 characters or more", "nothing was written"]);
    add("otto", "auditor", "").fails(&["12 characters or more"]);
    // The second line belongs to nobody.
    add("otto", "auditor", "twelve-chars\nmore\n").ok(&["otto can sign in as auditor"]);
    add("tess", "admin", long).fails(&["tess signs in already", "people password tess"]);
    add("no name", "admin", long).fails(&["no name"]);
    let said = add("zoe", "owner", long);
    assert_eq!(said.code, Some(2), "{said:#?}");
    assert!(said.err.contains("technician") && said.err.contains("auditor"), "{said:#?}");

    let list = desk.say(&["people", "list"]).ok(&["chief@harbour-it.example"]);
    for (name, words) in [
        ("chief", ["admin", "chief@"]),
        ("tess", ["technician", "Tess Ito"]),
        ("otto", ["auditor", "otto@"]),
    ] {
        let row = list.line(name);
        assert!(words.iter().all(|w| row.contains(w)), "{row}");
    }
    assert!(!list.out.contains("zoe") && !list.out.contains("argon2"), "{list:#?}");

    typed(&["people", "password", "tess"], "short").fails(&["12 characters or more"]);
    typed(&["people", "password", "nobody"], long).fails(&["nobody signs in as nobody"]);
    typed(&["people", "password", "tess"], "another-long-one\n").ok(&["tess has a new password"]);

    desk.say(&["people", "remove", "nobody"]).fails(&["nobody signs in as nobody", "people list"]);
    desk.say(&["people", "remove", "chief"])
        .fails(&["chief is the last administrator", "--role admin"]);
    desk.say(&["people", "remove", "tess"]).ok(&["tess cannot sign in any more"]);
    desk.say(&["login", "tess"]).fails(&["nobody signs in as tess"]);
    add("second", "admin", long).ok(&[]);
    desk.say(&["people", "remove", "chief"]).ok(&["chief cannot sign in any more"]);
    let list = desk.say(&["people", "list"]).ok(&["second", "otto"]);
    assert!(!list.out.contains("chief") && !list.out.contains("tess"), "{list:#?}");
}

#[test]
fn a_password_is_typed_twice_at_a_terminal_and_not_shown() {
    let desk = empty_desk();
    let config = desk.config.to_str().unwrap();
    let mail = "chief@harbour-it.example";
    let args = ["people", "add", "chief", "--role", "admin", "--email", mail, "--config", config];
    let said = at_terminal(&args, "long-enough-secret\nsomething-else-here\n");
    assert_eq!(said.code, Some(1), "{said:#?}");
    assert!(said.out.contains("the two passwords differ; nothing was written"), "{said:#?}");
    assert!(!desk.say(&["people", "list"]).ok(&[]).out.contains("chief"));
    at_terminal(&args, "long-enough-secret\nlong-enough-secret\n").ok(&[
        "Password for chief (12 or more characters)",
        "Once more",
        "chief can sign in",
    ]);
    desk.say(&["people", "list"]).ok(&["chief", mail]);
}

// ---------------------------------------------------------------- the demo

#[test]
fn the_demo_lists_its_world_and_works_tickets_of_ones_own() {
    let world = journeyman(&["demo", "--print-world"]);
    world.ok(&[
        "fabrikam",
        "northwind",
        "lakeside",
        "People",
        "Groups",
        "Devices",
        "Licences",
        "Finance",
    ]);

    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own.jsonl");
    let json = folder.path().join("out.json");
    let good = r#"{"client":"fabrikam","from":"oscar.ito@fabrikam-dental.example","subject":"password","body":"I forgot my password, please reset it"}"#;
    let work = || {
        journeyman(&[
            "demo".as_ref(),
            "--headless".as_ref(),
            "--from".as_ref(),
            own.as_os_str(),
            "--json".as_ref(),
            json.as_os_str(),
        ])
    };
    for (bad, words) in [
        ("{\"client\": ", &["line 3", "client, from, subject and body"][..]),
        (
            &good.replace("fabrikam\"", "contoso\""),
            &["line 3", "unknown client \"contoso\"", "fabrikam"],
        ),
        (&good.replace("subject", "topic"), &["line 3", "subject"]),
    ] {
        std::fs::write(&own, format!("{good}\n{good}\n{bad}\n")).unwrap();
        let said = work().fails(words);
        assert!(said.err.contains("own.jsonl"), "{said:#?}");
        assert!(!json.exists());
    }
    std::fs::remove_file(&own).unwrap();
    work().fails(&["cannot read the tickets", "own.jsonl"]);
    std::fs::write(&own, good).unwrap();
    work().ok(&["1 tickets: 1 closed"]);
    let summary: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    let case = &summary["cases"][0];
    assert_eq!(case["asked"]["intent"], "reset_password", "{case:#}");
    assert_eq!(case["outcome"], "closed", "{case:#}");
    assert_eq!(case["verified"].as_array().unwrap().len(), 1, "{case:#}");
}

#[test]
fn a_headless_demo_writes_the_promised_summary() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("out.json");
    let said = journeyman(&[
        "demo".as_ref(),
        "--headless".as_ref(),
        "--tickets".as_ref(),
        "6".as_ref(),
        "--json".as_ref(),
        json.as_os_str(),
    ]);
    said.ok(&["6 tickets: ", "wrong effects: 0", "journal: verified", "p50"]);
    let summary: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    let keys: BTreeSet<&str> = summary.as_object().unwrap().keys().map(String::as_str).collect();
    let promised = [
        "tickets",
        "closed",
        "waiting",
        "dispatched",
        "refused",
        "wrong_effects",
        "unverified_closes",
        "journal_verified",
        "p50_ms",
        "p99_ms",
        "cases",
    ];
    let extra = ["closed_unassisted", "wrong", "tiers", "guest"];
    assert_eq!(keys, promised.into_iter().chain(extra).collect());
    let number = |key: &str| summary[key].as_u64().unwrap_or_else(|| panic!("{key}: {summary:#}"));
    assert_eq!(number("tickets"), 6);
    assert_eq!(number("closed") + number("waiting") + number("dispatched") + number("refused"), 6);
    assert_eq!((number("wrong_effects"), number("unverified_closes")), (0, 0), "{summary:#}");
    assert_eq!(summary["journal_verified"], true);
    assert!(number("p50_ms") <= number("p99_ms"));
    let cases = summary["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 6);
    for case in cases {
        for key in ["ticket", "client", "asked", "judged", "done", "verified", "outcome"] {
            assert!(case.get(key).is_some(), "{key}: {case:#}");
        }
    }
}
