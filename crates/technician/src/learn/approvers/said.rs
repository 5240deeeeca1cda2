//! What a message says about an approval, in English and German.
//!
//! Built to miss a yes rather than to hear one: whoever reports that somebody approved has not approved.

use super::own_words::{self, Message};
use super::people::spaced;
use super::phrases::{
    AFTERWARDS, CONDITIONS, GENERIC, MIDDLE, NOTICES, OTHER_TOPICS, PARTICIPLES, PLAIN, RECALLS,
    REFUSALS, SHORT, STRONG,
};
use std::collections::BTreeSet;

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// A yes that stands alone: "I approve this".
    Yes,
    /// A yes unless something else was asked: "fine with me".
    Agrees,
    /// A yes only as an answer: "yes".
    Short,
    /// A no, or an earlier yes taken back.
    No,
    /// None of these.
    Nothing,
}

/// What the desk's message does to what was said before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Desk {
    /// Asks for a yes.
    Asks,
    /// Asks something else.
    AsksElse,
    /// The yes so far is not the one that is needed.
    TurnsDown,
    /// None of these.
    Nothing,
}

/// The request in words, for telling whether a yes is about it.
pub(super) struct Topic {
    words: BTreeSet<String>,
}

impl Topic {
    /// The words of subject and first message, without the names of people.
    pub(super) fn new(text: &str, names: &[&str]) -> Topic {
        let names: BTreeSet<String> = names.iter().flat_map(|n| words(&spaced(n))).collect();
        let all = words(&spaced(text));
        Topic { words: all.into_iter().filter(|w| w.len() > 2 && !names.contains(w)).collect() }
    }

    fn knows(&self, word: &str) -> bool {
        self.words.contains(word)
    }
}

fn words(spaced: &str) -> Vec<String> {
    spaced.split_whitespace().map(str::to_owned).collect()
}

fn any(text: &str, of: &[&str]) -> bool {
    of.iter().any(|w| text.contains(w))
}

/// What somebody who is not of the desk says.
pub(super) fn hear(message: &Message, topic: &Topic) -> Said {
    let all = spaced(&message.own.join(" "));
    if message.form || any(&all, NOTICES) {
        return Said::Nothing;
    }
    if any(&all, RECALLS) {
        return Said::No;
    }
    let mut best = Said::Nothing;
    for sentence in &message.own {
        match of_sentence(sentence, topic) {
            Said::No => return Said::No,
            Said::Yes => best = Said::Yes,
            Said::Agrees if best != Said::Yes => best = Said::Agrees,
            _ => {}
        }
    }
    if best == Said::Nothing { short(&all, message) } else { best }
}

fn of_sentence(sentence: &str, topic: &Topic) -> Said {
    let text = spaced(sentence);
    if any(&text, REFUSALS) {
        return Said::No;
    }
    let condition = any(&text, CONDITIONS) && !any(&text, AFTERWARDS);
    let stays = away(&text);
    let elsewhere = stays.split(' ').any(|w| OTHER_TOPICS.contains(&w) && !topic.knows(w));
    if condition || elsewhere || sentence.ends_with('?') {
        return Said::Nothing;
    }
    let clauses = || sentence.split([',', ':', '–']).map(spaced);
    if any(&text, STRONG) && !reports(&text) && clauses().all(|c| about_this(&c, topic)) {
        return Said::Yes;
    }
    for clause in clauses() {
        if participle(&clause, topic) {
            return Said::Yes;
        }
    }
    if any(&text, MIDDLE) && !reports(&text) && clauses().all(|c| about_this(&c, topic)) {
        return Said::Agrees;
    }
    Said::Nothing
}

/// Without who is away: "Ann ist im Urlaub, ich vertrete".
fn away(text: &str) -> String {
    let mut text = text.to_owned();
    for phrase in [" im urlaub ", " on leave ", " on holiday ", " on vacation "] {
        text = text.replace(phrase, " ");
    }
    text
}

