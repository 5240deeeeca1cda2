//! What goes wrong outside Journeyman: each fault gives one message that names cause and remedy,
//! and no ticket is lost over it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use sandbox::{DirectoryAccess, Options, Sandbox, WriteKind};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    io::Write as _,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    os::unix::{fs::PermissionsExt, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};
use support::{
    Installation, PSA, Said, free_port, install, mail, ordinary_users, sandbox_config, wait_for,
};
use tokio::runtime::Runtime;

const FORGOT: &str =
    "Hello, I have forgotten my password and cannot sign in. Please reset it. Thanks";

/// A sandbox with a runtime of its own.
struct Desk {
    runtime: Runtime,
    sandbox: Sandbox,
}

impl Desk {
    fn open(seed: u64) -> Desk {
        Desk::with(Options { seed, ..Options::default() })
    }

    /// Each call takes a moment, so that a test can come in between two.
    fn open_slow(seed: u64) -> Desk {
        Desk::with(Options { seed, latency_ms: 300, ..Options::default() })
    }

    fn with(options: Options) -> Desk {
        let runtime = Runtime::new().unwrap();
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        Desk { runtime, sandbox }
    }

    /// A user who forgot the password: login and the ticket's id.
    fn forgot(&self, client: &str, nth: usize) -> (String, String) {
        let (login, address) = ordinary_users(&self.sandbox, client).swap_remove(nth);
        let ticket = mail(client, &address, "forgot my password", FORGOT);
        (login, self.runtime.block_on(self.sandbox.file(&ticket)))
    }

    /// Waits until the ticket is closed, with the password set once.
    fn worked(&self, installation: &Installation, client: &str, ticket: &(String, String)) {
        wait_for(
            &format!("the close of {client} {ticket:?}"),
            || installation.log(),
            || self.sandbox.ticket(&ticket.1).unwrap().closed.then_some(()),
        );
        assert_eq!(
            self.sandbox.write_count(client, &ticket.0, WriteKind::Password),
            1,
            "{ticket:?}"
        );
    }
}

fn database(installation: &Installation) -> PathBuf {
    installation.dir.path().join("data/journeyman.db")
}

fn sql(runtime: &Runtime, file: &Path, statement: &'static str) -> SqliteConnection {
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
        connection
    })
}

/// Waits until intake knows where it begins: what is filed from now on is not history.
fn wait_for_intake(desk: &Desk, installation: &Installation) {
    wait_for(
        "the first look at the help desk",
        || installation.log(),
        || {
            desk.runtime.block_on(async {
                let options =
                    SqliteConnectOptions::new().filename(database(installation)).read_only(true);
                let mut connection = SqliteConnection::connect_with(&options).await.ok()?;
                sqlx::query("SELECT cursor FROM cursors")
                    .fetch_optional(&mut connection)
                    .await
                    .ok()?
            })
        },
    );
}

/// `init` makes the administrator of the data folder beside the configuration that it writes.
fn make_administrator(installation: &Installation) {
    let mut init = Command::new(support::JOURNEYMAN);
    init.args(["init", "--defaults", "--config"]).arg(installation.dir.path().join("init.toml"));
    Said::from(init.output().unwrap()).ok(&["password, shown once"]);
}

/// How often this is logged.
fn times(installation: &Installation, text: &str) -> usize {
    installation.log().lines().filter(|l| l.contains(text)).count()
}

fn wait_for_log(installation: &Installation, words: &[&str]) {
    wait_for(
        &format!("{words:?} in the log"),
        || installation.log(),
        || installation.log().lines().any(|l| words.iter().all(|w| l.contains(w))).then_some(()),
    );
}

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
    let desk = Desk::open(21);
    let closed = free_port();
    let smtp = desk.sandbox.smtp_addr().port();
    let ldap = match &desk.sandbox.access().clients[2].directory {
        DirectoryAccess::ActiveDirectory { url, .. } => url.clone(),
        other => panic!("{other:?}"),
    };
    let installation = install(&desk.sandbox);
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
    let live = desk.sandbox.base_url().trim_start_matches("http://").to_owned();
    let text = good.replace(&ldap, &format!("ldap://{dead}"));
    let (psa, clients) = text.split_at(text.find("[[client]]").unwrap());
    std::fs::write(&path, format!("{psa}{}", clients.replace(&live, &dead))).unwrap();
    let said = installation.say(&["doctor"]);
    assert_eq!(said.code, Some(1), "{said:#?}");
    for (what, words) in [
        ("help desk connectwise", &["cannot read the secret file", "secrets/cw", "create it"][..]),
        ("Microsoft Graph of fabrikam", &["cannot reach", &dead]),
        ("Active Directory of lakeside", &["nothing listens there", "check `url`, DNS, firewall"]),
    ] {
        let line = said.line(what);
        assert!(line.starts_with("FAIL"), "{line}");
        words.iter().for_each(|w| assert!(line.contains(w), "{w:?} is not said: {line}"));
    }
    assert!(said.line("outgoing mail").starts_with("ok"), "{said:#?}");
}

