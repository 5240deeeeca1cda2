//! Read one account.

use super::{ActionKind, Need, Scorecard, Spec, canon_account};
use crate::{AccountRef, Canon, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Read one account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadAccount {
    /// Whose account.
    pub account: AccountRef,
}

impl Spec for ReadAccount {
    const KIND: ActionKind = ActionKind::ReadAccount;
    const FLOOR: Tier = Tier::Low;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 1,
        blast_radius: 1,
        compliance_sensitivity: 2,
        frequency: 4,
        rationale: "Reads and changes nothing.",
    };
    const NEEDS: &'static [Need] = &[];
    const RISK: &'static str = "Shows directory data to the technician.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::Low, "read_only")
    }

    fn sentence(&self) -> String {
        format!("Read the state of {} ({})", self.account.name, self.account.login)
    }

    fn canon(&self, canon: &mut Canon) {
        canon_account(canon, &self.account);
    }
}
