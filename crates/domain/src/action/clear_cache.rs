//! Clear a cache on devices.

use super::{ActionKind, Need, Scorecard, Spec, canon_devices, names};
use crate::{Canon, DeviceRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Clear a cache on devices.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClearCache {
    /// Which devices.
    pub devices: Vec<DeviceRef>,
    /// Which cache, such as teams, browser or print_spooler.
    pub cache: String,
}

impl Spec for ClearCache {
    const KIND: ActionKind = ActionKind::ClearCache;
    const FLOOR: Tier = Tier::Low;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 2,
        blast_radius: 1,
        compliance_sensitivity: 1,
        frequency: 4,
        rationale: "What is cleared is built again; the program may be slow for a while.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Devices, Need::Volume];
    const RISK: &'static str = "Sign-ins and drafts that lived only in the cache are gone.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, seen: &Seen<'_>) -> (Tier, &'static str) {
        if seen.serves_many() {
            (Tier::High, "serves_many")
        } else {
            (Tier::Medium, "one_workstation")
        }
    }

    fn sentence(&self) -> String {
        format!("Clear the {} cache on {}", self.cache, names(&self.devices))
    }

    fn canon(&self, canon: &mut Canon) {
        canon_devices(canon, &self.devices);
        canon.text(&self.cache);
    }
}
