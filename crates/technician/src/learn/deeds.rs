//! What the technician did about a ticket of the past, read from the desk's own words.
//!
//! This is what a replay is held against, so it says little rather than something wrong: a sentence counts only with a verb in
//! the past and its object close by, and not when it is negated or a question. INVARIANT: the requester's words are never read here.

use super::text::{Part, TicketText, read};
use crate::understand::{clean::fold, is_other_system};
use domain::{ActionKind, PastDeed, PastTicket};
use std::collections::BTreeSet;

/// What the desk's words say was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deeds {
    /// The desk wrote something; without that, nothing being found says nothing.
    pub said: bool,
    /// The changes that its words name.
    pub did: BTreeSet<ActionKind>,
    /// It worked on an account of another system than the directory.
    pub elsewhere: bool,
}

/// Verbs, objects, what both mean together. An empty list of objects: the verb is enough.
type Way = (ActionKind, &'static [&'static str], &'static [&'static str]);

const ACCOUNT: &[&str] = &["account", "user", "login", "signin", "konto", "benutzer"];
const LICENCE: &[&str] = &["licence", "license", "licences", "licenses", "lizenz", "seat"];
const GROUP: &[&str] = &[
    "group",
    "team",
    "list",
    "share",
    "folder",
    "access",
    "membership",
    "channel",
    "gruppe",
    "verteiler",
    "ordner",
    "zugriff",
    "rechte",
];
const TAKEN: &[&str] = &["removed", "revoked", "took", "entfernt", "entzogen"];

/// The first way that fits a verb takes it, so mailboxes stand before groups and factors before passwords.
const WAYS: &[Way] = &[
    (ActionKind::UnlockAccount, &["unlocked", "unlocking", "entsperrt"], &[]),
    (
        ActionKind::ResetMfa,
        &[
            "reset",
            "resetted",
            "cleared",
            "removed",
            "deleted",
            "reregistered",
            "zuruckgesetzt",
            "zurueckgesetzt",
            "geloscht",
            "geloescht",
        ],
        &["mfa", "2fa", "authenticator", "factor", "token", "faktor"],
    ),
    (
        ActionKind::RequirePasswordChange,
        &["forced", "set", "ticked", "flagged", "enforced"],
        &["next logon", "next login", "next signin", "nachsten anmeldung", "naechsten anmeldung"],
    ),
    (
        ActionKind::ResetPassword,
        &[
            "reset",
            "resetted",
            "changed",
            "issued",
            "set",
            "sent",
            "zuruckgesetzt",
            "zurueckgesetzt",
            "neu gesetzt",
            "vergeben",
        ],
        &["password", "passwords", "pwd", "pw", "passwort", "kennwort"],
    ),
    (
        ActionKind::EnableAccount,
        &[
            "enabled",
            "reenabled",
            "reactivated",
            "activated",
            "unblocked",
            "reaktiviert",
            "aktiviert",
            "freigeschaltet",
        ],
        ACCOUNT,
    ),
    (
        ActionKind::DisableAccount,
        &["disabled", "deactivated", "deaktiviert"],
        &["account", "accounts", "user", "login", "signin", "konto", "benutzer"],
    ),
    (
        ActionKind::GrantMailboxPermission,
        &[
            "granted",
            "gave",
            "given",
            "added",
            "delegated",
            "assigned",
            "shared",
            "eingetragen",
            "berechtigt",
        ],
        &["mailbox", "calendar", "postfach", "kalender", "send as", "full access"],
    ),
    (ActionKind::RevokeMailboxPermission, TAKEN, &["mailbox", "calendar", "postfach", "kalender"]),
    (
        ActionKind::AssignLicence,
        &["assigned", "added", "ordered", "bought", "zugewiesen", "bestellt"],
        LICENCE,
    ),
    (ActionKind::RemoveLicence, &["removed", "freed", "released", "entzogen", "entfernt"], LICENCE),
    (
        ActionKind::CreateUser,
        &["created", "provisioned", "angelegt"],
        &["account", "user", "mailbox", "konto", "benutzer"],
    ),
    (
        ActionKind::AddGroupMember,
        &[
            "added",
            "granted",
            "gave",
            "given",
            "put",
            "hinzugefugt",
            "hinzugefuegt",
            "aufgenommen",
            "erteilt",
        ],
        GROUP,
    ),
    (ActionKind::RemoveGroupMember, TAKEN, GROUP),
    (
        ActionKind::Reboot,
        &["rebooted", "restarted", "neugestartet"],
        &["pc", "laptop", "computer", "server", "machine", "device", "notebook", "rechner"],
    ),
];

/// A verb and its object stand at most this many words apart.
const APART: usize = 9;
/// What turns a sentence into its opposite, or into a wish.
const NOT: &[&str] = &[
    "not", "no", "never", "cannot", "cant", "couldnt", "wasnt", "isnt", "didnt", "dont", "without",
    "unable", "failed", "nicht", "kein", "keine", "please", "bitte", "should", "could", "can",
    "needs", "want", "wants", "if", "before",
];

/// Somebody did it for themselves, wherever in the sentence this stands.
const SELVES: &[&str] = &["yourself", "himself", "herself", "themselves", "selbst"];

/// What was done, as the resolution, the desk's messages and notes, and what stands below the request in the ticket's text say it.
pub fn deeds(ticket: &PastTicket) -> Deeds {
    deeds_in(ticket, &read(&ticket.subject, &ticket.body))
}

