//! Take a licence away.

use super::{ActionKind, Need, Scorecard, Spec, canon_account};
use crate::{AccountRef, Canon, LicenceRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Take a licence away.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveLicence {
    /// Whose account.
    pub account: AccountRef,
    /// Which licence.
    pub licence: LicenceRef,
}

impl Spec for RemoveLicence {
    const KIND: ActionKind = ActionKind::RemoveLicence;
    const FLOOR: Tier = Tier::Medium;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 3,
        blast_radius: 1,
        compliance_sensitivity: 3,
        frequency: 3,
        rationale: "What the licence held, such as a mailbox, is deleted after its grace time.",
    };
    const NEEDS: &'static [Need] =
        &[Need::Requester, Need::Relation, Need::Target, Need::Volume, Need::Cost];
    const RISK: &'static str =
        "The user loses the program at once, and its data after the grace time.";
    const UNDO: Option<&'static str> = Some("Assign the licence again within its grace time.");

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::High, "takes_service")
    }

    fn sentence(&self) -> String {
        format!(
            "Take the licence {} from {} ({})",
            self.licence.name, self.account.name, self.account.login
        )
    }

    fn canon(&self, canon: &mut Canon) {
        canon_account(canon, &self.account);
        canon.text(&self.licence.sku).text(&self.licence.name);
    }
}
