//! Learns from drawn histories and holds what was learned against the hidden truth.

use domain::{Org, PastTicket};
use sandbox::past::{self, Company, TicketTruth, TrueRule, Wording};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use technician::learn::approvers::{Directory, Learner, Router, Rule, Scope, Who, approval};

/// What to draw, and how to make it harder.
#[derive(Clone)]
pub(crate) struct Setting {
    pub(crate) seeds: Vec<u64>,
    pub(crate) companies: usize,
    pub(crate) per_company: usize,
    pub(crate) wording: Wording,
    /// One ticket in so many comes with the kind of the one before; 0 for none.
    pub(crate) wrong_kinds: usize,
    /// The directory knows no manager, department or title of one person in so many; 0 for none.
    pub(crate) gaps: usize,
}

impl Default for Setting {
    fn default() -> Setting {
        Setting {
            seeds: vec![101],
            companies: 1,
            per_company: 2_000,
            wording: Wording::Known,
            wrong_kinds: 0,
            gaps: 0,
        }
    }
}

/// Counts of one kind of answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Count {
    pub(crate) wanted: u64,
    pub(crate) said: u64,
    pub(crate) right: u64,
}

impl Count {
    pub(crate) fn recall(&self) -> f64 {
        self.right as f64 / self.wanted.max(1) as f64
    }

    pub(crate) fn precision(&self) -> f64 {
        self.right as f64 / self.said.max(1) as f64
    }

    fn report(&self) -> Value {
        json!({
            "wanted": self.wanted, "said": self.said, "right": self.right,
            "recall": round(self.recall()), "precision": round(self.precision()),
        })
    }
}

/// What came of it.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) rules: Count,
    by_scope: BTreeMap<&'static str, Count>,
    pub(crate) yes: Count,
    /// On the newest fifth, rules from the rest: first proposal right, wrong, none.
    routed: [u64; 3],
    missed: Vec<String>,
    wrong: Vec<String>,
    tickets: u64,
    learning_s: f64,
}

impl Found {
    pub(crate) fn report(&self) -> Value {
        let scopes: BTreeMap<_, _> = self.by_scope.iter().map(|(s, c)| (s, c.report())).collect();
        let [right, wrong, none] = self.routed;
        let asked = (right + wrong).max(1) as f64;
        json!({
            "simulated": true,
            "rules": self.rules.report(),
            "rules_by_scope": scopes,
            "single_yeses": self.yes.report(),
            "routing_newest_fifth": {
                "right": right, "wrong": wrong, "no_proposal": none, "right_of_proposed": round(right as f64 / asked),
            },
            "missed": self.missed,
            "wrong": self.wrong,
            "tickets": self.tickets,
            "tickets_learned_per_s": (self.tickets as f64 / self.learning_s.max(1e-9)).round(),
        })
    }
}

fn round(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}

/// Draws, learns, compares.
pub(crate) fn measure(setting: &Setting) -> Found {
    let mut found = Found::default();
    for seed in &setting.seeds {
        for company in past::companies_in(*seed, setting.companies, setting.wording) {
            let of = format!("seed {seed}, {}", company.org.client);
            one(setting, &company, &of, &mut found);
        }
    }
    found
}

fn one(setting: &Setting, company: &Company, of: &str, found: &mut Found) {
    let org = with_gaps(&company.org, setting.gaps);
    let directory = Directory::new(&org);
    let mut history: Vec<(PastTicket, TicketTruth)> =
        company.with_truth(setting.per_company).collect();
    let kinds: Vec<&str> = history.iter().map(|(_, truth)| truth.kind).collect();
    if setting.wrong_kinds > 0 {
        for n in (setting.wrong_kinds..history.len()).step_by(setting.wrong_kinds) {
            history[n].1.kind = kinds[n - 1];
        }
    }
    let start = std::time::Instant::now();
    let mut learner = Learner::new(&directory);
    let newest = history.len() / 5 * 4;
    for (ticket, truth) in &history[..newest] {
        learner.add(ticket, truth.kind);
    }
    let early = learner.rules();
    for (ticket, truth) in &history[newest..] {
        learner.add(ticket, truth.kind);
    }
    let rules = learner.rules();
    found.learning_s += start.elapsed().as_secs_f64();
    found.tickets += history.len() as u64;
    compare(company, &rules, of, found);
    for (ticket, truth) in &history {
        yeses(ticket, truth, &directory, found);
    }
    route(&history[newest..], &directory, &early, found);
}

