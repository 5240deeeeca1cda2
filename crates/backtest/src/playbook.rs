//! From a replayed history to a playbook for each client: every line with the tickets that show it.
//!
//! INVARIANT: a learned line only ever leaves more to people, names whom to ask first, or proposes words that hold once a person agreed to
//! them.

use crate::{prepare::Prepared, replay::Replayed, words};
use domain::{
    ActionKind, Agreement, Intent, PastTicket, Signal, UnixMs, Would,
    playbook::{Approves, Evidence, Line, Playbook, Rule, SHOWN, Way},
};
use std::collections::{BTreeMap, HashMap};
use technician::learn::{
    approvers::{self, Scope, Who},
    binomial,
};

/// Fewer tickets than this of a kind make no line.
const LEAST: usize = 5;
/// Fewer that name another system make no line.
const LEAST_SYSTEM: usize = 3;
/// Bytes of a line's id.
const LONGEST_ID: usize = 150;
/// With this confidence more than one in ten was wrong: the kind is left to people.
const MISS: f64 = 0.05;
const TOO_WRONG: f64 = 0.10;

/// What the replay made of one ticket.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Its place in the history.
    pub(crate) at: usize,
    pub(crate) would: Would,
    pub(crate) agreement: Agreement,
}

impl Seen {
    pub(crate) fn of(at: usize, replayed: &Replayed, agreement: &Agreement) -> Seen {
        Seen { at, would: replayed.would, agreement: agreement.clone() }
    }
}

/// One ticket of a client.
#[derive(Clone, Copy)]
pub(crate) struct One<'a> {
    pub(crate) ticket: &'a PastTicket,
    pub(crate) read: &'a Prepared,
    pub(crate) seen: &'a Seen,
}

/// The playbook of each client of the history, by the source's name for it.
pub(crate) fn playbooks(
    tickets: &[PastTicket],
    prepared: &[Prepared],
    seen: &[Seen],
    rules: &[approvers::Rule],
) -> Vec<(String, Playbook)> {
    let mut clients: BTreeMap<&str, Vec<One<'_>>> = BTreeMap::new();
    for seen in seen {
        if let (Some(ticket), Some(read)) = (tickets.get(seen.at), prepared.get(seen.at)) {
            clients.entry(&ticket.client).or_default().push(One { ticket, read, seen });
        }
    }
    let single = clients.len() == 1;
    let one = |(client, all): (&str, Vec<One<'_>>)| {
        let own = rules.iter().filter(|r| single || r.client.eq_ignore_ascii_case(client));
        (client.to_owned(), playbook(&all, own))
    };
    clients.into_iter().map(one).collect()
}

fn playbook<'r>(all: &[One<'_>], rules: impl Iterator<Item = &'r approvers::Rule>) -> Playbook {
    let timed = || all.iter().filter(|o| o.read.timed).map(|o| o.read.at);
    let mut lines = handled(all);
    lines.extend(systems(all));
    lines.extend(words::proposed(all));
    let kinds = kinds(all);
    lines.extend(rules.map(|rule| approver(rule, &kinds)));
    lines.sort_by(|a, b| a.id.cmp(&b.id));
    lines.dedup_by(|a, b| a.id == b.id);
    // What cannot stand in a playbook, such as somebody without an address, is left out rather than the whole.
    lines.retain(|line| {
        Playbook { lines: vec![line.clone()], ..Playbook::default() }.check().is_ok()
    });
    Playbook {
        source: String::new(),
        tickets: u32::try_from(all.len()).unwrap_or(u32::MAX),
        period: timed().min().zip(timed().max()),
        lines,
    }
}

pub(crate) fn line(id: String, rule: Rule, because: Evidence) -> Line {
    Line { id, rule, learned: None, because, by: None, locked: false, off: false }
}

/// The newest of these tickets, as evidence of so many.
pub(crate) fn evidence(of: usize, shown: &[One<'_>], words: String) -> Evidence {
    let mut newest: Vec<&One<'_>> = shown.iter().collect();
    newest.sort_by_key(|o| std::cmp::Reverse(o.read.at));
    Evidence {
        count: count(shown.len()),
        of: count(of),
        tickets: newest.iter().take(SHOWN).map(|o| o.ticket.id.clone()).collect(),
        newest: newest.first().filter(|o| o.read.timed).map(|o: &&One<'_>| -> UnixMs { o.read.at }),
        words,
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Requests that are understood and acted on, by what is asked.
pub(crate) fn by_intent<'a>(all: &[One<'a>]) -> BTreeMap<&'static str, (Intent, Vec<One<'a>>)> {
    let mut out: BTreeMap<&'static str, (Intent, Vec<One<'a>>)> = BTreeMap::new();
    for one in all {
        let understood = &one.read.understanding;
        let acts =
            !matches!(understood.intent, Intent::Other | Intent::Thanks | Intent::SecurityIncident);
        if acts && !understood.abstained {
            let entry = out.entry(understood.intent.name());
            entry.or_insert_with(|| (understood.intent, Vec::new())).1.push(*one);
        }
    }
    out
}

