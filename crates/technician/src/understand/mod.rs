//! What a ticket's prose asks: intent, whom it is about, which group, and what makes it unsafe.
//!
//! INVARIANT: prose is data. Everything here is a candidate that the directory has to confirm or a
//! signal that makes things stricter; nothing here can make anything looser.

mod clauses;
pub(crate) mod clean;
pub(crate) mod features;
mod group;
mod html;
mod lexicon;
mod login;
pub(crate) mod opens;
mod pattern;
mod person;
mod questions;
mod requests;
mod signals;
mod systems;
mod token;

use crate::learn::{Model, Recognised};
use domain::{IncomingTicket, Intent, Mention, Signal, Understanding};
use pattern::{Patterns, words};
use std::sync::LazyLock;

/// Reads a ticket and the requester's messages since, oldest first.
///
/// The newest message that says something counts more than the ticket: it is the answer to our
/// question, a correction, or thanks.
pub fn understand(
    model: &Model,
    ticket: &IncomingTicket,
    messages_since: &[String],
) -> Understanding {
    let mut scratch = Vec::with_capacity(512);
    let text = clean::request_text(&ticket.subject, &ticket.body);
    let raw = format!("{}\n{}", ticket.subject, ticket.body);
    let mut signals = signals::of_text(&raw, &text);
    let first = locked_or_forgotten(model.recognise(&text, &mut scratch), model);
    let mut seen = vetted(first, &text);
    let mut slots = Slots::read(ticket, &text, seen.intent);
    let folded = clean::fold(&text);
    let several = slots
        .several
        .clone()
        .or_else(|| requests::several(&words(&folded)))
        .or_else(|| clauses::several(model, &text, &mut scratch));
    if let Some(what) = several {
        signals.push(Signal::SeveralRequests(what));
    }
    signals.extend(other_system(seen.intent, &text, ticket, slots.person.about.as_ref()));
    for raw in messages_since {
        let message = clean::message_text(raw);
        for signal in signals::of_text(raw, &message) {
            push_new(&mut signals, signal);
        }
        let newer = vetted(model.recognise(&message, &mut scratch), &message);
        let both = follow(&mut seen, newer, message.split_whitespace().count());
        slots.answer(ticket, &message, seen.intent);
        let other = other_system(seen.intent, &message, ticket, slots.person.about.as_ref());
        if let Some(signal) = other {
            push_new(&mut signals, signal);
        }
        if let Some(what) = both {
            push_new(&mut signals, Signal::SeveralRequests(what));
        }
    }
    Understanding {
        intent: seen.intent,
        confidence: seen.confidence,
        abstained: seen.abstained,
        runner_up: Some(seen.runner_up),
        about: slots.about(seen.intent),
        group: slots.group,
        signals,
    }
}

/// Whether a message after the close says thanks and nothing else. Conservative: a question, a
/// "but", trouble or a request in it, and it is no thanks.
///
/// The model alone asks for too much here: "Brilliant, all good" says nothing by itself, and
/// everything as the answer to a close.
pub fn is_thanks(model: &Model, text: &str) -> bool {
    let message = clean::message_text(text);
    if !signals::of_text(text, &message).is_empty() {
        return false;
    }
    let seen = model.recognise(&message, &mut Vec::new());
    let asks = !seen.abstained && !matches!(seen.intent, Intent::Thanks | Intent::Other);
    // "Toner for printer 3, thanks" is surely something else, and no thanks at all.
    let other = seen.intent == Intent::Other
        && seen.confidence >= SURELY
        && seen.runner_up.0 != Intent::Thanks;
    !asks && !other && only_glad(&message)
}

/// Whether an answer says yes or no and nothing else; `None` when it says neither.
pub(crate) fn agrees(text: &str) -> Option<bool> {
    static YES: LazyLock<Patterns> = LazyLock::new(|| {
        Patterns::new(&[
            "yes|yeah|yep|yup|ja|oui|si|sure|ok|okay|correct|gerne|jawohl|definitely|absolutely",
            "please do",
            "do it|that",
            "go ahead|for",
            "please reset",
            "would be great|good|nice|fine|perfect",
        ])
    });
    static NO: LazyLock<Patterns> = LazyLock::new(|| {
        Patterns::new(&[
            "no|not|dont|but|nein|nicht|however|wait|kein|instead|nope|aber|stop|cancel",
        ])
    });
    let folded = clean::fold(&clean::message_text(text));
    let words = words(&folded);
    if NO.hit(&words) {
        return Some(false);
    }
    (words.len() <= 20 && YES.hit(&words)).then_some(true)
}

