//! The commented configuration that `journeyman init` writes.

use connectors::idp::graph::PERMISSIONS;
use connectors::psa::connectwise::RIGHTS;

/// What `init` asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answers {
    /// Name that replies are signed with.
    pub(crate) msp_name: String,
    /// How users reach the console.
    pub(crate) public_url: String,
    /// Id and name of the first client.
    pub(crate) client_id: String,
    pub(crate) client_name: String,
    /// `request_tracker` or `connectwise`.
    pub(crate) psa: Psa,
    /// `active_directory` or `graph`.
    pub(crate) directory: Directory,
}

/// Which help desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Psa {
    RequestTracker,
    Connectwise,
}

/// Which directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Directory {
    ActiveDirectory,
    Graph,
}

/// The file's text. Every value that must be looked up is marked and explained.
pub(crate) fn render(a: &Answers) -> String {
    let text = |s: &str| toml::Value::String(s.to_owned()).to_string();
    let name = text(&a.client_name);
    let (psa, customer) = match a.psa {
        Psa::RequestTracker => (
            format!("{RT}queues = [{name}]\n{RT_CA}"),
            "this client's queue, one of `queues` above",
        ),
        Psa::Connectwise => (connectwise(), "the company's identifier in ConnectWise"),
    };
    let directory = match a.directory {
        Directory::ActiveDirectory => ACTIVE_DIRECTORY.to_owned(),
        Directory::Graph => graph(),
    };
    format!(
        r#"# Journeyman. Every key is explained above it. Check with: journeyman doctor --config THIS_FILE
# Secrets never stand in this file: name the file or environment variable that holds one.

# Folder of database, keys and model. Relative paths start at this file's folder. Back it up whole.
data_dir = "data"
# Several nodes share a PostgreSQL (docs/scale.md); the file holds postgres://USER:PASSWORD@HOST/NAME.
# database = {{ file = "secrets/database" }}
# Address of console, hooks and one-time pages. Put a TLS proxy in front of it.
listen = "127.0.0.1:7300"
# How users reach that address; one-time password links begin with it. https, except on this machine.
public_url = {url}
# Name that answers to users are signed with.
msp_name = {msp}
# Milliseconds between two looks at the help desk.
poll_ms = 5000
# Cases worked on at the same time.
workers = 8

# The gate's rules as a new installation begins with them. From the first start on the policy lives in
# the store, with its history: change it on the page /policy or by `journeyman policy propose`.
[policy]
# Named in every verdict; change it when you change a rule.
version = "1"
# Above this many accounts within the window: one tier up. From critical_threshold on: people only.
bulk_threshold = 5
critical_threshold = 100
window_ms = 3600000
# A question to a person expires after this (4 hours), and is not asked again for a day.
approval_ttl_ms = 14400000
cool_down_ms = 86400000
# What is not listed below is asked about each time. Levels, strictest first:
# deny, always_ask, ask_if_uncertain, auto_with_guardrails, auto_and_close
default_autonomy = "always_ask"

# Autonomy for every client ("*") or one client's id, per action.
[policy.autonomy."*"]
reply = "auto_and_close"
add_note = "auto_and_close"
log_time = "auto_and_close"
set_status = "auto_and_close"
# The cautious beginning: only what is harmless and the user's own. Raise as trust grows.
unlock_account = "ask_if_uncertain"

# Outgoing mail, for the codes that protect one-time passwords.
[mail]
host = "smtp.example.net"
port = 587
tls = "starttls" # or "implicit"
user = "helpdesk@example.net"
password = {{ file = "secrets/smtp" }}
from = "Help Desk <helpdesk@example.net>"

# Slack, where people decide and are told besides the console: docs/connect-slack.md has the app's
# manifest with the scopes that it needs, and what each of these is.
# [slack]
# token = {{ file = "secrets/slack-token" }}
# signing_secret = {{ file = "secrets/slack-signing" }}
# approve_up_to = "medium" # a yes to a question of a higher tier needs the console; otherwise high
# channel = "C0123456789" # for notices; a client may have its own: `slack_channel`

# Who remembers the journal's checkpoints, so that nobody can take back what was journalled: a witness
# that speaks C2SP's tlog-witness, a file on another machine's disk, or both.
# [witness]
# name = "witness.example.net/w1"
# url = "https://witness.example.net"
# vkey = "witness.example.net/w1+…"
# file = "/mnt/elsewhere/journeyman-checkpoints"

# The help desk. Several are possible; names must differ.
[[psa]]
name = "helpdesk"
{psa}
# A client company. Repeat this block for each.
[[client]]
id = {id}
name = {name}
# `customer` is {customer}.
customers = [{{ psa = "helpdesk", customer = {name} }}]
# Groups that a person should look at twice, besides those whose names say so (Finance, Payroll, HR …).
sensitive_groups = []
# Logins that nobody but people may touch. `*` stands for any text.
break_glass = ["breakglass*"]
service_accounts = ["svc-*", "svc_*", "sa-*"]
# Hours until a one-time password that nobody fetched is wiped.
link_ttl_hours = 24
{directory}"#,
        url = text(&a.public_url),
        msp = text(&a.msp_name),
        id = text(&a.client_id),
    )
}

