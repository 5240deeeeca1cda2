//! The hidden rules: who approves what at a company. They stand in no ticket.

use super::Dice;
use super::people::{END, START, Staff};
use domain::UnixMs;

/// Whom a rule names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The requester's manager.
    Manager,
    /// The owner of the group or mailbox.
    Owner,
    /// The head of the requester's department.
    DepartmentHead,
    /// Whoever leads finance.
    Finance,
    /// One person by name: who has the seat at the end of the history.
    Person(String),
    /// Nobody has to.
    Nobody,
}

/// Which requests of a kind a rule is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// All that no exception takes.
    Everyone,
    /// Requesters of this department.
    Department(String),
    /// Requests for this group or mailbox.
    Thing(String),
    /// Costs of this many euros or more.
    CostFrom(u32),
    /// Requesters who lead a department or the company.
    Senior,
}

/// One hidden rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrueRule {
    /// Kind of request.
    pub kind: &'static str,
    /// Which of them.
    pub scope: Scope,
    /// Who approves.
    pub who: Who,
    /// Besides, not instead of, the rule for everyone.
    pub also: bool,
    /// In force since.
    pub since: UnixMs,
    /// No longer in force from then on.
    pub until: Option<UnixMs>,
}

/// Kinds that may need approval, and the weights of manager, owner, head, finance, person, nobody.
const WEIGHTS: &[(&str, [f64; 6])] = &[
    ("group_access", [3.0, 5.0, 2.0, 0.0, 0.0, 0.0]),
    ("mailbox_access", [2.5, 6.0, 1.5, 0.0, 0.0, 0.0]),
    ("licence", [4.0, 0.0, 1.5, 2.5, 2.0, 0.0]),
    ("software", [4.0, 0.0, 2.5, 1.5, 2.0, 0.0]),
    ("vpn", [5.0, 0.0, 2.0, 0.0, 1.5, 1.5]),
    ("joiner", [2.5, 0.0, 3.5, 0.0, 4.0, 0.0]),
    ("leaver", [2.0, 0.0, 2.0, 0.0, 3.0, 3.0]),
    ("hardware", [3.5, 0.0, 1.0, 2.5, 3.0, 0.0]),
    ("erp", [4.0, 0.0, 4.0, 0.0, 2.0, 0.0]),
];

const COSTS: &[&str] = &["licence", "software", "hardware"];
const LIMITS: &[u32] = &[250, 400, 500, 800, 1_000];

/// The rules of a company over its whole history.
pub(super) fn draw(dice: &mut Dice, staff: &Staff) -> Vec<TrueRule> {
    let mut rules = Vec::new();
    let rule = |kind, scope, who| TrueRule {
        kind,
        scope,
        who,
        also: false,
        since: UnixMs(START),
        until: None,
    };
    for (kind, weights) in WEIGHTS {
        let who = any(dice, weights, staff, None);
        rules.push(rule(kind, Scope::Everyone, who));
    }
    for _ in 0..dice.between(1, 2) {
        let n = dice.below(WEIGHTS.len());
        let (old, changed) = (rules[n].clone(), START + (END - START) / 100 * dice.between(35, 70));
        if old.who == Who::Nobody || old.until.is_some() {
            continue;
        }
        let who = any(dice, &WEIGHTS[n].1, staff, Some(&old.who));
        if who == Who::Nobody {
            continue;
        }
        rules[n].until = Some(UnixMs(changed));
        rules.push(TrueRule { who, since: UnixMs(changed), ..old });
    }
    let now: Vec<TrueRule> = rules.iter().filter(|r| r.until.is_none()).cloned().collect();
    exceptions(dice, staff, &now, &mut rules, &rule);
    rules
}

