//! From a real help desk to a real account, and back: Exim, Request Tracker, Samba AD, and
//! `journeyman serve` as a process of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};
use support::{Installation, Server, repository, wait_for};

/// The running labs.
struct Labs {
    dir: PathBuf,
    json: Value,
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
}

impl Labs {
    fn find() -> Option<Labs> {
        let Some(file) = std::env::var_os("JOURNEYMAN_LABS").map(PathBuf::from) else {
            assert!(
                std::env::var_os("CI").is_none(),
                "JOURNEYMAN_LABS is not set; in CI no lab may be skipped"
            );
            eprintln!(
                "SKIPPED: no labs; `cargo xtask labs up` starts them and prints the line to export"
            );
            return None;
        };
        let json = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        connectors::install_crypto_provider();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        Some(Labs { dir: file.parent().unwrap().to_owned(), json, runtime, http })
    }

    fn text(&self, path: &str) -> String {
        let value = self.json.pointer(path).unwrap_or_else(|| panic!("labs.json has no {path}"));
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }

    /// Sends a mail to the help desk and answers with the ids of the tickets it made.
    fn mail(&self, from: &str, subject: &str, body: &str, message_id: &str) -> Vec<String> {
        let before = self.tickets();
        let mut child = Command::new(repository("labs/mail-to-rt.sh"))
            .args([self.dir.as_os_str()])
            .args([from, subject, message_id])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), body.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "the mail was not taken");
        wait_for("a ticket from a mail", String::new, || {
            let now: Vec<String> =
                self.tickets().into_iter().filter(|t| !before.contains(t)).collect();
            (!now.is_empty()).then_some(now)
        })
    }

    fn rt(&self, path: &str) -> Value {
        let url = format!("{}/REST/2.0/{path}", self.text("/request_tracker/plain_url"));
        let password = self.text("/request_tracker/root_password");
        self.runtime.block_on(async {
            let answer =
                self.http.get(&url).basic_auth("root", Some(password)).send().await.unwrap();
            answer.json().await.unwrap()
        })
    }

    fn tickets(&self) -> Vec<String> {
        let found = self.rt("tickets?query=Queue%3D%27Acme%27&per_page=100");
        let items = found["items"].as_array().cloned().unwrap_or_default();
        items
            .iter()
            .map(|t| t["id"].as_str().map_or_else(|| t["id"].to_string(), str::to_owned))
            .collect()
    }

    /// The directory's address for `ldapsearch`, which checks the certificate of `localhost` against
    /// this machine's own name.
    fn ldap_url(&self) -> String {
        self.text("/active_directory/url").replace("localhost", "127.0.0.1")
    }

    /// Whether this login and password sign in; the diagnostic when not.
    fn sign_in(&self, login: &str, password: &str) -> Result<(), String> {
        let out = Command::new("ldapsearch")
            .env("LDAPTLS_CACERT", self.text("/active_directory/ca_file"))
            .args(["-x", "-LLL", "-H", &self.ldap_url(), "-D", login, "-w", password])
            .args(["-s", "base", "-b", "", "dnsHostName"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(!said.contains("Can't contact"), "{said}");
        if out.status.success() { Ok(()) } else { Err(said) }
    }

    /// One attribute of an account, as the administrator reads it.
    fn attribute(&self, name: &str, attribute: &str) -> Vec<String> {
        let password =
            std::fs::read_to_string(self.text("/active_directory/admin_password_file")).unwrap();
        let out = Command::new("ldapsearch")
            .env("LDAPTLS_CACERT", self.text("/active_directory/ca_file"))
            .args(["-x", "-LLL", "-o", "ldif-wrap=no", "-H", &self.ldap_url()])
            .args(["-D", &self.text("/active_directory/admin_bind_dn"), "-w", password.trim()])
            .args([
                "-b",
                &self.text("/active_directory/base_dn"),
                &format!("(sAMAccountName={name})"),
                attribute,
            ])
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        use base64::Engine as _;
        let (prefix, coded) = (format!("{attribute}: "), format!("{attribute}:: "));
        let decode = |text: &str| {
            let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        String::from_utf8_lossy(&out.stdout)
            .lines()
            .filter_map(|l| {
                let plain = l.strip_prefix(&prefix).map(str::to_owned);
                plain.or_else(|| l.strip_prefix(&coded).map(decode))
            })
            .collect()
    }

    /// Puts an account back to how the labs made it: other tests share the domain.
    fn restore(&self, name: &str) {
        use base64::Engine as _;
        let dn = self.attribute(name, "dn").pop().unwrap_or_default();
        let password = format!("\"{}\"", self.text("/active_directory/user_password"));
        let utf16: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let coded = base64::engine::general_purpose::STANDARD.encode(utf16);
        let dn = base64::engine::general_purpose::STANDARD.encode(dn);
        self.modify(&format!(
            "dn:: {dn}\nchangetype: modify\nreplace: unicodePwd\nunicodePwd:: {coded}\n-\nreplace: lockoutTime\nlockoutTime: 0\n-\nreplace: pwdLastSet\npwdLastSet: -1\n"
        ));
    }

    /// Takes an account out of a group, if it is in it.
    fn leave(&self, group: &str, name: &str) {
        let (group_dn, dn) = (self.attribute(group, "dn"), self.attribute(name, "dn"));
        let member = dn.first().cloned().unwrap_or_default();
        if self.attribute(group, "member").contains(&member) {
            let group_dn = group_dn.first().cloned().unwrap_or_default();
            self.modify(&format!(
                "dn: {group_dn}\nchangetype: modify\ndelete: member\nmember: {member}\n"
            ));
        }
    }

    fn modify(&self, ldif: &str) {
        let password =
            std::fs::read_to_string(self.text("/active_directory/admin_password_file")).unwrap();
        let mut child = Command::new("ldapmodify")
            .env("LDAPTLS_CACERT", self.text("/active_directory/ca_file"))
            .args(["-x", "-H", &self.ldap_url(), "-w", password.trim()])
            .args(["-D", &self.text("/active_directory/admin_bind_dn")])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), ldif.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "ldapmodify refused:\n{ldif}");
    }

    /// Wrong passwords until the account is locked.
    fn lock(&self, login: &str) {
        for _ in 0..self.json["active_directory"]["lockout_threshold"].as_u64().unwrap_or(3) + 1 {
            assert!(self.sign_in(login, "wrong-Password-1").is_err());
        }
        let name = login.split('@').next().unwrap();
        assert!(
            self.attribute(name, "lockoutTime").iter().any(|t| t != "0"),
            "{login} is not locked"
        );
    }

    /// Mails that arrived for an address, oldest first.
    fn mails(&self, address: &str) -> Vec<String> {
        let folder = Path::new(&self.text("/mail/maildir")).join(address);
        let mut files: Vec<PathBuf> = ["new", "cur"]
            .iter()
            .filter_map(|d| std::fs::read_dir(folder.join(d)).ok())
            .flat_map(|d| d.filter_map(|f| f.ok().map(|f| f.path())))
            .collect();
        files.sort_by_key(|f| f.metadata().and_then(|m| m.modified()).ok());
        files.iter().map(|f| decode(&std::fs::read_to_string(f).unwrap_or_default())).collect()
    }
}

