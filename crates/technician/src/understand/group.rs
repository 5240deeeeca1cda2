//! Which group is named. Only a candidate: the directory decides which one it is.

use super::token::{Token, tokens};

/// What kind of thing follows or precedes the name of a group.
const NOUNS: &[&str] = &[
    "group",
    "team",
    "list",
    "channel",
    "gruppe",
    "verteiler",
    "groupe",
    "grupo",
    "gruppo",
    "groep",
    "grp",
    "group:",
    "gruppe:",
    "team:",
    "gruppenmitgliedschaft",
    "verteilerliste",
    "gorup",
    "gruop",
];

/// Words that describe a group and are no part of its name.
const DESCRIBES: &[&str] = &[
    "security",
    "distribution",
    "mailing",
    "ad",
    "teams",
    "mail-enabled",
    "microsoft",
    "365",
    "user",
    "email",
    "m365",
    "dl",
];

/// Words that cannot be part of a group's name unless they are capitalised inside it.
const ENDS: &[&str] = &[
    "please",
    "pls",
    "for",
    "asap",
    "thanks",
    "thank",
    "so",
    "because",
    "as",
    "since",
    "which",
    "that",
    "with",
    "when",
    "by",
    "today",
    "now",
    "again",
    "any",
    "anymore",
    "longer",
    "i",
    "we",
    "my",
    "me",
    "is",
    "was",
    "has",
    "are",
    "if",
    "until",
    "from",
    "to",
    "but",
    "he",
    "she",
    "they",
    "it",
    "immediately",
    "bitte",
    "hinzufügen",
    "aufnehmen",
    "entfernen",
    "nehmen",
    "although",
    "who",
    "whose",
    "group",
    "too",
    "also",
    "svp",
    "the",
    "a",
    "an",
    "this",
    "these",
    "his",
    "her",
    "their",
    "our",
    "your",
    "or",
    "in",
    "on",
    "at",
    "not",
    "soon",
    "grp",
    "like",
    "once",
    "needed",
    "required",
    "requested",
    "graag",
    "por",
    "per",
    "und",
    "and",
    "membership",
    "member",
    "access",
    "all",
    "same",
    "right",
    "correct",
    "no",
    "of",
    "out",
    "off",
    "one",
    "other",
    "another",
    "new",
    "old",
    "whole",
    "entire",
    "work",
    "eintragen",
    "austragen",
    "löschen",
    "entziehen",
    "beenden",
];

/// The group named in a text, as written.
pub(crate) fn read(text: &str) -> Option<String> {
    let tokens = tokens(text);
    quoted(text)
        .or_else(|| before_noun(&tokens))
        .or_else(|| after_noun(&tokens))
        .or_else(|| after_link(&tokens))
}

/// A name in quotation marks, when the text speaks of a group or of access.
fn quoted(text: &str) -> Option<String> {
    const PAIRS: &[(char, char)] =
        &[('"', '"'), ('“', '”'), ('„', '“'), ('«', '»'), ('\'', '\''), ('‘', '’')];
    let lower = text.to_lowercase();
    let about_groups = [
        "group",
        "team",
        "list",
        "access",
        "add ",
        "remove",
        "member",
        "gruppe",
        "verteiler",
        "groupe",
        "grup",
    ];
    if !about_groups.iter().any(|w| lower.contains(w)) {
        return None;
    }
    PAIRS.iter().find_map(|(open, close)| {
        // An apostrophe inside a word opens nothing.
        let start = text.char_indices().find(|(i, c)| {
            c == open
                && !text.get(..*i).and_then(|t| t.chars().last()).is_some_and(char::is_alphanumeric)
        })?;
        let rest = text.get(start.0 + open.len_utf8()..)?;
        let inner = rest.get(..rest.find(*close)?)?.trim();
        let sound = (2..=60).contains(&inner.len())
            && !inner.contains(['\n', '.', '?', '!'])
            && !inner.contains(" at next");
        sound.then(|| inner.to_string())
    })
}

