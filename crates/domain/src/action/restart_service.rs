//! Restart a service on devices.

use super::{ActionKind, Need, Scorecard, Spec, canon_devices, names};
use crate::{Canon, DeviceRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Restart a service on devices.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestartService {
    /// Which devices.
    pub devices: Vec<DeviceRef>,
    /// Name of the service.
    pub service: String,
}

impl Spec for RestartService {
    const KIND: ActionKind = ActionKind::RestartService;
    const FLOOR: Tier = Tier::Low;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 1,
        blast_radius: 2,
        compliance_sensitivity: 2,
        frequency: 4,
        rationale: "The service is away for seconds and comes back as it was.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Devices, Need::Volume];
    const RISK: &'static str = "Whoever uses the service now loses unsaved work in it.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, seen: &Seen<'_>) -> (Tier, &'static str) {
        if seen.serves_many() {
            (Tier::High, "serves_many")
        } else {
            (Tier::Medium, "one_workstation")
        }
    }

    fn sentence(&self) -> String {
        format!("Restart the service {} on {}", self.service, names(&self.devices))
    }

    fn canon(&self, canon: &mut Canon) {
        canon_devices(canon, &self.devices);
        canon.text(&self.service);
    }
}
