//! Deploy patches to devices.

use super::{ActionKind, Need, Scorecard, Spec, canon_devices, canon_list, names};
use crate::{Canon, DeviceRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Deploy patches to devices.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeployPatches {
    /// Which devices.
    pub devices: Vec<DeviceRef>,
    /// Ids of the patches, such as KB5034441.
    pub patches: Vec<String>,
}

impl Spec for DeployPatches {
    const KIND: ActionKind = ActionKind::DeployPatches;
    const FLOOR: Tier = Tier::Low;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 3,
        blast_radius: 3,
        compliance_sensitivity: 4,
        frequency: 5,
        rationale: "Patches protect, restart devices, and sometimes break them.",
    };
    const NEEDS: &'static [Need] =
        &[Need::Requester, Need::Devices, Need::Volume, Need::Patch, Need::Fleet];
    const RISK: &'static str = "A faulty patch keeps devices from starting.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, seen: &Seen<'_>) -> (Tier, &'static str) {
        use crate::PatchSeverity::{Critical, Low};
        match seen.patch {
            Some(p) if p.known && p.highest == Low && seen.in_window && seen.devices_idle() => {
                (Tier::Low, "low_severity_in_window_idle")
            }
            // A harmless patch must not travel with an urgent one: the least severe decides.
            Some(p) if p.known && (p.lowest == Critical || p.known_exploited) => {
                (Tier::Medium, "urgent_patch")
            }
            Some(p) if p.known && seen.in_window => (Tier::Medium, "in_window"),
            _ => (Tier::High, "outside_window"),
        }
    }

    fn sentence(&self) -> String {
        format!("Deploy {} to {}", self.patches.join(", "), names(&self.devices))
    }

    fn canon(&self, canon: &mut Canon) {
        canon_devices(canon, &self.devices);
        canon_list(canon, &self.patches);
    }
}
