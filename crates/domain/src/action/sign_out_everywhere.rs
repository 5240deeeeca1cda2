//! End every session of an account.

use super::{ActionKind, Need, Scorecard, Spec, canon_account};
use crate::{AccountRef, Canon, Seen, Tier};
use serde::{Deserialize, Serialize};

/// End every session of an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignOutEverywhere {
    /// Whose account.
    pub account: AccountRef,
}

impl Spec for SignOutEverywhere {
    const KIND: ActionKind = ActionKind::SignOutEverywhere;
    const FLOOR: Tier = Tier::Medium;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 2,
        blast_radius: 1,
        compliance_sensitivity: 3,
        frequency: 3,
        rationale: "The user signs in again everywhere; nothing else changes.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Relation, Need::Target, Need::Volume];
    const RISK: &'static str = "The user is thrown out of meetings and loses unsaved work.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::High, "ends_sessions")
    }

    fn sentence(&self) -> String {
        format!("End every session of {} ({})", self.account.name, self.account.login)
    }

    fn canon(&self, canon: &mut Canon) {
        canon_account(canon, &self.account);
    }
}
