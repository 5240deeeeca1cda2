//! The configuration read again while the server works.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use sandbox::{Options, Sandbox, WriteKind};
use std::process::Command;
use support::{
    Installation, Said, Server, mail, ordinary_users, sandbox_config, wait_for, wait_for_intake,
};
use tokio::runtime::Runtime;

const FORGOT: &str =
    "Hello, I have forgotten my password and cannot sign in. Please reset it. Thanks";
const PASSWORD: &str = "a password of the test\n";

struct Desk {
    runtime: Runtime,
    sandbox: Sandbox,
    installation: Installation,
    /// The whole configuration, and what stands in it of each client.
    whole: String,
    server: Server,
}

impl Desk {
    /// A server that does not know the client northwind yet.
    fn open(seed: u64) -> Desk {
        let desk = Desk::with(seed, |whole| without(whole, "northwind"));
        wait_for_intake(&desk.runtime, &desk.installation);
        desk
    }

    /// A server that was started with some of the configuration.
    fn with(seed: u64, some: impl Fn(&str) -> String) -> Desk {
        let runtime = Runtime::new().unwrap();
        let options = Options { seed, ..Options::default() };
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let (whole, secrets) = sandbox_config(&sandbox);
        let installation = Installation::new(&some(&whole));
        for (file, secret) in secrets {
            installation.write(&file, &secret);
        }
        let whole = whole
            .replace("{port}", &installation.port.to_string())
            .replace("{dir}", &installation.dir.path().display().to_string());
        for (name, role) in [("kim", "admin"), ("tom", "technician")] {
            let add = ["people", "add", name, "--role", role, "--email", "x@msp.example"];
            Said::from(installation.run_with_input(&add, PASSWORD)).ok(&[]);
        }
        let mut server = installation.serve(None);
        installation.wait_ready(&mut server);
        Desk { runtime, sandbox, installation, whole, server }
    }

    fn write(&self, config: &str) {
        std::fs::write(&self.installation.config, config).unwrap();
    }

    fn reload(&self, person: &str) -> Said {
        self.installation.run_with_input(&["reload", "--as", person], PASSWORD).into()
    }

    /// Somebody forgot the password: client, login, ticket.
    fn forgot(&self, client: &'static str, nth: usize) -> (&'static str, String, String) {
        let (login, address) = ordinary_users(&self.sandbox, client).swap_remove(nth);
        let ticket = mail(client, &address, &format!("forgot my password ({nth})"), FORGOT);
        (client, login, self.runtime.block_on(self.sandbox.file(&ticket)))
    }

    /// Waits until the ticket is closed, with the password set once.
    fn worked(&self, (client, login, ticket): &(&str, String, String)) {
        let closed = || self.sandbox.ticket(ticket).unwrap().closed.then_some(());
        wait_for(&format!("the close of {client}'s"), || self.installation.log(), closed);
        assert_eq!(self.sandbox.write_count(client, login, WriteKind::Password), 1);
    }

    fn wait_for_log(&self, words: &[&str]) {
        let log = || self.installation.log();
        wait_for(&format!("{words:?}"), log, || {
            log().lines().any(|l| words.iter().all(|w| l.contains(w))).then_some(())
        });
    }
}

/// The configuration without this client.
fn without(config: &str, client: &str) -> String {
    let id = format!("id = \"{client}\"");
    let entries: Vec<&str> = config.split("[[client]]").filter(|e| !e.contains(&id)).collect();
    entries.join("[[client]]")
}

#[test]
fn a_client_added_by_reload_gets_its_tickets_worked() {
    let mut desk = Desk::open(41);
    // Until it is added, its tickets are set aside; nobody else waits for that.
    let early = desk.forgot("northwind", 0);
    desk.wait_for_log(&["tickets of this customer are set aside"]);
    desk.worked(&desk.forgot("fabrikam", 0));

    // A bad file changes nothing, and the answer names each key.
    let bad = desk
        .whole
        .replace("poll_ms = 100", "poll_ms = 0")
        .replace("http://127.0.0.1:", "http://desk.example:");
    desk.write(&bad);
    let said = desk.reload("kim");
    said.fails(&["nothing was changed", "`public_url`", "`poll_ms`"]);
    desk.wait_for_log(&["configuration not read again", "`poll_ms`"]);
    let secret = desk.installation.dir.path().join("secrets/northwind");
    let kept = std::fs::read(&secret).unwrap();
    std::fs::remove_file(&secret).unwrap();
    desk.write(&desk.whole);
    desk.reload("kim").fails(&["nothing was changed", "northwind", "secrets/northwind"]);
    std::fs::write(&secret, kept).unwrap();
    desk.write("data_dir = 1\n");
    desk.reload("kim").fails(&["`data_dir`"]);
    desk.worked(&desk.forgot("fabrikam", 1));
    assert!(!desk.sandbox.ticket(&early.2).unwrap().closed, "northwind is not known yet");

    // A good one: only administrators, and what takes a restart is said.
    let good =
        desk.whole.replace("Harbour IT\"", "Harbour\"").replace("poll_ms = 100", "poll_ms = 90");
    desk.write(&good);
    desk.reload("tom").fails(&["only administrators reload"]);
    let said =
        desk.reload("kim").ok(&["client northwind added", "poll_ms", "needs a restart msp_name"]);
    assert!(!said.out.contains("fabrikam"), "{said:#?}");
    desk.wait_for_log(&["configuration read again", "kim", "client northwind added"]);
    desk.worked(&early);
    desk.worked(&desk.forgot("northwind", 1));
    desk.worked(&desk.forgot("fabrikam", 2));

    // The same by signal: a client is taken away, and comes again.
    let hangup = |desk: &Desk| {
        let id = desk.server.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
    };
    desk.write(&without(&good, "northwind"));
    hangup(&desk);
    desk.wait_for_log(&["configuration read again", "SIGHUP", "client northwind removed"]);
    let late = desk.forgot("northwind", 2);
    desk.worked(&desk.forgot("fabrikam", 3));
    assert!(!desk.sandbox.ticket(&late.2).unwrap().closed);
    desk.write("data_dir = 1\n");
    hangup(&desk);
    desk.wait_for_log(&["configuration not read again", "SIGHUP", "`data_dir`"]);
    desk.write(&good);
    desk.reload("kim").ok(&["client northwind added"]);
    desk.worked(&late);

    // Without a server there is nothing to reload.
    desk.server.kill();
    desk.reload("kim").fails(&["no server runs on the data folder"]);
}

#[test]
fn a_help_desk_added_by_reload_is_looked_at_and_one_taken_away_is_not() {
    let mut desk = Desk::with(42, |whole| whole.split("[[psa]]").next().unwrap().to_owned());
    let nothing = std::fs::read_to_string(&desk.installation.config).unwrap();
    desk.write(&desk.whole);
    desk.reload("kim").ok(&["help desk connectwise added", "client fabrikam added"]);
    wait_for_intake(&desk.runtime, &desk.installation);
    desk.worked(&desk.forgot("fabrikam", 0));
    desk.write(&nothing);
    desk.reload("kim").ok(&["help desk connectwise removed", "client fabrikam removed"]);
    // A look that had begun may still end; the next one comes with the help desk.
    std::thread::sleep(std::time::Duration::from_secs(1));
    let late = desk.forgot("fabrikam", 1);
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(desk.installation.events_of(&format!("connectwise#{}", late.2)).is_none());
    desk.write(&desk.whole);
    desk.reload("kim").ok(&["help desk connectwise added"]);
    desk.worked(&late);
    assert!(!desk.server.ended(), "{}", desk.installation.log());
}
