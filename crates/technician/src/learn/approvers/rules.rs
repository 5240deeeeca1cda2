//! From many tickets to rules: which relation explains the yeses of a kind of request, since when, and with which exceptions.

use super::change::{at_least, last_stretch};
use super::evidence::{Case, case};
use super::people::{Directory, Person};
use super::relations::{FINANCE, HEAD, MANAGER, OWNER, Offices, Who};
use super::sentence::sentence;
use domain::{PastTicket, UnixMs};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Which requests of a kind a rule is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "scope", content = "of", rename_all = "snake_case")]
pub enum Scope {
    /// All that no exception takes.
    Everyone,
    /// Requesters of this department.
    Department(String),
    /// Requests that name this group or mailbox.
    Thing(String),
    /// Requests that name a price of this or more, without cents, in the currency of the tickets.
    CostFrom(u32),
    /// Requesters who lead a department.
    Senior,
}

/// Who approves one kind of request at one client: a proposal for routing, never an entitlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The client, as in [`domain::Org::client`].
    pub client: String,
    /// Kind of request, as it came in.
    pub kind: String,
    /// Which of them.
    pub scope: Scope,
    /// Who approves.
    pub who: Who,
    /// Tickets that show it.
    pub support: u32,
    /// Tickets in the same scope and time that somebody else approved.
    pub exceptions: u32,
    /// Up to 14 of the tickets that show it, the newest first.
    pub tickets: Vec<String>,
    /// First ticket that shows it after the last change, where times are known.
    pub since: Option<UnixMs>,
    /// Newest ticket that shows it.
    pub last: Option<UnixMs>,
    /// Before `since`, other people approved.
    pub changed: bool,
    /// The rule in one plain sentence.
    pub sentence: String,
}

/// Fewest tickets with a yes that make a rule.
const LEAST: usize = 5;
/// Fewest that make an exception.
const LEAST_EXCEPTION: usize = 4;
/// Share of the yeses that a rule explains at least.
const SHARE: f64 = 0.55;
/// Share of a kind's tickets that hold a yes at least; below, nobody is usually asked.
const ASKED: f64 = 0.2;
/// An exception is rarer than this by chance.
const CHANCE: f64 = 1e-3;
const SHOWN: usize = 14;

/// Collects what the tickets of one client show.
pub struct Learner<'a> {
    directory: &'a Directory<'a>,
    offices: Offices<'a>,
    kinds: BTreeMap<String, Tally>,
}

/// What the tickets of one kind show.
#[derive(Default)]
struct Tally {
    /// Those with a yes, and those of heads.
    cases: Vec<Case>,
    /// All of the kind.
    all: usize,
    /// Neither a yes nor a no, and not of a head: most of a history, so only counted.
    silent: usize,
}

impl<'a> Learner<'a> {
    /// For one client's directory.
    pub fn new(directory: &'a Directory<'a>) -> Learner<'a> {
        Learner { directory, offices: Offices::new(directory), kinds: BTreeMap::new() }
    }

    /// Adds a closed ticket and the kind of request that it is. Oldest first.
    pub fn add(&mut self, ticket: &PastTicket, kind: &str) {
        let case = case(ticket, self.directory, &self.offices);
        if !self.kinds.contains_key(kind) {
            self.kinds.insert(kind.to_owned(), Tally::default());
        }
        let Some(tally) = self.kinds.get_mut(kind) else { return };
        tally.all += 1;
        if case.senior || !case.yes.is_empty() {
            tally.cases.push(case);
        } else {
            tally.silent += usize::from(!case.refused);
        }
    }

    /// The rules that the tickets show, by kind, the rule for everyone before its exceptions.
    pub fn rules(&self) -> Vec<Rule> {
        let mut out = Vec::new();
        for (kind, tally) in &self.kinds {
            let of_kind = OfKind { directory: self.directory, kind, tally };
            out.extend(of_kind.rules());
        }
        out
    }
}

