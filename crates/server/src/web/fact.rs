//! The facts behind a verdict, in plain words.

use super::{bits::When, words::spaced};
use domain::{ActionKind, Contract, DeviceFacts, Fact, Facts, Sensitivity, UndoFacts};

/// One fact behind a verdict.
#[derive(Clone, Debug)]
pub(super) struct FactLine {
    pub(super) name: &'static str,
    pub(super) text: String,
    /// Where and when it was read; `None` when it is missing.
    pub(super) source: Option<(String, When)>,
}

/// Every fact that the action needed or that was read anyway.
pub(super) fn facts(facts: &Facts, kind: ActionKind) -> Vec<FactLine> {
    use domain::action::Need;
    let needs = kind.needs();
    let lines = [
        (
            Need::Requester,
            line("Requester", &facts.requester, |r| {
                let account = r.account_id.as_ref().map_or("no account", |_| "one account");
                format!("{}, {}; {account} matches", r.address, r.verification.words())
            }),
        ),
        (
            Need::Relation,
            line("Relation", &facts.relation, |r| format!("the requester is {}", r.words())),
        ),
        (Need::Target, line("Target account", &facts.target, target)),
        (
            Need::Group,
            line("Group", &facts.group, |g| {
                let exists = if g.exists { "exists" } else { "does not exist" };
                format!("{exists}, {} ({})", sensitivity(g.sensitivity), g.because)
            }),
        ),
        (
            Need::Volume,
            line("Volume", &facts.volume, |v| match v.targets {
                1 => "1 target of this kind lately, this one included".into(),
                n => format!("{n} targets of this kind lately, this one included"),
            }),
        ),
        (
            Need::Mailbox,
            line("Mailbox", &facts.mailbox, |m| {
                let exists = if m.exists { "exists" } else { "does not exist" };
                let marks: Vec<_> = m.marks.iter().map(|m| m.words()).collect();
                let marks = if marks.is_empty() {
                    String::new()
                } else {
                    format!("; {}", marks.join(", "))
                };
                format!("{exists}, {} ({}){marks}", sensitivity(m.sensitivity), m.because)
            }),
        ),
        (Need::Devices, line("Devices", &facts.devices, |all| devices(all))),
        (
            Need::Patch,
            line("Patches", &facts.patch, |p| {
                let known =
                    if p.known { "all in the catalogue" } else { "not all in the catalogue" };
                let hurry = if p.known_exploited { "; attackers use what they mend" } else { "" };
                format!("{known}; severity {} to {}{hurry}", p.lowest.name(), p.highest.name())
            }),
        ),
        (
            Need::Fleet,
            line("Elsewhere", &facts.fleet, |f| {
                format!("{} of {} attempts failed across clients", f.failures, f.attempts)
            }),
        ),
        (
            Need::Script,
            line("Script", &facts.script, |s| {
                let library = if s.in_library { "in the library" } else { "not in the library" };
                let content = if s.hash_matches {
                    "approved content"
                } else {
                    "other content than was approved"
                };
                let scope = if s.in_scope { "for this client" } else { "not for this client" };
                format!("{library}, {content}, {scope}")
            }),
        ),
        (
            Need::Cost,
            line("Cost", &facts.cost, |c| {
                let contract = match c.contract {
                    Contract::Covered => "covered by the contract",
                    Contract::NotCovered => "not covered by the contract",
                    Contract::Unknown => "nobody knows whether the contract covers it",
                };
                let (whole, part) = (c.monthly_minor / 100, (c.monthly_minor % 100).abs());
                format!("{whole}.{part:02} a month; {} free seats; {contract}", c.free_seats)
            }),
        ),
        (
            Need::Ticket,
            line("Ticket", &facts.ticket, |t| match t.of_this_case {
                true => "belongs to this case".into(),
                false => "belongs to another case".into(),
            }),
        ),
    ];
    let mut out: Vec<FactLine> = lines
        .into_iter()
        .filter(|(need, line)| needs.contains(need) || line.source.is_some())
        .map(|(_, line)| line)
        .collect();
    out.push(line("Asked before", &facts.cooling_down, |cooling| match cooling {
        true => "exactly this was denied or expired lately".into(),
        false => "not denied or expired lately".into(),
    }));
    out.push(line("Brain", &facts.brain, |b| {
        let scope = if b.in_scope { "in its scope" } else { "outside its scope" };
        let rate = match b.rate {
            0 => String::new(),
            rate => format!("; {} of {rate} requests within a minute", b.requests),
        };
        let again = match b.repeats {
            0 | 1 => String::new(),
            n => format!("; exactly this {n} times lately"),
        };
        format!("{scope}; above {} it is for people{rate}{again}", b.ceiling)
    }));
    let more = [
        line("Confidence", &facts.confidence, |c| format!("{} % by its own word", c.percent)),
        line("Breaker", &facts.breaker, |b| match b {
            Some(b) => format!("open for {}: {}", b.scope, b.reason),
            None => "none is open".into(),
        }),
        line("Taking back", &facts.undo, undo),
    ];
    out.extend(more.into_iter().filter(|line| line.source.is_some()));
    out
}

fn devices(all: &[DeviceFacts]) -> String {
    let one = |d: &DeviceFacts| {
        let mut parts = vec![format!("{}: {}", d.id, spaced(d.role.name()).to_lowercase())];
        if !d.exists {
            parts.push("not one of this client's".into());
        }
        parts.push(match d.user_active {
            Some(true) => "somebody works on it".into(),
            Some(false) => "idle".into(),
            None => "nobody knows whether it is in use".into(),
        });
        if !d.online {
            parts.push("does not answer".into());
        }
        parts.join(", ")
    };
    all.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn undo(u: &UndoFacts) -> String {
    let mut parts = vec![format!("it ran at {}", u.original)];
    let says =
        |yes: bool, good: &str, bad: &str| if yes { good.to_owned() } else { bad.to_owned() };
    parts.push(says(u.matches, "this is exactly its opposite", "this is not its opposite"));
    parts.push(says(u.in_time, "in time", "too late"));
    parts.push(says(u.unchanged, "nobody changed it since", "somebody changed it since"));
    if u.undone {
        parts.push("it was taken back before".into());
    }
    parts.join("; ")
}

fn line<T>(name: &'static str, fact: &Fact<T>, text: impl Fn(&T) -> String) -> FactLine {
    match fact {
        Fact::Known(k) => {
            let source = Some((k.source.clone(), When(k.read_at)));
            FactLine { name, text: text(&k.value), source }
        }
        Fact::Missing(why) => FactLine { name, text: format!("missing: {why}"), source: None },
    }
}

fn target(t: &domain::TargetFacts) -> String {
    if !t.exists {
        return "does not exist in this client's directory".into();
    }
    let mut parts = vec!["exists".to_owned()];
    if t.break_glass {
        parts.push("an emergency account".into());
    }
    match t.privileged.is_empty() {
        true => parts.push("no administrative rights".into()),
        false => parts.push(format!("administrative through {}", t.privileged.join(", "))),
    }
    match t.service.is_empty() {
        true => parts.push("a person's account".into()),
        false => parts.push(format!("a service account ({})", t.service.join(", "))),
    }
    parts.join("; ")
}

fn sensitivity(s: Sensitivity) -> &'static str {
    match s {
        Sensitivity::Normal => "ordinary",
        Sensitivity::Sensitive => "sensitive",
        Sensitivity::Privileged => "gives administrative rights",
    }
}
