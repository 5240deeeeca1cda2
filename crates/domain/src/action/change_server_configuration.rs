//! Change the configuration of a server.

use super::{ActionKind, Need, Scorecard, Spec, canon_devices, names};
use crate::{Canon, DeviceRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Change the configuration of a server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeServerConfiguration {
    /// Which devices.
    pub devices: Vec<DeviceRef>,
    /// What exactly changes, in a sentence.
    pub change: String,
}

impl Spec for ChangeServerConfiguration {
    const KIND: ActionKind = ActionKind::ChangeServerConfiguration;
    const FLOOR: Tier = Tier::High;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 3,
        blast_radius: 4,
        compliance_sensitivity: 4,
        frequency: 2,
        rationale: "Everybody who uses the server feels it.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Devices, Need::Volume];
    const RISK: &'static str = "The server stops doing what people rely on.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::High, "changes_configuration")
    }

    fn sentence(&self) -> String {
        format!("Change the configuration of the server {}: {}", names(&self.devices), self.change)
    }

    fn canon(&self, canon: &mut Canon) {
        canon_devices(canon, &self.devices);
        canon.text(&self.change);
    }
}
