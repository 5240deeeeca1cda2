//! Three nodes on one PostgreSQL: they share the work, survive each other and their database's
//! connections, and do every effect once. `cargo verify` names the server in JOURNEYMAN_TEST_POSTGRES.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use sandbox::{Options, Sandbox, WriteKind};
use sha2::{Digest as _, Sha256};
use sqlx::{Connection as _, PgConnection};
use std::{collections::BTreeSet, path::Path, time::Duration};
use support::{
    Installation, Server,
    cut::Mortal,
    fleet::{
        FORGOT, Fleet, cut_connections, new_database, node, postgres, query, share_keys, started,
    },
    mail, ordinary_users, wait_for,
};
use tokio::runtime::Runtime;

/// A database of its own on the test server; `None`, said aloud, when there is none.
fn database(runtime: &Runtime, name: &str) -> Option<String> {
    postgres().map(|server| new_database(runtime, &server, name))
}

#[test]
fn nodes_share_the_work_and_one_that_is_killed_is_not_missed() {
    let runtime = Runtime::new().unwrap();
    let Some(database) = database(&runtime, "fleet") else { return };
    let mut fleet = Fleet::of(runtime, 5, &database, 3);
    let mut holders = BTreeSet::new();
    for n in 0..24 {
        fleet.file();
        std::thread::sleep(Duration::from_millis(100));
        let owners = "SELECT DISTINCT lease_owner FROM cases WHERE lease_owner IS NOT NULL";
        holders.extend(fleet.query(owners));
        match n {
            // In the middle of its work; its leases run out or are given up when it starts again.
            8 => fleet.servers[0].kill(),
            12 | 18 => cut_connections(&fleet.runtime, &database),
            16 => fleet.again(0),
            _ => {}
        }
    }
    fleet.settle(&BTreeSet::new());
    assert!(holders.len() >= 2, "one node did everything: {holders:?}");
    // One node opens a breaker, every node sees it.
    let nodes = &fleet.nodes;
    let kim = ["people", "add", "kim", "--role", "admin", "--email", "kim@msp.example"];
    support::Said::from(nodes[1].run_with_input(&kim, "a password of the test\n")).ok(&[]);
    let open = ["breakers", "open", "--client", "fabrikam", "--reason", "a drill", "--as", "kim"];
    support::Said::from(nodes[2].run_with_input(&open, "a password of the test\n"))
        .ok(&["stopped"]);
    nodes[0].say(&["breakers", "list"]).ok(&["a drill"]);
}

#[test]
fn a_database_that_is_killed_and_comes_back_loses_nothing_and_nothing_is_done_twice() {
    // It is named where PostgreSQL is installed.
    let Some(_) = postgres() else { return };
    let server = Mortal::start();
    let mut fleet = Fleet::of(Runtime::new().unwrap(), 6, &format!("{}/postgres", server.by(0)), 2);
    let mut acknowledged = BTreeSet::new();
    for n in 0..12 {
        fleet.file();
        std::thread::sleep(Duration::from_millis(150));
        if n == 4 || n == 9 {
            acknowledged.extend(fleet.entries());
            server.kill();
            // Tickets go on coming meanwhile.
            std::thread::sleep(Duration::from_secs(2));
            server.again();
        }
    }
    fleet.settle(&acknowledged);
}

/// JOURNEYMAN_TEST_PATRONI is the folder of a cluster that `labs/patroni/up.sh` started; `cargo verify` starts one.
#[test]
fn the_primary_is_killed_under_load_and_the_fleet_goes_on_with_the_next() {
    let Some(cluster) = std::env::var_os("JOURNEYMAN_TEST_PATRONI") else {
        assert!(std::env::var_os("CI").is_none(), "JOURNEYMAN_TEST_PATRONI names no cluster");
        eprintln!("SKIPPED: JOURNEYMAN_TEST_PATRONI names no cluster; `cargo verify` starts one");
        return;
    };
    let script = |name: &str| {
        let path = support::repository(&format!("labs/patroni/{name}.sh"));
        let done = std::process::Command::new("bash").arg(path).arg(&cluster).status().unwrap();
        assert!(done.success(), "{name}");
    };
    let url = std::fs::read_to_string(Path::new(&cluster).join("postgres.url")).unwrap();
    let runtime = Runtime::new().unwrap();
    let database = new_database(&runtime, url.trim(), "fleet");
    let mut fleet = Fleet::of(runtime, 7, &database, 3);
    let mut acknowledged = BTreeSet::new();
    for n in 0..24 {
        fleet.file();
        std::thread::sleep(Duration::from_millis(500));
        match n {
            5 => {
                acknowledged = fleet.entries();
                script("kill");
            }
            8 => fleet.servers[0].kill(),
            // A server does not start without a database.
            20 => {
                let answers = || fleet.runtime.block_on(PgConnection::connect(&database)).ok();
                wait_for("the next primary", || fleet.log(), answers);
                fleet.again(0);
            }
            _ => {}
        }
    }
    fleet.settle(&acknowledged);
    script("again");
}

