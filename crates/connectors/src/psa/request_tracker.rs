//! Request Tracker 5 over REST2.
//!
//! INVARIANTS: only tickets of the configured queues are shown; a status is changed with the ETag
//! of what was read, so a change by somebody else in between is seen; since RT answers 200 to some
//! changes that it did not make, a status change is read back before it counts as performed.

mod past;
mod read;
mod wire;
mod write;

use super::{Changes, PastPage, Psa};
use crate::http::{self, Answer, Effect};
use crate::{CallError, Probe, ReadBack, SecretSource};
use async_trait::async_trait;
use domain::{Action, ActionKind, IncomingTicket, PastTicket, TicketState, TicketStatus};
use gate::Grant;
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url, header};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::{collections::BTreeMap, path::PathBuf};
use wire::Failure;

/// How to reach one Request Tracker.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestTrackerConfig {
    /// Address of the web interface, without `/REST/2.0`.
    pub url: String,
    /// Where the token of Journeyman's own RT user is kept (in RT: Settings, Auth Tokens).
    pub token: SecretSource,
    /// Names of the queues to work on; each is a customer for [`IncomingTicket::customer`].
    pub queues: Vec<String>,
    /// PEM file of the only certificates to trust, in place of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Milliseconds that one call may take.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
    /// RT's names of our statuses, where they differ from new, open, stalled and resolved.
    #[serde(default)]
    pub statuses: BTreeMap<TicketStatus, String>,
}

fn default_timeout_ms() -> u64 {
    30_000
}

/// One Request Tracker.
#[derive(Debug)]
pub struct RequestTracker {
    name: String,
    base: Url,
    host: String,
    client: Client,
    token: SecretSource,
    queues: Vec<String>,
    statuses: BTreeMap<TicketStatus, String>,
}

impl RequestTracker {
    /// Checks the configuration and reads the CA file. Opens no connection and reads no token.
    pub fn new(name: impl Into<String>, config: RequestTrackerConfig) -> Result<Self, CallError> {
        let name = name.into();
        let base = http::base_url("url", &config.url)?;
        if config.queues.is_empty() || config.queues.iter().any(|q| q.trim().is_empty()) {
            return Err(CallError::rejected(
                format!("help desk {name}: `queues` names no queue, or an empty one"),
                "list the queues to work on, for example queues = [\"Acme\"]",
            ));
        }
        let mut statuses: BTreeMap<TicketStatus, String> = [
            (TicketStatus::New, "new"),
            (TicketStatus::InProgress, "open"),
            (TicketStatus::WaitingOnCustomer, "stalled"),
            (TicketStatus::WaitingOnApproval, "open"),
            (TicketStatus::NeedsTechnician, "open"),
            (TicketStatus::Closed, "resolved"),
        ]
        .map(|(status, word)| (status, word.to_owned()))
        .into();
        statuses.extend(config.statuses);
        Ok(Self {
            client: http::client(&base, config.ca_file.as_deref(), config.timeout_ms)?,
            host: http::host_of(&base),
            base,
            name,
            token: config.token,
            queues: config.queues,
            statuses,
        })
    }

    /// RT's name of a status.
    fn status_word(&self, status: TicketStatus) -> &str {
        self.statuses.get(&status).map_or("open", String::as_str)
    }

    /// Our reading of RT's status.
    fn status_of(&self, word: &str) -> TicketStatus {
        if matches!(word, "rejected" | "deleted") {
            return TicketStatus::Closed;
        }
        let known = self.statuses.iter().find(|(_, w)| w.eq_ignore_ascii_case(word));
        known.map_or(TicketStatus::InProgress, |(status, _)| *status)
    }

    fn request(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<RequestBuilder, CallError> {
        let token = self.token.read().map_err(|e| {
            CallError::rejected(format!("help desk {}: {e}", self.name), "put the token there")
        })?;
        let value = format!("token {}", token.expose_secret());
        let mut value = header::HeaderValue::try_from(value).map_err(|_| {
            CallError::rejected(
                format!("help desk {}: {} holds something that is no token", self.name, self.token),
                "copy the token again from RT: Settings, Auth Tokens",
            )
        })?;
        value.set_sensitive(true);
        let whole: Vec<&str> = ["REST", "2.0"].into_iter().chain(path.iter().copied()).collect();
        let url = http::with_query(http::join(&self.base, &whole)?, query);
        Ok(self.client.request(method, url).header(header::AUTHORIZATION, value))
    }

    /// Reads one resource; `None` when there is none.
    async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Option<T>, CallError> {
        let answer = http::send(Effect::Read, self.request(Method::GET, path, query)?).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(None),
            s if s.is_success() => answer.json().map(Some),
            _ => Err(self.refused(&answer, "read this")),
        }
    }

    /// What an unsuccessful answer means. `doing` completes "the user may not …".
    fn refused(&self, answer: &Answer, doing: &str) -> CallError {
        let said = answer.error_json::<Failure>().map(|f| f.message).unwrap_or_default();
        let (name, host) = (&self.name, &self.host);
        let rights = "in RT, grant Journeyman's user on the queue: SeeQueue, ShowTicket, ShowTicketComments, ReplyToTicket, CommentOnTicket, ModifyTicket";
        match answer.status.as_u16() {
            401 => CallError::rejected(
                format!("help desk {name}: {host} does not accept the token from {}", self.token),
                "make a new one in RT (Settings, Auth Tokens) and store it there",
            ),
            403 => CallError::rejected(
                format!("help desk {name}: Journeyman's user may not {doing} at {host}"),
                rights,
            ),
            400 if said.contains("Permission Denied") => CallError::rejected(
                format!(
                    "help desk {name}: Journeyman's user may not {doing} at {host}, or the ticket is gone"
                ),
                rights,
            ),
            404 => CallError::rejected(
                format!("help desk {name}: {host} does not know the ticket"),
                "check the ticket's number, and that `url` is the address of RT",
            ),
            code => CallError::rejected(
                format!(
                    "help desk {name}: {host} refused to {doing}: status {code} {}",
                    wire::brief(&said)
                ),
                "check `url` and RT's log",
            ),
        }
    }
}

#[async_trait]
impl Psa for RequestTracker {
    fn name(&self) -> &str {
        &self.name
    }

    fn vendor(&self) -> &'static str {
        "request_tracker"
    }

    fn capabilities(&self) -> &'static [ActionKind] {
        &[ActionKind::Reply, ActionKind::AddNote, ActionKind::LogTime, ActionKind::SetStatus]
    }

    async fn probe(&self) -> Result<Probe, CallError> {
        self.look_around().await
    }

    async fn changes(&self, cursor: Option<&str>) -> Result<Changes, CallError> {
        self.read_changes(cursor).await
    }

    async fn closed(&self, cursor: Option<&str>) -> Result<PastPage, CallError> {
        self.closed_after(cursor).await
    }

    async fn past(&self, id: &str) -> Result<Option<PastTicket>, CallError> {
        self.closed_one(id).await
    }

    async fn incoming(&self, id: &str) -> Result<Option<IncomingTicket>, CallError> {
        self.read_incoming(id).await
    }

    async fn ticket(&self, id: &str) -> Result<Option<TicketState>, CallError> {
        self.read_state(id).await
    }

    async fn perform(&self, grant: Grant) -> Result<(), CallError> {
        self.change(grant.action(), &grant.digest().short()).await
    }

    async fn read_back(&self, action: &Action, mark: &str) -> Result<ReadBack, CallError> {
        self.verify(action, mark).await
    }
}

#[cfg(test)]
mod tests;