/// Thanks needs two witnesses: the model, and a text that is glad and nothing else. Together they
/// need less of the model; without the second its word does not count. A question about the state
/// of an account is taken for no change of it, and trouble since a reset for no wish for another.
fn vetted(mut seen: Recognised, text: &str) -> Recognised {
    if seen.intent == Intent::Thanks {
        seen.abstained = seen.confidence < LIKELY || !only_glad(text);
    }
    let folded = clean::fold(text);
    let words = words(&folded);
    seen.intent = questions::asked(seen.intent, &words);
    seen.abstained |= seen.intent == Intent::ResetPassword && questions::is_after_one(&words);
    seen
}

/// Locked out or password forgotten: when it is surely one of the two, it is worked as a lockout.
/// The directory then tells: a locked account is unlocked, and one that is not locked leads to the
/// question whether a new password is wanted. A lockout is the lesser change, so the doubt is safe.
fn locked_or_forgotten(mut seen: Recognised, model: &Model) -> Recognised {
    let either = |i: Intent| matches!(i, Intent::UnlockAccount | Intent::ResetPassword);
    let sum = seen.confidence + seen.runner_up.1;
    let [unlock, reset] = [Intent::UnlockAccount, Intent::ResetPassword];
    let threshold = model.threshold(unlock).max(model.threshold(reset));
    if seen.abstained && either(seen.intent) && either(seen.runner_up.0) && sum >= threshold {
        seen.abstained = false;
        if seen.intent != Intent::UnlockAccount {
            seen.runner_up = (seen.intent, seen.confidence);
            seen.intent = Intent::UnlockAccount;
        }
        seen.confidence = sum.min(1.0);
    }
    seen
}

/// Sure enough of something else.
const SURELY: f64 = 0.8;
/// More likely than everything else together.
const LIKELY: f64 = 0.5;

/// Whether a short text is glad and holds no question, trouble or request.
fn only_glad(text: &str) -> bool {
    static MORE: LazyLock<Patterns> = LazyLock::new(|| {
        Patterns::new(&[
            "but|however|although|aber|unfortunately|leider|mais|pero",
            "still ~3",
            "not|doesnt|cant|cannot|nicht|isnt|wont ~2",
            "could|can|would you",
            "also|additionally|another|further|question",
            "one more",
            "please ~1 reset|unlock|add|remove|disable|enable|send|order|install|help|call",
            "need|needs|brauche",
            "problem is back|again",
            "locked|expired|error|errors|fail|fails|failed|failing|broken|trouble|wrong|missing",
            "once more",
            "yes|yeah|yep|ja|oui|si|sure",
            "go ahead",
            "please do",
            "any|some news|update|progress",
        ])
    });
    static GLAD: LazyLock<Patterns> = LazyLock::new(|| {
        Patterns::new(&[
            "thank*|thx|ty|cheers|danke*|merci|gracias|grazie|bedankt|appreciate*|ta",
            "work* ~2 again|now|fine|well|perfectly|great",
            "works|worked|working|solved|resolved|fixed|sorted|erledigt|geklappt|funktioniert",
            "perfect|great|super|excellent|brilliant|awesome",
            "close ~2 ticket|this|it|case|request",
            "all good|fine|ok|set",
            "no longer needed",
            "never mind",
            "back in|online",
            "log in again",
            "logged in",
            "in again",
            "gone",
        ])
    });
    let folded = clean::fold(text);
    let words = words(&folded);
    let only = words.len() <= 40 && !text.contains('?') && !MORE.hit(&words);
    only && GLAD.hit(&words)
}

fn push_new(signals: &mut Vec<Signal>, signal: Signal) {
    let same = |s: &Signal| std::mem::discriminant(s) == std::mem::discriminant(&signal);
    if !signals.iter().any(same) {
        signals.push(signal);
    }
}

/// Takes a newer message of so many words into account. Names both requests when it asks for
/// something else. One word, such as the name of a group, is an answer and asks for nothing.
fn follow(seen: &mut Recognised, newer: Recognised, words: usize) -> Option<String> {
    let acts = |r: &Recognised| {
        !r.abstained && !matches!(r.intent, Intent::Other | Intent::SecurityIncident)
    };
    if newer.abstained || newer.intent == seen.intent || newer.intent == Intent::Other {
        return None;
    }
    if words < 4 && newer.intent != Intent::Thanks {
        return None;
    }
    if newer.intent == Intent::SecurityIncident || newer.intent == Intent::Thanks || !acts(seen) {
        *seen = newer;
        return None;
    }
    let both = format!("{}; {}", seen.intent.name(), newer.intent.name());
    let one_trouble = signs_in(seen.intent) && signs_in(newer.intent);
    *seen = newer;
    (!one_trouble).then_some(both)
}

/// Whether a sentence is about getting into another system than the directory.
pub(crate) fn is_other_system(sentence: &str) -> bool {
    systems::other(sentence, &[], &[]).is_some()
}

