//! Change a security policy of a client.

use super::{ActionKind, Need, Scorecard, Spec};
use crate::{Canon, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Change a security policy of a client.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeSecurityPolicy {
    /// Name of the policy.
    pub policy: String,
    /// What exactly changes, in a sentence.
    pub change: String,
}

impl Spec for ChangeSecurityPolicy {
    const KIND: ActionKind = ActionKind::ChangeSecurityPolicy;
    const FLOOR: Tier = Tier::High;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 3,
        blast_radius: 5,
        compliance_sensitivity: 5,
        frequency: 1,
        rationale: "One setting weakens the protection of everybody at once.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Volume];
    const RISK: &'static str = "Everybody at the client is less protected, or locked out.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::High, "changes_configuration")
    }

    fn sentence(&self) -> String {
        format!("Change the security policy {}: {}", self.policy, self.change)
    }

    fn canon(&self, canon: &mut Canon) {
        canon.text(&self.policy).text(&self.change);
    }
}