fn exceptions(
    dice: &mut Dice,
    staff: &Staff,
    now: &[TrueRule],
    rules: &mut Vec<TrueRule>,
    rule: &dyn Fn(&'static str, Scope, Who) -> TrueRule,
) {
    let who_now = |kind: &str| now.iter().find(|r| r.kind == kind).map(|r| r.who.clone());
    let changed: Vec<&str> = rules.iter().filter(|r| r.until.is_some()).map(|r| r.kind).collect();
    let steady = |kind: &str| !changed.contains(&kind);
    let often = ["group_access", "licence", "software", "hardware"];
    let kind = *dice.pick(&often);
    if steady(kind) && dice.chance(0.7) {
        // Finance has its own head, who is everybody's finance: no exception could be told apart there.
        let apart: Vec<usize> = staff.with_leads().filter(|d| *d != staff.finance).collect();
        let weights = if kind == "group_access" {
            [3.0, 0.0, 3.0, 0.0, 3.0, 0.0]
        } else {
            [2.0, 0.0, 3.0, 2.0, 3.0, 0.0]
        };
        let who = any(dice, &weights, staff, who_now(kind).as_ref());
        let department = staff.departments[*dice.pick(&apart)].to_owned();
        rules.push(rule(kind, Scope::Department(department), who));
    }
    if steady("group_access") && dice.chance(0.6) {
        let who = any(dice, &[0.0, 0.0, 0.0, 3.0, 3.0, 0.0], staff, None);
        rules.push(rule("group_access", Scope::Thing(staff.sensitive().to_owned()), who));
    }
    let kind = *dice.pick(COSTS);
    let base = who_now(kind);
    if steady(kind) && dice.chance(0.7) && base != Some(Who::Finance) {
        let limit = *dice.pick(LIMITS);
        let also = dice.chance(0.5);
        rules.push(TrueRule { also, ..rule(kind, Scope::CostFrom(limit), Who::Finance) });
    }
    let kind = *dice.pick(&["software", "hardware", "licence", "group_access"]);
    let taken = rules.iter().any(|r| r.kind == kind && r.scope != Scope::Everyone);
    if steady(kind) && !taken && dice.chance(0.5) {
        rules.push(rule(kind, Scope::Senior, Who::Nobody));
    }
}

fn any(dice: &mut Dice, weights: &[f64; 6], staff: &Staff, not: Option<&Who>) -> Who {
    let all = [
        Who::Manager,
        Who::Owner,
        Who::DepartmentHead,
        Who::Finance,
        Who::Person(staff.holder_at(staff.office, END).map_or(String::new(), |p| staff.address(p))),
        Who::Nobody,
    ];
    let weight = |n: usize| if Some(&all[n]) == not { 0.0 } else { weights[n] };
    all[dice.weighted((0..6).map(weight))].clone()
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) kind: &'a str,
    /// Seat of the requester.
    pub(super) seat: usize,
    pub(super) thing: Option<usize>,
    pub(super) cost: Option<u32>,
    pub(super) at: i64,
}

/// The seats whose yes this needs, in order; empty when nobody's.
pub(super) fn seats(rules: &[TrueRule], staff: &Staff, asked: Asked<'_>) -> Vec<usize> {
    let in_force = rules.iter().filter(|r| {
        r.kind == asked.kind && r.since.0 <= asked.at && r.until.is_none_or(|u| asked.at < u.0)
    });
    let department = staff.departments[staff.seats[asked.seat].department];
    let applies = |rule: &TrueRule| match &rule.scope {
        Scope::Everyone => true,
        Scope::Department(d) => d == department,
        Scope::Thing(t) => asked.thing.is_some_and(|n| staff.things[n].name == *t),
        Scope::CostFrom(limit) => asked.cost.is_some_and(|c| c >= *limit),
        Scope::Senior => staff.is_senior(asked.seat),
    };
    let weight = |rule: &TrueRule| match rule.scope {
        Scope::Everyone => 0,
        Scope::Department(_) => 1,
        Scope::Thing(_) => 2,
        Scope::Senior => 3,
        Scope::CostFrom(_) => 4,
    };
    let mut applying: Vec<&TrueRule> = in_force.filter(|r| applies(r)).collect();
    applying.sort_by_key(|r| std::cmp::Reverse(weight(r)));
    let mut out = Vec::new();
    for rule in applying {
        if let Some(seat) = seat(rule, staff, asked)
            && !out.contains(&seat)
        {
            out.insert(0, seat);
        }
        if !rule.also {
            break;
        }
    }
    out
}

fn seat(rule: &TrueRule, staff: &Staff, asked: Asked<'_>) -> Option<usize> {
    let own = &staff.seats[asked.seat];
    let seat = match rule.who {
        Who::Manager => own.parent?,
        Who::Owner => staff.things[asked.thing?].owner,
        Who::DepartmentHead => staff.heads[own.department],
        Who::Finance => staff.heads[staff.finance],
        Who::Person(_) => staff.office,
        Who::Nobody => return None,
    };
    // Nobody approves their own wish: it goes one up.
    if seat == asked.seat { own.parent } else { Some(seat) }
}
