//! Change when and what is backed up.

use super::{ActionKind, Need, Scorecard, Spec, canon_devices, names};
use crate::{Canon, DeviceRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Change when and what is backed up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeBackupSchedule {
    /// Which devices.
    pub devices: Vec<DeviceRef>,
    /// What exactly changes, in a sentence.
    pub change: String,
}

impl Spec for ChangeBackupSchedule {
    const KIND: ActionKind = ActionKind::ChangeBackupSchedule;
    const FLOOR: Tier = Tier::High;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 3,
        blast_radius: 4,
        compliance_sensitivity: 4,
        frequency: 2,
        rationale: "A gap shows only when something has to be restored.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Devices, Need::Volume];
    const RISK: &'static str = "Data of the days without backup cannot be restored.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::High, "changes_configuration")
    }

    fn sentence(&self) -> String {
        format!("Change the backup schedule of {}: {}", names(&self.devices), self.change)
    }

    fn canon(&self, canon: &mut Canon) {
        canon_devices(canon, &self.devices);
        canon.text(&self.change);
    }
}
