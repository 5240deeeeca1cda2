//! Delete accounts.

use super::{ActionKind, Need, Scorecard, Spec, canon_account};
use crate::{AccountRef, Canon, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Delete accounts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteAccounts {
    /// Which accounts.
    pub accounts: Vec<AccountRef>,
}

impl Spec for DeleteAccounts {
    const KIND: ActionKind = ActionKind::DeleteAccounts;
    const FLOOR: Tier = Tier::Critical;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 5,
        blast_radius: 4,
        compliance_sensitivity: 5,
        frequency: 1,
        rationale: "A deleted account takes its mail, files and rights with it.",
    };
    const NEEDS: &'static [Need] = &[Need::Requester, Need::Volume];
    const RISK: &'static str = "Mail, files and rights of these users are lost.";
    const UNDO: Option<&'static str> = None;

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::Critical, "erases_accounts")
    }

    fn sentence(&self) -> String {
        format!(
            "Delete the accounts {}",
            self.accounts
                .iter()
                .map(|a| format!("{} ({})", a.name, a.login))
                .collect::<Vec<_>>()
                .join(", ")
        )
    }

    fn canon(&self, canon: &mut Canon) {
        canon.int(i64::try_from(self.accounts.len()).unwrap_or(i64::MAX));
        for account in &self.accounts {
            canon_account(canon, account);
        }
    }
}
