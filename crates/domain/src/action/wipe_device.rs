//! Erase devices.

use super::{ActionKind, Need, Scorecard, Spec, canon_devices, names};
use crate::{Canon, DeviceRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Erase devices.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WipeDevice {
    /// Which devices.
    pub devices: Vec<DeviceRef>,
}

impl Spec for WipeDevice {
    const KIND: ActionKind = ActionKind::WipeDevice;
    const FLOOR: Tier = Tier::Critical;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 5,
        blast_radius: 3,
        compliance_sensitivity: 5,
        frequency: 1,
        rationale: "Everything on the device is gone for good.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Devices, Need::Volume];
    const RISK: &'static str = "All data on the devices is lost.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::Critical, "erases_everything")
    }

    fn sentence(&self) -> String {
        format!("Erase everything on {}", names(&self.devices))
    }

    fn canon(&self, canon: &mut Canon) {
        canon_devices(canon, &self.devices);
    }
}
