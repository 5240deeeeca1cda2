//! Read the health of a cloud service.

use super::{ActionKind, Need, Scorecard, Spec};
use crate::{Canon, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Read the health of a cloud service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceHealth {
    /// Name of the service, such as Exchange Online.
    pub service: String,
}

impl Spec for ServiceHealth {
    const KIND: ActionKind = ActionKind::ServiceHealth;
    const FLOOR: Tier = Tier::Low;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 1,
        blast_radius: 1,
        compliance_sensitivity: 1,
        frequency: 4,
        rationale: "It only reads the vendor's own status.",
    };
    const NEEDS: &'static [Need] = &[];
    const RISK: &'static str = "It only looks.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::Low, "read")
    }

    fn sentence(&self) -> String {
        format!("Read the health of {}", self.service)
    }

    fn canon(&self, canon: &mut Canon) {
        canon.text(&self.service);
    }
}
