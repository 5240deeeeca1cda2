//! Switch a start-up item of devices on or off.

use super::{ActionKind, Need, Scorecard, Spec, canon_devices, names};
use crate::{Canon, DeviceRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Switch a start-up item of devices on or off.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetStartupItem {
    /// Which devices.
    pub devices: Vec<DeviceRef>,
    /// Name of the item.
    pub item: String,
    /// Whether it starts with the device.
    pub enabled: bool,
}

impl Spec for SetStartupItem {
    const KIND: ActionKind = ActionKind::SetStartupItem;
    const FLOOR: Tier = Tier::Low;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 1,
        blast_radius: 1,
        compliance_sensitivity: 2,
        frequency: 3,
        rationale: "It shows at the next start and is switched back as easily.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Devices, Need::Volume];
    const RISK: &'static str = "A program that people or protection need does not start.";
    const UNDO: Option<&'static str> = Some("Switch the item back.");

    fn base(&self, seen: &Seen<'_>) -> (Tier, &'static str) {
        if seen.serves_many() {
            (Tier::High, "serves_many")
        } else {
            (Tier::Medium, "one_workstation")
        }
    }

    fn sentence(&self) -> String {
        format!(
            "Switch the start-up item {} {} on {}",
            self.item,
            if self.enabled { "on" } else { "off" },
            names(&self.devices)
        )
    }

    fn canon(&self, canon: &mut Canon) {
        canon_devices(canon, &self.devices);
        canon.text(&self.item).int(i64::from(self.enabled));
    }
}
