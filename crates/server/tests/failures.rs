//! What is wrong before any work begins: each fault gives one message that names cause and remedy,
//! and nothing is written or harmed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use sandbox::{DirectoryAccess, Options, Sandbox};
use sqlx::Connection as _;
use std::{
    net::TcpListener,
    os::unix::{fs::PermissionsExt, process::CommandExt as _},
    path::Path,
    process::{Command, Stdio},
};
use support::{Installation, JOURNEYMAN, Said, free_port, install, outside::Expired, sql};
use tokio::runtime::Runtime;

// ---------------------------------------------------------------- configuration

/// A configuration that is complete; nothing of it is called.
const GOOD: &str = r#"data_dir = "data"
listen = "127.0.0.1:{port}"
public_url = "https://desk.example.net"
msp_name = "Harbour IT"
poll_ms = 100
[policy]
version = "1"
[[psa]]
name = "desk"
[psa.request_tracker]
url = "https://rt.example.net"
token = { file = "secrets/rt" }
queues = ["Help"]
[[client]]
id = "acme"
name = "Acme"
customers = [{ psa = "desk", customer = "Acme" }]
[client.graph]
tenant = "acme.example"
client_id = "0000"
client_secret = { env = "ACME_SECRET" }
"#;

#[test]
fn a_bad_configuration_is_named_with_file_key_and_remedy_and_nothing_is_written() {
    let twice = &GOOD[GOOD.find("[[client]]").unwrap()..];
    let again = format!("{GOOD}{twice}");
    let other = format!("{GOOD}{}", twice.replace("id = \"acme\"", "id = \"other\""));
    let cases: Vec<(String, &[&str])> = vec![
        (
            GOOD.replace("\"Harbour IT\"", "\"Harbour IT"),
            &["line 4", "`msp_name`", "journeyman init"],
        ),
        (
            GOOD.replace("poll_ms", "pol_ms"),
            &["line 5", "unknown field `pol_ms`", "`poll_ms`", "correct its name"],
        ),
        (
            GOOD.replace("poll_ms = 100", "poll_ms = \"fast\""),
            &["line 5", "`poll_ms`", "expected u64"],
        ),
        (GOOD.replace("poll_ms = 100", "poll_ms = 0"), &["`poll_ms`", "above 0"]),
        (GOOD.replace("msp_name = \"Harbour IT\"\n", ""), &["missing field `msp_name`", "add it"]),
        (
            GOOD.replace("[client.graph]\ntenant", "[client.graf]\ntenant"),
            &["unknown field `graf`", "`graph`"],
        ),
        (
            GOOD[..GOOD.find("[client.graph]").unwrap()].into(),
            &["[[client]] acme", "exactly one of [client.active_directory] and [client.graph]"],
        ),
        (
            GOOD.replace("[psa.request_tracker]\nurl", "[psa.connectwise]\nurl"),
            &["line 13", "unknown field `queues`", "`base_url`"],
        ),
        (again, &["[[client]] acme stands twice", "ids must differ"]),
        (other, &["Acme of desk is given to two clients", "must not belong to both"]),
        (
            GOOD.replace("https://desk", "http://desk"),
            &["`public_url`", "must begin with https://"],
        ),
        (
            GOOD.replace("psa = \"desk\"", "psa = \"disk\""),
            &["acme", "no [[psa]] named \"disk\"", "\"desk\""],
        ),
        (
            GOOD.replace("version = \"1\"", "version = \"1\"\nbulk_threshold = 500"),
            &["bulk_threshold", "critical_threshold"],
        ),
        (GOOD.replace("https://rt.", "http://rt."), &["\"desk\"", "`url`", "unencrypted", "https"]),
    ];
    for (text, words) in cases {
        let installation = Installation::new(&text);
        for command in ["serve", "doctor"] {
            let said = installation.say(&[command]);
            let file = installation.config.display().to_string();
            let mut words = words.to_vec();
            // The address is refused by its connector, which knows no file.
            if !text.contains("http://rt.") {
                words.push(&file);
            }
            let said = said.fails(&words);
            assert_eq!(said.err.trim().lines().count(), 1, "one message: {said:#?}");
        }
        let left: Vec<_> = std::fs::read_dir(installation.dir.path()).unwrap().collect();
        if !text.contains("http://rt.") {
            assert_eq!(left.len(), 1, "nothing is written: {left:?}");
        }
    }
}

