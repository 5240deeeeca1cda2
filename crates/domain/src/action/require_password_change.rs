//! Make the user choose a new password.

use super::{ActionKind, Need, Scorecard, Spec, canon_account};
use crate::{AccountRef, Canon, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Make the user choose a new password at the next sign-in. The password works once more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequirePasswordChange {
    /// Whose account.
    pub account: AccountRef,
}

impl Spec for RequirePasswordChange {
    const KIND: ActionKind = ActionKind::RequirePasswordChange;
    const FLOOR: Tier = Tier::Low;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 1,
        blast_radius: 1,
        compliance_sensitivity: 2,
        frequency: 2,
        rationale: "Takes nothing away and is undone by one flag.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Relation, Need::Target, Need::Volume];
    const RISK: &'static str = "A user who is away and signs in by a way that cannot change passwords (VPN, mail client) is stuck.";
    const UNDO: Option<&'static str> = Some("Clear the flag that demands a new password.");

    fn base(&self, seen: &Seen<'_>) -> (Tier, &'static str) {
        if seen.own_and_verified() {
            (Tier::Low, "own_account_verified")
        } else {
            (Tier::Medium, "not_own_account")
        }
    }

    fn sentence(&self) -> String {
        format!(
            "Require a new password at the next sign-in of {} ({})",
            self.account.name, self.account.login
        )
    }

    fn canon(&self, canon: &mut Canon) {
        canon_account(canon, &self.account);
    }
}