/// Quoted-printable line ends and equal signs, as far as links and codes need it.
fn decode(mail: &str) -> String {
    mail.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=")
}

fn install(labs: &Labs) -> Installation {
    let ad = |key: &str| labs.text(&format!("/active_directory/{key}"));
    let rt = |key: &str| labs.text(&format!("/request_tracker/{key}"));
    Installation::new(&format!(
        r#"
data_dir = "data"
listen = "127.0.0.1:{{port}}"
public_url = "http://127.0.0.1:{{port}}"
msp_name = "Harbour IT"
poll_ms = 250
[policy]
version = "lab-1"
bulk_threshold = 50
[policy.autonomy."*"]
reply = "auto_and_close"
add_note = "auto_and_close"
log_time = "auto_and_close"
set_status = "auto_and_close"
unlock_account = "auto_and_close"
reset_password = "auto_with_guardrails"
[mail]
host = "{}"
port = {}
tls = "none_on_loopback"
from = "Help Desk <help@acme.test>"
[[psa]]
name = "rt"
[psa.request_tracker]
url = "{}"
ca_file = "{}"
token = {{ file = "{}" }}
queues = ["Acme"]
[[client]]
id = "acme"
name = "Acme"
customers = [{{ psa = "rt", customer = "Acme" }}]
[client.active_directory]
url = "{}"
ca_file = "{}"
base_dn = "{}"
bind_dn = "{}"
password = {{ file = "{}" }}
"#,
        labs.text("/mail/host"),
        labs.text("/mail/smtp_port"),
        rt("url"),
        rt("ca_file"),
        rt("token_file"),
        ad("url"),
        ad("ca_file"),
        ad("base_dn"),
        ad("bind_dn"),
        ad("password_file"),
    ))
}

