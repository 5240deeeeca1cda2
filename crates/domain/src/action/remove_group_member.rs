//! Take an account out of a group.

use super::{ActionKind, Need, Scorecard, Spec, canon_account, canon_group};
use crate::{AccountRef, Canon, GroupRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Take an account out of a group, where it is a direct member.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveGroupMember {
    /// Whose account.
    pub account: AccountRef,
    /// Which group.
    pub group: GroupRef,
}

impl Spec for RemoveGroupMember {
    const KIND: ActionKind = ActionKind::RemoveGroupMember;
    const FLOOR: Tier = Tier::Medium;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 2,
        blast_radius: 2,
        compliance_sensitivity: 3,
        frequency: 2,
        rationale: "Takes access away; undone by adding the member again.",
    };
    const NEEDS: &'static [Need] =
        &[Need::Requester, Need::Relation, Need::Target, Need::Volume, Need::Group];
    const RISK: &'static str = "The user loses access that they may still need.";
    const UNDO: Option<&'static str> = Some("Add the account to the group again.");

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::High, "takes_access")
    }

    fn sentence(&self) -> String {
        format!(
            "Remove {} ({}) from the group {}",
            self.account.name, self.account.login, self.group.name
        )
    }

    fn canon(&self, canon: &mut Canon) {
        canon_account(canon, &self.account);
        canon_group(canon, &self.group);
    }
}
