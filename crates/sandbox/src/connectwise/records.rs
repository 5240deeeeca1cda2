//! What the help desk keeps: plain records.

use super::desk::BOARD_ID;
use domain::{ClientId, UnixMs};
use serde_json::Value;

#[derive(Clone, Debug)]
pub(crate) struct Company {
    pub(crate) id: u32,
    pub(crate) identifier: String,
    pub(crate) name: String,
    pub(crate) client: Option<ClientId>,
}

#[derive(Clone, Debug)]
pub(crate) struct Contact {
    pub(crate) id: u32,
    pub(crate) company: u32,
    pub(crate) first: String,
    pub(crate) last: String,
    pub(crate) title: String,
    pub(crate) emails: Vec<String>,
    pub(crate) phone: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) id: u64,
    pub(crate) text: String,
    pub(crate) detail: bool,
    pub(crate) internal: bool,
    pub(crate) resolution: bool,
    pub(crate) by_member: bool,
    pub(crate) contact: Option<u32>,
    pub(crate) created_by: String,
    pub(crate) at: UnixMs,
}

#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    pub(crate) id: u64,
    /// Whom the ticket really belongs to, even when it was filed under the catch-all company.
    pub(crate) client: Option<ClientId>,
    pub(crate) company: u32,
    pub(crate) contact: Option<u32>,
    pub(crate) email: String,
    pub(crate) from_name: String,
    pub(crate) summary: String,
    pub(crate) status: u32,
    pub(crate) parent: Option<u64>,
    pub(crate) merged_into: Option<u64>,
    pub(crate) has_child: bool,
    pub(crate) has_merged_child: bool,
    pub(crate) hours: f64,
    pub(crate) closed_at: Option<UnixMs>,
    pub(crate) customer_updated: bool,
    pub(crate) notes: Vec<Note>,
    pub(crate) entered_at: UnixMs,
    pub(crate) updated_at: UnixMs,
    pub(crate) updated_by: String,
}

#[derive(Clone, Debug)]
pub(crate) struct TimeEntry {
    pub(crate) id: u64,
    pub(crate) ticket: u64,
    pub(crate) charge_to_type: String,
    pub(crate) start: UnixMs,
    pub(crate) hours: f64,
    pub(crate) notes: String,
    pub(crate) internal_notes: String,
    pub(crate) member: String,
    pub(crate) at: UnixMs,
}

/// A registered callback, and the API member that made it.
#[derive(Clone, Debug)]
pub(crate) struct Callback {
    pub(crate) id: u32,
    pub(crate) url: String,
    pub(crate) kind: String,
    pub(crate) level: String,
    pub(crate) object_id: u64,
    pub(crate) description: String,
    pub(crate) inactive: bool,
    pub(crate) self_suppressed: bool,
    pub(crate) at: UnixMs,
}

/// One callback on its way out.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) url: String,
    pub(crate) ticket: u64,
    pub(crate) action: &'static str,
    pub(crate) entity: Value,
}

impl Callback {
    pub(super) fn wants(&self, ticket: &Ticket, by_api_member: bool) -> bool {
        if self.inactive
            || !self.kind.eq_ignore_ascii_case("ticket")
            || (by_api_member && self.self_suppressed)
        {
            return false;
        }
        match self.level.to_ascii_lowercase().as_str() {
            "owner" => true,
            "board" => self.object_id == u64::from(BOARD_ID),
            "company" => self.object_id == u64::from(ticket.company),
            "status" => self.object_id == u64::from(ticket.status),
            "ticket" => self.object_id == ticket.id,
            _ => false,
        }
    }
}
