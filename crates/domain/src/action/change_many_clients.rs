//! Change several clients at once.

use super::{ActionKind, Need, Scorecard, Spec};
use crate::{Canon, ClientId, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Change several clients at once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeManyClients {
    /// Which clients.
    pub clients: Vec<ClientId>,
    /// What exactly changes, in a sentence.
    pub change: String,
}

impl Spec for ChangeManyClients {
    const KIND: ActionKind = ActionKind::ChangeManyClients;
    const FLOOR: Tier = Tier::High;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 4,
        blast_radius: 5,
        compliance_sensitivity: 5,
        frequency: 1,
        rationale: "A mistake reaches every client in the same minute.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Volume];
    const RISK: &'static str = "One mistake is made at every client at once.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::High, "several_clients")
    }

    fn sentence(&self) -> String {
        format!(
            "Change {} clients at once ({}): {}",
            self.clients.len(),
            self.clients.iter().map(ClientId::as_str).collect::<Vec<_>>().join(", "),
            self.change
        )
    }

    fn canon(&self, canon: &mut Canon) {
        canon.int(i64::try_from(self.clients.len()).unwrap_or(i64::MAX));
        for client in &self.clients {
            canon.text(client.as_str());
        }
        canon.text(&self.change);
    }
}
