//! Every secret of an installation at work, and where none of them may be: the log at its most talkative,
//! and everything that is stored or said to others.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sandbox::{Options, Sandbox};
use std::{
    path::{Path, PathBuf},
    process::{Child, Stdio},
};
use support::{
    Installation, PSA, Said, free_port, mail, ordinary_users, sandbox_config, wait_for,
    wait_for_intake,
};
use tokio::runtime::Runtime;

/// What the installation's people choose, to be recognised.
const COLLECTOR: &str = "PLANTED-collector-token-0123456789";
const TRACES: &str = "PLANTED-token-for-traces-0123456789";
const PERSON: &str = "PLANTED-password-of-ann";
const WRONG: &str = "PLANTED-password-that-is-wrong";

/// A server that logs everything it can; killed when dropped.
struct Talkative(Child);

impl Drop for Talkative {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where a secret was found.
fn find(places: &[(PathBuf, Vec<u8>)], secrets: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, secret) in secrets {
        assert!(secret.len() >= 6, "{name} is too short to be searched for: {secret:?}");
        let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
        // As it is, as LDAP writes passwords, and as bytes are often written down.
        let forms = [secret.clone().into_bytes(), wide, STANDARD.encode(secret).into_bytes()];
        for (place, bytes) in places {
            if forms.iter().any(|form| bytes.windows(form.len()).any(|w| w == form)) {
                found.push(format!("{name} stands in {}", place.display()));
            }
        }
    }
    found
}

fn files(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push((path.clone(), std::fs::read(&path).unwrap())),
        }
    }
}

fn after<'a>(said: &'a Said, word: &str) -> &'a str {
    said.line(word).split(word).nth(1).unwrap().trim()
}

/// A browser, as far as it matters here.
struct Browser<'a> {
    runtime: &'a Runtime,
    http: reqwest::Client,
    origin: String,
}

impl Browser<'_> {
    fn send(&self, request: reqwest::RequestBuilder) -> (u16, String, Option<String>) {
        self.runtime.block_on(async {
            let answer = request.header("origin", &self.origin).send().await.unwrap();
            let cookie = answer.headers().get("set-cookie").map(|v| v.to_str().unwrap().to_owned());
            (answer.status().as_u16(), answer.text().await.unwrap(), cookie)
        })
    }

    fn get(&self, path: &str) -> (u16, String) {
        let (status, text, _) = self.send(self.http.get(format!("{}{path}", self.origin)));
        (status, text)
    }

    fn with(&self, path: &str, token: &str) -> (u16, String) {
        let request = self.http.get(format!("{}{path}", self.origin)).bearer_auth(token);
        let (status, text, _) = self.send(request);
        (status, text)
    }

    fn post(&self, path: &str, form: &[(&str, &str)]) -> (u16, String, Option<String>) {
        self.send(self.http.post(format!("{}{path}", self.origin)).form(form))
    }
}

