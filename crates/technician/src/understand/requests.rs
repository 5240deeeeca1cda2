//! More than one request in one ticket: people sort that out.

use super::pattern::Patterns;
use std::sync::LazyLock;

/// Cues by kind of request. Getting in (locked, password, blocked) is one kind: these are often one
/// trouble told in several words.
static KINDS: LazyLock<Vec<(&str, Patterns)>> =
    LazyLock::new(|| KIND_LISTS.iter().map(|(kind, cues)| (*kind, Patterns::new(cues))).collect());

const KIND_LISTS: &[(&str, &[&str])] = &[
    (
        "signing in",
        &[
            "unlock*|entsperren",
            "reset* ~3 password|pw|passwort",
            "password|pw|passwort|kennwort ~2 reset|expired|forgotten|vergessen",
            "forgot* ~3 password|pw|passwort|kennwort",
            "locked out",
            "account ~3 locked|gesperrt",
            "new|temporary|neues password|passwort|kennwort",
            "enable|reactivate|reenable ~4 account|user|login",
        ],
    ),
    (
        "joining a group",
        &[
            "add|put|include ~4 to|in|into ~6 group|team|list|channel|gruppe",
            "join ~5 group|team|channel",
            "access to ~5 group|team|channel",
            "add ~2 to the",
            "aufnehmen|hinzufugen",
        ],
    ),
    (
        "leaving a group",
        &[
            "remove|take|delete|unsubscribe ~4 from|off|out ~6 group|team|list|channel",
            "entfernen ~4 gruppe",
            "gruppe ~4 entfernen",
            "remove ~3 from",
        ],
    ),
    (
        "blocking an account",
        &["disable|deactivate|block|offboard ~5 account|user|login", "deaktivieren"],
    ),
    ("listing devices", &["list|which|what ~4 devices|computers"]),
];

/// A second request of another kind, told by a joining word.
static EXTRA: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        "and|also|additionally|furthermore|moreover|plus|besides|another|secondly|auch|ausserdem|und ~5 install|order|printer|drucker|vpn|licence|license|mailbox|monitor|headset|software|visio|excel|installieren|bestellen|projector|scanner|webcam|keyboard|mouse|shortcut|signature",
        "and|also|additionally|furthermore|plus|secondly ~3 create|set|fix|repair|restore|forward|change ~4",
    ])
});

/// Names two kinds of request, if there are two.
pub(crate) fn several(folded: &[&str]) -> Option<String> {
    let found: Vec<&str> =
        KINDS.iter().filter(|(_, cues)| cues.hit(folded)).map(|(kind, _)| *kind).collect();
    match found.as_slice() {
        [] => None,
        [one] => EXTRA
            .find(folded)
            .filter(|what| !what.ends_with("password"))
            .map(|what| format!("{one}; {what}")),
        [first, second, ..] => Some(format!("{first}; {second}")),
    }
}