/// Another system than the directory, in a text that is about getting in.
fn other_system(
    intent: Intent,
    text: &str,
    ticket: &IncomingTicket,
    about: Option<&Mention>,
) -> Option<Signal> {
    let changes_access = matches!(
        intent,
        Intent::UnlockAccount
            | Intent::ResetPassword
            | Intent::EnableAccount
            | Intent::DisableAccount
    );
    if !changes_access {
        return None;
    }
    let words = |text: &str| -> Vec<String> {
        let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
        parts.map(clean::fold).collect()
    };
    let sender = words(&format!("{} {}", ticket.from, ticket.from_name));
    let named = about.map_or_else(Vec::new, |m| match m {
        Mention::Address(a) | Mention::Name(a) => words(a),
    });
    systems::other(text, &sender, &named).map(Signal::OtherSystem)
}

fn signs_in(intent: Intent) -> bool {
    matches!(
        intent,
        Intent::UnlockAccount
            | Intent::ResetPassword
            | Intent::EnableAccount
            | Intent::AccountStatus
            | Intent::RequirePasswordChange
    )
}

fn wants_group(intent: Intent) -> bool {
    matches!(intent, Intent::AddToGroup | Intent::RemoveFromGroup)
}

/// Person and group as far as the texts name them.
#[derive(Debug)]
struct Slots {
    person: person::Person,
    group: Option<String>,
    several: Option<String>,
}

impl Slots {
    fn read(ticket: &IncomingTicket, text: &str, intent: Intent) -> Slots {
        let group = if wants_group(intent) { group::read(text) } else { None };
        let mut person = person::read(text, &ticket.from, &ticket.from_name, group.as_deref());
        let several = person.several.take();
        Slots { person, group, several }
    }

    /// An answer names what was asked for, often with nothing around it.
    fn answer(&mut self, ticket: &IncomingTicket, message: &str, intent: Intent) {
        let line = message.lines().next().unwrap_or("").trim();
        let bare = line.trim_end_matches(['.', '!', ',']).trim();
        let short = !bare.is_empty() && bare.split_whitespace().count() <= 5 && !bare.contains('?');
        let lacks_group = wants_group(intent) && self.group.is_none();
        if wants_group(intent) {
            let named = group::read(message);
            let named = named.or_else(|| {
                (lacks_group && short && !clean::is_address(bare)).then(|| without_lead(bare))
            });
            if let Some(g) = named.filter(|g| !g.is_empty()) {
                self.group = Some(g);
                if lacks_group {
                    return;
                }
            }
        }
        let read = person::read(message, &ticket.from, &ticket.from_name, self.group.as_deref());
        if read.about.as_ref().is_some_and(|m| !person::words_of(m).is_empty()) {
            self.person.about = read.about;
        } else if let Some(address) = message.split_whitespace().find(|w| clean::is_address(w)) {
            let address = address.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
            // The sender's own address as an answer means the sender.
            self.person.about =
                (address != ticket.from.to_lowercase()).then_some(Mention::Address(address));
            self.person.own = self.person.about.is_none();
        } else if read.own && self.person.about.is_some() {
            self.person.about = None;
            self.person.own = true;
        } else if short && self.person.about.is_some() && !lacks_group {
            let bare = without_lead(bare);
            let tokens = token::tokens(&bare);
            if tokens.len() == 1
                && tokens.iter().all(|t| !t.common && t.text.chars().any(char::is_alphanumeric))
            {
                self.person.about = Some(Mention::Address(bare.to_lowercase()));
            } else if (2..=4).contains(&tokens.len()) && tokens.iter().all(|t| !t.common) {
                self.person.about = Some(Mention::Name(bare));
            }
        }
    }

    /// Blocking an account without saying whose is never taken as one's own.
    fn about(&self, intent: Intent) -> Option<Mention> {
        if self.person.about.is_none() && !self.person.own && intent == Intent::DisableAccount {
            return Some(Mention::Name(String::new()));
        }
        self.person.about.clone()
    }
}

/// "it is the …", "the group is called …": what comes after.
fn without_lead(bare: &str) -> String {
    const LEADS: &[&str] = &[
        "it's called ",
        "it is called ",
        "the group is called ",
        "the group is ",
        "the name is ",
        "it's ",
        "it is ",
        "its ",
        "i mean ",
        "i meant ",
        "the ",
        "her login is ",
        "his login is ",
        "the login is ",
        "login is ",
        "login: ",
        "login ",
        "group: ",
        "sorry, ",
        "es ist ",
        "die gruppe ",
    ];
    let mut rest = bare.trim();
    while let Some(lead) = LEADS.iter().find(|l| rest.to_lowercase().starts_with(**l)) {
        rest = rest.get(lead.len()..).unwrap_or("").trim();
    }
    rest.trim_matches(|c: char| "\"'“”„«»".contains(c)).to_string()
}