/// What may explain a yes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    Relation(u8),
    Person(Person),
}

impl Cause {
    fn explains(self, case: &Case) -> bool {
        case.yes.iter().any(|(person, relations)| match self {
            Cause::Relation(bit) => relations & bit != 0,
            Cause::Person(p) => p == *person,
        })
    }

    /// Whether this could have explained the case at all.
    fn may(self, case: &Case) -> bool {
        let could = match self {
            Cause::Relation(bit) => case.never & bit == 0,
            Cause::Person(p) => case.asker != Some(p),
        };
        could || self.explains(case)
    }
}

struct OfKind<'a> {
    directory: &'a Directory<'a>,
    kind: &'a str,
    tally: &'a Tally,
}

/// The rule for everyone while it is being found.
struct Base<'a> {
    cause: Cause,
    /// The cases since it holds.
    now: Vec<&'a Case>,
    changed: bool,
}

impl<'a> OfKind<'a> {
    fn rules(&self) -> Vec<Rule> {
        let mut with_yes: Vec<&Case> =
            self.tally.cases.iter().filter(|c| !c.yes.is_empty()).collect();
        let senior = self.senior();
        if senior.is_some() {
            with_yes.retain(|c| !c.senior);
        }
        if with_yes.len() < LEAST || (with_yes.len() as f64) < ASKED * self.tally.all as f64 {
            return Vec::new();
        }
        let dear = dear_from(&with_yes);
        let is_dear = |c: &Case| dear.is_some_and(|from| c.cost.is_some_and(|cost| cost >= from));
        let cheap: Vec<&Case> = with_yes.iter().filter(|c| !is_dear(c)).copied().collect();
        let Some(base) = base(&cheap) else { return Vec::new() };
        let apart = self.exceptions(&base);
        let now = base.now;
        let usual: Vec<&Case> = cheap
            .iter()
            .filter(|c| !apart.iter().any(|(scope, _)| self.is_in(c, scope)))
            .copied()
            .collect();
        let Some(base) = self::base(&usual) else { return Vec::new() };
        let mut out = Vec::new();
        let explained = base.now.iter().filter(|c| base.cause.explains(c)).count();
        let asked = base.now.iter().filter(|c| base.cause.may(c)).count();
        let enough = explained >= LEAST_EXCEPTION && explained as f64 >= SHARE * asked as f64;
        if enough && !self.is_gone(base.cause) {
            out.push(self.rule(Scope::Everyone, base.cause, &base.now, base.changed));
        }
        for (scope, cause) in apart {
            let slice: Vec<&Case> = now.iter().filter(|c| self.is_in(c, &scope)).copied().collect();
            out.push(self.rule(scope, cause, &slice, false));
        }
        if let Some(from) = dear {
            let slice: Vec<&Case> = with_yes.iter().filter(|c| is_dear(c)).copied().collect();
            out.push(self.rule(Scope::CostFrom(from), Cause::Relation(FINANCE), &slice, false));
        }
        out.extend(senior);
        out
    }

    fn is_in(&self, case: &Case, scope: &Scope) -> bool {
        match scope {
            Scope::Everyone => true,
            Scope::Department(name) => case.department == *name,
            Scope::Thing(name) => {
                case.things.iter().any(|t| self.directory.org.things[*t].name == *name)
            }
            Scope::CostFrom(from) => case.cost.is_some_and(|c| c >= *from),
            Scope::Senior => case.senior,
        }
    }

