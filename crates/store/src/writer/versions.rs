//! Versions of cases that were read or written lately, so that an append need not ask for them.
//!
//! INVARIANT: what stands here is what the database says together with what is pending in this
//! transaction; when somebody else may have written, everything is forgotten.

use super::Moved;
use std::collections::HashMap;

/// More cases than this are not kept in memory.
const MOST: usize = 100_000;

/// Client, then case.
type Key = (String, String);

#[derive(Debug, Default)]
pub(super) struct Versions {
    known: HashMap<Key, i64>,
    /// What the current piece of work changed, and what was known before.
    before: Vec<(Key, Option<i64>)>,
}

impl Versions {
    pub(super) fn get(&self, client: &str, case: &str) -> Option<i64> {
        self.known.get(&(client.to_owned(), case.to_owned())).copied()
    }

    pub(super) fn learn(&mut self, client: &str, case: &str, version: i64) {
        self.known.insert((client.to_owned(), case.to_owned()), version);
    }

    pub(super) fn set(&mut self, moved: &Moved) {
        let key = (moved.client.clone(), moved.case.clone());
        let old = self.known.insert(key.clone(), moved.version);
        self.before.push((key, old));
    }

    /// Makes room. Only while nothing is pending: what is pending stands nowhere else.
    pub(super) fn trim(&mut self) {
        if self.known.len() >= MOST {
            self.known.clear();
        }
    }

    pub(super) fn begin_work(&mut self) {
        self.before.clear();
    }

    pub(super) fn take_back(&mut self) {
        while let Some((key, old)) = self.before.pop() {
            match old {
                Some(version) => self.known.insert(key, version),
                None => self.known.remove(&key),
            };
        }
    }

    pub(super) fn forget(&mut self) {
        self.known.clear();
        self.before.clear();
    }
}