/// "approved" as the writer's own act: nothing before it that is somebody else or something else.
fn participle(clause: &str, topic: &Topic) -> bool {
    let words: Vec<&str> = clause.split_whitespace().collect();
    let Some(at) = words.iter().position(|w| PARTICIPLES.contains(w)) else { return false };
    let (before, after) = (&words[..at], &words[at + 1..]);
    let by_other = match after {
        [by, who, ..] if matches!(*by, "by" | "von" | "durch") => !matches!(*who, "me" | "mir"),
        _ => false,
    };
    let reported = before
        .iter()
        .any(|w| matches!(*w, "already" | "was" | "wurde" | "bereits" | "schon" | "had" | "got"))
        || (before.contains(&"been") && !after.contains(&"me"));
    let plain = before.iter().all(|w| PLAIN.contains(w) || topic.knows(w));
    !by_other && !reported && plain && about_this(clause, topic)
}

/// Somebody tells what somebody else said.
fn reports(text: &str) -> bool {
    any(
        text,
        &[
            " said ",
            " says ",
            " told me ",
            " sagte ",
            " hat zugestimmt ",
            " is ok with it ",
            " is fine with ",
            " agrees ",
            " has agreed ",
            " has approved ",
            " my manager ",
            " my boss ",
            " mein chef ",
            " my supervisor ",
            " is aware ",
            " need approval ",
            " need your ",
            " waiting for ",
            " liegt vor ",
            " liegt mir vor ",
            " i have approval ",
            " approval from ",
            " approval of ",
            " abgesprochen ",
        ],
    )
}

/// Whether what is approved may be what was asked: "approve the travel costs" is not when the request has no such words.
fn about_this(clause: &str, topic: &Topic) -> bool {
    const VERBS: &[&str] =
        &["approve", "approved", "authorise", "authorize", "genehmige", "genehmigt"];
    const BEFORE: &[&str] = &[
        "the", "your", "their", "his", "her", "our", "die", "den", "das", "ihre", "ihren",
        "deinen", "seinen", "eure",
    ];
    let words: Vec<&str> = clause.split_whitespace().collect();
    let Some(at) = words.iter().position(|w| VERBS.contains(w)) else { return true };
    let Some([article, rest @ ..]) = words.get(at + 1..) else { return true };
    if !BEFORE.contains(article) {
        return true;
    }
    let known = |w: &&str| GENERIC.contains(w) || topic.knows(w);
    rest.is_empty() || rest.iter().take(3).any(known)
}

/// A few words that begin with a yes.
fn short(all: &str, message: &Message) -> Said {
    let mut words = all.split_whitespace().filter(|w| !matches!(*w, "hi" | "hello" | "hallo"));
    let first = words.next().unwrap_or_default();
    let yes = SHORT.contains(&first) && (first != "of" || all.contains(" of course "));
    let question = message.own.iter().any(|s| s.ends_with('?'));
    let held = any(all, CONDITIONS) || any(all, &[" but ", " aber ", " not ", " nicht "]);
    if yes && !question && !held && words.count() <= 8 { Said::Short } else { Said::Nothing }
}

/// What the desk says.
pub(super) fn hear_desk(text: &str) -> Desk {
    let message = own_words::read(text);
    let all = spaced(&message.own.join(" "));
    let approval = any(
        &all,
        &[
            " approv",
            " sign off ",
            " signoff ",
            " freigabe",
            " genehm",
            " zustimm",
            " freischalten ",
            " authoris",
            " authoriz",
            " freigeben ",
        ],
    );
    let turns = any(
        &all,
        &[
            " but ",
            " only ",
            " afraid ",
            " unfortunately ",
            " muss ",
            " leider ",
            " nur ",
            " though ",
            " has to be approved by ",
            " has to come from ",
            " not entitled ",
        ],
    );
    if approval
        && turns
        && !any(
            &all,
            &[
                " also ",
                " additionally ",
                " zusaetzlich ",
                " auch noch ",
                " your approval ",
                " ihre freigabe ",
            ],
        )
    {
        return Desk::TurnsDown;
    }
    let question = message.own.iter().any(|s| s.ends_with('?'));
    let wants = any(
        &all,
        &[
            " need",
            " please ",
            " kindly ",
            " could ",
            " benoetig",
            " bitte ",
            " brauchen ",
            " have your ",
        ],
    );
    let agree = any(
        &all,
        &[
            " ok for you ",
            " ok with this ",
            " ok with it ",
            " okay with this ",
            " may have ",
            " fine with this ",
            " fine for you ",
            " do you agree ",
            " in ordnung fuer sie ",
        ],
    );
    if approval && (question || wants) || agree {
        return Desk::Asks;
    }
    if question { Desk::AsksElse } else { Desk::Nothing }
}
