//! Whom to ask first for a new request: the learned rules read against today's directory.
//!
//! A proposal entitles nobody: the gate judges whoever answers, as if nothing had been learned.

use super::evidence::cost;
use super::people::Directory;
use super::relations::{Offices, Who};
use super::rules::{Rule, Scope};

/// Whom a rule names for a request, as the directory stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal<'a> {
    /// The rule that says so.
    pub rule: &'a Rule,
    /// Addresses of active people other than who asks; never empty.
    pub people: Vec<String>,
}

/// Reads learned rules against a directory.
pub struct Router<'a> {
    directory: &'a Directory<'a>,
    offices: Offices<'a>,
    rules: &'a [Rule],
}

impl<'a> Router<'a> {
    /// For one client's rules and directory.
    pub fn new(directory: &'a Directory<'a>, rules: &'a [Rule]) -> Router<'a> {
        Router { directory, offices: Offices::new(directory), rules }
    }

    /// Proposals for a request of this kind, the most special rule first. `asker` is an address, login or
    /// name; `text` is subject and first message. Empty when nothing was learned, the directory does not know
    /// who asks, or nobody holds the office. A rule that found no approval proposes nobody and waives nothing.
    pub fn propose(&self, kind: &str, asker: &str, text: &str) -> Vec<Proposal<'a>> {
        let Some(asker) = self.directory.find(asker) else { return Vec::new() };
        let things = self.directory.things_in(text);
        let cost = cost(text);
        let applies = |rule: &&Rule| match &rule.scope {
            _ if rule.kind != kind || rule.who == Who::Nobody => false,
            Scope::Everyone => true,
            Scope::Department(name) => self.directory.person(asker).department == *name,
            Scope::Thing(name) => {
                things.iter().any(|t| self.directory.org.things[*t].name == *name)
            }
            Scope::CostFrom(from) => cost.is_some_and(|c| c >= *from),
            Scope::Senior => self.offices.is_senior(asker),
        };
        let mut rules: Vec<&Rule> = self.rules.iter().filter(applies).collect();
        rules.sort_by_key(|rule| match rule.scope {
            Scope::CostFrom(_) => 0,
            Scope::Senior => 1,
            Scope::Thing(_) => 2,
            Scope::Department(_) => 3,
            Scope::Everyone => 4,
        });
        let with_people = rules.into_iter().map(|rule| {
            let found = self.offices.holder(&rule.who, asker, &things);
            let people = found.into_iter().map(|p| self.directory.person(p).address.clone());
            Proposal { rule, people: people.collect() }
        });
        with_people.filter(|p| !p.people.is_empty()).collect()
    }
}
