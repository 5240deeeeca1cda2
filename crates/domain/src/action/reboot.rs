//! Restart devices.

use super::{ActionKind, Need, Scorecard, Spec, canon_devices, names};
use crate::{Canon, DeviceRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Restart devices.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reboot {
    /// Which devices.
    pub devices: Vec<DeviceRef>,
}

impl Spec for Reboot {
    const KIND: ActionKind = ActionKind::Reboot;
    const FLOOR: Tier = Tier::Medium;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 1,
        blast_radius: 2,
        compliance_sensitivity: 2,
        frequency: 5,
        rationale: "The device comes back as it was, unless it was about to fail.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Devices, Need::Volume];
    const RISK: &'static str =
        "Unsaved work is lost, and a device that is about to fail may not come back.";
    const UNDO: Option<&'static str> = None;

    /// Window, number and who works on it raise from here; so fifty at once are one tier up, not two.
    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::Medium, "comes_back_as_it_was")
    }

    fn sentence(&self) -> String {
        format!("Restart {}", names(&self.devices))
    }

    fn canon(&self, canon: &mut Canon) {
        canon_devices(canon, &self.devices);
    }
}
