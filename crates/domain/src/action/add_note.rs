//! Leave an internal note.

use super::{ActionKind, Need, Scorecard, Spec, canon_ticket};
use crate::{Canon, Seen, TicketRef, Tier};
use serde::{Deserialize, Serialize};

/// Leave an internal note that the user does not see.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddNote {
    /// Which ticket.
    pub ticket: TicketRef,
    /// The text, without any secret.
    pub text: String,
}

impl Spec for AddNote {
    const KIND: ActionKind = ActionKind::AddNote;
    const FLOOR: Tier = Tier::Low;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 1,
        blast_radius: 1,
        compliance_sensitivity: 1,
        frequency: 5,
        rationale: "Only technicians read it.",
    };
    const NEEDS: &'static [Need] = &[Need::Ticket];
    const RISK: &'static str = "A wrong note misleads a technician.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::Low, "close_out")
    }

    fn sentence(&self) -> String {
        format!("Note on ticket {}: {}", self.ticket, self.text)
    }

    fn canon(&self, canon: &mut Canon) {
        canon_ticket(canon, &self.ticket);
        canon.text(&self.text);
    }
}
