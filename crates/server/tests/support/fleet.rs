//! A fleet: several nodes on one PostgreSQL, at work for one sandbox.

use super::{Installation, Server, mail, ordinary_users, sandbox_config, wait_for};
use sandbox::{Options, Sandbox, WriteKind};
use sqlx::{Connection as _, PgConnection};
use std::collections::BTreeSet;
use tokio::runtime::Runtime;

/// What a user writes who wants a new password.
pub(crate) const FORGOT: &str =
    "Hello, I have forgotten my password and cannot sign in. Please reset it. Thanks";

/// Whose users write.
const CLIENTS: [&str; 2] = ["fabrikam", "northwind"];

/// A PostgreSQL for tests; `None`, said aloud, when there is none.
pub(crate) fn postgres() -> Option<String> {
    let server = std::env::var("JOURNEYMAN_TEST_POSTGRES").ok();
    if server.is_none() {
        eprintln!(
            "SKIPPED: JOURNEYMAN_TEST_POSTGRES names no PostgreSQL; `cargo verify` starts one"
        );
    }
    server
}

/// A database of its own on this server.
pub(crate) fn new_database(runtime: &Runtime, server: &str, name: &str) -> String {
    let name = format!("{name}_{}", std::process::id());
    runtime.block_on(async {
        let mut conn = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
        let sql = format!("CREATE DATABASE {name}");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    });
    format!("{server}/{name}")
}

/// A node for the sandbox whose journal is in this database.
pub(crate) fn node(sandbox: &Sandbox, database: &str) -> Installation {
    let (config, secrets) = sandbox_config(sandbox);
    let config = format!("database = {{ file = \"{{dir}}/secrets/database\" }}\n{config}");
    let node = Installation::new(&config);
    for (file, secret) in secrets {
        node.write(&file, &secret);
    }
    node.write("secrets/database", database);
    node
}

pub(crate) fn share_keys(from: &Installation, to: &Installation) {
    let keys = |of: &Installation| of.dir.path().join("data/keys");
    std::fs::create_dir_all(keys(to)).unwrap();
    for file in std::fs::read_dir(keys(from)).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), keys(to).join(file.file_name())).unwrap();
    }
}

pub(crate) fn started(node: &Installation) -> Server {
    let mut server = node.serve(None);
    node.wait_ready(&mut server);
    server
}

/// The first column, as text.
pub(crate) async fn query(database: &str, sql: &str) -> Vec<String> {
    let mut conn = PgConnection::connect(database).await.unwrap();
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    sqlx::query_scalar(sql).fetch_all(&mut conn).await.unwrap()
}

/// Ends every connection to the database but the own: what a failover looks like from outside.
pub(crate) fn cut_connections(runtime: &Runtime, database: &str) {
    let sql = "SELECT CAST(pg_terminate_backend(pid) AS TEXT) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    runtime.block_on(query(database, sql));
}

/// Nodes that share keys and a database, all of them at work.
pub(crate) struct Fleet {
    pub(crate) runtime: Runtime,
    pub(crate) sandbox: Sandbox,
    pub(crate) nodes: Vec<Installation>,
    pub(crate) servers: Vec<Server>,
    /// Where the test looks itself.
    pub(crate) database: String,
    /// Client, login and ticket of everyone who has written.
    pub(crate) filed: Vec<(&'static str, String, String)>,
    env: Vec<(&'static str, &'static str)>,
}

impl Fleet {
    /// One node for each of these addresses of the database; back when they take tickets in.
    pub(crate) fn start(
        runtime: Runtime,
        options: Options,
        database: String,
        addresses: &[String],
        env: &[(&'static str, &'static str)],
    ) -> Fleet {
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let nodes = addresses.iter().map(|address| node(&sandbox, address)).collect();
        let (servers, filed) = (Vec::new(), Vec::new());
        let env = env.to_vec();
        let mut fleet = Fleet { runtime, sandbox, nodes, servers, database, filed, env };
        for n in 0..fleet.nodes.len() {
            let server = fleet.launch(n);
            fleet.servers.push(server);
            if n == 0 {
                fleet.nodes[1..].iter().for_each(|other| share_keys(&fleet.nodes[0], other));
            }
        }
        let first = || (!fleet.query("SELECT cursor FROM cursors").is_empty()).then_some(());
        wait_for("the first look at the help desk", || fleet.log(), first);
        fleet
    }

