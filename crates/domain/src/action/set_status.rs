//! Change the status.

use super::{ActionKind, Need, Scorecard, Spec, canon_ticket};
use crate::{Canon, Seen, TicketRef, TicketStatus, Tier};
use serde::{Deserialize, Serialize};

/// Change the status of the ticket, optionally linking it to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetStatus {
    /// Which ticket.
    pub ticket: TicketRef,
    /// The new status.
    pub status: TicketStatus,
    /// Another ticket of the same PSA that this one repeats.
    pub duplicate_of: Option<String>,
}

impl Spec for SetStatus {
    const KIND: ActionKind = ActionKind::SetStatus;
    const FLOOR: Tier = Tier::Low;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 1,
        blast_radius: 1,
        compliance_sensitivity: 1,
        frequency: 5,
        rationale: "Undone by setting it back.",
    };
    const NEEDS: &'static [Need] = &[Need::Ticket];
    const RISK: &'static str = "A ticket that is closed too early is forgotten.";
    const UNDO: Option<&'static str> = Some("Set the former status again.");

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::Low, "close_out")
    }

    fn sentence(&self) -> String {
        let link = self
            .duplicate_of
            .as_ref()
            .map(|id| format!(" as a duplicate of {id}"))
            .unwrap_or_default();
        format!("Set ticket {} to {}{link}", self.ticket, self.status.name())
    }

    fn canon(&self, canon: &mut Canon) {
        canon_ticket(canon, &self.ticket);
        canon.text(self.status.name());
        canon.option(self.duplicate_of.as_ref().map(|s| s.as_bytes()));
    }
}
