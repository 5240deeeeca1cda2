//! Remove the registered second factors of an account.

use super::{ActionKind, Need, Scorecard, Spec, canon_account};
use crate::{AccountRef, Canon, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Remove the registered second factors of an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResetMfa {
    /// Whose account.
    pub account: AccountRef,
}

impl Spec for ResetMfa {
    const KIND: ActionKind = ActionKind::ResetMfa;
    const FLOOR: Tier = Tier::Medium;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 3,
        blast_radius: 1,
        compliance_sensitivity: 5,
        frequency: 4,
        rationale: "Whoever signs in next registers the second factor, so it must be the right person.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Relation, Need::Target, Need::Volume];
    const RISK: &'static str = "If the requester is not who they seem, they register their own telephone and own the account.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, seen: &Seen<'_>) -> (Tier, &'static str) {
        if seen.own_by_second_channel() {
            (Tier::Medium, "own_account_second_channel")
        } else {
            (Tier::High, "not_proven_by_second_channel")
        }
    }

    fn sentence(&self) -> String {
        format!("Remove all second factors of {} ({})", self.account.name, self.account.login)
    }

    fn canon(&self, canon: &mut Canon) {
        canon_account(canon, &self.account);
    }
}
