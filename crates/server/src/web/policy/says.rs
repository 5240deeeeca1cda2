//! What a policy says, in plain words.

use super::calendar::{self, Freezes, Windows};
use crate::web::{
    Web,
    bits::{TierChip, When, duration},
    page, words,
};
use domain::{ActionKind, Ask, EscalationStep, UnixMs};
use gate::{ClientPolicy, Policy, rules::CustomRule};
use std::collections::BTreeSet;

/// A policy for people.
pub(super) struct Says {
    pub(super) limits: Vec<Line>,
    pub(super) windows: Vec<Windows>,
    pub(super) freezes: Vec<Freezes>,
    pub(super) hours: Vec<Line>,
    pub(super) rules: Vec<Rule>,
    pub(super) scripts: Vec<Line>,
    pub(super) two_person: Vec<Line>,
    pub(super) escalation: Vec<Chain>,
    pub(super) breakers: Vec<Line>,
    pub(super) clients: Vec<(String, Vec<Line>)>,
    pub(super) hypercare: Option<(TierChip, When)>,
}

/// One rule of thumb: its name and what it says.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) text: String,
}

/// A custom rule.
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) whose: String,
    pub(super) action: String,
    pub(super) condition: String,
    pub(super) tier: TierChip,
    pub(super) reason: String,
}

/// Who is asked, in turn.
pub(super) struct Chain {
    pub(super) whose: String,
    pub(super) steps: Vec<String>,
}

fn line(name: impl Into<String>, text: impl Into<String>) -> Line {
    Line { name: name.into(), text: text.into() }
}

/// A span of time; none reads as such.
fn span(ms: i64) -> String {
    if ms <= 0 { "no time".into() } else { duration(ms) }
}

/// An amount in the smallest unit of a currency.
fn amount(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, (minor % 100).abs())
}

pub(super) fn says(web: &Web, policy: &Policy, now: UnixMs) -> Says {
    let name = |id: &domain::ClientId| page::client_name(web, id);
    let each = "Every client".to_owned();
    let mut rules: Vec<Rule> = policy.custom_rules.iter().map(|r| rule(r, &each)).collect();
    let mut two_person: Vec<Line> = kinds_line(&each, &policy.two_person).into_iter().collect();
    let mut escalation = vec![chain(each, &policy.escalation)];
    let mut clients = Vec::new();
    for (id, own) in &policy.clients {
        rules.extend(own.custom_rules.iter().map(|r| rule(r, &name(id))));
        two_person.extend(kinds_line(&format!("{}, besides", name(id)), &own.two_person));
        escalation.extend(own.escalation.as_ref().map(|steps| chain(name(id), steps)));
        let lines = differs(own);
        if !lines.is_empty() {
            clients.push((name(id), lines));
        }
    }
    Says {
        limits: limits(policy),
        windows: calendar::windows(web, policy, now),
        freezes: calendar::freezes(web, policy, now),
        hours: calendar::hours(web, policy, now),
        rules,
        scripts: scripts(policy),
        two_person,
        escalation,
        breakers: breakers(policy),
        clients,
        hypercare: policy.hypercare_until.map(|t| (TierChip(policy.hypercare_floor), When(t))),
    }
}

fn limits(p: &Policy) -> Vec<Line> {
    let within = duration(p.window_ms);
    let mut lines = vec![
        line(
            "Bulk",
            format!("more than {} targets within {within}: one tier up", p.bulk_threshold),
        ),
        line("Mass", format!("from {} targets within {within}: people only", p.critical_threshold)),
        line(
            "Questions",
            format!(
                "expire after {}; the same request then stays refused for {}",
                span(p.approval_ttl_ms),
                span(p.cool_down_ms)
            ),
        ),
        line("Undo", format!("with one click for {}", span(p.undo_period_ms))),
        line("Understanding", format!("less than {} % sure: a person is asked", p.min_confidence)),
        line("Cost", format!("above {} a month: a person is asked", amount(p.cost_limit_minor))),
        line(
            "Failures elsewhere",
            format!(
                "surely above {} % of the same change within {}: one tier up",
                p.fleet_failure_percent,
                duration(p.fleet_window_ms)
            ),
        ),
        line(
            "Running in circles",
            format!("the same request {} times within {within}: a person is asked", p.max_repeats),
        ),
        line(
            "Freshness",
            format!(
                "facts older than {} count as missing; a proof over a second channel holds {}",
                span(p.max_fact_age_ms),
                span(p.max_verification_age_ms)
            ),
        ),
        line(
            "Shadow mode",
            match p.shadow {
                true => "every client is only watched: everything is judged, nothing is done",
                false => "off, unless a client's own line below says otherwise",
            }
            .to_owned(),
        ),
        line("Unless the matrix says otherwise", words::level(p.default_autonomy).1.to_owned()),
    ];
    for (kind, needed) in &p.identity {
        let text = format!("runs alone only when the requester is {}", needed.words());
        lines.push(line(words::spaced(kind.name()), text));
    }
    if !p.regulated.is_empty() {
        let marks: Vec<_> = p.regulated.iter().map(|m| m.words()).collect();
        lines.push(line(
            "Supervised trade",
            format!("{}: access is always asked about", marks.join(", ")),
        ));
    }
    lines
}