/// "the Finance group", "Marketing Team", "finance distribution list".
fn before_noun(tokens: &[Token<'_>]) -> Option<String> {
    for (at, token) in tokens.iter().enumerate() {
        if !NOUNS.contains(&token.lower.as_str()) || token.starts_sentence || token.after_comma {
            continue;
        }
        let mut first = at;
        while let Some(previous) = first.checked_sub(1).and_then(|b| tokens.get(b)) {
            let bound = tokens.get(first).is_some_and(|t| t.starts_sentence || t.after_comma);
            if bound || at - first >= 5 || !may_be_in_name(previous, at - first) {
                break;
            }
            first -= 1;
        }
        let named: Vec<&Token<'_>> = tokens.iter().take(at).skip(first).collect();
        let kept = trimmed(&named);
        if !kept.is_empty() {
            let mut name = kept.join(" ");
            // A capitalised noun may belong to the name; the plan tries both.
            if token.text.starts_with(char::is_uppercase) {
                name = format!("{name} {}", token.text);
            }
            return Some(name);
        }
    }
    None
}

fn may_be_in_name(token: &Token<'_>, distance: usize) -> bool {
    let capital = token.text.starts_with(char::is_uppercase)
        || token.text.starts_with(|c: char| c.is_ascii_digit());
    let lower = token.lower.as_str();
    if [
        "add",
        "remove",
        "join",
        "leave",
        "please",
        "access",
        "i",
        "group",
        "team",
        "request",
        "membership",
        "get",
        "give",
        "need",
        "put",
        "take",
        "can",
        "could",
        "the",
        "my",
        "to",
        "in",
        "from",
        "of",
    ]
    .contains(&lower)
    {
        return false;
    }
    let joins = ["and", "&", "of", "für", "de"].contains(&lower) && distance > 0;
    let describes = DESCRIBES.contains(&lower);
    capital
        || joins
        || describes
        || (distance == 0 && !ENDS.contains(&lower) && !token.common)
        || (distance > 0
            && distance < 3
            && !token.common
            && !ENDS.contains(&lower)
            && token.text.chars().all(|c| c.is_alphanumeric() || c == '-'))
}

/// Drops describing words at the end and joining words at the beginning.
fn trimmed<'a>(named: &[&Token<'a>]) -> Vec<&'a str> {
    let mut kept: Vec<&Token<'a>> = named.to_vec();
    while kept.last().is_some_and(|t| DESCRIBES.contains(&t.lower.as_str())) {
        kept.pop();
    }
    while kept.first().is_some_and(|t| ["and", "&", "of", "for"].contains(&t.lower.as_str())) {
        kept.remove(0);
    }
    kept.iter().map(|t| t.text).collect()
}

/// "group Finance", "group: Finance", "the team called Finance", "Gruppe Vertrieb".
fn after_noun(tokens: &[Token<'_>]) -> Option<String> {
    (0..tokens.len()).find_map(|at| {
        let token = tokens.get(at)?;
        if !NOUNS.contains(&token.lower.as_str()) {
            return None;
        }
        let links = ["called", "named", "namens", "name", "is", "heißt"];
        let skip = tokens
            .iter()
            .skip(at + 1)
            .take_while(|t| links.contains(&t.lower.trim_end_matches(':')))
            .count();
        following(tokens, at + 1 + skip, false)
    })
}

/// "add me to Finance", "access to Finance", "membership of Finance", "join Finance", "out of Finance".
fn after_link(tokens: &[Token<'_>]) -> Option<String> {
    const ASKS: &[&str] = &[
        "add",
        "added",
        "put",
        "include",
        "included",
        "access",
        "membership",
        "member",
        "remove",
        "removed",
        "take",
        "permission",
        "join",
        "leave",
        "assign",
        "unsubscribe",
        "subscribe",
        "delete",
        "exclude",
        "part",
        "into",
        "belong",
        "drop",
        "enrol",
        "enroll",
        "kick",
        "get",
        "ajouter",
        "agregar",
    ];
    const LINKS: &[&str] =
        &["to", "of", "in", "into", "from", "off", "zu", "zur", "aus", "join", "leave", "for"];
    let asks = tokens.iter().position(|t| ASKS.contains(&t.lower.as_str()))?;
    (asks..tokens.len()).find_map(|at| {
        let token = tokens.get(at)?;
        if !LINKS.contains(&token.lower.as_str()) {
            return None;
        }
        let article = tokens
            .get(at + 1)
            .is_some_and(|t| ["the", "der", "die", "das", "our", "of"].contains(&t.lower.as_str()));
        following(tokens, at + 1 + usize::from(article), token.lower != "for")
    })
}

/// A name that begins at `at`: capitalised words, or up to two plain ones when `plain` is allowed.
fn following(tokens: &[Token<'_>], at: usize, plain: bool) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    let mut plain_words = 0;
    while let Some(token) = tokens.get(at + parts.len()) {
        if !parts.is_empty() && (token.starts_sentence || token.after_comma) {
            break;
        }
        let lower = token.lower.trim_end_matches(':');
        let capital = token.text.starts_with(char::is_uppercase)
            || token.text.starts_with(|c: char| c.is_ascii_digit());
        let next_capital = tokens
            .get(at + parts.len() + 1)
            .is_some_and(|t| t.text.starts_with(char::is_uppercase) && !t.starts_sentence);
        let joins = !parts.is_empty() && ["and", "&", "of"].contains(&lower) && next_capital;
        if capital && !["I", "Please", "Thanks", "Monday", "Friday"].contains(&token.text) || joins
        {
            parts.push(token.text);
        } else if plain
            && !ENDS.contains(&lower)
            && !token.common
            && plain_words < 2
            && parts.len() == plain_words
        {
            parts.push(token.text);
            plain_words += 1;
        } else {
            break;
        }
        if parts.len() >= 6 {
            break;
        }
    }
    let name = parts.join(" ");
    (name.len() >= 2).then_some(name)
}
