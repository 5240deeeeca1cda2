//! What would have been done, beside what the desk did.

use crate::{prepare::Prepared, replay::Replayed};
use domain::{ActionKind, Agreement, Handled, PastTicket, Would};
use std::collections::BTreeSet;
use technician::learn::deeds::Deeds;

/// Compares. `level1` are the groups of the first level, lower case; empty when groups say nothing.
pub(crate) fn agreement(
    replayed: &Replayed,
    seen: &Prepared,
    ticket: &PastTicket,
    level1: &BTreeSet<String>,
) -> Agreement {
    let ours = replayed.changes.iter().map(domain::Action::kind).collect();
    compare(replayed.would, ours, &seen.deeds, &ticket.group, level1)
}

/// What people did about a live ticket that was only watched, and how it stands to what would have been done. The desk's own
/// words alone count: which group is the first level, nobody said.
pub fn handled(would: Would, ours: &[domain::Action], ticket: &PastTicket) -> (Handled, Agreement) {
    let text = technician::learn::text::read(&ticket.subject, &ticket.body);
    let deeds = technician::learn::deeds::deeds_in(ticket, &text);
    let kinds = ours.iter().map(domain::Action::kind).collect();
    let agreement = compare(would, kinds, &deeds, &ticket.group, &BTreeSet::new());
    let handled = Handled {
        did: deeds.did.into_iter().collect(),
        group: ticket.group.clone(),
        minutes: ticket.minutes,
        reopened: ticket.reopened,
    };
    (handled, agreement)
}

fn compare(
    would: Would,
    ours: BTreeSet<ActionKind>,
    deeds: &Deeds,
    group: &str,
    level1: &BTreeSet<String>,
) -> Agreement {
    if !matches!(would, Would::CloseAlone | Would::CloseAfterYes) {
        return Agreement::Unknown;
    }
    let (ours, theirs) = (bare(ours), bare(deeds.did.clone()));
    if ours.is_empty() {
        // Nothing is changed when a thanks is closed or a question answered; only a change by the desk speaks against it.
        return if theirs.is_empty() {
            Agreement::Unknown
        } else {
            Agreement::Differs(words(&theirs))
        };
    }
    if deeds.elsewhere {
        return Agreement::Differs("it worked on another system".into());
    }
    if !theirs.is_empty() {
        return if ours == theirs { Agreement::Same } else { Agreement::Differs(words(&theirs)) };
    }
    let elsewhere =
        !level1.is_empty() && !group.is_empty() && !level1.contains(&group.to_lowercase());
    match () {
        () if elsewhere => Agreement::Differs(format!("it went to {group}")),
        // It wrote what it did, and named no change that is known here.
        () if deeds.said || level1.is_empty() || group.is_empty() => Agreement::Unknown,
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
