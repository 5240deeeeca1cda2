//! Trouble while the server runs: said once, with cause and remedy, and no ticket is lost over it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use sandbox::{Options, Sandbox, WriteKind};
use sqlx::Connection as _;
use std::{process::Command, time::Duration};
use support::{
    Installation, PSA, Said, install, mail, ordinary_users,
    outside::{Door, SmallDisk},
    sandbox_config, sql, wait_for, wait_for_intake,
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
    wait_for_intake(&desk.runtime, &installation);

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
    wait_for_intake(&desk.runtime, &installation);
    make_administrator(&installation);
    let lock = sql(&desk.runtime, &installation.database(), "BEGIN EXCLUSIVE");
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
    wait_for_intake(&desk.runtime, &installation);
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
