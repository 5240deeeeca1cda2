//! Set a temporary password.

use super::{ActionKind, Need, Scorecard, Spec, canon_account};
use crate::{AccountRef, Canon, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Replace the password by a temporary one that the platform generates.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResetPassword {
    /// Whose account.
    pub account: AccountRef,
    /// The user must choose their own at the next sign-in.
    pub must_change: bool,
}

impl Spec for ResetPassword {
    const KIND: ActionKind = ActionKind::ResetPassword;
    const FLOOR: Tier = Tier::Medium;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 3,
        blast_radius: 1,
        compliance_sensitivity: 4,
        frequency: 5,
        rationale: "The old password is gone for good, and whoever reads the new one is that user.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Relation, Need::Target, Need::Volume];
    const RISK: &'static str = "If the requester is not who they seem, they take over the account; the rightful user is locked out.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, seen: &Seen<'_>) -> (Tier, &'static str) {
        if seen.own_and_verified() {
            (Tier::Medium, "own_account_verified")
        } else {
            (Tier::High, "not_own_account")
        }
    }

    fn sentence(&self) -> String {
        let then = if self.must_change { " that must be changed at the next sign-in" } else { "" };
        format!("Set a temporary password{then} for {} ({})", self.account.name, self.account.login)
    }

    fn canon(&self, canon: &mut Canon) {
        canon_account(canon, &self.account);
        canon.int(i64::from(self.must_change));
    }
}