/// The events of a ticket's case once it has ended.
fn ended(installation: &Installation, server: &Server, ticket: &str) -> Vec<Value> {
    wait_for(
        &format!("the end of ticket {ticket}"),
        || server.log(),
        || {
            let (_, events) = installation.events_of(&format!("rt#{ticket}"))?;
            (events.last()?["event"]["event"] == "ended").then_some(events)
        },
    )
}

fn outcome(events: &[Value]) -> &str {
    events.last().unwrap()["event"]["outcome"].as_str().unwrap()
}

fn done(events: &[Value], kind: &str) -> usize {
    let started: Vec<&Value> = events
        .iter()
        .filter(|e| e["event"]["event"] == "started" && e["event"]["action"]["kind"] == kind)
        .map(|e| &e["event"]["attempt"])
        .collect();
    events
        .iter()
        .filter(|e| e["event"]["event"] == "finished" && started.contains(&&e["event"]["attempt"]))
        .filter(|e| e["event"]["outcome"]["done"].is_string())
        .count()
}

#[test]
fn a_mail_becomes_a_changed_account_an_answered_user_and_a_clean_record() {
    let Some(labs) = Labs::find() else { return };
    for name in ["jroe", "bklein", "amiller", "jmueller", "soneil"] {
        labs.restore(name);
    }
    labs.leave("Finance", "bklein");
    let installation = install(&labs);
    // `init` makes the administrator of the same data folder.
    let init = Command::new(support::JOURNEYMAN)
        .args(["init", "--defaults", "--config"])
        .arg(installation.dir.path().join("init.toml"))
        .output()
        .unwrap();
    let text = String::from_utf8(init.stdout).unwrap();
    assert!(init.status.success(), "{text} {}", String::from_utf8_lossy(&init.stderr));
    let password =
        text.lines().find_map(|l| l.strip_prefix("password, shown once: ")).unwrap().to_owned();

    let doctor = installation.run(&["doctor"]);
    let said = String::from_utf8(doctor.stdout).unwrap();
    assert!(doctor.status.success(), "{said}");

    let mut server = installation.serve(None);
    installation.wait_ready(&mut server);
    std::thread::sleep(Duration::from_secs(2)); // the first cursor: older tickets are left alone

    locked_account(&labs, &installation, &server);
    let new_password = forgotten_password(&labs, &installation, &server);
    sensitive_group(&labs, &installation, &server, &password);
    domain_admin(&labs, &installation, &server);
    the_same_mail_twice(&labs, &installation, &server);

    server.kill();
    killed_in_mid_action(&labs, &installation);

    let verify = installation.run(&["journal", "verify"]);
    assert!(verify.status.success(), "{}", String::from_utf8_lossy(&verify.stdout));
    nothing_leaked(&installation, &[&new_password, &password]);
}

fn locked_account(labs: &Labs, installation: &Installation, server: &Server) {
    let first = labs.text("/active_directory/user_password");
    labs.lock("jroe@acme.test");
    assert!(labs.sign_in("jroe@acme.test", &first).is_err(), "locked");
    let tickets = labs.mail(
        "jroe@acme.test",
        "locked out",
        "Hi, I typed my password wrong too often and now my account is locked. Could you unlock me? Thanks, Jane\n",
        "",
    );
    let events = ended(installation, server, &tickets[0]);
    assert_eq!(outcome(&events), "closed", "{events:#?}");
    assert_eq!(done(&events, "unlock_account"), 1);
    labs.sign_in("jroe@acme.test", &first).expect("the old password works again");
    let ticket = labs.rt(&format!("ticket/{}", tickets[0]));
    assert_eq!(ticket["Status"], "resolved");
    assert!(
        ticket["TimeWorked"]
            .as_str()
            .map_or_else(|| ticket["TimeWorked"].as_i64().unwrap(), |t| t.parse().unwrap())
            > 0
    );
    wait_for(
        "the answer by mail",
        || server.log(),
        || labs.mails("jroe@acme.test").iter().any(|m| m.contains("Harbour IT")).then_some(()),
    );
}