fn compare(company: &Company, rules: &[Rule], of: &str, found: &mut Found) {
    // Where nobody is asked, there is nothing to find; a rule found there is wrong.
    let hidden: Vec<&TrueRule> = company
        .truth
        .rules
        .iter()
        .filter(|r| r.scope != past::Scope::Everyone || r.who != past::Who::Nobody)
        .collect();
    let same = |hidden: &TrueRule, rule: &Rule| {
        hidden.kind == rule.kind
            && same_scope(&hidden.scope, &rule.scope)
            && same_who(&hidden.who, &rule.who)
    };
    for hidden in &hidden {
        let right = rules.iter().any(|r| same(hidden, r));
        let count = found.by_scope.entry(scope_name(&hidden.scope)).or_default();
        for count in [&mut found.rules, count] {
            count.wanted += 1;
            count.right += u64::from(right);
        }
        if !right {
            found.missed.push(format!("{of}: {} {:?} {:?}", hidden.kind, hidden.scope, hidden.who));
        }
    }
    for rule in rules {
        found.rules.said += 1;
        found.by_scope.entry(learned_name(&rule.scope)).or_default().said += 1;
        if !hidden.iter().any(|h| same(h, rule)) {
            found.wrong.push(format!("{of}: {}", rule.sentence));
        }
    }
}

fn yeses(ticket: &PastTicket, truth: &TicketTruth, directory: &Directory<'_>, found: &mut Found) {
    let heard: BTreeSet<String> =
        approval(ticket, directory).yes.into_iter().map(|y| y.by).collect();
    let wanted: BTreeSet<String> = truth.yes.iter().map(|(_, by)| by.clone()).collect();
    found.yes.wanted += wanted.len() as u64;
    found.yes.said += heard.len() as u64;
    found.yes.right += heard.intersection(&wanted).count() as u64;
}

fn route(
    newest: &[(PastTicket, TicketTruth)],
    directory: &Directory<'_>,
    rules: &[Rule],
    found: &mut Found,
) {
    let router = Router::new(directory, rules);
    for (ticket, truth) in newest.iter().filter(|(_, truth)| !truth.approvers.is_empty()) {
        let text = format!("{}\n{}", ticket.subject, ticket.body);
        let proposals = router.propose(truth.kind, &truth.asker, &text);
        let place = match proposals.first() {
            None => 2,
            Some(first) => usize::from(!first.people.iter().any(|p| truth.approvers.contains(p))),
        };
        found.routed[place] += 1;
    }
}

/// The same directory with something missing of every n-th person.
fn with_gaps(org: &Org, every: usize) -> Org {
    let mut org = org.clone();
    if every > 0 {
        for (n, person) in org.people.iter_mut().enumerate().skip(every / 2).step_by(every) {
            match n / every % 3 {
                0 => person.manager.clear(),
                1 => person.department.clear(),
                _ => person.title.clear(),
            }
        }
    }
    org
}

fn same_scope(hidden: &past::Scope, learned: &Scope) -> bool {
    match (hidden, learned) {
        (past::Scope::Everyone, Scope::Everyone) | (past::Scope::Senior, Scope::Senior) => true,
        (past::Scope::Department(a), Scope::Department(b))
        | (past::Scope::Thing(a), Scope::Thing(b)) => a == b,
        // Prices near the limit decide how well it can be told: within a quarter.
        (past::Scope::CostFrom(a), Scope::CostFrom(b)) => a.max(b) * 4 <= a.min(b) * 5,
        _ => false,
    }
}

fn same_who(hidden: &past::Who, learned: &Who) -> bool {
    match (hidden, learned) {
        (past::Who::Person(a), Who::Person(b)) => a == b,
        (past::Who::Manager, Who::Manager)
        | (past::Who::Owner, Who::Owner)
        | (past::Who::DepartmentHead, Who::DepartmentHead)
        | (past::Who::Finance, Who::Finance)
        | (past::Who::Nobody, Who::Nobody) => true,
        _ => false,
    }
}

fn scope_name(scope: &past::Scope) -> &'static str {
    match scope {
        past::Scope::Everyone => "everyone",
        past::Scope::Department(_) => "department",
        past::Scope::Thing(_) => "thing",
        past::Scope::CostFrom(_) => "cost",
        past::Scope::Senior => "senior",
    }
}

fn learned_name(scope: &Scope) -> &'static str {
    match scope {
        Scope::Everyone => "everyone",
        Scope::Department(_) => "department",
        Scope::Thing(_) => "thing",
        Scope::CostFrom(_) => "cost",
        Scope::Senior => "senior",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    /// A figure on drawn companies, which no real desk vouches for.
    #[test]
    fn the_hidden_rules_of_companies_with_2000_tickets_each_are_recovered() {
        for wording in [Wording::Known, Wording::Held] {
            let found =
                measure(&Setting { seeds: vec![21], companies: 4, wording, ..Setting::default() });
            let (rules, yes) = (&found.rules, &found.yes);
            assert!(rules.wanted >= 30, "{rules:?}");
            assert!(rules.recall() >= 0.9, "{rules:?} {:?}", found.missed);
            assert!(rules.precision() >= 0.93, "{rules:?} {:?}", found.wrong);
            assert!(yes.recall() >= 0.9 && yes.precision() >= 0.95, "{yes:?}");
        }
    }
}
