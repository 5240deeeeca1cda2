//! Rows that go to SQLite together: entries, what stands beside them and the versions of their cases in
//! one text of several statements, since each way to SQLite's thread and back costs as much as several
//! entries. The last text of a batch also moves the tip and commits.
//!
//! INVARIANT: when a statement of the text fails, none after it runs: without every row no commit.

use super::pending::{CASES, ENTRIES, Moved, PRIVATE, Pending, Row, Text, bind_entry};
use crate::{
    merkle::Frontier,
    sql::{Query, query},
    tip::{PUT_TIP, as_i64},
};
use std::{
    collections::BTreeMap,
    sync::{LazyLock, OnceLock},
};

/// How many entries a text has: few sizes, so that each is prepared once.
const SIZES: [usize; 5] = [256, 64, 16, 4, 1];

/// Entries, as many as one of the sizes or none, and at most as many versions of cases.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    entries: Vec<Row>,
    cases: Vec<Moved>,
}

impl Pending {
    /// Takes off the oldest entries for one text, with versions of cases; `None` when there are fewer
    /// than `least`.
    pub(super) fn take(&mut self, least: usize) -> Option<Chunk> {
        let many = self.entries.len();
        let size = SIZES.into_iter().find(|size| *size <= many && least <= many)?;
        let rest = self.entries.split_off(size);
        let entries = std::mem::replace(&mut self.entries, rest);
        // Only the newest version of each case counts.
        let newest: BTreeMap<(String, String), (i64, i64)> =
            self.cases.drain(..).map(|m| ((m.client, m.case), (m.version, m.at_ms))).collect();
        let mut cases = newest.into_iter().map(|((client, case), (version, at_ms))| Moved {
            client,
            case,
            version,
            at_ms,
        });
        let taken = cases.by_ref().take(size).collect();
        self.cases = cases.collect();
        Some(Chunk { entries, cases: taken })
    }
}

impl Chunk {
    /// Puts the rows into their tables.
    pub(super) fn write(self) -> Query {
        let text = texts(self.entries.len()).map_or("", |t| t.write.as_str());
        self.bind(query(text))
    }

    /// The same, then moves a tip, when one is given, and commits.
    pub(super) fn commit(self, tip: Option<(String, Frontier)>) -> Query {
        let all = texts(self.entries.len());
        let text = all.map_or("COMMIT", |t| if tip.is_some() { &t.tip } else { &t.commit });
        let all = self.bind(query(text).named("COMMIT"));
        match tip {
            Some((client, edge)) => {
                all.bind(client).bind(as_i64(edge.size())).bind(edge.to_bytes())
            }
            None => all,
        }
    }

    fn bind(self, mut q: Query) -> Query {
        let (size, moved) = (self.entries.len(), self.cases.len());
        let mut private = Vec::with_capacity(size);
        for Row { leaf, hash, salt, body } in self.entries {
            private.push((leaf.client.clone(), leaf.seq, salt, body));
            q = bind_entry(q, leaf, hash);
        }
        for (client, seq, salt, body) in private {
            q = q.bind(client).bind(seq).bind(salt.to_vec()).bind(body);
        }
        for Moved { client, case, version, at_ms } in self.cases {
            q = q.bind(client).bind(case).bind(version).bind(at_ms);
        }
        // A case without a client is none.
        for _ in moved..size {
            let (none, zero) = (None::<String>, 0i64);
            q = q.bind(none.clone()).bind(none).bind(zero).bind(zero);
        }
        q
    }
}

/// Texts for one number of entries.
struct Texts {
    write: String,
    commit: String,
    tip: String,
}

impl Texts {
    fn new(size: usize) -> Texts {
        let rows = |(before, after): Text, width: usize| {
            let row = format!("({})", vec!["?"; width].join(", "));
            format!("{before}{}{after}; ", vec![row; size].join(", "))
        };
        let write = match size {
            0 => String::new(),
            _ => [rows(ENTRIES, 13), rows(PRIVATE, 4), rows(CASES, 4)]
                .concat()
                // Who fails takes the batch along: no need to be able to undo one statement.
                .replace("INSERT INTO entry_private", "INSERT OR FAIL INTO entry_private")
                .replace("UPDATE cases", "UPDATE OR FAIL cases"),
        };
        let tip = PUT_TIP.replace("$1", "?").replace("$2", "?").replace("$3", "?");
        Texts { commit: format!("{write}COMMIT"), tip: format!("{write}{tip}; COMMIT"), write }
    }
}

fn texts(size: usize) -> Option<&'static Texts> {
    static ALL: LazyLock<BTreeMap<usize, OnceLock<Texts>>> =
        LazyLock::new(|| SIZES.into_iter().chain([0]).map(|n| (n, OnceLock::new())).collect());
    Some(ALL.get(&size)?.get_or_init(|| Texts::new(size)))
}
