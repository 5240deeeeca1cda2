//! Give an account a right to a mailbox.

use super::{ActionKind, Need, Scorecard, Spec, canon_account, canon_mailbox};
use crate::{AccountRef, Canon, MailboxRef, MailboxRight, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Give an account a right to a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantMailboxPermission {
    /// Whose account.
    pub account: AccountRef,
    /// Which mailbox.
    pub mailbox: MailboxRef,
    /// Which right.
    pub right: MailboxRight,
}

impl Spec for GrantMailboxPermission {
    const KIND: ActionKind = ActionKind::GrantMailboxPermission;
    const FLOOR: Tier = Tier::Medium;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 2,
        blast_radius: 2,
        compliance_sensitivity: 5,
        frequency: 4,
        rationale: "Lets one person read or send as another, which the mailbox's owner does not see.",
    };
    const NEEDS: &'static [Need] =
        &[Need::Requester, Need::Relation, Need::Target, Need::Volume, Need::Mailbox];
    const RISK: &'static str = "The account reads or sends mail that is not its own.";
    const UNDO: Option<&'static str> = Some("Take the right away again.");

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::High, "gives_access")
    }

    fn sentence(&self) -> String {
        format!(
            "Give {} ({}) {} on the mailbox {}",
            self.account.name,
            self.account.login,
            self.right.words(),
            self.mailbox.address
        )
    }

    fn canon(&self, canon: &mut Canon) {
        canon_account(canon, &self.account);
        canon_mailbox(canon, &self.mailbox);
        canon.text(self.right.name());
    }
}
