//! A server at work for the sandbox, driven from the command line.

use super::{
    Installation, PSA, Said, Server, install, journeyman, mail, ordinary_users, password_in, sql,
    wait_for, wait_for_intake,
};
use sandbox::{Options, Sandbox};
use serde_json::Value;
use sqlx::Connection as _;
use tokio::runtime::Runtime;

/// A server at work for the sandbox, with an administrator.
pub(crate) struct Day {
    pub(crate) runtime: Runtime,
    pub(crate) sandbox: Sandbox,
    pub(crate) installation: Installation,
    pub(crate) server: Option<Server>,
    pub(crate) password: String,
    pub(crate) http: reqwest::Client,
}

impl Day {
    pub(crate) fn begin() -> Day {
        Day::begin_with(|config| config)
    }

    /// With this change of the configuration.
    pub(crate) fn begin_with(change: impl FnOnce(String) -> String) -> Day {
        let runtime = Runtime::new().unwrap();
        let options = Options { seed: 31, ..Options::default() };
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let installation = install(&sandbox);
        let config = std::fs::read_to_string(&installation.config).unwrap();
        std::fs::write(&installation.config, change(config)).unwrap();
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
        wait_for_intake(&day.runtime, &day.installation);
        day
    }

    pub(crate) fn start(&mut self) {
        let mut server = self.installation.serve(None);
        self.installation.wait_ready(&mut server);
        self.server = Some(server);
    }

    /// Stops the server and folds its log into the database file, so that the file is all there is.
    pub(crate) fn stop(&mut self) {
        self.server = None;
        self.say(&["cases", "list"]).ok(&[]);
    }

    /// Changes the database behind the server's back.
    pub(crate) fn sql(&self, statements: &'static str) {
        let connection = sql(&self.runtime, &self.installation.database(), statements);
        self.runtime.block_on(connection.close()).unwrap();
    }

    pub(crate) fn say(&self, args: &[&str]) -> Said {
        self.installation.say(args)
    }

    /// A command that asks for a password.
    pub(crate) fn signed(&self, args: &[&str], password: &str) -> Said {
        self.installation.run_with_input(args, &format!("{password}\n")).into()
    }

    pub(crate) fn file(&self, from: &str, subject: &str, body: &str) -> String {
        let ticket = mail("fabrikam", from, subject, body);
        self.runtime.block_on(self.sandbox.file(&ticket))
    }

    /// The case of a ticket and its events, once it is told of in such an event.
    pub(crate) fn case(&self, ticket: &str, event: &str) -> (String, Vec<Value>) {
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
    pub(crate) fn held(&self, ticket: &str) -> (String, String) {
        let (_, events) = self.case(ticket, "held");
        let held = events.iter().find(|e| e["event"]["event"] == "held").unwrap();
        let text = |key: &str| held["event"][key].as_str().unwrap().to_owned();
        (text("approval"), text("digest"))
    }

    /// Asks for a group; a person has to say yes.
    pub(crate) fn join(&self, nth: usize, group: &str) -> (String, String) {
        let (login, address) = ordinary_users(&self.sandbox, "fabrikam").swap_remove(nth);
        let body =
            format!("Hello, please add me to the {group} group, I need it for my work. Thanks");
        (login, self.file(&address, &format!("access to {group}"), &body))
    }

    pub(crate) fn is_member(&self, group: &str, login: &str) -> bool {
        let of = |company: &sandbox::world::Company| {
            let person = company.people.iter().find(|p| p.login == login).unwrap();
            let group = company.groups.iter().find(|g| g.name == group).unwrap();
            group.members.contains(&person.id)
        };
        self.sandbox.world().company("fabrikam", of).unwrap()
    }

    pub(crate) fn post(&self, url: &str, form: &[(&str, &str)]) -> (u16, String) {
        self.runtime.block_on(async {
            let origin = format!("http://127.0.0.1:{}", self.installation.port);
            let request = self.http.post(url).header("origin", origin).form(form);
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        })
    }
}
