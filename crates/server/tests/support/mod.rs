//! A real `journeyman serve` process against the sandbox in this one.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub(crate) mod collector;
pub(crate) mod cut;
pub(crate) mod day;
pub(crate) mod fleet;
pub(crate) mod outside;

use domain::ClientId;
use sandbox::{DirectoryAccess, Sandbox, ScenarioTicket, world::PersonKind};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    fmt::Write as _,
    io::Write as _,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

/// The binary under test.
pub(crate) const JOURNEYMAN: &str = env!("CARGO_BIN_EXE_journeyman");
/// Name of the sandbox's help desk in the configuration.
pub(crate) const PSA: &str = "connectwise";

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// An installation in a temporary folder.
pub(crate) struct Installation {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) config: PathBuf,
    pub(crate) port: u16,
}

impl Installation {
    /// A folder with this configuration; `{port}` and `{dir}` are filled in.
    pub(crate) fn new(config: &str) -> Installation {
        let dir = tempfile::tempdir().unwrap();
        let port = free_port();
        let text = config
            .replace("{port}", &port.to_string())
            .replace("{dir}", &dir.path().display().to_string());
        let path = dir.path().join("journeyman.toml");
        std::fs::write(&path, text).unwrap();
        Installation { dir, config: path, port }
    }

    /// The database file.
    pub(crate) fn database(&self) -> PathBuf {
        self.dir.path().join("data/journeyman.db")
    }

