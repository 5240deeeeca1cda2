//! Read start-up times and failed starts of a device.

use super::{ActionKind, Need, Scorecard, Spec, canon_device};
use crate::{Canon, DeviceRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Read start-up times and failed starts of a device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootDiagnostics {
    /// Which device.
    pub device: DeviceRef,
}

impl Spec for BootDiagnostics {
    const KIND: ActionKind = ActionKind::BootDiagnostics;
    const FLOOR: Tier = Tier::Low;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 1,
        blast_radius: 1,
        compliance_sensitivity: 1,
        frequency: 4,
        rationale: "It only reads the state of one device.",
    };
    const NEEDS: &'static [Need] = &[];
    const RISK: &'static str = "It only looks.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::Low, "read")
    }

    fn sentence(&self) -> String {
        format!("Read the boot diagnostics of {}", self.device.name)
    }

    fn canon(&self, canon: &mut Canon) {
        canon_device(canon, &self.device);
    }
}
