//! Closed tickets of the past, in the words that every source shares, and the company that they came from.
//!
//! What a source does not say is `None` or empty, never guessed. Nothing here is believed by the gate: it teaches and it is measured against.

use crate::UnixMs;
use serde::{Deserialize, Serialize};

/// One ticket of the past with all that became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastTicket {
    /// The source's number for it; unique in a history.
    pub id: String,
    /// The source's name for the customer; empty when the history is of one client.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub client: String,
    /// When it was opened. Without it, the order of the source is the order in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<UnixMs>,
    /// When it was closed for the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<UnixMs>,
    /// Who asked: address where the source has one, else login or name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub requester: String,
    /// Subject line or short description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// First message or description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// The desk's own category, levels joined by " / ".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub category: String,
    /// Assignment group, board or queue at the end.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Technician at the end.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub assignee: String,
    /// Priority as the source says it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub priority: String,
    /// Status as the source says it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// The technician's closing words. Never part of what is learned as a request.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub resolution: String,
    /// Minutes of recorded work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    /// How often it was given to another group or person; `None` when the source does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reassigned: Option<u32>,
    /// How often it was opened again; `None` when the source does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopened: Option<u32>,
    /// What happened after it was opened, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<PastEvent>,
}

/// One thing that happened to a ticket of the past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastEvent {
    /// When; `None` when the source has the order only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<UnixMs>,
    /// Who: address where the source has one, else login or name; empty when unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// What.
    #[serde(flatten)]
    pub what: PastDeed,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum PastDeed {
    /// A message or comment.
    Said {
        /// Plain text.
        text: String,
        /// Not seen by the customer.
        #[serde(default, skip_serializing_if = "is_false")]
        internal: bool,
        /// Written by the desk, as far as the source tells desk and customer apart.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by_desk: Option<bool>,
    },
    /// The source's own approval record: who was asked.
    ApprovalAsked {
        /// Whose approval was asked for.
        of: String,
    },
    /// The source's own approval record: what `by` decided.
    ApprovalDecided {
        /// Yes or no.
        approved: bool,
    },
    /// A new status, in the source's words.
    Status {
        /// The new status.
        to: String,
    },
    /// Given to somebody else.
    Assigned {
        /// The new group; empty when it stayed.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        group: String,
        /// The new technician; empty when nobody in person.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        assignee: String,
    },
    /// Opened again after it was closed.
    Reopened,
    /// Recorded work.
    Worked {
        /// Minutes.
        minutes: u32,
    },
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// A company as its directory describes it: who works there and whose things are whose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Org {
    /// The source's name for the customer, as in [`PastTicket::client`].
    #[serde(default)]
    pub client: String,
    /// Everybody, also those who left.
    pub people: Vec<OrgPerson>,
    /// Groups, mailboxes and the like that have owners.
    #[serde(default)]
    pub things: Vec<OrgThing>,
}

/// Somebody who works or worked at a company.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrgPerson {
    /// Address, lower case.
    pub address: String,
    /// Name as people write it.
    pub name: String,
    /// Job title; empty when the directory has none.
    #[serde(default)]
    pub title: String,
    /// Department; empty when the directory has none.
    #[serde(default)]
    pub department: String,
    /// Address of the manager; empty when there is none.
    #[serde(default)]
    pub manager: String,
    /// First day, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<UnixMs>,
    /// Last day, for those who left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixMs>,
}

/// A group, mailbox or the like.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrgThing {
    /// Name or address.
    pub name: String,
    /// What it is: `group`, `mailbox`, `licence`, `device`.
    pub kind: String,
    /// Addresses of its owners.
    #[serde(default)]
    pub owners: Vec<String>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_ticket_of_the_past_reads_back_as_written_and_says_only_what_it_knows() {
        let bare = PastTicket { id: "7".into(), subject: "Help".into(), ..Default::default() };
        assert_eq!(serde_json::to_string(&bare).unwrap(), r#"{"id":"7","subject":"Help"}"#);
        let said =
            PastDeed::Said { text: "ok for me".into(), internal: false, by_desk: Some(false) };
        let event = PastEvent { at: Some(UnixMs(5)), by: "ann@x.example".into(), what: said };
        let full = PastTicket { events: vec![event], reopened: Some(0), ..bare };
        let text = serde_json::to_string(&full).unwrap();
        assert_eq!(serde_json::from_str::<PastTicket>(&text).unwrap(), full);
        let wrong =
            serde_json::from_str::<PastTicket>(r#"{"id":"7","subjekt":"Help"}"#).unwrap_err();
        assert!(wrong.to_string().contains("unknown field `subjekt`"), "{wrong}");
    }
}