fn forgotten_password(labs: &Labs, installation: &Installation, server: &Server) -> String {
    let first = labs.text("/active_directory/user_password");
    labs.sign_in("bklein@acme.test", &first).expect("the old password works before");
    let tickets = labs.mail(
        "bklein@acme.test",
        "password forgotten",
        "Hello, I forgot my password after the holidays, please reset it.\n",
        "",
    );
    let events = ended(installation, server, &tickets[0]);
    assert_eq!(outcome(&events), "closed", "{events:#?}");
    assert!(labs.sign_in("bklein@acme.test", &first).is_err(), "the old password is refused");
    let link = wait_for(
        "the link by mail",
        || server.log(),
        || {
            labs.mails("bklein@acme.test").iter().find_map(|m| {
                let at = m.find("/secret/")?;
                let start = m[..at].rfind("http")?;
                let end = m[at..].find(|c: char| c.is_whitespace()).map_or(m.len(), |e| at + e);
                Some(m[start..end].to_owned())
            })
        },
    );
    let password = fetch_secret(labs, &link, "bklein@acme.test");
    // 773: the password is right and has to be changed at the first sign-in.
    let refused = labs.sign_in("bklein@acme.test", &password).unwrap_err();
    assert!(refused.contains("773"), "the new password is right: {refused}");
    password
}

/// Opens the one-time page as its user would: a code by mail, the password once.
fn fetch_secret(labs: &Labs, link: &str, address: &str) -> String {
    let origin = link.split("/secret/").next().unwrap().to_owned();
    let get = |url: &str| {
        labs.runtime.block_on(async {
            let answer = labs.http.get(url).send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        })
    };
    let post = |url: &str, form: &[(&str, &str)]| {
        labs.runtime.block_on(async {
            let request = labs.http.post(url).header("Origin", &origin).form(form);
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        })
    };
    let before = labs.mails(address).len();
    for _ in 0..3 {
        // A link scanner fetches as often as it likes.
        assert_eq!(get(link).0, 200);
    }
    assert_eq!(labs.mails(address).len(), before, "opening the page sends nothing");
    let (status, page) = post(&format!("{link}/code"), &[]);
    assert_eq!(status, 200, "{page}");
    let code = wait_for("the code by mail", String::new, || {
        labs.mails(address).iter().skip(before).find_map(|m| {
            let body = m.split_once("\n\n").or_else(|| m.split_once("\r\n\r\n"))?.1;
            body.split(|c: char| !c.is_ascii_digit()).find(|w| w.len() == 6).map(str::to_owned)
        })
    });
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let (_, page) = post(link, &[("code", wrong)]);
    assert!(page.contains("wrong"), "{page}");
    let (status, page) = post(link, &[("code", &code)]);
    assert_eq!(status, 200, "{page}");
    let password = page
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .find(|w| w.len() == 19 && w.matches('-').count() == 3)
        .unwrap_or_else(|| panic!("no password on the page: {page}"))
        .to_owned();
    let (_, again) = post(link, &[("code", &code)]);
    assert!(!again.contains(&password), "shown once");
    assert!(!get(link).1.contains(&password), "gone");
    password
}

fn sensitive_group(labs: &Labs, installation: &Installation, server: &Server, password: &str) {
    let tickets = labs.mail(
        "mboss@acme.test",
        "access to finance",
        "Hello, please add bklein@acme.test to the Finance group. He starts there on Monday.\n",
        "",
    );
    let id = wait_for(
        "a question to a person",
        || server.log(),
        || {
            let out = installation.run(&["approvals", "list"]);
            let text = String::from_utf8(out.stdout).unwrap();
            text.split_whitespace()
                .find(|w| w.len() == 36 && w.matches('-').count() == 4)
                .map(str::to_owned)
        },
    );
    let member =
        |labs: &Labs| labs.attribute("Finance", "member").iter().any(|m| m.contains("Klein"));
    assert!(!member(labs), "nothing happens before somebody says yes");
    let shown = installation.run(&["approvals", "show", &id]);
    let package = String::from_utf8(shown.stdout).unwrap();
    assert!(package.contains("Finance") && package.contains("sensitive_group"), "{package}");
    let digest =
        package.lines().find_map(|l| l.strip_prefix("digest")).map(str::trim).unwrap().to_owned();
    let approve = ["approvals", "approve", &id, "--as", "admin", "--digest", &digest];
    let wrong = installation.run_with_input(&approve, "guess\n");
    assert!(!wrong.status.success(), "a wrong password decides nothing");
    let yes = installation.run_with_input(&approve, &format!("{password}\n"));
    assert!(yes.status.success(), "{}", String::from_utf8_lossy(&yes.stderr));
    let events = ended(installation, server, &tickets[0]);
    assert_eq!(outcome(&events), "closed", "{events:#?}");
    assert!(member(labs), "the member is there");
}

