//! Issue a temporary access pass.

use super::{ActionKind, Need, Scorecard, Spec, canon_account};
use crate::{AccountRef, Canon, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Issue a temporary access pass.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssueTemporaryAccessPass {
    /// Whose account.
    pub account: AccountRef,
    /// How long it may be used, in minutes.
    pub minutes: u32,
}

impl Spec for IssueTemporaryAccessPass {
    const KIND: ActionKind = ActionKind::IssueTemporaryAccessPass;
    const FLOOR: Tier = Tier::Medium;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 2,
        blast_radius: 1,
        compliance_sensitivity: 5,
        frequency: 3,
        rationale: "It signs in without password and second factor, so it is both at once.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Relation, Need::Target, Need::Volume];
    const RISK: &'static str = "Whoever reads the pass is that user until it lapses.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, seen: &Seen<'_>) -> (Tier, &'static str) {
        if seen.own_by_second_channel() {
            (Tier::Medium, "own_account_second_channel")
        } else {
            (Tier::High, "not_proven_by_second_channel")
        }
    }

    fn sentence(&self) -> String {
        format!(
            "Issue a temporary access pass of {} minutes for {} ({})",
            self.minutes, self.account.name, self.account.login
        )
    }

    fn canon(&self, canon: &mut Canon) {
        canon_account(canon, &self.account);
        canon.int(i64::from(self.minutes));
    }
}
