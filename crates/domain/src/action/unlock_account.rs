//! Clear a lockout.

use super::{ActionKind, Need, Scorecard, Spec, canon_account};
use crate::{AccountRef, Canon, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Clear the lockout that wrong passwords caused. The password stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnlockAccount {
    /// Whose account.
    pub account: AccountRef,
}

impl Spec for UnlockAccount {
    const KIND: ActionKind = ActionKind::UnlockAccount;
    const FLOOR: Tier = Tier::Low;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 1,
        blast_radius: 1,
        compliance_sensitivity: 2,
        frequency: 5,
        rationale: "Changes no right and no password; at worst it gives a guesser a few more tries.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Relation, Need::Target, Need::Volume];
    const RISK: &'static str = "If somebody is guessing this password, they get further tries.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, seen: &Seen<'_>) -> (Tier, &'static str) {
        if seen.own_and_verified() {
            (Tier::Low, "own_account_verified")
        } else {
            (Tier::Medium, "not_own_account")
        }
    }

    fn sentence(&self) -> String {
        format!("Unlock the account of {} ({})", self.account.name, self.account.login)
    }

    fn canon(&self, canon: &mut Canon) {
        canon_account(canon, &self.account);
    }
}