    /// As many nodes at the same address.
    pub(crate) fn of(runtime: Runtime, seed: u64, database: &str, nodes: usize) -> Fleet {
        let options = Options { seed, ..Options::default() };
        Fleet::start(runtime, options, database.into(), &vec![database.to_owned(); nodes], &[])
    }

    fn launch(&self, n: usize) -> Server {
        let mut server = self.nodes[n].serve_with(&self.env);
        self.nodes[n].wait_ready(&mut server);
        server
    }

    /// Starts a node again that was killed.
    pub(crate) fn again(&mut self, n: usize) {
        self.servers[n] = self.launch(n);
    }

    /// The logs of all.
    pub(crate) fn log(&self) -> String {
        let logs: Vec<String> = self.nodes.iter().map(Installation::log).collect();
        logs.join("\n--- next node\n")
    }

    pub(crate) fn query(&self, sql: &str) -> Vec<String> {
        self.runtime.block_on(query(&self.database, sql))
    }

    /// The name under which a node leases.
    pub(crate) fn name(&self, n: usize) -> String {
        let file = self.nodes[n].dir.path().join("data/node");
        std::fs::read_to_string(file).unwrap().trim().to_owned()
    }

    /// The next user, of one client after another, writes that the password is forgotten.
    pub(crate) fn file(&mut self) {
        let nth = self.filed.len();
        let client = CLIENTS[nth % CLIENTS.len()];
        let users = ordinary_users(&self.sandbox, client);
        let (login, address) = users[nth / CLIENTS.len()].clone();
        let ticket = mail(client, &address, &format!("forgot my password ({nth})"), FORGOT);
        let id = self.runtime.block_on(self.sandbox.file(&ticket));
        self.filed.push((client, login, id));
    }

    /// How many tickets are closed.
    pub(crate) fn closed(&self) -> usize {
        let closed = |id: &str| self.sandbox.ticket(id).is_some_and(|t| t.closed);
        self.filed.iter().filter(|(_, _, id)| closed(id)).count()
    }

    /// Every entry that stands in the journal: what is here was acknowledged.
    pub(crate) fn entries(&self) -> BTreeSet<String> {
        let sql = "SELECT client || ' ' || seq || ' ' || encode(leaf_hash, 'hex') FROM entries";
        self.query(sql).into_iter().collect()
    }

    /// Waits until every ticket is closed and every server still runs.
    pub(crate) fn wait_closed(&mut self) {
        let mut servers = std::mem::take(&mut self.servers);
        wait_for(
            "every ticket's end",
            || self.log(),
            || {
                for server in &mut servers {
                    assert!(!server.ended(), "a node ended: {}", self.log());
                }
                (self.closed() == self.filed.len()).then_some(())
            },
        );
        self.servers = servers;
    }

    /// Waits until every case has ended too, then holds what was done against what was asked for: each
    /// effect once, what was acknowledged is there, the journal proves itself.
    pub(crate) fn settle(&mut self, acknowledged: &BTreeSet<String>) {
        self.wait_closed();
        let open = || self.query("SELECT id FROM cases WHERE ended_ms IS NULL").is_empty();
        wait_for("every case's end", || self.log(), || open().then_some(()));
        for (client, login, id) in &self.filed {
            let resets = self.sandbox.write_count(client, login, WriteKind::Password);
            assert_eq!(resets, 1, "the password of {login} was set {resets} times: {}", self.log());
            let view = self.sandbox.ticket(id).unwrap();
            let ours = |inside: bool| {
                view.notes.iter().filter(|(text, i)| *i == inside && text.contains("[jm-")).count()
            };
            assert_eq!(
                (ours(false), ours(true)),
                (1, 1),
                "one answer, one note: {:#?}",
                view.notes
            );
        }
        let now = self.entries();
        let lost: Vec<&String> = acknowledged.difference(&now).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        self.nodes[1].say(&["journal", "verify"]).ok(&CLIENTS);
    }
}