/// The same, for a ticket whose text has been read already.
pub fn deeds_in(ticket: &PastTicket, text: &TicketText) -> Deeds {
    let mut found = Deeds::default();
    let noted = text.lines.iter().filter(|(part, _)| *part == Part::Resolution);
    for line in noted.map(|(_, line)| line.as_str()).chain(ticket.resolution.lines()) {
        found.read(line);
    }
    for event in &ticket.events {
        if let PastDeed::Said { text, internal, by_desk } = &event.what
            && by_desk.unwrap_or(*internal)
        {
            // A quoted line is somebody else's, or was read where it was first said.
            text.lines().filter(|l| !l.trim_start().starts_with('>')).for_each(|l| found.read(l));
        }
    }
    found
}

impl Deeds {
    fn read(&mut self, line: &str) {
        let folded = fold(line);
        for sentence in folded.split(['.', ';', '!', '\n']) {
            let asks = sentence.ends_with('?') || sentence.contains("? ");
            let words: Vec<&str> = sentence
                .split(|c: char| !(c.is_alphanumeric()))
                .filter(|w| !w.is_empty())
                .collect();
            if words.is_empty() {
                continue;
            }
            self.said = true;
            self.elsewhere |= is_other_system(sentence);
            if !asks && !words.iter().any(|w| SELVES.contains(w)) {
                self.read_sentence(&words);
            }
        }
    }

    fn read_sentence(&mut self, words: &[&str]) {
        let mut from = 0;
        for (at, word) in words.iter().enumerate() {
            if NOT.contains(word) {
                from = words.len();
            }
            // A new clause may say the opposite of the one before.
            if matches!(*word, "but" | "then" | "aber" | "dann" | "so") {
                from = at;
            }
            if at < from {
                continue;
            }
            // "The account is disabled" says how it stands, not what was done.
            let state = at > 0
                && matches!(
                    words.get(at - 1),
                    Some(&("is" | "was" | "are" | "were" | "ist" | "war" | "shows"))
                );
            let found = WAYS.iter().find(|way| fits(way, words, at));
            if let Some((kind, ..)) = found.filter(|(kind, ..)| !(state && is_a_state(*kind))) {
                self.did.insert(*kind);
            }
        }
    }
}

/// Kinds whose verb also says how an account stands.
fn is_a_state(kind: ActionKind) -> bool {
    matches!(kind, ActionKind::DisableAccount | ActionKind::EnableAccount)
}

fn fits((_, verbs, objects): &Way, words: &[&str], at: usize) -> bool {
    let Some(word) = words.get(at) else { return false };
    let verb = verbs.iter().any(|v| match v.split_once(' ') {
        Some((first, second)) => first == *word && words.get(at + 1) == Some(&second),
        None => v == word,
    });
    if !verb || objects.is_empty() {
        return verb;
    }
    let near =
        words.get(at.saturating_sub(APART)..(at + 1 + APART).min(words.len())).unwrap_or(&[]);
    objects.iter().any(|o| match o.split_once(' ') {
        Some((first, second)) => near.windows(2).any(|w| w == [first, second]),
        None => near.contains(o),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use domain::PastEvent;

    fn did(resolution: &str) -> Vec<&'static str> {
        let ticket =
            PastTicket { id: "1".into(), resolution: resolution.into(), ..Default::default() };
        deeds(&ticket).did.into_iter().map(ActionKind::name).collect()
    }

    #[test]
    fn the_words_of_a_close_out_name_the_change() {
        for (said, expected) in [
            ("Checked AD, unlocked the account, user can log in.", vec!["unlock_account"]),
            (
                "Konto entsperrt und Kennwort zurückgesetzt.",
                vec!["unlock_account", "reset_password"],
            ),
            ("Password was reset; temporary one given by phone", vec!["reset_password"]),
            ("Reset MFA, user registered the authenticator again", vec!["reset_mfa"]),
            ("Granted Ann full access to the mailbox sales@", vec!["grant_mailbox_permission"]),
            ("Added user to the group Marketing after approval", vec!["add_group_member"]),
            (
                "Disabled the account and removed the licence",
                vec!["disable_account", "remove_licence"],
            ),
            ("Re-enabled her account.", vec!["enable_account"]),
            ("Account was disabled by HR; reset the password", vec!["reset_password"]),
        ] {
            assert_eq!(did(said), expected, "{said}");
        }
    }

    #[test]
    fn what_was_not_done_or_only_asked_for_is_not_taken_for_done() {
        for said in [
            "Account was not locked, nothing unlocked here",
            "Please unlock the account",
            "Could not reset the password",
            "Has anybody reset the password?",
            "User reset the password himself.",
            "Replaced the toner",
            "",
        ] {
            assert_eq!(did(said), Vec::<&str>::new(), "{said}");
        }
        let nothing = deeds(&PastTicket::default());
        assert!(!nothing.said && nothing.did.is_empty());
    }

    #[test]
    fn work_on_another_system_is_told_apart() {
        let of = |resolution: &str| {
            deeds(&PastTicket {
                id: "1".into(),
                resolution: resolution.into(),
                ..Default::default()
            })
        };
        assert!(of("Reset the SAP password of the user in SU01").elsewhere);
        assert!(!of("Reset the password of the user").elsewhere);
    }

    #[test]
    fn only_the_desk_is_heard() {
        let say = |by_desk, text: &str| PastEvent {
            at: None,
            by: String::new(),
            what: PastDeed::Said { text: text.into(), internal: false, by_desk },
        };
        let mut ticket = PastTicket {
            id: "1".into(),
            subject: "locked out".into(),
            body: "I unlocked my phone".into(),
            ..Default::default()
        };
        ticket.events = vec![say(Some(false), "I reset my password and unlocked it")];
        assert!(!deeds(&ticket).said);
        ticket.events.push(say(Some(true), "> I reset my password\nUnlocked your account."));
        assert_eq!(deeds(&ticket).did, BTreeSet::from([ActionKind::UnlockAccount]));
    }
}