#[test]
fn an_installation_moves_to_the_database_and_back_with_its_journal_proved() {
    let runtime = Runtime::new().unwrap();
    let Some(database) = database(&runtime, "moves") else { return };
    let sandbox =
        runtime.block_on(Sandbox::start(Options { seed: 5, ..Options::default() })).unwrap();
    let desk = support::install(&sandbox);
    let mut server = started(&desk);
    support::wait_for_intake(&runtime, &desk);
    let (login, address) = ordinary_users(&sandbox, "fabrikam").remove(0);
    let closed_by = |server: &mut Server, n: u32, address: &str| {
        let ticket = mail("fabrikam", address, &format!("forgot my password ({n})"), FORGOT);
        let id = runtime.block_on(sandbox.file(&ticket));
        wait_for(
            "the ticket's end",
            || desk.log(),
            || {
                assert!(!server.ended(), "{}", desk.log());
                let ended = desk.say(&["cases", "list"]).out.matches("closed").count() > n as usize;
                (ended && sandbox.ticket(&id).is_some_and(|t| t.closed)).then_some(())
            },
        );
    };
    closed_by(&mut server, 0, &address);
    let to = ["migrate", "--from", "sqlite", "--to", "postgres"];
    desk.say(&to).fails(&["names no `database`"]);
    let config = std::fs::read_to_string(&desk.config).unwrap();
    desk.write("secrets/database", &database);
    let line =
        format!("database = {{ file = \"{}/secrets/database\" }}\n", desk.dir.path().display());
    std::fs::write(&desk.config, line + &config).unwrap();
    desk.say(&to).fails(&["another Journeyman serves the data folder"]);
    server.kill();
    desk.say(&to).ok(&["journal of fabrikam", "the same in both", "moved"]);
    desk.say(&to).fails(&["was moved to postgres://127.0.0.1"]);
    // It goes on there: what was closed is known, what is new is worked on.
    let mut server = started(&desk);
    let (_, second) = ordinary_users(&sandbox, "fabrikam").remove(1);
    closed_by(&mut server, 1, &second);
    server.kill();
    desk.say(&["journal", "verify"]).ok(&["fabrikam"]);
    let back = ["migrate", "--from", "postgres", "--to", "sqlite"];
    desk.say(&back).fails(&["was moved to postgres"]);
    std::fs::rename(desk.database(), desk.dir.path().join("old.db")).unwrap();
    desk.say(&back).ok(&["journal of fabrikam", "moved"]);
    std::fs::write(&desk.config, config).unwrap();
    desk.say(&["journal", "verify"]).ok(&["fabrikam"]);
    assert_eq!(sandbox.write_count("fabrikam", &login, WriteKind::Password), 1);
}

