//! Look a group up.

use super::{ActionKind, Need, Scorecard, Spec};
use crate::{Canon, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Look a group up by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindGroup {
    /// Its name as people write it.
    pub name: String,
}

impl Spec for FindGroup {
    const KIND: ActionKind = ActionKind::FindGroup;
    const FLOOR: Tier = Tier::Low;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 1,
        blast_radius: 1,
        compliance_sensitivity: 2,
        frequency: 3,
        rationale: "Reads one directory entry and changes nothing.",
    };
    const NEEDS: &'static [Need] = &[];
    const RISK: &'static str = "Shows directory data to the technician.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::Low, "read_only")
    }

    fn sentence(&self) -> String {
        format!("Find the group named {}", self.name)
    }

    fn canon(&self, canon: &mut Canon) {
        canon.text(&self.name);
    }
}
