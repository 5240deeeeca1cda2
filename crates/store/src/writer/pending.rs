//! What is to be written before the transaction ends, together: one statement for many entries costs
//! little more than one for one.
//!
//! INVARIANT: nobody reads a table that has rows waiting here: [`super::Tx::sql`], the only way to the
//! connection for a piece of work, writes them first.

use crate::{
    leaf::Leaf,
    merkle::Hash,
    sql::{Conn, Query, query},
};
use std::collections::BTreeMap;

/// An entry with its private part.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) leaf: Leaf,
    pub(crate) hash: Hash,
    pub(crate) salt: [u8; 32],
    pub(crate) body: Vec<u8>,
}

/// A case's new version, and when it got it.
#[derive(Clone, Debug)]
pub(crate) struct Moved {
    pub(crate) client: String,
    pub(crate) case: String,
    pub(crate) version: i64,
    pub(crate) at_ms: i64,
}

/// Rows that wait, in order.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub(crate) entries: Vec<Row>,
    pub(crate) cases: Vec<Moved>,
}

/// How many rows a statement has: few sizes, so that each is prepared once.
pub(super) const SIZES: [usize; 4] = [256, 32, 8, 1];

impl Pending {
    pub(crate) fn len(&self) -> (usize, usize) {
        (self.entries.len(), self.cases.len())
    }

    /// Takes back what came after this length.
    pub(crate) fn cut(&mut self, len: (usize, usize)) {
        self.entries.truncate(len.0);
        self.cases.truncate(len.1);
    }

    /// Takes off what came after this length.
    pub(crate) fn split_off(&mut self, len: (usize, usize)) -> Pending {
        let entries = self.entries.split_off(len.0.min(self.entries.len()));
        let cases = self.cases.split_off(len.1.min(self.cases.len()));
        Pending { entries, cases }
    }

    /// Writes all of it.
    pub(crate) async fn write(&mut self, conn: &mut Conn) -> Result<(), sqlx::Error> {
        let mut private = Vec::with_capacity(self.entries.len());
        let mut public = Vec::with_capacity(self.entries.len());
        for row in self.entries.drain(..) {
            private.push((row.leaf.client.clone(), row.leaf.seq, row.salt, row.body));
            public.push((row.leaf, row.hash));
        }
        in_chunks(conn, public, ENTRIES, 13, |q, (leaf, hash)| bind_entry(q, leaf, hash)).await?;
        in_chunks(conn, private, PRIVATE, 4, |q, (client, seq, salt, body)| {
            q.bind(client).bind(seq).bind(salt.to_vec()).bind(body)
        })
        .await?;
        // Only the newest version of each case counts.
        let newest: BTreeMap<(String, String), (i64, i64)> =
            self.cases.drain(..).map(|m| ((m.client, m.case), (m.version, m.at_ms))).collect();
        in_chunks(conn, newest.into_iter().collect(), CASES, 4, |q, ((client, case), moved)| {
            q.bind(client).bind(case).bind(moved.0).bind(moved.1)
        })
        .await
    }
}

/// A statement before and after its rows.
pub(super) type Text = (&'static str, &'static str);

pub(super) const ENTRIES: Text = (
    "INSERT INTO entries (client, seq, at_ms, case_id, actor, kind, digest, tier, findings,
       policy_version, outcome, commitment, leaf_hash) VALUES ",
    "",
);
pub(super) const PRIVATE: Text =
    ("INSERT INTO entry_private (client, seq, salt, body) VALUES ", "");
pub(super) const CASES: Text = (
    "UPDATE cases SET version = v.column3, updated_ms = v.column4 FROM (VALUES ",
    ") AS v WHERE cases.client = v.column1 AND cases.id = v.column2",
);

/// Binds what is public of an entry.
pub(super) fn bind_entry(q: Query, leaf: Leaf, hash: Hash) -> Query {
    q.bind(leaf.client)
        .bind(leaf.seq)
        .bind(leaf.at_ms)
        .bind(leaf.case_id)
        .bind(leaf.actor)
        .bind(leaf.kind)
        .bind(leaf.digest)
        .bind(leaf.tier)
        .bind(leaf.findings)
        .bind(leaf.policy_version)
        .bind(leaf.outcome)
        .bind(leaf.commitment)
        .bind(hash.to_vec())
}

async fn in_chunks<T>(
    conn: &mut Conn,
    rows: Vec<T>,
    text: Text,
    width: usize,
    bind: impl Fn(Query, T) -> Query,
) -> Result<(), sqlx::Error> {
    let mut left = rows.len();
    let mut rows = rows.into_iter();
    for size in SIZES {
        let many = left / size;
        left -= many * size;
        if many == 0 {
            continue;
        }
        let sql = format!("{}{}{}", text.0, conn.places(size, width), text.1);
        for _ in 0..many {
            let mut run = query(sql.clone());
            for row in rows.by_ref().take(size) {
                run = bind(run, row);
            }
            run.execute(&mut *conn).await?;
        }
    }
    Ok(())
}
