//! What would have been done, beside what the desk did.

use crate::{
    prepare::Prepared,
    replay::{Replayed, Would},
};
use domain::{ActionKind, PastTicket};
use serde::Serialize;
use std::collections::BTreeSet;

/// What the desk's record says about a ticket that would have been closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Agreement {
    /// The desk's words name the same change.
    Same,
    /// No words on it, but the first level closed it, as it would have.
    FirstLevel,
    /// The record speaks against it; in words.
    Differs(String),
    /// The record says nothing.
    Unknown,
}

impl Agreement {
    /// Whether it would have been right; `None` when nobody can tell.
    pub(crate) fn right(&self) -> Option<bool> {
        match self {
            Agreement::Same | Agreement::FirstLevel => Some(true),
            Agreement::Differs(_) => Some(false),
            Agreement::Unknown => None,
        }
    }
}

/// Compares. `level1` are the groups of the first level, lower case; empty when groups say nothing.
pub(crate) fn agreement(
    replayed: &Replayed,
    seen: &Prepared,
    ticket: &PastTicket,
    level1: &BTreeSet<String>,
) -> Agreement {
    if !matches!(replayed.would, Would::CloseAlone | Would::CloseAfterYes) {
        return Agreement::Unknown;
    }
    let ours = bare(replayed.changes.iter().map(domain::Action::kind).collect());
    let theirs = bare(seen.deeds.did.clone());
    if ours.is_empty() {
        // Nothing is changed when a thanks is closed or a question answered; only a change by the desk speaks against it.
        return if theirs.is_empty() {
            Agreement::Unknown
        } else {
            Agreement::Differs(words(&theirs))
        };
    }
    if seen.deeds.elsewhere {
        return Agreement::Differs("it worked on another system".into());
    }
    if !theirs.is_empty() {
        return if ours == theirs { Agreement::Same } else { Agreement::Differs(words(&theirs)) };
    }
    let elsewhere = !level1.is_empty()
        && !ticket.group.is_empty()
        && !level1.contains(&ticket.group.to_lowercase());
    match () {
        () if elsewhere => Agreement::Differs(format!("it went to {}", ticket.group)),
        // It wrote what it did, and named no change that is known here.
        () if seen.deeds.said || level1.is_empty() || ticket.group.is_empty() => Agreement::Unknown,
        () => Agreement::FirstLevel,
    }
}

/// In Active Directory a new password needs the lockout lifted as well; desks rarely write that down.
fn bare(mut kinds: BTreeSet<ActionKind>) -> BTreeSet<ActionKind> {
    if kinds.contains(&ActionKind::ResetPassword) {
        kinds.remove(&ActionKind::UnlockAccount);
    }
    kinds
}

/// The changes in words.
pub(crate) fn words(kinds: &BTreeSet<ActionKind>) -> String {
    let words: Vec<String> = kinds.iter().map(|k| k.name().replace('_', " ")).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{AccountRef, Action, Intent, Understanding, UnixMs, action::UnlockAccount};
    use technician::learn::deeds::Deeds;

    fn seen(did: &[ActionKind]) -> Prepared {
        let understanding = Understanding {
            intent: Intent::UnlockAccount,
            confidence: 0.9,
            abstained: false,
            runner_up: None,
            about: None,
            group: None,
            signals: vec![],
        };
        Prepared {
            at: UnixMs(0),
            timed: true,
            request: String::new(),
            understanding,
            deeds: Deeds {
                said: !did.is_empty(),
                did: did.iter().copied().collect(),
                elsewhere: false,
            },
        }
    }

    fn unlocked(would: Would) -> Replayed {
        let account = AccountRef { id: "a".into(), login: "a".into(), name: "A".into() };
        let changes = vec![Action::UnlockAccount(UnlockAccount { account })];
        Replayed { would, changes, questions: 0, reason: String::new() }
    }

    #[test]
    fn the_desks_words_count_before_its_groups_and_silence_says_nothing() {
        let level1 = BTreeSet::from(["service desk".to_owned()]);
        let in_group = |group: &str| PastTicket { group: group.into(), ..Default::default() };
        let judge = |did: &[ActionKind], group: &str, level1: &BTreeSet<String>| {
            agreement(&unlocked(Would::CloseAlone), &seen(did), &in_group(group), level1)
        };
        assert_eq!(judge(&[ActionKind::UnlockAccount], "Network", &level1), Agreement::Same);
        assert_eq!(
            judge(&[ActionKind::ResetMfa], "Service Desk", &level1),
            Agreement::Differs("reset mfa".into())
        );
        assert_eq!(judge(&[], "Network", &level1), Agreement::Differs("it went to Network".into()));
        assert_eq!(judge(&[], "Service Desk", &level1), Agreement::FirstLevel);
        assert_eq!(judge(&[], "Service Desk", &BTreeSet::new()), Agreement::Unknown);
        let thanks = Replayed { changes: vec![], ..unlocked(Would::CloseAlone) };
        assert_eq!(
            agreement(&thanks, &seen(&[]), &in_group("Network"), &level1),
            Agreement::Unknown
        );
        let handed = agreement(&unlocked(Would::HandOver), &seen(&[]), &in_group("x"), &level1);
        assert_eq!(handed, Agreement::Unknown);
    }
}