/// A TLS server with a certificate of last century's kind; it only ever shakes hands.
struct Expired {
    port: u16,
}

impl Expired {
    fn start(dir: &Path) -> Expired {
        connectors::install_crypto_provider();
        let script = r#"set -e
cd "$1"
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -keyout key.pem -out csr.pem
: >index; echo 01 >serial
cat >ca.cnf <<C
[ca]
default_ca = c
[c]
new_certs_dir = .
database = index
serial = serial
default_md = sha256
policy = p
x509_extensions = x
[p]
commonName = supplied
[x]
basicConstraints = critical,CA:FALSE
subjectAltName = DNS:localhost,IP:127.0.0.1
extendedKeyUsage = serverAuth
C
openssl ca -batch -notext -config ca.cnf -selfsign -keyfile key.pem -in csr.pem -out expired.pem \
  -startdate 20200101000000Z -enddate 20210101000000Z
"#;
        let made = Command::new("bash").args(["-c", script, "bash"]).arg(dir).output().unwrap();
        assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
        let cert = CertificateDer::from_pem_file(dir.join("expired.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(dir.join("key.pem")).unwrap();
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![cert], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(mut stream), config) = (stream, config.clone()) else { return };
                std::thread::spawn(move || {
                    let mut tls = rustls::ServerConnection::new(config).unwrap();
                    // The client hangs up: it sees the date.
                    let _ = tls.complete_io(&mut stream);
                });
            }
        });
        Expired { port }
    }
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

// ---------------------------------------------------------------- a running server

/// A door in front of a port that can be shut and opened: an unreachable host.
struct Door {
    port: u16,
    target: SocketAddr,
    open: Option<Arc<AtomicBool>>,
    listening: Option<JoinHandle<()>>,
}

impl Door {
    /// In front of the host of this address; shut.
    fn before(url: &str) -> Door {
        let host = url.split("//").nth(1).unwrap().split('/').next().unwrap();
        Door { port: free_port(), target: host.parse().unwrap(), open: None, listening: None }
    }

    /// The same address, through the door.
    fn through(&self, url: &str) -> String {
        url.replace(&self.target.to_string(), &format!("127.0.0.1:{}", self.port))
    }

    fn open(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let open = Arc::new(AtomicBool::new(true));
        self.open = Some(open.clone());
        let target = self.target;
        self.listening = Some(std::thread::spawn(move || {
            let mut streams = Vec::new();
            while open.load(Ordering::SeqCst) {
                let Ok((from, _)) = listener.accept() else {
                    std::thread::sleep(Duration::from_millis(5));
                    continue;
                };
                from.set_nonblocking(false).unwrap();
                let to = TcpStream::connect(target).unwrap();
                for (a, b) in [(&from, &to), (&to, &from)] {
                    let (mut a, mut b) = (a.try_clone().unwrap(), b.try_clone().unwrap());
                    std::thread::spawn(move || {
                        let _ = std::io::copy(&mut a, &mut b);
                        let _ = b.shutdown(Shutdown::Write);
                    });
                }
                streams.extend([from, to]);
            }
            streams.iter().for_each(|s| drop(s.shutdown(Shutdown::Both)));
        }));
    }

