//! Read encryption, antivirus, firewall and patch state of a device.

use super::{ActionKind, Need, Scorecard, Spec, canon_device};
use crate::{Canon, DeviceRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Read encryption, antivirus, firewall and patch state of a device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityPosture {
    /// Which device.
    pub device: DeviceRef,
}

impl Spec for SecurityPosture {
    const KIND: ActionKind = ActionKind::SecurityPosture;
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
        format!("Read the security posture of {}", self.device.name)
    }

    fn canon(&self, canon: &mut Canon) {
        canon_device(canon, &self.device);
    }
}
