//! A second request beside the first, found clause by clause with the recogniser itself.
//!
//! Lists of words ([`super::requests`]) know the kinds of request that they were written for; this
//! catches a second one in other words. It only ever sends a ticket to people.

use super::{
    clean::fold,
    pattern::{Patterns, words},
};
use crate::learn::Model;
use domain::Intent;
use std::sync::LazyLock;

/// A clause is believed from this probability on.
const SURE: f64 = 0.8;

/// Words that begin a further request.
static FURTHER: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        "also|additionally|furthermore|moreover|besides|secondly|plus|ausserdem|zusatzlich",
        "and also|then|while|please|can|could|i|we",
        "another|second|one|last|other|further|different ~1 thing|issue|request|question|problem|matter|topic",
        "while ~3 at it",
        "in addition",
        "on top of",
        "oh and",
    ])
});

/// Words by which something is asked for.
static ASKS: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        "please|pls|plz|bitte|kindly",
        "can|could|would|will you|someone|somebody|anyone",
        "i|we ~1 need|want|require|would|like|brauche",
        "need|needs|want|wants",
        "install|order|arrange|replace|set|fix|repair|check|look|provide|send|create|move|connect|upgrade|renew|organise|organize|give|get|make|sort",
    ])
});

/// Names the two requests, when the clauses of the text ask for different things.
pub(super) fn several(model: &Model, text: &str, scratch: &mut Vec<u32>) -> Option<String> {
    let mut first: Option<Intent> = None;
    for clause in clauses(text) {
        let folded = fold(&clause);
        let folded = words(&folded);
        let seen = model.recognise(&clause, scratch);
        // A joining word opens its clause; deep inside one it joins something else.
        let opening = folded.get(..folded.len().min(5)).unwrap_or_default();
        let acts = kind(seen.intent).is_some() && seen.confidence >= SURE;
        match first {
            None if acts => first = Some(seen.intent),
            Some(one) if acts && kind(one) != kind(seen.intent) => {
                return Some(format!("{}; {}", one.name(), seen.intent.name()));
            }
            Some(one) if !acts && FURTHER.hit(opening) && ASKS.hit(&folded) => {
                let same = kind(seen.intent).is_some() && kind(seen.intent) == kind(one);
                if !same && seen.intent != Intent::Thanks {
                    return Some(format!("{}; {}", one.name(), clause.trim()));
                }
            }
            _ => {}
        }
    }
    None
}

/// What belongs together: getting in is one trouble in many words.
fn kind(intent: Intent) -> Option<u8> {
    match intent {
        Intent::UnlockAccount
        | Intent::ResetPassword
        | Intent::RequirePasswordChange
        | Intent::EnableAccount
        | Intent::AccountStatus => Some(0),
        Intent::AddToGroup => Some(1),
        Intent::RemoveFromGroup => Some(2),
        Intent::DisableAccount => Some(3),
        Intent::ListDevices => Some(4),
        Intent::Thanks | Intent::SecurityIncident | Intent::Other => None,
    }
}

/// Sentences, list items, and what stands behind a joining word; each of three words or more.
fn clauses(text: &str) -> Vec<String> {
    let joined = JOINS.iter().fold(text.to_owned(), |text, (join, cut)| {
        // Case does not matter for cutting; the recogniser folds by itself.
        text.to_lowercase().replace(join, cut)
    });
    joined
        .split(['.', '!', '?', ';', '\n'])
        .map(str::trim)
        .filter(|c| c.split_whitespace().count() >= 3)
        .map(str::to_owned)
        .collect()
}

const JOINS: &[(&str, &str)] = &[
    (" and also ", "\nand also "),
    (" and please ", "\nand please "),
    (" and can you ", "\nand can you "),
    (" and could you ", "\nand could you "),
    (" and while ", "\nand while "),
    (" and then ", "\nand then "),
    (" and i also ", "\nalso i "),
    (" and i need ", "\nand i need "),
    (", also ", "\nalso "),
    (" - also ", "\nalso "),
    (" plus ", "\nplus "),
    (" as well as ", "\nalso "),
    (" in addition", "\nin addition"),
    (" besides ", "\nbesides "),
];