#[test]
fn no_secret_reaches_the_log_or_what_is_stored() {
    let runtime = Runtime::new().unwrap();
    let options = Options { seed: 77, ..Options::default() };
    let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
    let (config, kept) = sandbox_config(&sandbox);
    let collector = support::collector::Collector::start(&runtime, &[]);
    let config = format!(
        "metrics_token = {{ file = \"secrets/metrics\" }}\n{config}\n[telemetry]\notlp_endpoint = \"{}\"\notlp_headers = {{ file = \"secrets/otlp\" }}\n",
        collector.origin
    );
    let installation = Installation::new(&config);
    let mut secrets: Vec<(String, String)> = Vec::new();
    let mut plant = |name: &str, secret: &str| secrets.push((name.into(), secret.into()));
    for (file, secret) in &kept {
        installation.write(file, secret);
        plant(file, secret);
    }
    installation.write("secrets/metrics", COLLECTOR);
    installation.write("secrets/otlp", &format!("x-token={TRACES}"));
    plant("the token for traces", TRACES);
    plant("the collector's token", COLLECTOR);
    plant("a person's password", PERSON);
    plant("a wrong password", WRONG);
    // Six digits occur by chance; the words around them do not.
    plant("a one-time code", "Your code is ");
    let cw = &sandbox.access().connectwise;
    let basic = format!("{}+{}:{}", cw.company, cw.public_key, cw.private_key.reveal());
    plant("what is sent to ConnectWise", &basic);

    // People, a brain, its webhook.
    let add = ["people", "add", "ann", "--role", "admin", "--email", "ann@harbour-it.example"];
    Said::from(installation.run_with_input(&add, &format!("{PERSON}\n"))).ok(&[]);
    let add = ["brains", "add", "Model", "--owner", "ann", "--ceiling", "high"];
    let said = installation.say(&add).ok(&["id: model"]);
    let brain = after(&said, "token, shown once:").to_owned();
    plant("a brain's token", &brain);
    let nobody = format!("http://127.0.0.1:{}/hook", free_port());
    let said = installation.say(&["brains", "webhook", "model", "--url", &nobody]).ok(&[]);
    plant("a webhook's secret", after(&said, "shown once:"));
    let said = installation.say(&["doctor"]).ok(&["all connectors answer"]);
    let hook = after(&said, "/hooks/psa/").split('/').nth(1).unwrap().to_owned();
    plant("a call-back's token", &hook);
    for (name, secret) in &kept {
        assert!(!said.out.contains(secret.as_str()), "doctor prints {name}");
    }

    let log = installation.dir.path().join("server.log");
    let mut command = installation.command(&["serve"]);
    let file = std::fs::File::create(&log).unwrap();
    command.env("RUST_LOG", "debug").stdin(Stdio::null()).stdout(file.try_clone().unwrap());
    let server = Talkative(command.stderr(file).spawn().unwrap());
    connectors::install_crypto_provider();
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let origin = format!("http://127.0.0.1:{}", installation.port);
    let browser = Browser { runtime: &runtime, http, origin };
    let read_log = || std::fs::read_to_string(&log).unwrap_or_default();
    wait_for("the server", read_log, || {
        std::net::TcpStream::connect(("127.0.0.1", installation.port)).ok()
    });
    wait_for_intake(&runtime, &installation);

    // People sign in, rightly and wrongly; a one-time link; a collector; a call-back; a brain.
    assert_eq!(browser.post("/login", &[("name", "ann"), ("password", WRONG)]).0, 401);
    let (status, _, cookie) = browser.post("/login", &[("name", "ann"), ("password", PERSON)]);
    assert_eq!(status, 303);
    let cookie = cookie.unwrap();
    let session = cookie.split(';').next().unwrap().split_once('=').unwrap().1.to_owned();
    plant("a session's cookie", &session);
    let page = browser.http.get(&browser.origin).header("cookie", format!("id={session}"));
    assert_eq!(browser.send(page).0, 200);
    let link = installation.say(&["login", "ann"]).ok(&["/login/once/"]);
    let once = link.out.trim().rsplit('/').next().unwrap().to_owned();
    plant("a sign-in link's token", &once);
    assert_eq!(browser.post(&format!("/login/once/{once}"), &[]).0, 303);
    assert_eq!(browser.with("/metrics", COLLECTOR).0, 200);
    assert_eq!(browser.with("/metrics", &brain).0, 401);
    assert_eq!(browser.post(&format!("/hooks/psa/{PSA}/{hook}"), &[("id", "1")]).0, 204);
    let (status, told) = browser.with("/api/v1/brain", &brain);
    assert_eq!(status, 200, "{told}");
    let (_, address) = ordinary_users(&sandbox, "fabrikam").swap_remove(1);
    let look = serde_json::json!({"kind": "find_user", "query": {"address": address}});
    let request = serde_json::json!({"client": "fabrikam", "reason": "test", "actions": [look]});
    let url = format!("{}/api/v1/requests?wait_ms=5000", browser.origin);
    let (status, told, _) = browser.send(
        browser.http.post(url).bearer_auth(&brain).header("idempotency-key", "1").json(&request),
    );
    assert_eq!(status, 202, "{told}");

    // A user of each directory forgets a password, and one unlocks: every system is used.
    let mut open = Vec::new();
    for client in &sandbox.access().clients {
        let id = client.id.as_str();
        let (login, address) = ordinary_users(&sandbox, id).swap_remove(0);
        let body = "Hello, I forgot my password over the holidays. Please reset it. Thanks";
        let ticket =
            runtime.block_on(sandbox.file(&mail(id, &address, "password forgotten", body)));
        open.push((id.to_owned(), login, ticket));
    }
    for (client, login, ticket) in &open {
        let link = wait_for("the link", read_log, || {
            let notes = sandbox.ticket(ticket)?.notes;
            notes.iter().find_map(|(text, _)| {
                let at = text.find("/secret/")?;
                let link = text[at..].split_whitespace().next()?;
                Some(link.trim_end_matches(['.', ')', '>']).to_owned())
            })
        });
        assert_eq!(browser.get(&link).0, 200);
        // The code goes to the private address, where there is one.
        let of = |company: &sandbox::world::Company| {
            let person = company.by_login(login).unwrap();
            [vec![person.mail.clone()], person.other_mails.clone()].concat()
        };
        let addresses = sandbox.world().company(client, of).unwrap();
        let mails = || addresses.iter().flat_map(|a| sandbox.mailbox(a)).collect::<Vec<_>>();
        assert_eq!(browser.post(&format!("{link}/code"), &[]).0, 303);
        let code = wait_for("the code by mail", read_log, || {
            mails().iter().find_map(|m| {
                let code = m.text.split_once("Your code is ")?.1;
                Some(code.split_whitespace().next()?.to_owned())
            })
        });
        let (status, page, _) = browser.post(&link, &[("code", &code)]);
        assert_eq!(status, 200, "{page}");
        let of = |company: &sandbox::world::Company| {
            let person = company.by_login(login).unwrap();
            person.password.reveal().to_owned()
        };
        let password = sandbox.world().company(client, of).unwrap();
        assert!(page.contains(&password), "the user reads the password that was set");
        plant(&format!("the password of {login}"), &password);
        let said = sandbox.ticket(ticket).unwrap().notes;
        assert!(said.iter().all(|(text, _)| !text.contains(&password)), "{said:?}");
        assert!(mails().iter().all(|m| !m.raw.contains(&password)));
    }
    for (.., ticket) in &open {
        wait_for("the end", read_log, || {
            let (_, events) = installation.events_of(&format!("{PSA}#{ticket}"))?;
            events.iter().any(|e| e["event"]["event"] == "ended").then_some(())
        });
    }
    wait_for("the spans of every case", read_log, || {
        let closed = collector.spans().iter().filter(|s| s.name == "close").count();
        (closed >= open.len()).then_some(())
    });
    assert!(collector.header("x-token").iter().all(|t| t == TRACES));
    let said = installation.run_with_input(&["reload", "--as", "ann"], &format!("{PERSON}\n"));
    Said::from(said).ok(&["nothing is different"]);
    let said = installation.run_with_input(&["reload", "--as", "ann"], &format!("{WRONG}\n"));
    Said::from(said).fails(&["name or password is wrong"]);
    let (_, numbers) = browser.with("/metrics", COLLECTOR);

    let keys = installation.dir.path().join("data/keys");
    for name in ["vault.key", "journal-signing.key"] {
        let key = std::fs::read_to_string(keys.join(name)).unwrap();
        secrets.push((name.into(), key.trim().to_owned()));
    }
    // A backup is stored text as well.
    let backup = installation.dir.path().join("backup");
    let said = installation.say(&["backup", "--to", backup.to_str().unwrap()]).ok(&["good: "]);
    let whole = read_log();
    assert!(whole.contains("DEBUG"), "the log says little: {whole}");

    let mut places = Vec::new();
    // As it lies there while the server works, with the write-ahead log; and as it is left.
    files(&installation.dir.path().join("data"), &mut places);
    files(&backup, &mut places);
    drop(server);
    installation.say(&["cases", "list", "--limit", "2000"]).ok(&[]);
    files(&installation.dir.path().join("data"), &mut places);
    places.retain(|(path, _)| path.extension().is_none_or(|e| e != "key"));
    assert!(places.iter().any(|(path, _)| path.ends_with("journeyman.db-wal")));
    places.push((log.clone(), std::fs::read(&log).unwrap()));
    places.push(("/metrics".into(), numbers.into_bytes()));
    places.push(("spans".into(), collector.bytes()));
    places.push(("what backup said".into(), format!("{}{}", said.out, said.err).into_bytes()));
    for (client, ..) in &open {
        let said = installation.say(&["journal", "show", "--client", client]).ok(&["finished"]);
        places.push((format!("the journal of {client}").into(), said.out.into_bytes()));
    }
    let found = find(&places, &secrets);
    assert!(found.is_empty(), "{found:#?}");
    assert!(secrets.len() >= 16, "{}", secrets.len());

    // The search itself finds what is there.
    let there = [("a name".to_owned(), "ann@harbour-it.example".to_owned())];
    assert!(!find(&places, &there).is_empty());
}
