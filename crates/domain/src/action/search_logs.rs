//! Search the event logs of a device.

use super::{ActionKind, Need, Scorecard, Spec, canon_device};
use crate::{Canon, DeviceRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Search the event logs of a device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchLogs {
    /// Which device.
    pub device: DeviceRef,
    /// Words to look for.
    pub query: String,
}

impl Spec for SearchLogs {
    const KIND: ActionKind = ActionKind::SearchLogs;
    const FLOOR: Tier = Tier::Low;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 1,
        blast_radius: 1,
        compliance_sensitivity: 1,
        frequency: 4,
        rationale: "It only reads log lines, which can hold names.",
    };
    const NEEDS: &'static [Need] = &[];
    const RISK: &'static str = "It only looks.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::Low, "read")
    }

    fn sentence(&self) -> String {
        format!("Search the logs of {} for {:?}", self.device.name, self.query)
    }

    fn canon(&self, canon: &mut Canon) {
        canon_device(canon, &self.device);
        canon.text(&self.query);
    }
}
