//! Block sign-in.

use super::{ActionKind, Need, Scorecard, Spec, canon_account};
use crate::{AccountRef, Canon, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Block sign-in to an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisableAccount {
    /// Whose account.
    pub account: AccountRef,
}

impl Spec for DisableAccount {
    const KIND: ActionKind = ActionKind::DisableAccount;
    const FLOOR: Tier = Tier::Medium;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 2,
        blast_radius: 1,
        compliance_sensitivity: 4,
        frequency: 2,
        rationale: "Stops a person from working; undone by one flag.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Relation, Need::Target, Need::Volume];
    const RISK: &'static str = "The wrong person, or the right one too early, cannot work.";
    const UNDO: Option<&'static str> = Some("Allow sign-in again.");

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::High, "stops_a_person_from_working")
    }

    fn sentence(&self) -> String {
        format!("Block sign-in of {} ({})", self.account.name, self.account.login)
    }

    fn canon(&self, canon: &mut Canon) {
        canon_account(canon, &self.account);
    }
}