#[test]
fn no_configuration_at_all_says_how_to_get_one() {
    let installation = Installation::new("");
    std::fs::remove_file(&installation.config).unwrap();
    let file = installation.config.display().to_string();
    for args in [&["serve"][..], &["doctor"], &["cases", "list"], &["journal", "verify"]] {
        installation.say(args).fails(&[
            &file,
            "cannot read the configuration",
            "`journeyman init` writes one",
        ]);
    }
}

#[test]
fn a_secret_written_into_the_configuration_is_refused_and_not_repeated() {
    let text = GOOD.replace("token = { file = \"secrets/rt\" }", "token = \"hunter2-hunter2\"");
    let said = Installation::new(&text).say(&["serve"]);
    let said = said.fails(&["line 12", "`token`", "names where the secret is kept", "file = "]);
    assert!(!said.err.contains("hunter2"), "{said:?}");
}

// ---------------------------------------------------------------- what doctor says

#[test]
fn doctor_names_each_system_that_cannot_be_used_and_what_to_do() {
    let runtime = Runtime::new().unwrap();
    let options = Options { seed: 21, ..Options::default() };
    let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
    let closed = free_port();
    let smtp = sandbox.smtp_addr().port();
    let ldap = match &sandbox.access().clients[2].directory {
        DirectoryAccess::ActiveDirectory { url, .. } => url.clone(),
        other => panic!("{other:?}"),
    };
    let installation = install(&sandbox);
    let secret = |name: &str| installation.dir.path().join("secrets").join(name);
    let keys: Vec<(&str, String)> = ["cw", "fabrikam", "northwind", "lakeside"]
        .map(|n| (n, std::fs::read_to_string(secret(n)).unwrap()))
        .into();
    let restore = || {
        for (name, key) in &keys {
            std::fs::write(secret(name), key).unwrap();
        }
    };
    let all = installation.say(&["doctor"]).ok(&["all connectors answer"]);
    assert!(!all.out.contains("FAIL"), "{all:?}");
    let companies = all.line("not checked whether it has the companies");
    assert!(companies.starts_with("note  help desk connectwise"), "{companies}");
    for client in &sandbox.access().clients {
        assert!(companies.contains(&format!("{:?}", client.company)), "{companies}");
    }

    // A wrong password in each kind of system, an empty file, a port where nobody listens.
    for name in ["cw", "fabrikam", "lakeside"] {
        std::fs::write(secret(name), "Wrong-Secret-77").unwrap();
    }
    std::fs::write(secret("northwind"), "\n").unwrap();
    let path = installation.config.clone();
    let good = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, good.replace(&format!("port = {smtp}"), &format!("port = {closed}")))
        .unwrap();
    let said = installation.say(&["doctor"]);
    assert_eq!(said.code, Some(1), "{said:#?}");
    let line = |what: &str, words: &[&str]| {
        let line = said.line(what);
        assert!(line.starts_with("FAIL"), "{line}");
        for word in words {
            assert!(line.contains(word), "{word:?} is not said: {line}");
        }
        assert_eq!(line.matches(what).count(), 1, "named once: {line}");
    };
    line("help desk connectwise", &["key", "private"]);
    line(
        "Microsoft Graph of fabrikam",
        &["the client secret is wrong", "store the secret's value"],
    );
    line("Microsoft Graph of northwind", &["secrets/northwind is empty", "first line"]);
    line(
        "Active Directory of lakeside",
        &["its password is wrong", "correct `bind_dn` or the password"],
    );
    line("outgoing mail", &["cannot reach", &closed.to_string()]);
    assert!(said.out.contains("something has to be fixed"), "{}", said.out);
    assert!(!said.out.contains("Wrong-Secret-77"), "no secret is repeated: {}", said.out);

    // Missing files, and hosts that do not answer.
    restore();
    std::fs::remove_file(secret("cw")).unwrap();
    let dead = format!("127.0.0.1:{closed}");
    let live = sandbox.base_url().trim_start_matches("http://").to_owned();
    let text = good.replace(&ldap, &format!("ldap://{dead}"));
    let (psa, clients) = text.split_at(text.find("[[client]]").unwrap());
    std::fs::write(&path, format!("{psa}{}", clients.replace(&live, &dead))).unwrap();
    let said = installation.say(&["doctor"]);
    assert_eq!(said.code, Some(1), "{said:#?}");
    for (what, words) in [
        ("help desk connectwise", &["cannot read the secret file", "secrets/cw", "create it"][..]),
        (
            "Microsoft Graph of fabrikam",
            &["cannot reach", &dead, "check the configured address, DNS, firewall"],
        ),
        ("Active Directory of lakeside", &["nothing listens there", "check `url`, DNS, firewall"]),
    ] {
        let line = said.line(what);
        assert!(line.starts_with("FAIL"), "{line}");
        words.iter().for_each(|w| assert!(line.contains(w), "{w:?} is not said: {line}"));
    }
    assert!(said.line("outgoing mail").starts_with("ok"), "{said:#?}");
    assert!(!said.out.contains("try again"), "doctor looks once: {said:#?}");
}

