//! Versions of cases that were read or written lately, so that an append need not ask for them.
//!
//! INVARIANT: what stands here is what the database says together with what is pending in this
//! transaction; when somebody else may have written, everything is forgotten.

use super::Moved;
use std::collections::HashMap;

/// More cases than this are not kept in memory.
const MOST: usize = 100_000;

#[derive(Debug, Default)]
pub(super) struct Versions {
    /// By client, then by case.
    known: HashMap<String, HashMap<String, i64>>,
    /// How many cases these are, at most.
    many: usize,
    /// What the current piece of work changed, and what was known before.
    before: Vec<(String, String, Option<i64>)>,
}

impl Versions {
    pub(super) fn get(&self, client: &str, case: &str) -> Option<i64> {
        self.known.get(client)?.get(case).copied()
    }

    pub(super) fn learn(&mut self, client: &str, case: &str, version: i64) {
        self.put(client, case, version);
    }

    fn put(&mut self, client: &str, case: &str, version: i64) -> Option<i64> {
        let cases = match self.known.get_mut(client) {
            Some(cases) => cases,
            None => self.known.entry(client.to_owned()).or_default(),
        };
        if let Some(known) = cases.get_mut(case) {
            return Some(std::mem::replace(known, version));
        }
        self.many += 1;
        cases.insert(case.to_owned(), version)
    }

    pub(super) fn set(&mut self, moved: &Moved) {
        let old = self.put(&moved.client, &moved.case, moved.version);
        self.before.push((moved.client.clone(), moved.case.clone(), old));
    }

    /// Makes room. Only while nothing is pending: what is pending stands nowhere else.
    pub(super) fn trim(&mut self) {
        if self.many >= MOST {
            self.forget();
        }
    }

    pub(super) fn begin_work(&mut self) {
        self.before.clear();
    }

    pub(super) fn take_back(&mut self) {
        while let Some((client, case, old)) = self.before.pop() {
            match old {
                Some(version) => drop(self.put(&client, &case, version)),
                None => drop(self.known.get_mut(&client).and_then(|c| c.remove(&case))),
            }
        }
    }

    pub(super) fn forget(&mut self) {
        self.known.clear();
        self.before.clear();
        self.many = 0;
    }
}