    /// A file beside the configuration.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A command of the binary with this configuration.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(JOURNEYMAN);
        command.args(args).arg("--config").arg(&self.config).env_remove("JOURNEYMAN_CRASH");
        command.env("JOURNEYMAN_TEST_PATIENCE_MS", "2000");
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).stdin(Stdio::null()).output().unwrap()
    }

    /// Runs a command to its end and reads what it said.
    pub(crate) fn say(&self, args: &[&str]) -> Said {
        self.run(args).into()
    }

    /// Runs a command with this on its standard input.
    pub(crate) fn run_with_input(&self, args: &[&str], input: &str) -> Output {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that has already said no does not read to the end.
        let sent = child.stdin.take().unwrap().write_all(input.as_bytes());
        assert!(sent.is_ok() || sent.is_err_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe));
        child.wait_with_output().unwrap()
    }

    /// Starts the server; `crash` as in `JOURNEYMAN_CRASH`.
    pub(crate) fn serve(&self, crash: Option<&str>) -> Server {
        self.serve_with(crash.map(|crash| ("JOURNEYMAN_CRASH", crash)).as_slice())
    }

    /// Starts the server with these variables.
    pub(crate) fn serve_with(&self, env: &[(&str, &str)]) -> Server {
        let log = self.dir.path().join("server.log");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let mut command = self.command(&["serve"]);
        command.envs(env.iter().copied());
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn().unwrap();
        Server { child, log }
    }

    /// Everything that its servers have logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("server.log")).unwrap_or_default()
    }

    /// Waits until the server answers.
    pub(crate) fn wait_ready(&self, server: &mut Server) {
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(!server.ended(), "the server ended: {}", server.log());
            assert!(begun.elapsed() < Duration::from_secs(60), "no answer: {}", server.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Every event of the case of a ticket, as `cases show --json` prints it; `None` before intake.
    pub(crate) fn events_of(&self, ticket: &str) -> Option<(String, Vec<serde_json::Value>)> {
        let list = self.run(&["cases", "list", "--limit", "2000"]);
        assert!(list.status.success(), "{}", String::from_utf8_lossy(&list.stderr));
        let text = String::from_utf8(list.stdout).unwrap();
        let row = text.lines().find(|l| {
            l.split(['│', '|', '┆']).any(|cell| cell.split_whitespace().any(|w| w == ticket))
        })?;
        let id =
            row.split(|c: char| !(c.is_ascii_hexdigit() || c == '-')).find(|w| w.len() == 36)?;
        let shown = self.run(&["cases", "show", id, "--json"]);
        assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
        let events = String::from_utf8(shown.stdout)
            .unwrap()
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        Some((id.to_owned(), events))
    }
}

/// What a command said, and its exit code.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// It ended well and this stands in what it printed.
    pub(crate) fn ok(self, words: &[&str]) -> Said {
        assert_eq!(self.code, Some(0), "{self:#?}");
        for word in words {
            assert!(self.out.contains(word), "{word:?} is not said: {self:#?}");
        }
        self
    }

    /// It ended with 1 and one message on standard error that holds all of this.
    pub(crate) fn fails(self, words: &[&str]) -> Said {
        assert_eq!(self.code, Some(1), "{self:#?}");
        assert!(self.err.contains("journeyman: "), "no message: {self:#?}");
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not said: {self:#?}");
        }
        self
    }

    /// The line of what it printed that holds this.
    pub(crate) fn line(&self, word: &str) -> &str {
        let found = self.out.lines().find(|l| l.contains(word));
        found.unwrap_or_else(|| panic!("no line with {word:?}: {self:#?}"))
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Said {
        Said {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Users with nothing special about them: login and mail address.
pub(crate) fn ordinary_users(sandbox: &Sandbox, client: &str) -> Vec<(String, String)> {
    let of = |company: &sandbox::world::Company| {
        let same_name =
            |name: &str| company.people.iter().filter(|p| p.display_name == name).count();
        company
            .people
            .iter()
            .filter(|p| p.enabled && p.kind == PersonKind::Human && !company.is_privileged(&p.id))
            .filter(|p| {
                !p.mail.is_empty() && p.manager.is_some() && same_name(&p.display_name) == 1
            })
            .map(|p| (p.login.clone(), p.mail.clone()))
            .collect()
    };
    sandbox.world().company(client, of).unwrap()
}

/// A mail to the help desk.
pub(crate) fn mail(client: &str, from: &str, subject: &str, body: &str) -> ScenarioTicket {
    ScenarioTicket {
        client: ClientId::new(client).unwrap(),
        from: from.into(),
        from_name: from.split('@').next().unwrap().replace('.', " "),
        subject: subject.into(),
        body: body.into(),
        kind: "test".into(),
        allow: Vec::new(),
        may_close: true,
        needs_person: false,
        checked: false,
        prepare: Vec::new(),
        follow_up: None,
    }
}

/// Runs the binary with these arguments and nothing else.
pub(crate) fn journeyman<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Said {
    Command::new(JOURNEYMAN).args(args).stdin(Stdio::null()).output().unwrap().into()
}

/// Runs the binary in this folder.
pub(crate) fn journeyman_in<S: AsRef<std::ffi::OsStr>>(dir: &Path, args: &[S]) -> Said {
    let mut command = Command::new(JOURNEYMAN);
    command.current_dir(dir).args(args).stdin(Stdio::null()).output().unwrap().into()
}

/// Runs the binary at a terminal of its own, as `script` makes one, and types this. Everything that
/// the terminal showed is in `out`.
pub(crate) fn at_terminal(args: &[&str], typed: &str) -> Said {
    let quoted: Vec<String> = args.iter().map(|a| format!("'{a}'")).collect();
    let mut child = Command::new("script")
        .args(["-qec", &format!("'{JOURNEYMAN}' {}", quoted.join(" ")), "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

/// The password in what `init` printed.
pub(crate) fn password_in(said: &Said) -> String {
    let line = said.line("password, shown once: ");
    line.split(": ").nth(1).unwrap().to_owned()
}

/// Runs SQL on a database file, made when absent, and keeps the connection.
pub(crate) fn sql(runtime: &Runtime, file: &Path, statements: &'static str) -> SqliteConnection {
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
        connection
    })
}

/// Waits until intake knows where it begins: what is filed from now on is not history.
pub(crate) fn wait_for_intake(runtime: &Runtime, installation: &Installation) {
    let cursor = || async {
        let options = SqliteConnectOptions::new().filename(installation.database()).read_only(true);
        let mut connection = SqliteConnection::connect_with(&options).await.ok()?;
        sqlx::query("SELECT cursor FROM cursors").fetch_optional(&mut connection).await.ok()?
    };
    let what = "the first look at the help desk";
    wait_for(what, || installation.log(), || runtime.block_on(cursor()));
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Whether the process is gone.
    pub(crate) fn ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// The process's id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Everything it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits for something, with the server's log in the complaint.
pub(crate) fn wait_for<T>(
    what: &str,
    log: impl Fn() -> String,
    mut look: impl FnMut() -> Option<T>,
) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "{what} did not come: {}", log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A configuration for the sandbox: every client, a policy that lets the user's own account go.
pub(crate) fn sandbox_config(sandbox: &Sandbox) -> (String, Vec<(String, String)>) {
    let access = sandbox.access();
    let cw = &access.connectwise;
    let smtp = sandbox.smtp_addr();
    let mut secrets = vec![("secrets/cw".to_owned(), cw.private_key.reveal().to_owned())];
    let mut text = format!(
        r#"
data_dir = "data"
listen = "127.0.0.1:{{port}}"
public_url = "http://127.0.0.1:{{port}}"
msp_name = "Harbour IT"
poll_ms = 100
[policy]
version = "test-1"
bulk_threshold = 90
critical_threshold = 500
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
from = "helpdesk@harbour-it.example"
[[psa]]
name = "{PSA}"
[psa.connectwise]
base_url = "{}"
company = "{}"
public_key = "{}"
private_key = {{ file = "{{dir}}/secrets/cw" }}
client_id = "{}"
board = "{}"
member = "{}"
[psa.connectwise.statuses]
"#,
        smtp.ip(),
        smtp.port(),
        cw.site_url,
        cw.company,
        cw.public_key,
        cw.client_id,
        cw.board,
        cw.member
    );
    for (status, name) in &cw.statuses {
        writeln!(text, "{} = \"{name}\"", status.name()).unwrap();
    }
    for client in &access.clients {
        write!(
            text,
            "[[client]]\nid = \"{}\"\nname = \"{}\"\ncustomers = [{{ psa = \"{PSA}\", customer = \"{}\" }}]\n",
            client.id, client.name, client.company
        )
        .unwrap();
        let (kind, rest, secret) = match &client.directory {
            DirectoryAccess::Graph { login_url, graph_url, tenant, client_id, client_secret } => (
                "graph",
                format!(
                    "base_url = \"{graph_url}\"\nlogin_url = \"{login_url}\"\ntenant = \"{tenant}\"\nclient_id = \"{client_id}\"\nclient_secret"
                ),
                client_secret.reveal().to_owned(),
            ),
            DirectoryAccess::ActiveDirectory { url, base_dn, bind_dn, bind_password, .. } => (
                "active_directory",
                format!(
                    "url = \"{url}\"\nbase_dn = \"{base_dn}\"\nbind_dn = \"{bind_dn}\"\npassword"
                ),
                bind_password.reveal().to_owned(),
            ),
        };
        let file = format!("secrets/{}", client.id);
        writeln!(text, "[client.{kind}]\n{rest} = {{ file = \"{{dir}}/{file}\" }}").unwrap();
        secrets.push((file, secret));
    }
    (text, secrets)
}

/// An installation for the sandbox.
pub(crate) fn install(sandbox: &Sandbox) -> Installation {
    let (config, secrets) = sandbox_config(sandbox);
    let installation = Installation::new(&config);
    for (file, secret) in secrets {
        installation.write(&file, &secret);
    }
    installation
}

/// A path below the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
