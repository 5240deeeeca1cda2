//! The PSA's record, in the words that every help desk shares.

use crate::UnixMs;
use serde::{Deserialize, Serialize};

/// Points at one ticket: the connector's configured name and the PSA's own id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TicketRef {
    /// Name of the configured PSA connector.
    pub psa: String,
    /// The PSA's id.
    pub id: String,
}

impl std::fmt::Display for TicketRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#{}", self.psa, self.id)
    }
}

/// Where a ticket stands, whatever the PSA calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketStatus {
    /// Nobody has touched it.
    New,
    /// Being worked on.
    InProgress,
    /// Waits for the customer's answer.
    WaitingOnCustomer,
    /// Waits for a person's approval.
    WaitingOnApproval,
    /// Handed to people.
    NeedsTechnician,
    /// Done.
    Closed,
}

impl TicketStatus {
    /// The snake-case name used in configuration.
    pub fn name(self) -> &'static str {
        match self {
            TicketStatus::New => "new",
            TicketStatus::InProgress => "in_progress",
            TicketStatus::WaitingOnCustomer => "waiting_on_customer",
            TicketStatus::WaitingOnApproval => "waiting_on_approval",
            TicketStatus::NeedsTechnician => "needs_technician",
            TicketStatus::Closed => "closed",
        }
    }
}

/// A ticket as it arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingTicket {
    /// Which ticket.
    pub ticket: TicketRef,
    /// The PSA's name for the customer (queue, company id); configuration maps it to a client.
    pub customer: String,
    /// Sender's address, lower case; empty when the PSA knows none.
    pub from: String,
    /// Sender's name as the PSA shows it.
    pub from_name: String,
    /// Subject line.
    pub subject: String,
    /// First message, as plain text.
    pub body: String,
    /// When the PSA created it.
    pub created_at: UnixMs,
    /// `Message-ID` of the mail it came from, where there was one.
    pub message_id: Option<String>,
    /// Status when read.
    pub status: TicketStatus,
}

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// A customer, by address.
    Customer(String),
    /// Journeyman's own PSA user.
    Ourselves,
    /// A technician or another system, by name.
    Agent(String),
}

/// One message on a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The PSA's id of the message.
    pub id: String,
    /// Who wrote it.
    pub author: Author,
    /// Plain text.
    pub body: String,
    /// When.
    pub at: UnixMs,
    /// Internal notes are not seen by the customer.
    pub internal: bool,
}

/// A ticket as it stands, for reading back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketState {
    /// Which ticket.
    pub ticket: TicketRef,
    /// Status.
    pub status: TicketStatus,
    /// Every message after the first, oldest first.
    pub messages: Vec<Message>,
    /// Minutes of recorded work.
    pub minutes_worked: u32,
    /// Texts of the time entries, so that one entry can be recognised.
    pub time_notes: Vec<String>,
    /// Ids of tickets that this one is linked or merged to.
    pub links: Vec<String>,
}
