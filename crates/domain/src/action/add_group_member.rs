//! Add an account to a group.

use super::{ActionKind, Need, Scorecard, Spec, canon_account, canon_group};
use crate::{AccountRef, Canon, GroupRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Add an account to a group, directly.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddGroupMember {
    /// Whose account.
    pub account: AccountRef,
    /// Which group.
    pub group: GroupRef,
}

impl Spec for AddGroupMember {
    const KIND: ActionKind = ActionKind::AddGroupMember;
    const FLOOR: Tier = Tier::Medium;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 2,
        blast_radius: 2,
        compliance_sensitivity: 4,
        frequency: 4,
        rationale: "Gives lasting access to whatever the group opens, which the directory does not tell.",
    };
    const NEEDS: &'static [Need] =
        &[Need::Requester, Need::Relation, Need::Target, Need::Volume, Need::Group];
    const RISK: &'static str =
        "The member can read and change all that the group opens, until somebody notices.";
    const UNDO: Option<&'static str> = Some("Remove the account from the group.");

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::High, "gives_access")
    }

    fn sentence(&self) -> String {
        format!(
            "Add {} ({}) to the group {}",
            self.account.name, self.account.login, self.group.name
        )
    }

    fn canon(&self, canon: &mut Canon) {
        canon_account(canon, &self.account);
        canon_group(canon, &self.group);
    }
}