    /// Departments and things whose yeses the rule for everyone does not explain and something else does.
    fn exceptions(&self, base: &Base<'_>) -> Vec<(Scope, Cause)> {
        let asked = || base.now.iter().copied().filter(|c| base.cause.may(c));
        let mut scopes = BTreeSet::new();
        for case in &base.now {
            for thing in &case.things {
                scopes.insert(Scope::Thing(self.directory.org.things[*thing].name.clone()));
            }
            if !case.department.is_empty() {
                scopes.insert(Scope::Department(case.department.clone()));
            }
        }
        let mut found: Vec<(Scope, Cause, usize)> = Vec::new();
        for scope in scopes {
            let (inside, outside): (Vec<&Case>, Vec<&Case>) =
                asked().partition(|c| self.is_in(c, &scope));
            let Some((cause, hits)) = self.apart(base.cause, &inside, &outside) else { continue };
            found.push((scope, cause, hits));
        }
        // One odd group asked for by one department shows up as both: the one that explains more stays.
        found.sort_by_key(|(_, _, hits)| std::cmp::Reverse(*hits));
        let mut kept: Vec<(Scope, Cause)> = Vec::new();
        for (scope, cause, _) in found {
            let left = asked().filter(|c| !kept.iter().any(|(s, _)| self.is_in(c, s)));
            let (inside, outside): (Vec<&Case>, Vec<&Case>) =
                left.partition(|c| self.is_in(c, &scope));
            if self.apart(base.cause, &inside, &outside).is_some() {
                kept.push((scope, cause));
            }
        }
        kept
    }

    /// A person who left and whom nobody followed: no rule to go by today.
    fn is_gone(&self, cause: Cause) -> bool {
        matches!(cause, Cause::Person(p) if self.directory.person(p).until.is_some())
    }

    /// What explains the cases inside, to this day, when the rule for everyone does not; and how many.
    fn apart(&self, base: Cause, inside: &[&Case], outside: &[&Case]) -> Option<(Cause, usize)> {
        let misses = |cases: &[&Case]| cases.iter().filter(|c| !base.explains(c)).count();
        let (missed, usual) = (misses(inside), misses(outside));
        let share = (usual as f64 / outside.len().max(1) as f64 + 0.03).clamp(0.05, 0.5);
        let unlikely = at_least(missed, inside.len(), share) < CHANCE;
        if inside.len() < LEAST_EXCEPTION || !unlikely || missed * 10 < inside.len() * 6 {
            return None;
        }
        let mut causes = causes(inside);
        causes.retain(|c| *c != base);
        causes.insert(0, base);
        let now = last_stretch(&hits(&causes, inside))?;
        if now.by == 0 {
            return None;
        }
        let cause = causes[now.by];
        let hits = inside.iter().filter(|c| cause.explains(c)).count();
        let enough = hits >= LEAST_EXCEPTION && hits * 10 >= inside.len() * 7;
        (enough && !self.is_gone(cause)).then_some((cause, hits))
    }

    /// Requests of heads that are carried out without a yes while those of others have one.
    fn senior(&self) -> Option<Rule> {
        let done = self.tally.cases.iter().filter(|c| !c.refused);
        let (heads, others): (Vec<&Case>, Vec<&Case>) = done.partition(|c| c.senior);
        let without = |cases: &[&Case]| cases.iter().filter(|c| c.yes.is_empty()).count();
        // Others without a yes are only counted.
        let (silent, usual) = (without(&heads), self.tally.silent);
        let share = usual as f64 / (others.len() + usual).max(1) as f64;
        let clear = silent >= LEAST_EXCEPTION
            && silent * 4 >= heads.len() * 3
            && share < 0.5
            && at_least(silent, heads.len(), share.max(0.05)) < CHANCE;
        clear.then(|| {
            let shows = |c: &&&Case| c.yes.is_empty();
            let shown: Vec<&Case> = heads.iter().filter(shows).copied().collect();
            self.written(Scope::Senior, Who::Nobody, &shown, heads.len(), false)
        })
    }

    fn rule(&self, scope: Scope, cause: Cause, cases: &[&Case], changed: bool) -> Rule {
        let shown: Vec<&Case> = cases.iter().filter(|c| cause.explains(c)).copied().collect();
        let asked = cases.iter().filter(|c| cause.may(c)).count();
        let who = match cause {
            Cause::Relation(OWNER) => Who::Owner,
            Cause::Relation(MANAGER) => Who::Manager,
            Cause::Relation(HEAD) => Who::DepartmentHead,
            Cause::Relation(_) => Who::Finance,
            Cause::Person(p) => Who::Person(self.directory.person(p).address.clone()),
        };
        self.written(scope, who, &shown, asked, changed)
    }