fn differs(own: &ClientPolicy) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(n) = own.bulk_threshold {
        lines.push(line("Bulk", format!("more than {n} targets")));
    }
    if let Some(n) = own.critical_threshold {
        lines.push(line("Mass", format!("from {n} targets")));
    }
    if let Some(ms) = own.approval_ttl_ms {
        lines.push(line("Questions", format!("expire after {}", span(ms))));
    }
    if let Some(n) = own.min_confidence {
        lines.push(line("Understanding", format!("less than {n} % sure: a person is asked")));
    }
    if let Some(n) = own.cost_limit_minor {
        lines.push(line("Cost", format!("above {} a month: a person is asked", amount(n))));
    }
    if let Some(zone) = &own.time_zone {
        lines.push(line("Time zone", zone.clone()));
    }
    if !own.regulated.is_empty() {
        let marks: Vec<_> = own.regulated.iter().map(|m| m.words()).collect();
        lines.push(line("Supervised trade, besides", marks.join(", ")));
    }
    if let Some(shadow) = own.shadow {
        let text = match shadow {
            true => "only watched: everything is judged, nothing is done",
            false => "works, also while every other client is only watched",
        };
        lines.push(line("Shadow mode", text.to_owned()));
    }
    if let Some(until) = own.hypercare_until {
        lines.push(line("Hypercare", format!("until {}", crate::web::bits::utc(until))));
    }
    lines
}

fn rule(rule: &CustomRule, whose: &str) -> Rule {
    Rule {
        name: rule.name.clone(),
        whose: whose.to_owned(),
        action: match rule.actions() {
            None => "every action".into(),
            Some(kinds) => kinds.into_iter().map(words::spaced).collect::<Vec<_>>().join(", "),
        },
        condition: rule.condition.clone(),
        tier: TierChip(rule.escalate_to),
        reason: rule.reason.clone(),
    }
}

fn scripts(p: &Policy) -> Vec<Line> {
    let each = |(id, script): (&String, &gate::ApprovedScript)| {
        let clients = match script.clients.is_empty() {
            true => "every client".to_owned(),
            false => script.clients.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        };
        let hash = script.sha256.get(..12).unwrap_or(&script.sha256);
        line(id.clone(), format!("for {clients}; content {hash}…"))
    };
    p.approved_script_ids.iter().map(each).collect()
}

/// The kinds as words.
pub(super) fn kinds(kinds: &BTreeSet<ActionKind>) -> String {
    kinds.iter().map(|k| words::spaced(k.name())).collect::<Vec<_>>().join(", ")
}

fn kinds_line(whose: &str, set: &BTreeSet<ActionKind>) -> Option<Line> {
    (!set.is_empty()).then(|| line(whose, kinds(set)))
}

fn chain(whose: String, steps: &[EscalationStep]) -> Chain {
    let last = steps.len().saturating_sub(1);
    let each = steps.iter().enumerate().map(|(i, step)| match i == last {
        true => format!("{}, until the question expires", whom(&step.ask)),
        false => format!("{}; after {} also the next", whom(&step.ask), duration(step.window_ms)),
    });
    Chain { whose, steps: each.collect() }
}

/// Whom a step asks.
pub(in crate::web) fn whom(ask: &Ask) -> String {
    match ask {
        Ask::Role(role) => match role.as_str() {
            "admin" => "every administrator".into(),
            "technician" => "every technician".into(),
            other => format!("everybody who is {other}"),
        },
        Ask::Person(person) => person.to_string(),
        Ask::Relation(relation) => format!("{} (if they can sign in)", relation.words()),
        Ask::Learned => "whoever decided most of the like for this client".into(),
    }
}

fn breakers(p: &Policy) -> Vec<Line> {
    let b = &p.breakers;
    let opens = match b.mode {
        domain::BreakerMode::Ask => "it opens, and a person is asked about every change",
        domain::BreakerMode::Stop => "it opens, and nothing runs",
    };
    vec![
        line("Failed", format!("surely more than {} %: {opens}", b.error_percent)),
        line(
            "Accepted, but not there when read back",
            format!("surely more than {} %", b.unverified_percent),
        ),
        line("Taken back by people", format!("surely more than {} %", b.reversal_percent)),
        line("In one hour", format!("more than {} times the usual", b.anomaly_factor)),
        line("Counted over", span(b.window_ms)),
    ]
}
