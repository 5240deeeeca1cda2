//! Run a script from the library on devices.

use super::{ActionKind, Need, Scorecard, Spec, canon_devices, canon_list, names, short};
use crate::{Canon, DeviceRef, ScriptRef, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Run a script from the library on devices.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunScript {
    /// Which devices.
    pub devices: Vec<DeviceRef>,
    /// Which script, with the hash of the content that was approved.
    pub script: ScriptRef,
    /// Its arguments.
    pub arguments: Vec<String>,
}

impl Spec for RunScript {
    const KIND: ActionKind = ActionKind::RunScript;
    const FLOOR: Tier = Tier::Low;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 3,
        blast_radius: 3,
        compliance_sensitivity: 3,
        frequency: 3,
        rationale: "An approved script does what was reviewed; any other can do anything.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Devices, Need::Volume, Need::Script];
    const RISK: &'static str =
        "It does on each device whatever its lines say, with the rights of the system.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, seen: &Seen<'_>) -> (Tier, &'static str) {
        match seen.script {
            Some(s) if s.in_library && s.hash_matches && s.in_scope => {
                (Tier::Medium, "approved_script")
            }
            _ => (Tier::High, "script_not_approved"),
        }
    }

    fn sentence(&self) -> String {
        format!(
            "Run the script {} (sha256 {}) with {} on {}",
            self.script.id,
            short(&self.script.sha256),
            if self.arguments.is_empty() {
                "no arguments".to_owned()
            } else {
                format!("arguments {:?}", self.arguments)
            },
            names(&self.devices)
        )
    }

    fn canon(&self, canon: &mut Canon) {
        canon_devices(canon, &self.devices);
        canon.text(&self.script.id).text(&self.script.sha256);
        canon_list(canon, &self.arguments);
    }
}
