//! Assign a licence.

use super::{ActionKind, Need, Scorecard, Spec, canon_account};
use crate::{AccountRef, Canon, LicenceRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Assign a licence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignLicence {
    /// Whose account.
    pub account: AccountRef,
    /// Which licence.
    pub licence: LicenceRef,
}

impl Spec for AssignLicence {
    const KIND: ActionKind = ActionKind::AssignLicence;
    const FLOOR: Tier = Tier::Medium;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 2,
        blast_radius: 1,
        compliance_sensitivity: 3,
        frequency: 5,
        rationale: "Costs money every month until somebody takes it away.",
    };
    const NEEDS: &'static [Need] =
        &[Need::Requester, Need::Relation, Need::Target, Need::Volume, Need::Cost];
    const RISK: &'static str = "The client pays for a seat that nobody agreed to.";
    const UNDO: Option<&'static str> = Some("Take the licence away again.");

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::High, "costs_money")
    }

    fn sentence(&self) -> String {
        format!(
            "Assign the licence {} to {} ({})",
            self.licence.name, self.account.name, self.account.login
        )
    }

    fn canon(&self, canon: &mut Canon) {
        canon_account(canon, &self.account);
        canon.text(&self.licence.sku).text(&self.licence.name);
    }
}
