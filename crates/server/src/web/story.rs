//! A case's journal entries as a story in plain words.
//!
//! Looking things up and closing out are told as one moment each; everything that was judged,
//! decided or changed has a moment of its own. Nothing is left out: what is technical is beside it.

use super::{
    bits::{TierChip, When, capital},
    words::{self, FactLine},
};
use domain::{Action, AttemptId, Event, Follow, Outcome, Recorded, Understanding, VerdictRecord};
use std::collections::BTreeMap;

mod single;

/// One moment of the story.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) anchor: String,
    pub(super) at: When,
    pub(super) who: String,
    /// `info`, `good`, `warn`, `bad`, `ask` or `quiet`.
    pub(super) tone: &'static str,
    pub(super) title: String,
    pub(super) tier: Option<TierChip>,
    pub(super) lines: Vec<String>,
    pub(super) warnings: Vec<Warning>,
    pub(super) quote: Option<String>,
    pub(super) findings: Vec<FindingLine>,
    pub(super) facts: Vec<FactLine>,
    pub(super) items: Vec<Item>,
    pub(super) link: Option<(String, &'static str)>,
    pub(super) details: Vec<(&'static str, String)>,
}

/// Something in the text that needs care.
#[derive(Debug)]
pub(super) struct Warning {
    pub(super) title: &'static str,
    pub(super) text: String,
}

/// One finding of the gate.
#[derive(Debug)]
pub(super) struct FindingLine {
    pub(super) tier: TierChip,
    pub(super) code: String,
    pub(super) assessor: String,
    pub(super) because: Vec<String>,
}

/// One of several things told together.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) title: String,
    pub(super) result: String,
    pub(super) class: &'static str,
    pub(super) text: Option<String>,
}

/// The findings of a verdict, gravest first.
pub(super) fn findings(verdict: &VerdictRecord) -> Vec<FindingLine> {
    let mut sorted: Vec<_> = verdict.findings.iter().collect();
    sorted.sort_by_key(|f| std::cmp::Reverse(f.minimum));
    sorted
        .into_iter()
        .map(|f| FindingLine {
            tier: TierChip(f.minimum),
            code: f.code.to_string(),
            assessor: f.assessor.to_string(),
            because: vec![capital(&f.because.to_string())],
        })
        .collect()
}

/// How an attempt stands: class and words.
pub(super) fn outcome(outcome: Option<&Outcome>) -> (&'static str, String) {
    match outcome {
        Some(Outcome::Done(evidence)) => ("good", format!("Done and read back: {evidence}")),
        Some(Outcome::Failed(why)) => ("bad", format!("Did not happen: {why}")),
        Some(Outcome::Unknown(why)) => ("warn", format!("Not known yet: {why}")),
        None => ("warn", "Under way".into()),
    }
}

