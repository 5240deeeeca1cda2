//! Record work time.

use super::{ActionKind, Need, Scorecard, Spec, canon_ticket};
use crate::{Canon, Seen, TicketRef, Tier};
use serde::{Deserialize, Serialize};

/// Record work time on the ticket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogTime {
    /// Which ticket.
    pub ticket: TicketRef,
    /// Minutes, at least 1.
    pub minutes: u32,
    /// What the time was spent on.
    pub text: String,
}

impl Spec for LogTime {
    const KIND: ActionKind = ActionKind::LogTime;
    const FLOOR: Tier = Tier::Low;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 2,
        blast_radius: 1,
        compliance_sensitivity: 2,
        frequency: 5,
        rationale: "Shows up on a bill, where a person sees it before it is sent.",
    };
    const NEEDS: &'static [Need] = &[Need::Ticket];
    const RISK: &'static str = "A wrong time entry is billed.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::Low, "close_out")
    }

    fn sentence(&self) -> String {
        format!("Record {} minutes of work on ticket {}: {}", self.minutes, self.ticket, self.text)
    }

    fn canon(&self, canon: &mut Canon) {
        canon_ticket(canon, &self.ticket);
        canon.int(i64::from(self.minutes)).text(&self.text);
    }
}
