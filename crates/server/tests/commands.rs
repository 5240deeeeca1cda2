//! The command line as a person uses it: what each command says, and what it ends with.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use sandbox::{Options, Sandbox};
use serde_json::Value;
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use support::{
    Installation, JOURNEYMAN, PSA, Said, install, mail, ordinary_users, repository, wait_for,
};
use tokio::runtime::Runtime;

/// Runs the binary with these arguments and nothing else.
fn journeyman<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Said {
    Command::new(JOURNEYMAN).args(args).stdin(Stdio::null()).output().unwrap().into()
}

fn sql(runtime: &Runtime, file: &Path, statements: &'static [&'static str]) {
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(file);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        for statement in statements {
            sqlx::raw_sql(*statement).execute(&mut connection).await.unwrap();
        }
        connection.close().await.unwrap();
    });
}

// ---------------------------------------------------------------- without a server

#[test]
fn help_says_what_every_command_does() {
    for (args, words) in [
        (
            &["--help"][..],
            &["serve", "init", "doctor", "cases", "approvals", "journal", "judge", "login", "demo"]
                [..],
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
        (&["journal", "--help"], &["verify", "show", "checkpoint"]),
        (
            &["journal", "verify", "--help"],
            &["Recompute every entry", "--checkpoint <FILE>", "rollback"],
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
  medium   autonomy_guardrails  autonomy: reset_password for acme is set to auto_with_guardrails
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

/// The password in what `init` printed.
fn password_in(said: &Said) -> String {
    let line = said.line("password, shown once: ");
    line.split(": ").nth(1).unwrap().to_owned()
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
    // A terminal of its own, as `script` makes one.
    let ask = |text: &str| {
        let mut child = Command::new("script")
            .args([
                "-qec",
                &format!("'{JOURNEYMAN}' init --config '{}'", path.display()),
                "/dev/null",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
        Said::from(child.wait_with_output().unwrap())
    };
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
    let extra = ["closed_unassisted", "wrong"];
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

// ---------------------------------------------------------------- with a server

/// A server at work for the sandbox, with an administrator.
struct Day {
    runtime: Runtime,
    sandbox: Sandbox,
    installation: Installation,
    server: Option<support::Server>,
    password: String,
    http: reqwest::Client,
}

impl Day {
    fn begin() -> Day {
        let runtime = Runtime::new().unwrap();
        let options = Options { seed: 31, ..Options::default() };
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let installation = install(&sandbox);
        let file = installation.dir.path().join("init.toml");
        let said = journeyman(&["init", "--defaults", "--config", file.to_str().unwrap()]).ok(&[]);
        let password = password_in(&said);
        connectors::install_crypto_provider();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let mut day = Day { runtime, sandbox, installation, server: None, password, http };
        day.start();
        wait_for(
            "the first look at the help desk",
            || day.installation.log(),
            || {
                day.runtime.block_on(async {
                    let options =
                        SqliteConnectOptions::new().filename(day.database()).read_only(true);
                    let mut connection = SqliteConnection::connect_with(&options).await.ok()?;
                    sqlx::query("SELECT cursor FROM cursors")
                        .fetch_optional(&mut connection)
                        .await
                        .ok()?
                })
            },
        );
        day
    }

    fn start(&mut self) {
        let mut server = self.installation.serve(None);
        self.installation.wait_ready(&mut server);
        self.server = Some(server);
    }

    /// Stops the server and folds its log into the database file, so that the file is all there is.
    fn stop(&mut self) {
        self.server = None;
        self.say(&["cases", "list"]).ok(&[]);
    }

    fn database(&self) -> PathBuf {
        self.installation.dir.path().join("data/journeyman.db")
    }

    fn say(&self, args: &[&str]) -> Said {
        self.installation.say(args)
    }

    /// A command that asks for a password.
    fn signed(&self, args: &[&str], password: &str) -> Said {
        self.installation.run_with_input(args, &format!("{password}\n")).into()
    }

    fn file(&self, from: &str, subject: &str, body: &str) -> String {
        let ticket = mail("fabrikam", from, subject, body);
        self.runtime.block_on(self.sandbox.file(&ticket))
    }

    /// The case of a ticket and its events, once it is told of in such an event.
    fn case(&self, ticket: &str, event: &str) -> (String, Vec<Value>) {
        wait_for(
            &format!("{event} of {ticket}"),
            || self.installation.log(),
            || {
                let found = self.installation.events_of(&format!("{PSA}#{ticket}"))?;
                found.1.iter().any(|e| e["event"]["event"] == event).then_some(found)
            },
        )
    }

    /// The first question to people about a ticket: its id and digest.
    fn held(&self, ticket: &str) -> (String, String) {
        let (_, events) = self.case(ticket, "held");
        let held = events.iter().find(|e| e["event"]["event"] == "held").unwrap();
        let text = |key: &str| held["event"][key].as_str().unwrap().to_owned();
        (text("approval"), text("digest"))
    }

    /// Asks for a group; a person has to say yes.
    fn join(&self, nth: usize, group: &str) -> (String, String) {
        let (login, address) = ordinary_users(&self.sandbox, "fabrikam").swap_remove(nth);
        let body =
            format!("Hello, please add me to the {group} group, I need it for my work. Thanks");
        (login, self.file(&address, &format!("access to {group}"), &body))
    }

    fn is_member(&self, group: &str, login: &str) -> bool {
        let of = |company: &sandbox::world::Company| {
            let person = company.people.iter().find(|p| p.login == login).unwrap();
            let group = company.groups.iter().find(|g| g.name == group).unwrap();
            group.members.contains(&person.id)
        };
        self.sandbox.world().company("fabrikam", of).unwrap()
    }

    fn post(&self, url: &str, form: &[(&str, &str)]) -> (u16, String) {
        self.runtime.block_on(async {
            let origin = format!("http://127.0.0.1:{}", self.installation.port);
            let request = self.http.post(url).header("origin", origin).form(form);
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        })
    }
}

#[test]
fn a_day_at_the_command_line() {
    let mut day = Day::begin();
    let doctor = day.say(&["doctor"]).ok(&[
        "all connectors answer",
        "help desk connectwise",
        "outgoing mail",
    ]);
    assert!(doctor.out.lines().all(|l| !l.starts_with("FAIL")), "{doctor:#?}");
    cases_are_listed_and_told(&day);
    links_and_passwords_sign_in(&day);
    people_answer_questions(&day);
    journals_are_checked(&mut day);
}

fn cases_are_listed_and_told(day: &Day) {
    let (login, address) = ordinary_users(&day.sandbox, "fabrikam").swap_remove(0);
    let ticket =
        day.file(&address, "forgot my password", "I forgot my password, please reset it. Thanks");
    let (id, events) = day.case(&ticket, "ended");
    assert_eq!(events.last().unwrap()["event"]["outcome"], "closed", "{events:#?}");

    let row = format!("{PSA}#{ticket}");
    let list = day.say(&["cases", "list"]).ok(&[
        &id,
        "fabrikam",
        "closed",
        "medium",
        "forgot my password",
    ]);
    assert!(list.line(&id).contains(&row), "{list:#?}");
    // --config is taken before and after the command's own command.
    let config = day.installation.config.to_str().unwrap();
    journeyman(&["cases", "--config", config, "list"]).ok(&[&id]);
    journeyman(&["cases", "list", "--config", config]).ok(&[&id]);
    day.say(&["cases", "list", "--client", "fabrikam", "--phase", "closed"]).ok(&[&id]);
    for other in [["--client", "northwind"], ["--phase", "refused"], ["--limit", "0"]] {
        let said = day.say(&["cases", "list", other[0], other[1]]).ok(&[]);
        assert!(!said.out.contains(&id), "{other:?}: {said:#?}");
    }
    day.say(&["cases", "list", "--phase", "done"]).fails(&["\"done\" is no phase", "closed"]);

    let told = day.say(&["cases", "show", &id]).ok(&[
        &row,
        "from ",
        "reset_password",
        "Set a temporary password",
        "medium: ",
        "own_account_verified",
        "done: the password reads as set",
        "people told",
        "closed: ",
    ]);
    assert!(told.out.contains(&login), "{told:#?}");
    let json = day.say(&["cases", "show", &id, "--json"]).ok(&[]);
    let lines: Vec<Value> = json.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines, events);
    day.say(&["cases", "show", "17"]).fails(&["\"17\" is no case id", "`journeyman cases list`"]);
    let unknown = "018f2f60-0000-7000-8000-000000000001";
    day.say(&["cases", "show", unknown]).fails(&[
        "there is no case",
        unknown,
        "`journeyman cases list`",
    ]);
    let shown = day
        .say(&["journal", "show", "--client", "fabrikam"])
        .ok(&["received", "finished", "ended", "medium"]);
    assert!(!shown.out.contains(&login), "the journal's public part names nobody: {shown:#?}");
    day.say(&["journal", "show", "--client", "fabricam"])
        .fails(&["there is no client fabricam", "fabrikam"]);
}

fn links_and_passwords_sign_in(day: &Day) {
    let said = day.say(&["login"]).ok(&["http://127.0.0.1:", "/login/once/"]);
    let link = said.out.trim();
    // Whatever follows links for itself uses nothing up.
    day.runtime.block_on(async {
        assert_eq!(day.http.get(link).send().await.unwrap().status(), 200);
    });
    assert_eq!(day.post(link, &[]).0, 303);
    let (status, page) = day.post(link, &[]);
    assert_eq!(status, 403);
    assert!(page.contains("was used or is too old"), "{page}");
    day.say(&["login", "nobody"]).fails(&["nobody signs in as nobody", "`journeyman init`"]);

    let login = format!("http://127.0.0.1:{}/login", day.installation.port);
    let sign_in = |password: &str| day.post(&login, &[("name", "admin"), ("password", password)]).0;
    assert_eq!(sign_in(&day.password), 303, "the password that init printed");
    assert_eq!(sign_in("another-password"), 401);
}

fn people_answer_questions(day: &Day) {
    let (joiner, ticket) = day.join(1, "Finance");
    let (approval, digest) = day.held(&ticket);
    let (denied_login, denied) = day.join(2, "Payroll");
    let (other, other_digest) = day.held(&denied);

    let list =
        day.say(&["approvals", "list"]).ok(&[&approval, &other, "fabrikam", "high", "pending"]);
    assert!(list.line(&approval).contains("Finance"), "{list:#?}");
    let show = day.say(&["approvals", "show", &approval]).ok(&[
        "what", "client", "tier", "high", "asked by", "finding", "risk", "way back", "may not",
        "expires", &digest, &joiner,
    ]);
    assert_eq!(show.line("state"), "state        pending");

    // Whoever may not decide does not.
    let approve = ["approvals", "approve", &approval, "--as", "admin"];
    let nothing = "nothing was decided";
    day.signed(&approve, "wrong-password").fails(&["name or password is wrong", nothing]);
    day.signed(&["approvals", "approve", &approval, "--as", "ghost"], "x")
        .fails(&["name or password is wrong", nothing]);
    sql(&day.runtime, &day.database(), &["UPDATE people SET role = 'auditor'"]);
    day.signed(&approve, &day.password)
        .fails(&["admin has the role auditor", "administrators and technicians decide"]);
    sql(&day.runtime, &day.database(), &["UPDATE people SET role = 'admin'"]);
    // Another question's digest, no digest, an unknown id.
    let with = |digest: &str| {
        let mut args = approve.to_vec();
        args.extend(["--digest", digest]);
        day.signed(&args, &day.password)
    };
    with(&other_digest).fails(&["what you saw is not what waits any more"]);
    with("abc").fails(&["abc"]);
    day.say(&["approvals", "show", "7"])
        .fails(&["\"7\" is no approval id", "`journeyman approvals list`"]);
    let unknown = "018f2f60-0000-7000-8000-000000000001";
    day.say(&["approvals", "show", unknown]).fails(&["there is no approval", "--all"]);
    day.say(&["approvals", "show", &approval]).ok(&["pending"]);
    assert!(!day.is_member("Finance", &joiner));

    with(&digest).ok(&["Finance", "approved by admin"]);
    let (_, events) = day.case(&ticket, "ended");
    assert_eq!(events.last().unwrap()["event"]["outcome"], "closed", "{events:#?}");
    assert!(day.is_member("Finance", &joiner));
    day.signed(&approve, &day.password).fails(&["approved"]);

    let no = ["approvals", "deny", &other, "--as", "admin", "--reason"];
    let deny = |reason: &str| {
        let mut args = no.to_vec();
        args.push(reason);
        day.signed(&args, &day.password)
    };
    deny(" ").fails(&["reason"]);
    deny("not in this team").ok(&["Payroll", "denied by admin"]);
    let (_, events) = day.case(&denied, "ended");
    assert_eq!(events.last().unwrap()["event"]["outcome"], "refused", "{events:#?}");
    assert!(!day.is_member("Payroll", &denied_login));
    deny("again").fails(&["denied"]);

    let open = day.say(&["approvals", "list"]).ok(&[]);
    assert!(!open.out.contains(&approval) && !open.out.contains(&other), "{open:#?}");
    let all = day.say(&["approvals", "list", "--all"]).ok(&[]);
    assert!(all.line(&approval).contains("approved"), "{all:#?}");
    assert!(all.line(&other).contains("denied"), "{all:#?}");
}

fn journals_are_checked(day: &mut Day) {
    day.stop();
    let early = std::fs::read(day.database()).unwrap();
    day.say(&["journal", "verify"]).ok(&["fabrikam: clean", "entries, root", "checkpoints"]);
    day.say(&["journal", "verify", "--client", "fabricam"]).fails(&["there is no client fabricam"]);

    // Some more work, and a checkpoint that is kept elsewhere.
    day.start();
    let (_, address) = ordinary_users(&day.sandbox, "fabrikam").swap_remove(4);
    let ticket = day.file(&address, "my password", "I forgot my password, please reset it. Thanks");
    day.case(&ticket, "ended");
    day.stop();
    let kept = day.say(&["journal", "checkpoint", "--client", "fabrikam"]).ok(&["fabrikam"]);
    assert!(kept.err.contains("checked with the key"), "{kept:#?}");
    let note = day.installation.dir.path().join("kept.txt");
    std::fs::write(&note, &kept.out).unwrap();
    let against =
        ["journal", "verify", "--client", "fabrikam", "--checkpoint", note.to_str().unwrap()];
    day.say(&against).ok(&["fabrikam: clean"]);
    let good = std::fs::read(day.database()).unwrap();

    // One changed letter in one entry.
    sql(
        &day.runtime,
        &day.database(),
        &[
            "DROP TRIGGER entries_no_update",
            "UPDATE entries SET tier = 'low' WHERE client = 'fabrikam' AND seq = (SELECT MIN(seq) FROM entries WHERE tier = 'medium')",
        ],
    );
    let said = day.say(&["journal", "verify"]);
    assert_eq!(said.code, Some(1), "{said:#?}");
    assert!(said.out.contains("fabrikam: WRONG"), "{said:#?}");
    assert!(
        said.out.lines().any(|l| l.trim_start().starts_with("entry ")),
        "the entry is named: {said:#?}"
    );

    // Personal data that was changed beside its entry: one flipped byte in the file.
    std::fs::write(day.database(), &good).unwrap();
    day.say(&["journal", "verify"]).ok(&["fabrikam: clean"]);
    let mut flipped = good.clone();
    let at = flipped.windows(24).position(|w| w == b"I forgot my password, pl").unwrap();
    flipped[at] ^= 1;
    std::fs::write(day.database(), &flipped).unwrap();
    let said = day.say(&["journal", "verify"]);
    assert_eq!(said.code, Some(1), "{said:#?}");
    assert!(said.out.contains("fabrikam: WRONG") && said.out.contains("entry "), "{said:#?}");

    // An older copy is whole in itself; only the checkpoint kept elsewhere shows the rollback.
    std::fs::write(day.database(), &early).unwrap();
    day.say(&["journal", "verify"]).ok(&["fabrikam: clean"]);
    let said = day.say(&against);
    assert_eq!(said.code, Some(1), "{said:#?}");
    assert!(said.out.contains("fabrikam: WRONG") && said.out.contains("are left"), "{said:#?}");
    std::fs::write(&note, "no note").unwrap();
    std::fs::write(day.database(), &good).unwrap();
    let said = day.say(&against);
    assert_eq!(said.code, Some(1), "a note that is none proves nothing: {said:#?}");
    std::fs::remove_file(&note).unwrap();
    day.say(&against).fails(&["cannot read the checkpoint", "kept.txt"]);
}