    fn shut(&mut self) {
        if let (Some(open), Some(listening)) = (self.open.take(), self.listening.take()) {
            open.store(false, Ordering::SeqCst);
            listening.join().unwrap();
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.shut();
    }
}

#[test]
fn outages_are_told_once_and_no_ticket_is_lost_over_them() {
    let desk = Desk::open(22);
    let access = desk.sandbox.access();
    let (config, secrets) = sandbox_config(&desk.sandbox);
    let mut psa_door = Door::before(&access.connectwise.site_url);
    let mut graph_door = Door::before(desk.sandbox.base_url());
    psa_door.open();
    graph_door.open();
    let (mut psa, clients) = config.split_at(config.find("[[client]]").unwrap());
    let through = psa_door.through(psa);
    psa = &through;
    let northwind = clients.find("id = \"northwind\"").unwrap();
    let (before, after) = clients.split_at(northwind);
    let next = after.find("[[client]]").unwrap_or(after.len());
    let clients = format!("{before}{}{}", graph_door.through(&after[..next]), &after[next..]);
    let installation = Installation::new(&format!("{psa}{clients}"));
    let set = |name: &str, secret: Option<&str>| {
        let (file, right) = secrets.iter().find(|(f, _)| f.ends_with(name)).unwrap();
        installation.write(file, secret.unwrap_or(right));
    };
    let restore = || secrets.iter().for_each(|(file, secret)| installation.write(file, secret));
    restore();
    let server = installation.serve(None);
    wait_for_intake(&desk, &installation);

    // The help desk cannot be reached; the server goes on by itself when it can.
    psa_door.shut();
    let unreachable = format!("cannot reach 127.0.0.1:{}", psa_door.port);
    wait_for_log(&installation, &["tickets cannot be read now", &unreachable]);
    let ticket = desk.forgot("northwind", 0);
    std::thread::sleep(Duration::from_millis(1500));
    psa_door.open();
    desk.worked(&installation, "northwind", &ticket);
    assert_eq!(times(&installation, "tickets cannot be read now"), 1, "{}", installation.log());
    assert_eq!(times(&installation, "tickets can be read again"), 1, "{}", installation.log());

    // A wrong key, put right while the server runs.
    set("cw", Some("Wrong-Key-1"));
    wait_for_log(&installation, &["tickets cannot be read now", "private key"]);
    let ticket = desk.forgot("northwind", 1);
    std::thread::sleep(Duration::from_millis(1500));
    set("cw", None);
    desk.worked(&installation, "northwind", &ticket);
    assert_eq!(times(&installation, "tickets cannot be read now"), 2, "{}", installation.log());

    // Every directory fails in its own way; tokens and connections are new after a restart.
    drop(server);
    set("fabrikam", Some("Wrong-Secret-2"));
    set("lakeside", Some("Wrong-Secret-3"));
    graph_door.shut();
    let server = installation.serve(None);
    let clients = ["fabrikam", "lakeside", "northwind"];
    let tickets = clients.map(|client| [2, 3].map(|nth| desk.forgot(client, nth)));
    let unreachable = format!("cannot reach 127.0.0.1:{}", graph_door.port);
    for (client, words) in [
        ("fabrikam", ["the client secret is wrong", "store the secret's value"]),
        ("lakeside", ["its password is wrong", "correct `bind_dn` or the password"]),
        ("northwind", ["the directory cannot be read now", &unreachable]),
    ] {
        wait_for_log(&installation, &[client, words[0], words[1]]);
    }
    let tried = |ticket: &(String, String)| {
        let (_, events) = installation.events_of(&format!("{PSA}#{}", ticket.1))?;
        let unavailable = |e: &serde_json::Value| e["event"]["result"]["unavailable"].is_string();
        events.iter().any(unavailable).then_some(())
    };
    for ticket in tickets.iter().flatten() {
        wait_for("a try that failed", || installation.log(), || tried(ticket));
    }
    restore();
    graph_door.open();
    for (client, tickets) in clients.iter().zip(&tickets) {
        tickets.iter().for_each(|t| desk.worked(&installation, client, t));
        let told = installation.log();
        let told =
            told.lines().filter(|l| l.contains(client) && l.contains("the directory cannot"));
        assert_eq!(told.count(), 1, "said once: {}", installation.log());
    }
    assert!(!installation.log().contains("Wrong-"), "no secret is logged: {}", installation.log());
    drop(server);
    installation.say(&["journal", "verify"]).ok(&[
        "fabrikam: clean",
        "lakeside: clean",
        "northwind: clean",
    ]);
}

#[test]
fn a_locked_database_is_named_and_only_delays() {
    let desk = Desk::open(23);
    let installation = install(&desk.sandbox);
    let mut server = installation.serve(None);
    wait_for_intake(&desk, &installation);
    make_administrator(&installation);
    let lock = sql(&desk.runtime, &database(&installation), "BEGIN EXCLUSIVE");
    let ticket = desk.forgot("fabrikam", 0);
    let said = installation.say(&["login"]);
    said.fails(&[
        "journeyman.db is locked by another process",
        "stop the other Journeyman or backup",
        "nothing was lost",
    ]);
    installation.say(&["cases", "list"]).ok(&["subject"]);
    wait_for_log(&installation, &["locked by another process", "work goes on by itself"]);
    assert!(!desk.sandbox.ticket(&ticket.1).unwrap().closed);
    desk.runtime.block_on(lock.close()).unwrap();
    desk.worked(&installation, "fabrikam", &ticket);
    assert!(!server.ended(), "{}", server.log());
    for line in ["tickets cannot be read now", "no cases can be worked on now"] {
        assert!(times(&installation, line) <= 1, "not in a loop: {}", installation.log());
    }
    installation.say(&["login"]).ok(&["/login/once/"]);
    drop(server);
    installation.say(&["journal", "verify"]).ok(&["fabrikam: clean"]);
}

/// A file system of a few megabytes; unmounted at the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<SmallDisk> {
        std::fs::create_dir_all(at).unwrap();
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=6m", "none"]).arg(at).output();
        match mount {
            Ok(done) if done.status.success() => Some(SmallDisk(at.to_owned())),
            other => {
                let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
                let why = other.map(|o| String::from_utf8_lossy(&o.stderr).into_owned());
                assert!(!(root && std::env::var_os("CI").is_some()), "no small disk: {why:?}");
                eprintln!("SKIPPED: a full disk needs the right to mount a tmpfs: {why:?}");
                None
            }
        }
    }

    /// Takes all that is left.
    fn fill(&self) {
        let mut file = std::fs::File::create(self.0.join("filler")).unwrap();
        let block = [7; 4096];
        while file.write_all(&block).is_ok() {}
    }

    fn free(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_named_and_the_ticket_in_hand_is_finished_when_there_is_room() {
    let desk = Desk::open_slow(24);
    let installation = install(&desk.sandbox);
    let Some(disk) = SmallDisk::mount(&installation.dir.path().join("data")) else { return };

    // Full from the start: nothing half made is left in the way.
    disk.fill();
    installation.say(&["serve"]).fails(&["data", "is full", "free some space"]);
    disk.free();
    make_administrator(&installation);

    // Full in the middle of a ticket, when the password is changed and not yet recorded as such.
    let mut server = installation.serve(None);
    wait_for_intake(&desk, &installation);
    let ticket = desk.forgot("fabrikam", 0);
    wait_for(
        "a new password",
        || installation.log(),
        || {
            let count = desk.sandbox.write_count("fabrikam", &ticket.0, WriteKind::Password);
            (count > 0).then_some(())
        },
    );
    disk.fill();
    let full =
        ["the disk that holds", "journeyman.db is full", "free some space", "nothing was lost"];
    wait_for_log(&installation, &full);
    let next = desk.forgot("northwind", 0);
    wait_for_log(&installation, &["tickets cannot be read now", "is full"]);
    installation.say(&["login"]).fails(&full);
    installation.say(&["cases", "list"]).ok(&["forgot my password"]);
    std::thread::sleep(Duration::from_millis(1500));
    assert!(!server.ended(), "{}", server.log());
    for line in ["tickets cannot be read now", "is looked at again later", "cases can be worked on"]
    {
        assert!(times(&installation, line) <= 1, "not in a loop: {}", installation.log());
    }
    disk.free();
    desk.worked(&installation, "northwind", &next);
    desk.worked(&installation, "fabrikam", &ticket);
    drop(server);
    installation.say(&["journal", "verify"]).ok(&["fabrikam: clean", "northwind: clean"]);
    drop(disk);
}

// ---------------------------------------------------------------- what stops a start

#[test]
fn what_keeps_the_server_from_starting_is_named_with_the_remedy() {
    let installation = Installation::new(GOOD);
    installation.write("secrets/rt", "token");
    let data = installation.dir.path().join("data");
    let file = database(&installation);
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
    cannot(&["another program's database", "choose an empty folder"]);
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
    let mut command = installation.command(&["serve"]);
    if Command::new("id").arg("-u").output().unwrap().stdout == b"0\n" {
        // Nothing is forbidden to root.
        command.uid(65534).gid(65534);
    }
    let said: Said = command.stdin(Stdio::null()).output().unwrap().into();
    said.fails(&["data", "Permission denied", "give this user write access"]);
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 0);
}