fn domain_admin(labs: &Labs, installation: &Installation, server: &Server) {
    for admin in ["dadmin@acme.test", "nnested@acme.test"] {
        let before = labs.attribute(admin.split('@').next().unwrap(), "pwdLastSet");
        let tickets = labs.mail(admin, "password", "I forgot my password, please reset it.\n", "");
        let events = ended(installation, server, &tickets[0]);
        assert_eq!(outcome(&events), "refused", "{events:#?}");
        let judged = events.iter().any(|e| {
            e["event"]["event"] == "judged" && e["event"]["verdict"]["tier"] == "critical"
        });
        assert!(judged, "the gate itself refused");
        assert_eq!(labs.attribute(admin.split('@').next().unwrap(), "pwdLastSet"), before);
        let ticket = labs.rt(&format!("ticket/{}", tickets[0]));
        assert_ne!(ticket["Status"], "resolved", "people take over");
    }
}

fn the_same_mail_twice(labs: &Labs, installation: &Installation, server: &Server) {
    labs.lock("amiller@acme.test");
    let body = "I cannot log in any more, it says that my account is locked. Please unlock it.\n";
    let id = "<the-same-mail@acme.test>";
    let mut tickets = labs.mail("amiller@acme.test", "account locked", body, id);
    ended(installation, server, &tickets[0]);
    tickets.extend(labs.mail("amiller@acme.test", "account locked", body, id));
    let events = ended(installation, server, &tickets[1]);
    assert_eq!(outcome(&events), "closed", "{events:#?}");
    assert_eq!(done(&events, "unlock_account"), 0, "the second mail changes nothing");
    let note = events.iter().find(|e| e["event"]["code"] == "duplicate_of").unwrap();
    assert_eq!(note["event"]["text"], tickets[0].as_str());
    // RT itself now has one ticket: the second is merged into the first, or linked and closed.
    let second = labs.rt(&format!("ticket/{}", tickets[1]));
    let merged = second["EffectiveId"]["id"].as_str().is_some_and(|e| e == tickets[0]);
    assert!(merged || second["Status"] == "resolved", "{second:#}");
}

fn killed_in_mid_action(labs: &Labs, installation: &Installation) {
    let first = labs.text("/active_directory/user_password");
    for (login, crash) in
        [("jmueller@acme.test", "before_call:1"), ("soneil@acme.test", "after_call:1")]
    {
        labs.lock(login);
        let mut server = installation.serve(Some(crash));
        installation.wait_ready(&mut server);
        let address = match login {
            "jmueller@acme.test" => "juergen.mueller@acme.test",
            other => other,
        };
        let tickets = labs.mail(address, "locked", "My account is locked, please unlock it.\n", "");
        wait_for("the crash", || installation.log(), || server.ended().then_some(()));
        let mut server = installation.serve(None);
        installation.wait_ready(&mut server);
        let events = ended(installation, &server, &tickets[0]);
        assert_eq!(outcome(&events), "closed", "{crash}: {events:#?}");
        assert_eq!(done(&events, "unlock_account"), 1, "{crash}");
        assert_eq!(done(&events, "reply"), 1, "{crash}");
        labs.sign_in(login, &first).unwrap_or_else(|e| panic!("{crash}: {e}"));
        let ticket = labs.rt(&format!("ticket/{}", tickets[0]));
        assert_eq!(ticket["Status"], "resolved", "{crash}");
    }
}

/// No password stands anywhere in the data folder, in the clear.
fn nothing_leaked(installation: &Installation, secrets: &[&str]) {
    let mut folders = vec![installation.dir.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            for secret in secrets {
                let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
                assert!(!found, "a password stands in {}", path.display());
            }
        }
    }
}
