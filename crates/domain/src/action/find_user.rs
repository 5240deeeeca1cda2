//! Look an account up.

use super::{ActionKind, Need, Scorecard, Spec};
use crate::{AccountQuery, Canon, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Look an account up by address or name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindUser {
    /// How.
    pub query: AccountQuery,
}

impl Spec for FindUser {
    const KIND: ActionKind = ActionKind::FindUser;
    const FLOOR: Tier = Tier::Low;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 1,
        blast_radius: 1,
        compliance_sensitivity: 2,
        frequency: 5,
        rationale: "Reads one directory entry and changes nothing.",
    };
    const NEEDS: &'static [Need] = &[];
    const RISK: &'static str = "Shows directory data to the technician.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::Low, "read_only")
    }

    fn sentence(&self) -> String {
        match &self.query {
            AccountQuery::Address(a) => format!("Find the account with address {a}"),
            AccountQuery::Name(n) => format!("Find the account named {n}"),
        }
    }

    fn canon(&self, canon: &mut Canon) {
        match &self.query {
            AccountQuery::Address(a) => canon.text("address").text(a),
            AccountQuery::Name(n) => canon.text("name").text(n),
        };
    }
}