/// The whole story, oldest first.
pub(super) fn tell(events: &[Recorded]) -> Vec<Moment> {
    let actions: BTreeMap<AttemptId, &Action> = events
        .iter()
        .filter_map(|r| match &r.event {
            Event::Started { attempt, action, .. } => Some((*attempt, action)),
            _ => None,
        })
        .collect();
    let mut moments = Vec::new();
    let mut rest = events;
    while let Some((first, after)) = rest.split_first() {
        let chapter = chapter(&first.event, &actions);
        let more = after.iter().take_while(|r| {
            chapter != Chapter::Own && self::chapter(&r.event, &actions) == chapter
        });
        let (now, next) = rest.split_at(1 + more.count());
        moments.push(match chapter {
            Chapter::LookUp => look_up(first, now),
            Chapter::CloseOut => close_out(first, now, &actions),
            Chapter::Own => single::tell(first),
        });
        rest = next;
    }
    moments
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Chapter {
    LookUp,
    CloseOut,
    Own,
}

fn chapter(event: &Event, actions: &BTreeMap<AttemptId, &Action>) -> Chapter {
    let closes = |a: &Action| match a.ticket() {
        Some(_) => Chapter::CloseOut,
        None => Chapter::Own,
    };
    match event {
        Event::Read { .. } => Chapter::LookUp,
        Event::Judged { verdict, .. } if matches!(verdict.follows, Follow::Hold(_)) => Chapter::Own,
        Event::Judged { action, .. } | Event::Started { action, .. } => closes(action),
        Event::Finished { attempt, .. } => {
            actions.get(attempt).map_or(Chapter::Own, |action| closes(action))
        }
        _ => Chapter::Own,
    }
}

fn blank(r: &Recorded, tone: &'static str, title: String) -> Moment {
    Moment {
        anchor: format!("entry-{}", r.seq),
        at: When(r.at),
        who: words::actor(&r.actor),
        tone,
        title,
        tier: None,
        lines: Vec::new(),
        warnings: Vec::new(),
        quote: None,
        findings: Vec::new(),
        facts: Vec::new(),
        items: Vec::new(),
        link: None,
        details: vec![("Journal entry", r.seq.to_string())],
    }
}

fn entries(all: &[Recorded]) -> String {
    match (all.first(), all.last()) {
        (Some(a), Some(b)) if a.seq != b.seq => format!("{} to {}", a.seq, b.seq),
        (Some(a), _) => a.seq.to_string(),
        _ => String::new(),
    }
}

fn look_up(first: &Recorded, all: &[Recorded]) -> Moment {
    let mut moment = blank(first, "quiet", "Looked it up in the client's systems".into());
    moment.details = vec![("Journal entries", entries(all))];
    for r in all {
        let Event::Read { action, result, verdict } = &r.event else { continue };
        let (text, found) = words::read_result(result);
        moment.items.push(Item {
            title: words::read_title(action),
            result: text,
            class: if found { "plain" } else { "warn" },
            text: None,
        });
        moment.details.push(("Read", format!("{} ({})", verdict.digest.short(), verdict.tier)));
    }
    moment
}

fn close_out(first: &Recorded, all: &[Recorded], actions: &BTreeMap<AttemptId, &Action>) -> Moment {
    let mut moment = blank(first, "info", "Wrote on the ticket".into());
    moment.details = vec![("Journal entries", entries(all))];
    for r in all {
        match &r.event {
            Event::Judged { action, verdict, .. } => {
                moment.details.push((
                    "Judged",
                    format!(
                        "{} {}: {}",
                        action.kind().name(),
                        verdict.digest.short(),
                        verdict.tier
                    ),
                ));
                if verdict.follows == Follow::Refuse {
                    let (title, text) = words::closeout(action);
                    let result = "Not done: the gate refused".to_owned();
                    moment.items.push(Item { title, result, class: "bad", text });
                    moment.findings.extend(findings(verdict));
                }
            }
            Event::Started { attempt, action, .. } => {
                let end = all.iter().find_map(|r| match &r.event {
                    Event::Finished { attempt: a, outcome } if a == attempt => Some(outcome),
                    _ => None,
                });
                let (title, text) = words::closeout(action);
                let (class, result) = outcome(end);
                moment.items.push(Item { title, result, class, text });
                moment.details.push(("Attempt", attempt.to_string()));
            }
            // Its start stands in an earlier moment.
            Event::Finished { attempt, outcome: end }
                if !all.iter().any(
                    |r| matches!(&r.event, Event::Started { attempt: a, .. } if a == attempt),
                ) =>
            {
                let title = actions.get(attempt).map(|a| words::closeout(a).0).unwrap_or_default();
                let (class, result) = outcome(Some(end));
                moment.items.push(Item { title, result, class, text: None });
            }
            _ => {}
        }
    }
    if moment.items.iter().any(|i| i.class == "bad") {
        moment.tone = "warn";
    }
    moment
}

/// What in the text sends the case to people or is told to the approver.
pub(super) fn warnings(u: &Understanding) -> Vec<Warning> {
    u.signals
        .iter()
        .map(|s| {
            let (title, text) = words::signal(s);
            Warning { title, text: text.to_owned() }
        })
        .collect()
}
