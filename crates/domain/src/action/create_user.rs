//! Create an account.

use super::{ActionKind, Need, Scorecard, Spec, canon_group, joins};
use crate::{Canon, GroupRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Create an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    /// Its user principal name.
    pub login: String,
    /// Its display name.
    pub name: String,
    /// Its department.
    pub department: String,
    /// Groups that it joins.
    pub groups: Vec<GroupRef>,
}

impl Spec for CreateUser {
    const KIND: ActionKind = ActionKind::CreateUser;
    const FLOOR: Tier = Tier::Medium;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 2,
        blast_radius: 2,
        compliance_sensitivity: 4,
        frequency: 3,
        rationale: "A new account is a new way in, and costs a licence.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Volume];
    const RISK: &'static str = "An account that nobody asked for is a way in that nobody watches.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::High, "new_account")
    }

    fn sentence(&self) -> String {
        format!(
            "Create the account {} for {} ({}){}",
            self.login,
            self.name,
            self.department,
            joins(&self.groups)
        )
    }

    fn canon(&self, canon: &mut Canon) {
        canon.text(&self.login).text(&self.name).text(&self.department);
        canon.int(i64::try_from(self.groups.len()).unwrap_or(i64::MAX));
        for group in &self.groups {
            canon_group(canon, group);
        }
    }
}
