//! Set the DNS servers of devices.

use super::{ActionKind, Need, Scorecard, Spec, canon_devices, canon_list, names};
use crate::{Canon, DeviceRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Set the DNS servers of devices.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetDns {
    /// Which devices.
    pub devices: Vec<DeviceRef>,
    /// Addresses, in order; empty means those that the network hands out.
    pub servers: Vec<String>,
}

impl Spec for SetDns {
    const KIND: ActionKind = ActionKind::SetDns;
    const FLOOR: Tier = Tier::Medium;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 2,
        blast_radius: 2,
        compliance_sensitivity: 3,
        frequency: 2,
        rationale: "Wrong servers cut a device off, or send it to a false address.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Devices, Need::Volume];
    const RISK: &'static str =
        "The devices find no names any more, or find those that an attacker answers.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, seen: &Seen<'_>) -> (Tier, &'static str) {
        if seen.serves_many() {
            (Tier::High, "serves_many")
        } else {
            (Tier::Medium, "one_workstation")
        }
    }

    fn sentence(&self) -> String {
        format!(
            "Set the DNS servers of {} to {}",
            names(&self.devices),
            if self.servers.is_empty() { "automatic".to_owned() } else { self.servers.join(", ") }
        )
    }

    fn canon(&self, canon: &mut Canon) {
        canon_devices(canon, &self.devices);
        canon_list(canon, &self.servers);
    }
}