#[test]
fn doctor_fails_for_a_client_whose_queue_is_not_worked_on() {
    let installation = Installation::new(GOOD);
    let said = installation.say(&["doctor"]);
    let line = said.line("client acme: its customer");
    assert!(line.starts_with("FAIL"), "{line}");
    for word in ["\"Acme\"", "`queues` of help desk desk", "\"Help\"", "Correct the customer"] {
        assert!(line.contains(word), "{word:?} is not said: {line}");
    }
    assert_eq!(said.code, Some(1), "{said:#?}");
    let installation = Installation::new(&GOOD.replace("[\"Help\"]", "[\"Help\", \"Acme\"]"));
    let said = installation.say(&["doctor"]);
    assert!(!said.out.contains("its customer"), "{said:#?}");
}

#[test]
fn an_expired_certificate_is_named_as_expired_for_every_kind_of_system() {
    let folder = tempfile::tempdir().unwrap();
    let port = Expired::start(folder.path()).port;
    let ca = folder.path().join("expired.pem").display().to_string();
    let installation = Installation::new(&format!(
        r#"
data_dir = "data"
listen = "127.0.0.1:{{port}}"
public_url = "https://desk.example.net"
msp_name = "Harbour IT"
[mail]
host = "localhost"
port = {port}
tls = "implicit"
from = "help@harbour-it.example"
ca_file = "{ca}"
[[psa]]
name = "tracker"
[psa.request_tracker]
url = "https://localhost:{port}"
ca_file = "{ca}"
token = {{ file = "secret" }}
queues = ["Help"]
[[psa]]
name = "connectwise"
[psa.connectwise]
base_url = "https://localhost:{port}"
ca_file = "{ca}"
company = "msp"
public_key = "public"
private_key = {{ file = "secret" }}
client_id = "id"
board = "Help Desk"
member = "journeyman"
[[client]]
id = "cloud"
name = "Cloud"
customers = []
[client.graph]
base_url = "https://localhost:{port}/v1.0"
login_url = "https://localhost:{port}"
ca_file = "{ca}"
tenant = "t"
client_id = "c"
client_secret = {{ file = "secret" }}
[[client]]
id = "onsite"
name = "On Site"
customers = []
[client.active_directory]
url = "ldaps://localhost:{port}"
ca_file = "{ca}"
base_dn = "DC=on,DC=site"
bind_dn = "svc@on.site"
password = {{ file = "secret" }}
"#
    ));
    installation.write("secret", "Some-Secret-1");
    let said = installation.say(&["doctor"]);
    assert_eq!(said.code, Some(1), "{said:#?}");
    for what in [
        "help desk tracker",
        "help desk connectwise",
        "Microsoft Graph of cloud",
        "Active Directory of onsite",
        "outgoing mail",
    ] {
        let line = said.line(what);
        assert!(line.starts_with("FAIL"), "{line}");
        for word in ["certificate of", "localhost", "expired", "renew"] {
            assert!(line.contains(word), "{word:?} is not said: {line}");
        }
    }
}