const RT: &str = r#"[psa.request_tracker]
url = "https://rt.example.net"
# An authentication token of a user with these rights on the queues and no more: SeeQueue, ShowTicket,
# ShowTicketComments, ReplyToTicket, CommentOnTicket, ModifyTicket.
token = { file = "secrets/rt-token" }
# The queues to work on, one for each client.
"#;

const RT_CA: &str = r#"# ca_file = "ca.pem" # when the server's certificate is signed by your own CA
"#;

fn connectwise() -> String {
    let rights: String = RIGHTS.iter().map(|r| format!("#   {r}\n")).collect();
    format!(
        r#"[psa.connectwise]
base_url = "https://api-na.myconnectwise.net"
company = "yourcompany"
# Keys of an API member whose security role has these rights and no more (the last one only where
# Journeyman itself registers its callback):
{rights}public_key = "…"
private_key = {{ file = "secrets/connectwise" }}
client_id = "…"
board = "Help Desk"
member = "journeyman"
# The board's names for Journeyman's statuses; these are the ones taken when you name none.
[psa.connectwise.statuses]
new = "New"
in_progress = "In Progress"
waiting_on_customer = "Waiting on Customer"
waiting_on_approval = "Waiting on Approval"
needs_technician = "Needs Technician"
closed = "Closed"
"#
    )
}

const ACTIVE_DIRECTORY: &str = r#"
[client.active_directory]
url = "ldaps://dc1.example.net"
base_dn = "DC=example,DC=net"
# A service account that may reset, unlock, enable, disable and change groups below your staff OU and
# nowhere else; never an administrator. docs/connect-active-directory.md shows the commands.
bind_dn = "svc-journeyman@example.net"
password = { file = "secrets/active-directory" }
# ca_file = "ca.pem" # when the domain controller's certificate is signed by your own CA
"#;

fn graph() -> String {
    let permissions: String = PERMISSIONS.iter().map(|p| format!("#   {p}\n")).collect();
    format!(
        r#"
[client.graph]
# An app registration with these application permissions and no more:
{permissions}tenant = "example.onmicrosoft.com"
client_id = "00000000-0000-0000-0000-000000000000"
client_secret = {{ file = "secrets/graph" }}
"#
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn what_init_writes_is_a_valid_configuration() {
        for psa in [Psa::RequestTracker, Psa::Connectwise] {
            for directory in [Directory::ActiveDirectory, Directory::Graph] {
                let answers = Answers {
                    msp_name: "Quote \" & Co".into(),
                    public_url: "https://desk.example.net".into(),
                    client_id: "acme".into(),
                    client_name: "Acme \\ Ltd".into(),
                    psa,
                    directory,
                };
                let config: Config = toml::from_str(&render(&answers)).unwrap();
                config.check().unwrap();
                assert_eq!(config.client[0].name, "Acme \\ Ltd");
                assert_eq!(config.msp_name, "Quote \" & Co");
                if let Some(rt) = &config.psa[0].request_tracker {
                    assert_eq!(rt.queues, [config.client[0].customers[0].customer.as_str()]);
                }
            }
        }
    }

    #[test]
    fn mistakes_are_named_with_the_remedy() {
        let answers = Answers {
            msp_name: "M".into(),
            public_url: "https://desk.example.net".into(),
            client_id: "acme".into(),
            client_name: "Acme".into(),
            psa: Psa::RequestTracker,
            directory: Directory::Graph,
        };
        let good = render(&answers);
        let error = |text: &str| match toml::from_str::<Config>(text) {
            Err(e) => e.to_string(),
            Ok(c) => c.check().unwrap_err(),
        };
        let e = error(&good.replace("poll_ms = 5000", "pol_ms = 5000"));
        assert!(e.contains("pol_ms") && e.contains("poll_ms"), "{e}");
        let e = error(&good.replace("https://desk", "http://desk"));
        assert!(e.contains("public_url") && e.contains("https://"), "{e}");
        let e = error(&good.replace("psa = \"helpdesk\"", "psa = \"desk\""));
        assert!(e.contains("no [[psa]] named \"desk\"") && e.contains("helpdesk"), "{e}");
        let e = error(&good.replace("critical_threshold = 100", "critical_threshold = 2"));
        assert!(e.contains("critical_threshold"), "{e}");
    }
}
