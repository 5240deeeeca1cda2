//! Answer the user.

use super::{ActionKind, Need, Scorecard, Spec, canon_ticket};
use crate::{Canon, Seen, TicketRef, Tier};
use serde::{Deserialize, Serialize};

/// Answer the user on the ticket; the PSA sends it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Which ticket.
    pub ticket: TicketRef,
    /// The text, without any secret.
    pub text: String,
}

impl Spec for Reply {
    const KIND: ActionKind = ActionKind::Reply;
    const FLOOR: Tier = Tier::Low;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 4,
        blast_radius: 1,
        compliance_sensitivity: 2,
        frequency: 5,
        rationale: "A text to the person who asked, on their own ticket.",
    };
    const NEEDS: &'static [Need] = &[Need::Ticket];
    const RISK: &'static str = "A wrong answer misleads the user.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::Low, "close_out")
    }

    fn sentence(&self) -> String {
        format!("Answer the user on ticket {}: {}", self.ticket, self.text)
    }

    fn canon(&self, canon: &mut Canon) {
        canon_ticket(canon, &self.ticket);
        canon.text(&self.text);
    }
}