// ---------------------------------------------------------------- what stops a start

#[test]
fn what_keeps_the_server_from_starting_is_named_with_the_remedy() {
    let installation = Installation::new(GOOD);
    installation.write("secrets/rt", "token");
    let data = installation.dir.path().join("data");
    let file = installation.database();
    let runtime = Runtime::new().unwrap();
    let cannot = |words: &[&str]| installation.say(&["serve"]).fails(words);

    // The folder is a file.
    std::fs::write(&data, "").unwrap();
    cannot(&["cannot make the data folder", "give this user write access"]);
    std::fs::remove_file(&data).unwrap();

    // Somebody has the port.
    let taken = TcpListener::bind(("127.0.0.1", installation.port)).unwrap();
    let port = installation.port.to_string();
    cannot(&["cannot listen on 127.0.0.1:", &port, "stop what uses the port, or set `listen`"]);
    drop(taken);

    // A damaged model.
    let model = data.join("model.bin");
    let good = std::fs::read(&model).unwrap();
    let mut bad = good.clone();
    bad[good.len() / 2] ^= 0x40;
    for damaged in [bad, good[..good.len() / 3].to_vec(), b"no model".to_vec(), Vec::new()] {
        std::fs::write(&model, damaged).unwrap();
        cannot(&["model.bin", "delete the file to have it trained again"]);
    }
    std::fs::write(&model, good).unwrap();

    // A database of a newer version, of another program, a damaged one, one without its keys.
    installation.say(&["cases", "list"]).ok(&[]);
    let kept = std::fs::read(&file).unwrap();
    let newer = "INSERT INTO migrations (version, name) VALUES (99, '0099')";
    runtime.block_on(sql(&runtime, &file, newer).close()).unwrap();
    cannot(&["journeyman.db was written by a newer Journeyman", "schema 99", "start that version"]);
    std::fs::remove_file(&file).unwrap();
    runtime.block_on(sql(&runtime, &file, "CREATE TABLE pets (name TEXT)").close()).unwrap();
    cannot(&["another program's database", "choose an empty one"]);
    let mut bad = kept.clone();
    bad[..4096].fill(0x55);
    std::fs::write(&file, bad).unwrap();
    cannot(&[
        "journeyman.db is damaged or is not a Journeyman database",
        "restore it from a backup",
    ]);
    std::fs::write(&file, &kept).unwrap();
    std::fs::rename(data.join("keys"), data.join("moved")).unwrap();
    cannot(&["keys", "is missing", "restore it from a backup"]);
    std::fs::rename(data.join("moved"), data.join("keys")).unwrap();

    // And then it starts: nothing of all that harmed anything.
    let mut server = installation.serve(None);
    installation.wait_ready(&mut server);
}

#[test]
fn a_data_folder_that_cannot_be_written_is_named() {
    let installation = Installation::new(GOOD);
    let data = installation.dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap()
    };
    mode(&data, 0o555);
    mode(installation.dir.path(), 0o755);
    // Nothing is forbidden to root; and nobody may not reach every folder that a clone is in.
    let binary = installation.dir.path().join("journeyman");
    std::fs::copy(JOURNEYMAN, &binary).unwrap();
    let mut command = Command::new(binary);
    command.args(["serve", "--config"]).arg(&installation.config);
    if Command::new("id").arg("-u").output().unwrap().stdout == b"0\n" {
        command.uid(65534).gid(65534);
    }
    let said: Said = command.stdin(Stdio::null()).output().unwrap().into();
    said.fails(&["data", "Permission denied", "give this user write access"]);
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 0);
}

#[test]
fn a_second_server_on_one_data_folder_is_refused() {
    let installation = Installation::new(GOOD);
    let text = GOOD.replace("{port}", &free_port().to_string());
    let mut first = installation.serve(None);
    installation.wait_ready(&mut first);
    let other = installation.dir.path().join("other.toml");
    std::fs::write(&other, text).unwrap();
    let second = Command::new(JOURNEYMAN).args(["serve", "--config"]).arg(&other).output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success(), "{said}");
    assert!(said.contains("another Journeyman serves the data folder"), "{said}");
    assert!(!first.ended(), "the first goes on");
}
