//! What an approver is to a request: the requester's manager, the owner of the thing, the head of the department,
//! whoever leads finance.
//!
//! A directory shows today. Whoever left and was followed in the same title and department counts as
//! what the successor is now, so an old ticket is not an exception.

use super::people::{Directory, Person};
use domain::{OrgPerson, UnixMs};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

const DAY: i64 = 86_400_000;

/// Whom a rule names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "who", content = "address", rename_all = "snake_case")]
pub enum Who {
    /// The owner of the group or mailbox that the request names.
    Owner,
    /// The requester's manager.
    Manager,
    /// The head of the requester's department.
    DepartmentHead,
    /// Whoever leads finance.
    Finance,
    /// This person, by address.
    Person(String),
    /// Nobody: requests like these were carried out without a yes.
    Nobody,
}

/// Relations as a set of bits.
pub(super) const OWNER: u8 = 1;
pub(super) const MANAGER: u8 = 2;
pub(super) const HEAD: u8 = 4;
pub(super) const FINANCE: u8 = 8;

/// Who holds which office, also those who held it before.
pub(super) struct Offices<'a> {
    directory: &'a Directory<'a>,
    heads: BTreeSet<Person>,
    finance: BTreeSet<Person>,
    /// For each person, those whom they followed.
    before: Vec<Vec<Person>>,
    /// For each person who left, the one who followed them, where it is one.
    after: BTreeMap<Person, Person>,
}

impl<'a> Offices<'a> {
    pub(super) fn new(directory: &'a Directory<'a>) -> Offices<'a> {
        let people = &directory.org.people;
        let leads: BTreeSet<&str> = people.iter().map(|p| p.manager.as_str()).collect();
        let outside = |p: &OrgPerson| {
            directory.find(&p.manager).is_none_or(|m| people[m].department != p.department)
        };
        let is_head = |p: &OrgPerson| {
            !p.department.is_empty()
                && outside(p)
                && (leads.contains(p.address.as_str()) || p.until.is_some())
        };
        let heads: BTreeSet<Person> = (0..people.len()).filter(|n| is_head(&people[*n])).collect();
        let finance = (0..people.len())
            .filter(|n| {
                chief_of_finance(&people[*n].title)
                    || heads.contains(n) && is_finance(&people[*n].department)
            })
            .collect();
        let before: Vec<Vec<Person>> = (0..people.len()).map(|n| followed(people, n)).collect();
        let mut after = BTreeMap::new();
        for (now, left) in before.iter().enumerate().filter(|(n, _)| people[*n].until.is_none()) {
            for left in left {
                after.entry(*left).and_modify(|other| *other = *left).or_insert(now);
            }
        }
        Offices { directory, heads, finance, before, after }
    }

    /// The relations in which this person stands to the request.
    pub(super) fn relations(
        &self,
        approver: Person,
        asker: Option<Person>,
        things: &[usize],
    ) -> u8 {
        let mut out = 0;
        if self.finance.contains(&approver) {
            out |= FINANCE;
        }
        for thing in things {
            let owners = &self.directory.org.things[*thing].owners;
            if owners.iter().any(|o| self.is_or_was(approver, o)) {
                out |= OWNER;
            }
        }
        let Some(asker) = asker.map(|a| self.directory.person(a)) else { return out };
        if self.is_or_was(approver, &asker.manager) {
            out |= MANAGER;
        }
        if self.heads.contains(&approver)
            && !asker.department.is_empty()
            && self.directory.person(approver).department == asker.department
        {
            out |= HEAD;
        }
        out
    }

    /// Who does today what this person did: themselves, or who followed them.
    pub(super) fn today(&self, person: Person) -> Person {
        self.after.get(&person).copied().unwrap_or(person)
    }

    /// The relations that nobody can have had to this request: the asker holds that office, or whoever holds it
    /// now came later.
    pub(super) fn never(&self, asker: Person, things: &[usize], at: Option<UnixMs>) -> u8 {
        let mut out = self.relations(asker, Some(asker), things);
        for (bit, who) in [
            (OWNER, Who::Owner),
            (MANAGER, Who::Manager),
            (HEAD, Who::DepartmentHead),
            (FINANCE, Who::Finance),
        ] {
            let known = self.holder(&who, asker, things);
            if !known.iter().any(|p| self.directory.was_there(*p, at)) {
                out |= bit;
            }
        }
        out
    }

    fn is_or_was(&self, approver: Person, address: &str) -> bool {
        let now = self.directory.find(address);
        now.is_some_and(|now| now == approver || self.before[now].contains(&approver))
    }

    /// Leads a department. Whoever leads the company has nobody above to ask, which says nothing about others.
    pub(super) fn is_senior(&self, person: Person) -> bool {
        self.heads.contains(&person) && !self.directory.person(person).manager.is_empty()
    }

    /// Who holds the office now for this request; none when nobody, or when it is the asker.
    pub(super) fn holder(&self, who: &Who, asker: Person, things: &[usize]) -> Vec<Person> {
        let people = &self.directory.org.people;
        let here = |n: &Person| people[*n].until.is_none() && *n != asker;
        let asking = &people[asker];
        let found: Vec<Person> = match who {
            Who::Owner => things
                .iter()
                .flat_map(|t| &self.directory.org.things[*t].owners)
                .filter_map(|o| self.directory.find(o))
                .collect(),
            Who::Manager => self.directory.find(&asking.manager).into_iter().collect(),
            Who::DepartmentHead => {
                let own = |n: &&Person| people[**n].department == asking.department;
                self.heads.iter().filter(own).copied().collect()
            }
            Who::Finance => self.finance.iter().copied().collect(),
            Who::Person(address) => self.directory.find(address).into_iter().collect(),
            Who::Nobody => Vec::new(),
        };
        found.into_iter().filter(here).collect()
    }
}

/// Those who left and were followed by this person: same department and title, and the title is held once or the
/// dates meet.
fn followed(people: &[OrgPerson], now: Person) -> Vec<Person> {
    let successor = &people[now];
    if successor.title.is_empty() {
        return Vec::new();
    }
    let same = |p: &OrgPerson| p.title == successor.title && p.department == successor.department;
    let held_once = people.iter().filter(|p| p.until.is_none() && same(p)).count() <= 1;
    let meets = |left: i64| {
        successor.since.is_some_and(|s| (left - 30 * DAY..=left + 90 * DAY).contains(&s.0))
    };
    (0..people.len())
        .filter(|n| *n != now && same(&people[*n]))
        .filter(|n| people[*n].until.is_some_and(|left| held_once || meets(left.0)))
        .collect()
}

fn is_finance(department: &str) -> bool {
    let lower = department.to_lowercase();
    ["financ", "finanz", "account", "buchhalt", "controlling"].iter().any(|w| lower.contains(w))
}

fn chief_of_finance(title: &str) -> bool {
    let lower = title.to_lowercase();
    [
        "cfo",
        "chief financial",
        "finance director",
        "head of finance",
        "leiter finanz",
        "kaufmännischer leiter",
    ]
    .iter()
    .any(|w| lower.contains(w))
}
