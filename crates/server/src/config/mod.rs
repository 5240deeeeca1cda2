//! The configuration file. Unknown keys are errors, and every error names the key and the remedy.

use connectors::{
    SecretSource,
    chat::slack::SlackConfig,
    idp::{active_directory::ActiveDirectoryConfig, graph::GraphConfig},
    mail::smtp::SmtpConfig,
    psa::{connectwise::ConnectWiseConfig, request_tracker::RequestTrackerConfig},
};
use domain::{CellId, ClientId, Tier};
use gate::Policy;
use serde::Deserialize;
use std::{
    collections::BTreeSet,
    net::SocketAddr,
    path::{Path, PathBuf},
};

mod check;
mod explain;
mod template;
pub(crate) use template::{Answers, Directory as DirectoryKind, Psa as PsaKind, render};

/// Why a configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ConfigError(pub(crate) String);

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The file that it was read from.
    #[serde(skip)]
    pub(crate) file: Option<PathBuf>,
    /// Folder of database, keys and model; relative to the file's own folder.
    pub(crate) data_dir: PathBuf,
    /// Address of a PostgreSQL that several nodes share; without it the database is in `data_dir`. It
    /// may hold a password, so it comes from a file or an environment variable.
    pub(crate) database: Option<SecretSource>,
    /// What a collector of `/metrics` sends as its bearer token; without it only administrators look.
    pub(crate) metrics_token: Option<SecretSource>,
    /// Address and port of console and hooks.
    #[serde(default = "default_listen")]
    pub(crate) listen: SocketAddr,
    /// How users reach the console and one-time pages, such as `https://desk.example.net`.
    pub(crate) public_url: String,
    /// Name that replies are signed with.
    pub(crate) msp_name: String,
    /// Milliseconds between two looks at each PSA.
    #[serde(default = "default_poll_ms")]
    pub(crate) poll_ms: u64,
    /// Cases worked on at the same time.
    #[serde(default = "default_workers")]
    pub(crate) workers: u32,
    /// What the built-in technician may request.
    #[serde(default)]
    pub(crate) brain: BrainConfig,
    /// The gate's rules. Without them every change is refused.
    pub(crate) policy: Option<Policy>,
    /// Outgoing mail, for one-time codes.
    pub(crate) mail: Option<SmtpConfig>,
    /// A Slack workspace in which people decide and are told.
    pub(crate) slack: Option<SlackConfig>,
    /// Who is shown the journal's checkpoints.
    pub(crate) witness: Option<WitnessConfig>,
    /// Where traces of cases are sent; without it nowhere.
    pub(crate) telemetry: Option<TelemetryConfig>,
    /// Addresses that are told by mail of what ran at Medium, and of breakers.
    #[serde(default)]
    pub(crate) notify: Vec<String>,
    /// Help desks.
    #[serde(default)]
    pub(crate) psa: Vec<PsaEntry>,
    /// Client companies.
    #[serde(default)]
    pub(crate) client: Vec<ClientEntry>,
    /// Which cell this is; without it there is one.
    pub(crate) cell: Option<CellEntry>,
    /// The other cells.
    #[serde(default)]
    pub(crate) cells: Vec<PeerEntry>,
}

/// This cell: one PostgreSQL with its nodes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CellEntry {
    /// Its name among the cells.
    pub(crate) name: CellId,
    /// The name of the installation in signed checkpoints, the same in every cell: a journal that
    /// moves stays provable. Without it, the host of `public_url`.
    pub(crate) journal: Option<String>,
}

/// Another cell.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeerEntry {
    /// Its name.
    pub(crate) name: CellId,
    /// Its `public_url`.
    pub(crate) url: String,
    /// What the two cells sign with, the same in both.
    pub(crate) secret: SecretSource,
}

/// Limits of the built-in brain.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BrainConfig {
    /// A verdict whose base is above this is for people only.
    pub(crate) ceiling: Tier,
}

impl Default for BrainConfig {
    fn default() -> Self {
        BrainConfig { ceiling: Tier::High }
    }
}

/// Who sees the journal's checkpoints and remembers them where this machine cannot change it: a witness
/// as C2SP's tlog-witness has it, a file, or both.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WitnessConfig {
    /// The witness's name, as it signs.
    pub(crate) name: Option<String>,
    /// What stands before `/add-checkpoint`.
    pub(crate) url: Option<String>,
    /// The key of its cosignatures: cosignature/v1, Ed25519.
    pub(crate) vkey: Option<String>,
    /// Every new checkpoint is appended here; best on another machine's disk.
    pub(crate) file: Option<PathBuf>,
}

/// A collector that speaks OTLP over HTTP with JSON.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TelemetryConfig {
    /// What stands before `/v1/traces`, such as `http://127.0.0.1:4318`.
    pub(crate) otlp_endpoint: String,
    /// Headers of each request, as `name=value` with commas between them. They may hold a token.
    pub(crate) otlp_headers: Option<SecretSource>,
}

/// One help desk.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PsaEntry {
    pub(crate) name: String,
    pub(crate) request_tracker: Option<RequestTrackerConfig>,
    pub(crate) connectwise: Option<ConnectWiseConfig>,
}

/// Where a client's tickets come from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomerEntry {
    /// Name of a `[[psa]]`.
    pub(crate) psa: String,
    /// The PSA's name for the company: an RT queue, a ConnectWise company identifier.
    pub(crate) customer: String,
}

