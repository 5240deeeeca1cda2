//! What an MSP writes down to connect its ConnectWise PSA.

use crate::{CallError, SecretSource, http};
use domain::TicketStatus;
use reqwest::Url;
use serde::Deserialize;
use std::{collections::BTreeMap, path::PathBuf};

/// How to reach one ConnectWise PSA: an API member's key pair and one service board.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectWiseConfig {
    /// Address of the site, such as `https://api-na.myconnectwise.net`; the API's path is added
    /// when it is left out.
    pub base_url: String,
    /// The MSP's own company id, as on ConnectWise's sign-in page.
    pub company: String,
    /// Public key of the API member.
    pub public_key: String,
    /// Where its private key is kept.
    pub private_key: SecretSource,
    /// Client id from the ConnectWise developer portal.
    pub client_id: String,
    /// Name of the service board to work on.
    pub board: String,
    /// The board's names for our statuses; unlisted ones have ConnectWise's usual names.
    #[serde(default)]
    pub statuses: BTreeMap<TicketStatus, String>,
    /// Identifier of the API member: author of our notes and time entries.
    pub member: String,
    /// PEM file of the only certificates to trust, in place of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Milliseconds that one call may take.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
}

fn default_timeout_ms() -> u64 {
    20_000
}

/// Every status, in the order in which a ticket goes through them.
pub(super) const STATUSES: [TicketStatus; 6] = [
    TicketStatus::New,
    TicketStatus::InProgress,
    TicketStatus::WaitingOnCustomer,
    TicketStatus::WaitingOnApproval,
    TicketStatus::NeedsTechnician,
    TicketStatus::Closed,
];

impl ConnectWiseConfig {
    /// The board's name for a status.
    pub(super) fn status_name(&self, status: TicketStatus) -> &str {
        self.statuses.get(&status).map_or_else(
            || match status {
                TicketStatus::New => "New",
                TicketStatus::InProgress => "In Progress",
                TicketStatus::WaitingOnCustomer => "Waiting on Customer",
                TicketStatus::WaitingOnApproval => "Waiting on Approval",
                TicketStatus::NeedsTechnician => "Needs Technician",
                TicketStatus::Closed => "Closed",
            },
            String::as_str,
        )
    }

    /// What the board's name means. A name that nobody mapped is somebody's work in progress.
    pub(super) fn status(&self, name: &str, closed: bool) -> TicketStatus {
        let known =
            STATUSES.into_iter().find(|s| self.status_name(*s).eq_ignore_ascii_case(name.trim()));
        match known {
            Some(status) => status,
            None if closed => TicketStatus::Closed,
            None => TicketStatus::InProgress,
        }
    }

    pub(super) fn check(&self) -> Result<Url, CallError> {
        let base = http::base_url("base_url", &self.base_url)?;
        let words = [
            ("company", &self.company, "the company id of ConnectWise's sign-in page"),
            ("public_key", &self.public_key, "the API member's public key"),
            ("client_id", &self.client_id, "the client id from developer.connectwise.com"),
            ("board", &self.board, "the service board's name"),
            ("member", &self.member, "the API member's identifier"),
        ];
        for (field, text, what) in words {
            // These end up in headers and in conditions, where a quote would end the value.
            if text.trim().is_empty() || text.contains(['"', '\\', '\n', '\r']) {
                return Err(CallError::rejected(
                    format!("`{field}` is {text:?}"),
                    format!("give {what}, without quotes or backslashes"),
                ));
            }
        }
        for status in STATUSES {
            let name = self.status_name(status);
            let twin = STATUSES
                .into_iter()
                .find(|s| *s != status && self.status_name(*s).eq_ignore_ascii_case(name));
            if name.trim().is_empty() || twin.is_some() {
                return Err(CallError::rejected(
                    format!(
                        "`statuses.{}` is {name:?}, which is empty or used twice",
                        status.name()
                    ),
                    "give each status a name of its own on the board",
                ));
            }
        }
        if self.timeout_ms == 0 {
            return Err(CallError::rejected(
                "`timeout_ms` is 0",
                "give milliseconds, such as 20000",
            ));
        }
        if base.path().ends_with("/apis/3.0") {
            return Ok(base);
        }
        http::join(&base, &["v4_6_release", "apis", "3.0"])
    }
}