#[test]
fn a_copy_of_a_nodes_data_folder_is_refused_while_the_node_runs() {
    let runtime = Runtime::new().unwrap();
    let Some(database) = database(&runtime, "names") else { return };
    let sandbox =
        runtime.block_on(Sandbox::start(Options { seed: 5, ..Options::default() })).unwrap();
    let (one, copy) = (node(&sandbox, &database), node(&sandbox, &database));
    let mut server = started(&one);
    share_keys(&one, &copy);
    let name = |of: &Installation| of.dir.path().join("data/node");
    std::fs::copy(name(&one), name(&copy)).unwrap();
    let refused = |log: &dyn Fn() -> String| {
        let mut second = copy.serve(None);
        wait_for("the refusal", log, || second.ended().then_some(()));
        let said = copy.log();
        assert!(said.contains("has the name of this node"), "{said}");
        assert!(said.contains(&format!("delete the file {}", name(&copy).display())), "{said}");
        std::fs::remove_file(copy.dir.path().join("server.log")).unwrap();
    };
    refused(&|| copy.log());
    wait_for(
        "the first look at the help desk",
        || one.log(),
        || {
            let cursors = runtime.block_on(query(&database, "SELECT cursor FROM cursors"));
            (!cursors.is_empty()).then_some(())
        },
    );
    // The lock goes with its connection, is taken again, and meanwhile nobody else can start for long.
    cut_connections(&runtime, &database);
    wait_for(
        "the name again",
        || one.log(),
        || one.log().contains("the node's name was made again").then_some(()),
    );
    refused(&|| copy.log());
    assert!(!server.ended(), "{}", one.log());
    // Somebody is quicker: until the name is free again, nothing new is taken in or worked on.
    let hash = Sha256::digest(format!(
        "journeyman/node/{}",
        std::fs::read_to_string(name(&one)).unwrap().trim()
    ));
    let key = i64::from_be_bytes(*hash.first_chunk::<8>().unwrap());
    let thief = runtime.block_on(async {
        let mut conn = PgConnection::connect(&database).await.unwrap();
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        sqlx::query(cut).fetch_all(&mut conn).await.unwrap();
        let lock = sqlx::query("SELECT pg_advisory_lock($1)").bind(key);
        lock.fetch_all(&mut conn).await.unwrap();
        conn
    });
    let taken = || one.log().contains("took the name of this node").then_some(());
    wait_for("the loss of the name", || one.log(), taken);
    let (_, address) = ordinary_users(&sandbox, "fabrikam").remove(0);
    let ticket = mail("fabrikam", &address, "forgot my password", FORGOT);
    let id = runtime.block_on(sandbox.file(&ticket));
    std::thread::sleep(Duration::from_secs(3));
    assert!(runtime.block_on(query(&database, "SELECT id FROM cases")).is_empty());
    runtime.block_on(thief.close()).unwrap();
    let closed = || sandbox.ticket(&id).is_some_and(|t| t.closed).then_some(());
    wait_for("the ticket's end", || one.log(), closed);
    // Another name, and both run; or the name is free, and the copy has it.
    let kept = std::fs::read_to_string(name(&copy)).unwrap();
    std::fs::remove_file(name(&copy)).unwrap();
    drop(started(&copy));
    assert_ne!(std::fs::read_to_string(name(&copy)).unwrap(), kept);
    std::fs::write(name(&copy), kept).unwrap();
    server.kill();
    started(&copy);
}

#[test]
fn a_node_with_other_keys_is_refused_and_told_what_to_do() {
    let runtime = Runtime::new().unwrap();
    let Some(database) = database(&runtime, "keys") else { return };
    let sandbox =
        runtime.block_on(Sandbox::start(Options { seed: 5, ..Options::default() })).unwrap();
    let (one, other) = (node(&sandbox, &database), node(&sandbox, &database));
    drop(started(&one));
    other.say(&["cases", "list"]).fails(&["is missing", "restore it from a backup"]);
    let keys = other.dir.path().join("data/keys");
    share_keys(&one, &other);
    other.say(&["cases", "list"]).ok(&[]);
    std::fs::write(keys.join("vault.key"), "22".repeat(32)).unwrap();
    other.say(&["cases", "list"]).fails(&["the vault key of this node", "copy the folder `keys`"]);
    assert!(Path::new(&keys).exists());
}

#[test]
fn a_database_that_cannot_be_reached_is_named_without_its_password() {
    let runtime = Runtime::new().unwrap();
    let sandbox =
        runtime.block_on(Sandbox::start(Options { seed: 5, ..Options::default() })).unwrap();
    let port = support::free_port();
    let address = format!("postgres://journeyman:hunter2secret@127.0.0.1:{port}/desk");
    let said = node(&sandbox, &address).say(&["cases", "list"]);
    let said = said.fails(&[&format!("postgres://127.0.0.1:{port}/desk"), "does not answer"]);
    assert!(!said.err.contains("hunter2secret"), "{}", said.err);
    let said = node(&sandbox, "mysql://u:hunter2secret@h/d").say(&["cases", "list"]);
    let said = said.fails(&["is no PostgreSQL address", "postgres://USER@HOST:PORT/NAME"]);
    assert!(!said.err.contains("hunter2secret"), "{}", said.err);
}