/// One client company.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientEntry {
    pub(crate) id: ClientId,
    pub(crate) name: String,
    pub(crate) customers: Vec<CustomerEntry>,
    /// Groups whose members are looked at twice, besides those whose names say so.
    #[serde(default)]
    pub(crate) sensitive_groups: BTreeSet<String>,
    /// Groups that count as administrative here, besides those that the directory marks.
    #[serde(default)]
    pub(crate) privileged_groups: BTreeSet<String>,
    /// Logins of emergency accounts; `*` stands for any text.
    #[serde(default)]
    pub(crate) break_glass: BTreeSet<String>,
    /// Logins of service accounts; `*` stands for any text.
    #[serde(default = "default_service")]
    pub(crate) service_accounts: BTreeSet<String>,
    /// Addresses of people whom the client named as entitled to ask for others.
    #[serde(default)]
    pub(crate) authorised_contacts: BTreeSet<String>,
    /// Hours until an unread one-time password is wiped.
    #[serde(default = "default_link_ttl")]
    pub(crate) link_ttl_hours: u32,
    /// The id of the Slack channel for notices about this client, in place of that of `[slack]`.
    pub(crate) slack_channel: Option<String>,
    /// The cell that it lives in until it is moved; needed where there are several.
    pub(crate) cell: Option<CellId>,
    pub(crate) active_directory: Option<ActiveDirectoryConfig>,
    pub(crate) graph: Option<GraphConfig>,
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 7300))
}
fn default_poll_ms() -> u64 {
    5_000
}
fn default_workers() -> u32 {
    8
}
fn default_link_ttl() -> u32 {
    24
}
fn default_service() -> BTreeSet<String> {
    ["svc-*", "svc_*", "sa-*", "service-*"].map(str::to_owned).into()
}

impl Config {
    /// Reads and checks a file.
    pub(crate) fn load(path: &Path) -> Result<Config, ConfigError> {
        let config = Config::read(path)?;
        match config.check() {
            Ok(()) => Ok(config),
            Err(e) => Err(ConfigError(format!("configuration {}: {e}", path.display()))),
        }
    }

    /// Reads a file; what its types cannot check is not checked yet.
    pub(crate) fn read(path: &Path) -> Result<Config, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|e| {
            ConfigError(format!(
                "cannot read the configuration {}: {e}; `journeyman init` writes one",
                path.display()
            ))
        })?;
        let mut config: Config = toml::from_str(&text).map_err(|e| {
            ConfigError(format!(
                "configuration {}: {}",
                path.display(),
                explain::explain(&text, &e)
            ))
        })?;
        config.file = Some(path.to_owned());
        config.rebase(path.parent().unwrap_or(Path::new(".")));
        Ok(config)
    }

    /// Relative paths start at the configuration's folder, wherever the server is started from.
    fn rebase(&mut self, base: &Path) {
        let file = |path: &mut PathBuf| *path = base.join(&path);
        let secret = |source: &mut SecretSource| match source {
            SecretSource::File(path) => file(path),
            SecretSource::Env(_) => {}
        };
        file(&mut self.data_dir);
        self.database.iter_mut().for_each(secret);
        self.metrics_token.iter_mut().for_each(secret);
        if let Some(telemetry) = &mut self.telemetry {
            telemetry.otlp_headers.iter_mut().for_each(secret);
        }
        self.cells.iter_mut().for_each(|cell| secret(&mut cell.secret));
        if let Some(mail) = &mut self.mail {
            mail.password.iter_mut().for_each(secret);
            mail.ca_file.iter_mut().for_each(file);
        }
        if let Some(slack) = &mut self.slack {
            secret(&mut slack.token);
            secret(&mut slack.signing_secret);
            slack.ca_file.iter_mut().for_each(file);
        }
        if let Some(witness) = &mut self.witness {
            witness.file.iter_mut().for_each(file);
        }
        for psa in &mut self.psa {
            if let Some(rt) = &mut psa.request_tracker {
                secret(&mut rt.token);
                rt.ca_file.iter_mut().for_each(file);
            }
            if let Some(cw) = &mut psa.connectwise {
                secret(&mut cw.private_key);
                cw.ca_file.iter_mut().for_each(file);
            }
        }
        for client in &mut self.client {
            if let Some(ad) = &mut client.active_directory {
                secret(&mut ad.password);
                ad.ca_file.iter_mut().for_each(file);
            }
            if let Some(graph) = &mut client.graph {
                secret(&mut graph.client_secret);
                graph.ca_file.iter_mut().for_each(file);
            }
        }
    }

    /// Checks what types cannot: the first mistake.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.mistakes().into_iter().next().map_or(Ok(()), Err)
    }

    /// Every place of a secret.
    pub(crate) fn secrets(&self) -> Vec<&SecretSource> {
        let mut all: Vec<&SecretSource> = Vec::new();
        all.extend(&self.database);
        all.extend(&self.metrics_token);
        all.extend(self.cells.iter().map(|cell| &cell.secret));
        all.extend(self.mail.iter().filter_map(|m| m.password.as_ref()));
        all.extend(self.slack.iter().flat_map(|s| [&s.token, &s.signing_secret]));
        all.extend(self.telemetry.iter().filter_map(|t| t.otlp_headers.as_ref()));
        for psa in &self.psa {
            all.extend(psa.request_tracker.iter().map(|c| &c.token));
            all.extend(psa.connectwise.iter().map(|c| &c.private_key));
        }
        for client in &self.client {
            all.extend(client.active_directory.iter().map(|c| &c.password));
            all.extend(client.graph.iter().map(|c| &c.client_secret));
        }
        all
    }
}

/// A configuration for tests that need one.
#[cfg(test)]
#[allow(clippy::expect_used)]
pub(crate) fn example() -> Config {
    let text =
        "data_dir = \"data\"\npublic_url = \"http://desk.example\"\nmsp_name = \"Northwind IT\"";
    toml::from_str(text).expect("the example is a configuration")
}
