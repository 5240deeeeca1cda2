//! Shut devices down.

use super::{ActionKind, Need, Scorecard, Spec, canon_devices, names};
use crate::{Canon, DeviceRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Shut devices down.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShutDown {
    /// Which devices.
    pub devices: Vec<DeviceRef>,
}

impl Spec for ShutDown {
    const KIND: ActionKind = ActionKind::ShutDown;
    const FLOOR: Tier = Tier::Medium;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 3,
        blast_radius: 2,
        compliance_sensitivity: 2,
        frequency: 1,
        rationale: "Somebody has to go there to switch it on again.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Devices, Need::Volume];
    const RISK: &'static str = "The devices stay off until a person switches them on.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::High, "needs_hands_to_return")
    }

    fn sentence(&self) -> String {
        format!("Shut down {}", names(&self.devices))
    }

    fn canon(&self, canon: &mut Canon) {
        canon_devices(canon, &self.devices);
    }
}