    fn written(&self, scope: Scope, who: Who, shown: &[&Case], all: usize, changed: bool) -> Rule {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let mut rule = Rule {
            client: self.directory.org.client.clone(),
            kind: self.kind.to_owned(),
            scope,
            who,
            support: count(shown.len()),
            exceptions: count(all - shown.len()),
            tickets: shown.iter().rev().take(SHOWN).map(|c| c.id.clone()).collect(),
            since: shown.first().and_then(|c| c.at),
            last: shown.last().and_then(|c| c.at),
            changed,
            sentence: String::new(),
        };
        rule.sentence = sentence(&rule, self.directory);
        rule
    }
}

/// Causes in order of preference: an office outlives its holder, so a person only explains what no office does.
fn causes(cases: &[&Case]) -> Vec<Cause> {
    let mut out: Vec<Cause> = [OWNER, MANAGER, HEAD, FINANCE].map(Cause::Relation).to_vec();
    let mut often: BTreeMap<Person, usize> = BTreeMap::new();
    for (person, _) in cases.iter().flat_map(|c| &c.yes) {
        *often.entry(*person).or_default() += 1;
    }
    let mut often: Vec<(Person, usize)> = often.into_iter().filter(|(_, n)| *n >= 3).collect();
    often.sort_by_key(|(person, n)| (std::cmp::Reverse(*n), *person));
    out.extend(often.into_iter().take(8).map(|(person, _)| Cause::Person(person)));
    out
}

fn hits(causes: &[Cause], cases: &[&Case]) -> Vec<Vec<bool>> {
    causes.iter().map(|cause| cases.iter().map(|c| cause.explains(c)).collect()).collect()
}

fn base<'a>(cases: &[&'a Case]) -> Option<Base<'a>> {
    let causes = causes(cases);
    let stretch = last_stretch(&hits(&causes, cases))?;
    Some(Base {
        cause: causes[stretch.by],
        now: cases[stretch.from..].to_vec(),
        changed: stretch.from > 0,
    })
}

/// The price from which finance approves and below which it does not.
fn dear_from(cases: &[&Case]) -> Option<u32> {
    let finance = Cause::Relation(FINANCE);
    let mut priced: Vec<(u32, bool)> =
        cases.iter().filter_map(|c| Some((c.cost?, finance.explains(c)))).collect();
    priced.sort_unstable();
    let all = priced.iter().filter(|(_, yes)| *yes).count();
    let mut before = 0;
    let mut best: Option<(usize, usize, usize)> = None;
    for at in 0..priced.len() {
        // Right when finance is silent below and speaks above.
        let right = (at - before) + (all - before);
        let new_price = at == 0 || priced[at - 1].0 < priced[at].0;
        if at > 0 && new_price && best.is_none_or(|(most, ..)| right > most) {
            best = Some((right, at, before));
        }
        before += usize::from(priced[at].1);
    }
    let (_, at, below) = best?;
    let (above, over) = (all - below, priced.len() - at);
    let clear = over >= LEAST_EXCEPTION
        && above >= LEAST_EXCEPTION
        && above * 10 >= over * 7
        && at >= LEAST_EXCEPTION
        && below * 5 <= at;
    clear.then(|| roundest(priced[at - 1].0, priced[at].0))
}

/// The roundest number above the first and not above the second.
fn roundest(below: u32, from: u32) -> u32 {
    let steps = [10_000, 5_000, 1_000, 500, 250, 100, 50, 25, 10, 5];
    let found = steps.into_iter().map(|s| from / s * s).find(|n| *n > below);
    found.unwrap_or(from)
}