/// Who works on each kind of request.
fn handled(all: &[One<'_>]) -> Vec<Line> {
    let mut lines = Vec::new();
    for (name, (intent, of)) in by_intent(all) {
        if of.len() < LEAST {
            continue;
        }
        let told = |right, alone: bool| -> Vec<One<'_>> {
            let of = of.iter().copied().filter(|o| !alone || o.seen.would == Would::CloseAlone);
            of.filter(|o| o.seen.agreement.right() == Some(right)).collect()
        };
        // Where a person sees each one before, being wrong costs a no.
        let (alone, wrong) = (told(true, true).len(), told(false, true));
        // The lower bound of the wrong is one minus the upper bound of the right.
        let all = alone + wrong.len();
        let at_least = 1.0 - binomial::upper_bound(count(alone), count(all), MISS);
        let people = all > 0 && at_least > TOO_WRONG;
        let right = told(true, false);
        let known = right.len() + told(false, false).len();
        let closed = of.iter().filter(|o| closes(o.seen.would)).count();
        let words = match (known, people) {
            (0, _) => format!(
                "{} tickets asked for it, {closed} would have been closed; the desk's record says nothing for or against",
                of.len()
            ),
            (_, true) => format!(
                "the desk did something else on {} of {all} that would have been closed alone and of which its record tells",
                wrong.len()
            ),
            (_, false) => format!(
                "{} tickets asked for it, {closed} would have been closed; the desk did the same on {} of the {known} of which its record tells",
                of.len(),
                right.len()
            ),
        };
        let (way, because) = match people {
            true => (Way::People, evidence(all, &wrong, words)),
            false => (Way::Work, evidence(known, &right, words)),
        };
        lines.push(line(format!("handle:{name}"), Rule::Handle { intent, way }, because));
    }
    lines
}

fn closes(would: Would) -> bool {
    matches!(would, Would::CloseAlone | Would::CloseAfterYes)
}

/// Other systems that the tickets name beside a password.
fn systems(all: &[One<'_>]) -> Vec<Line> {
    let mut named: BTreeMap<String, (String, Vec<One<'_>>)> = BTreeMap::new();
    for one in all {
        for signal in &one.read.understanding.signals {
            if let Signal::OtherSystem(name) = signal {
                let key = name.to_lowercase();
                named.entry(key).or_insert_with(|| (name.clone(), Vec::new())).1.push(*one);
            }
        }
    }
    let mut lines = Vec::new();
    for (key, (name, of)) in named {
        if of.len() >= LEAST_SYSTEM {
            let words = format!("{} tickets name it beside a password or a lockout", of.len());
            let because = evidence(of.len(), &of, words);
            lines.push(line(format!("system:{key}"), Rule::OtherSystem { name }, because));
        }
    }
    lines
}

/// Which change the desk's own categories ask for: the one that most of their understood tickets do.
fn kinds(all: &[One<'_>]) -> HashMap<String, ActionKind> {
    let mut votes: HashMap<String, BTreeMap<ActionKind, u32>> = HashMap::new();
    for (_, (intent, of)) in by_intent(all) {
        let Some(kind) = kind(intent) else { continue };
        for one in of {
            *votes
                .entry(one.ticket.category.to_lowercase())
                .or_default()
                .entry(kind)
                .or_default() += 1;
        }
    }
    let mut out: HashMap<String, ActionKind> = HashMap::new();
    for (category, votes) in votes {
        let all: u32 = votes.values().sum();
        let best = votes.into_iter().max_by_key(|(kind, n)| (*n, std::cmp::Reverse(*kind)));
        // Most of them, so that a category of everything is of nothing.
        if let Some((kind, _)) = best.filter(|(_, n)| *n * 5 >= all * 3) {
            out.insert(category, kind);
        }
    }
    for intent in Intent::ALL {
        if let Some(kind) = kind(intent) {
            out.insert(intent.name().to_owned(), kind);
        }
    }
    out
}

/// The change that a request asks for.
pub(crate) fn kind(intent: Intent) -> Option<ActionKind> {
    Some(match intent {
        Intent::UnlockAccount => ActionKind::UnlockAccount,
        Intent::ResetPassword => ActionKind::ResetPassword,
        Intent::RequirePasswordChange => ActionKind::RequirePasswordChange,
        Intent::EnableAccount => ActionKind::EnableAccount,
        Intent::DisableAccount => ActionKind::DisableAccount,
        Intent::AddToGroup => ActionKind::AddGroupMember,
        Intent::RemoveFromGroup => ActionKind::RemoveGroupMember,
        _ => return None,
    })
}

fn approver(rule: &approvers::Rule, kinds: &HashMap<String, ActionKind>) -> Line {
    let scope = match &rule.scope {
        Scope::Everyone => "all".to_owned(),
        Scope::Department(name) => format!("department {name}"),
        Scope::Thing(name) => format!("thing {name}"),
        Scope::CostFrom(from) => format!("cost from {from}"),
        Scope::Senior => "heads".to_owned(),
    };
    let who = match &rule.who {
        Who::Owner => Approves::Owner,
        Who::Manager => Approves::Manager,
        Who::DepartmentHead => Approves::DepartmentHead,
        Who::Finance => Approves::Finance,
        Who::Person(address) => Approves::Person(address.clone()),
        Who::Nobody => Approves::Nobody,
    };
    let because = Evidence {
        count: rule.support,
        of: rule.support + rule.exceptions,
        tickets: rule.tickets.clone(),
        newest: rule.last,
        words: String::new(),
    };
    let mut id = format!("ask:{}:{scope}", rule.kind.to_lowercase());
    id.truncate(id.floor_char_boundary(LONGEST_ID));
    line(
        id,
        Rule::Approver {
            kind: kinds.get(&rule.kind.to_lowercase()).copied(),
            about: rule.kind.clone(),
            who,
            sentence: rule.sentence.clone(),
            everyone: rule.scope == Scope::Everyone,
        },
        because,
    )
}
