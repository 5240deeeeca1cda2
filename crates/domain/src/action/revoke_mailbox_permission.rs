//! Take a right to a mailbox from an account.

use super::{ActionKind, Need, Scorecard, Spec, canon_account, canon_mailbox};
use crate::{AccountRef, Canon, MailboxRef, MailboxRight, Seen, Tier};
use serde::{Deserialize, Serialize};

/// Take a right to a mailbox from an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeMailboxPermission {
    /// Whose account.
    pub account: AccountRef,
    /// Which mailbox.
    pub mailbox: MailboxRef,
    /// Which right.
    pub right: MailboxRight,
}

impl Spec for RevokeMailboxPermission {
    const KIND: ActionKind = ActionKind::RevokeMailboxPermission;
    const FLOOR: Tier = Tier::Medium;
    const SCORECARD: Scorecard = Scorecard {
        reversibility: 1,
        blast_radius: 2,
        compliance_sensitivity: 3,
        frequency: 2,
        rationale: "Work stops that needed the mailbox; the right is given back as easily.",
    };
    const NEEDS: &'static [Need] =
        &[Need::Requester, Need::Relation, Need::Target, Need::Volume, Need::Mailbox];
    const RISK: &'static str = "Somebody who needs the mailbox for their work loses it.";
    const UNDO: Option<&'static str> = Some("Give the right back.");

    fn base(&self, _seen: &Seen<'_>) -> (Tier, &'static str) {
        (Tier::High, "takes_access")
    }

    fn sentence(&self) -> String {
        format!(
            "Take {} on the mailbox {} from {} ({})",
            self.right.words(),
            self.mailbox.address,
            self.account.name,
            self.account.login
        )
    }

    fn canon(&self, canon: &mut Canon) {
        canon_account(canon, &self.account);
        canon_mailbox(canon, &self.mailbox);
        canon.text(self.right.name());
    }
}
