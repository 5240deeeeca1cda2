//! Allow sign-in again.

use super::{ActionKind, Need, Scorecard, Spec, canon_account};
use crate::{AccountRef, Canon, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Allow sign-in to a blocked account again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnableAccount {
    /// Whose account.
    pub account: AccountRef,
}

impl Spec for EnableAccount {
    const KIND: ActionKind = ActionKind::EnableAccount;
    const FLOOR: Tier = Tier::Medium;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 2,
        blast_radius: 1,
        compliance_sensitivity: 4,
        frequency: 2,
        rationale: "Somebody blocked it for a reason that the directory does not tell.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Relation, Need::Target, Need::Volume];
    const RISK: &'static str =
        "The account may have been blocked because its user left or it was abused.";
    const UNDO: Option<&'static str> = Some("Block sign-in again.");

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::High, "blocked_for_a_reason")
    }

    fn sentence(&self) -> String {
        format!("Allow sign-in again for {} ({})", self.account.name, self.account.login)
    }

    fn canon(&self, canon: &mut Canon) {
        canon_account(canon, &self.account);
    }
}
