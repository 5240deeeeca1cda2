//! Change a firewall rule.

use super::{ActionKind, Need, Scorecard, Spec, canon_devices, names};
use crate::{Canon, DeviceRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Change a firewall rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeFirewall {
    /// Which devices.
    pub devices: Vec<DeviceRef>,
    /// What exactly changes, in a sentence.
    pub change: String,
}

impl Spec for ChangeFirewall {
    const KIND: ActionKind = ActionKind::ChangeFirewall;
    const FLOOR: Tier = Tier::High;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 3,
        blast_radius: 4,
        compliance_sensitivity: 4,
        frequency: 2,
        rationale: "One rule opens a network to the world, or cuts it off.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Devices, Need::Volume];
    const RISK: &'static str = "The network is open to attackers, or cut off.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::High, "changes_configuration")
    }

    fn sentence(&self) -> String {
        format!("Change the firewall {}: {}", names(&self.devices), self.change)
    }

    fn canon(&self, canon: &mut Canon) {
        canon_devices(canon, &self.devices);
        canon.text(&self.change);
    }
}
