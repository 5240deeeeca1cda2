//! What good close-outs said, as proposals that hold once a person agreed to them.
//!
//! The words proposed are those of one real close-out: the one most like the others of its kind. INVARIANT: what may name a person, an address or
//! a number is left out, line by line, as far as that shows; a person agrees to the rest; a text of which nothing is left is not proposed.

use crate::{
    playbook::{One, by_intent, evidence, line},
    prepare::Prepared,
};
use domain::{
    PastDeed, PastTicket,
    playbook::{Line, Rule},
};
use std::collections::BTreeSet;
use technician::learn::text;

/// Fewer good close-outs than this propose nothing.
const LEAST: usize = 8;
/// Close-outs compared with each other, the newest.
const MOST: usize = 150;
/// How like the others it has to be on average: shared words among all words of both.
const LIKE: f64 = 0.25;
/// Longer texts are about one case.
const LONGEST: usize = 600;

/// Words for each kind of request whose close-outs resemble each other.
pub(crate) fn proposed(all: &[One<'_>]) -> Vec<Line> {
    let mut lines = Vec::new();
    for (name, (intent, of)) in by_intent(all) {
        let good: Vec<(One<'_>, String)> = of
            .into_iter()
            .rev()
            .filter(|o| o.seen.agreement.right() == Some(true) && !reopened(o.ticket))
            .filter_map(|o| said(o.ticket, o.read).map(|text| (o, text)))
            .take(MOST)
            .collect();
        if good.len() < LEAST {
            continue;
        }
        let bags: Vec<BTreeSet<String>> = good.iter().map(|(_, text)| bag(text)).collect();
        let like = |bag: &BTreeSet<String>| -> f64 {
            let sum: f64 = bags.iter().map(|other| shared(bag, other)).sum();
            (sum - 1.0) / (bags.len() - 1) as f64
        };
        let scored = bags.iter().enumerate().map(|(at, bag)| (like(bag), at));
        let best = scored.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(&a.1)));
        let Some((_, at)) = best.filter(|(like, _)| *like >= LIKE) else { continue };
        let Some((_, text)) = good.get(at) else { continue };
        let ones: Vec<One<'_>> = good.iter().map(|(o, _)| *o).collect();
        let words = format!(
            "of {} close-outs that were not reopened, this one is most like the others; it is sent once you switch it on",
            ones.len()
        );
        let rule = Rule::Words { intent, text: text.clone() };
        let because = evidence(ones.len(), &ones, words);
        lines.push(Line { off: true, ..line(format!("words:{name}"), rule, because) });
    }
    lines
}

fn reopened(ticket: &PastTicket) -> bool {
    ticket.reopened.is_some_and(|n| n > 0)
        || ticket.events.iter().any(|e| e.what == PastDeed::Reopened)
}

/// The desk's last public words on a ticket, without what may name somebody.
fn said(ticket: &PastTicket, read: &Prepared) -> Option<String> {
    let last = ticket.events.iter().rev().find_map(|e| match &e.what {
        PastDeed::Said { text, internal: false, by_desk: Some(true) } => Some(text.as_str()),
        _ => None,
    });
    let text = text::read("", last?);
    // The customer's quoted mail and signatures are no close-out.
    let text = format!("{}\n{}", text.request(), text.resolution());
    let names: BTreeSet<String> = bag(&format!(
        "{} {} {}",
        ticket.requester.replace(['@', '.', '_', '-'], " "),
        ticket.assignee,
        read.understanding.about.as_ref().map(|m| format!("{m:?}")).unwrap_or_default()
    ));
    let kept: Vec<&str> =
        text.lines().map(str::trim).filter(|l| !l.is_empty() && !personal(l, &names)).collect();
    let text = kept.join("\n").replace(['{', '}'], "");
    (text.split_whitespace().count() >= 4 && text.len() <= LONGEST).then_some(text)
}

/// May name somebody, or holds an address, a link, a number or a password. Says yes too often rather than too seldom: a capital within a
/// sentence is enough, so German lines are mostly left out.
fn personal(line: &str, names: &BTreeSet<String>) -> bool {
    const GREETINGS: [&str; 14] = [
        "hi", "hello", "dear", "hallo", "guten", "sehr", "liebe", "lieber", "regards", "kind",
        "best", "thanks", "gruß", "grüße",
    ];
    const KNOWN: [&str; 12] = [
        "I",
        "AD",
        "IT",
        "VPN",
        "MFA",
        "PIN",
        "PC",
        "Windows",
        "Outlook",
        "Teams",
        "Microsoft",
        "Authenticator",
    ];
    let words: Vec<&str> =
        line.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let first = words.first().map(|w| w.to_lowercase()).unwrap_or_default();
    let secret = [
        "password is",
        "password:",
        "passwort ist",
        "passwort:",
        "passwort lautet",
        "kennwort",
        "code",
    ];
    let lower = line.to_lowercase();
    let mut begins = true;
    let capital = line.split_whitespace().any(|word| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let strange = !begins && bare.starts_with(char::is_uppercase) && !KNOWN.contains(&bare);
        begins = word.ends_with(['.', '!', '?', ':']);
        strange
    });
    line.contains(['@', '/', '\\'])
        || line.chars().any(|c| c.is_ascii_digit())
        || GREETINGS.contains(&first.as_str())
        || secret.iter().any(|s| lower.contains(s))
        || capital
        || bag(line).iter().any(|w| w.len() > 2 && names.contains(w))
}

fn bag(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    words.map(str::to_lowercase).collect()
}

fn shared(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    let both = a.intersection(b).count();
    let all = a.len() + b.len() - both;
    if all == 0 { 0.0 } else { both as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_may_name_somebody_or_hold_a_secret_are_left_out() {
        let names = bag("ann lee");
        for kept in [
            "your account was unlocked. Please update Outlook on your phone.",
            "It can take a minute.",
        ] {
            assert!(!personal(kept, &names), "{kept}");
        }
        for left in [
            "Hi, Anna",
            "as Peter Miller approved it",
            "I set it to Welcome1",
            "your password is hunter",
            "call ann about it",
            "see https://x.test",
            "room 4",
        ] {
            assert!(personal(left, &names), "{left}");
        }
    }
}
