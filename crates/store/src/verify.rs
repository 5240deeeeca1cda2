//! Proving the journal: every byte, every checkpoint, and against a checkpoint kept elsewhere.

use crate::{
    Checkpoint, Store, StoreError, Verifier,
    leaf::{Leaf, commitment},
    merkle::{Frontier, Hash, leaf_hash},
    sql::{Conn, Row, query, query_scalar},
    tip::as_i64,
};
use domain::ClientId;
use futures::TryStreamExt as _;
use std::collections::BTreeMap;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Entry that it is about, if one.
    pub seq: Option<u64>,
    /// Plain words.
    pub text: String,
}

/// What verifying one client's journal showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whose.
    pub client: ClientId,
    /// Entries found.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
    /// Checkpoints that were checked.
    pub checkpoints: u64,
    /// Entries whose personal data was erased; their leaves still prove.
    pub erased: u64,
    /// What is wrong; empty when all is well.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }
}

impl Store {
    /// Recomputes a client's journal from its columns and compares it with every checkpoint, the
    /// tip, and, when given, a signed checkpoint that was kept elsewhere.
    pub async fn verify(
        &self,
        client: &ClientId,
        kept: Option<&str>,
    ) -> Result<Report, StoreError> {
        // One transaction, so that what is being written meanwhile does not look like damage.
        let mut conn = self.source.snapshot().await.map_err(|e| self.fail(e))?;
        let report = self.verify_in(&mut conn, client, kept).await.map_err(|e| self.fail(e));
        let _ = conn.close().await;
        report
    }

    async fn verify_in(
        &self,
        conn: &mut Conn,
        client: &ClientId,
        kept: Option<&str>,
    ) -> Result<Report, sqlx::Error> {
        let notes = query("SELECT size, note FROM checkpoints WHERE client = $1 ORDER BY size")
            .bind(client.as_str())
            .fetch_all(&mut *conn)
            .await?;
        let tip = query("SELECT size, frontier FROM tips WHERE client = $1")
            .bind(client.as_str())
            .fetch_optional(&mut *conn)
            .await?;
        let mut walk = Walk {
            verifier: self.keys.signer(client.as_str()).verifier(),
            expected: BTreeMap::new(),
            edge: Frontier::default(),
            next: 0,
            erased: 0,
            problems: Vec::new(),
        };
        for row in &notes {
            walk.expect_stored(row);
        }
        if let Some(note) = kept {
            walk.expect(note, "the checkpoint kept elsewhere");
        }
        let mut rows = query(
            "SELECT e.*, p.salt, p.body FROM entries e
             LEFT JOIN entry_private p ON p.client = e.client AND p.seq = e.seq
             WHERE e.client = $1 ORDER BY e.seq",
        )
        .bind(client.as_str())
        .fetch(&mut *conn);
        while let Some(row) = rows.try_next().await? {
            walk.step(&row);
        }
        drop(rows);
        walk.end(tip.as_ref());
        Ok(Report {
            client: client.clone(),
            size: walk.edge.size(),
            root: walk.edge.root(),
            checkpoints: notes.len() as u64 + u64::from(kept.is_some()),
            erased: walk.erased,
            problems: walk.problems,
        })
    }

    /// The newest signed checkpoint of a client's log, to be kept elsewhere.
    pub async fn checkpoint(&self, client: &ClientId) -> Result<Option<String>, StoreError> {
        query_scalar("SELECT note FROM checkpoints WHERE client = $1 ORDER BY size DESC LIMIT 1")
            .bind(client.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.fail(e))
    }

    /// The key that checks this client's checkpoints, as C2SP writes it.
    pub fn verifier_key(&self, client: &ClientId) -> String {
        self.keys.signer(client.as_str()).verifier().vkey()
    }
}

const OWN: &str = "a checkpoint of this database";

/// One pass over a journal, oldest entry first.
struct Walk {
    verifier: Verifier,
    /// Roots that signed checkpoints say, by size.
    expected: BTreeMap<u64, Vec<(Hash, &'static str)>>,
    edge: Frontier,
    /// Sequence number that the next entry should have.
    next: u64,
    erased: u64,
    problems: Vec<Problem>,
}

impl Walk {
    fn wrong(&mut self, seq: Option<u64>, text: String) {
        self.problems.push(Problem { seq, text });
    }

    /// Checks a note's signature and remembers what it says. Answers with its size.
    fn expect(&mut self, note: &str, which: &'static str) -> Option<u64> {
        match self.verifier.open(note) {
            Ok(Checkpoint { size, root, .. }) => {
                self.expected.entry(size).or_default().push((root, which));
                Some(size)
            }
            Err(e) => {
                self.wrong(None, format!("{which}: {e}"));
                None
            }
        }
    }

    fn expect_stored(&mut self, row: &Row) {
        let read = row.try_get::<i64, _>("size").and_then(|s| Ok((s, row.try_get("note")?)));
        let (size, note): (i64, String) = match read {
            Ok(read) => read,
            Err(e) => return self.wrong(None, format!("{OWN} cannot be read: {e}")),
        };
        if let Some(signed) = self.expect(&note, OWN)
            && as_i64(signed) != size
        {
            self.wrong(None, format!("{OWN} stands under size {size} but says {signed}"));
        }
    }

    fn step(&mut self, row: &Row) {
        let place = self.edge.size();
        let hash = match self.entry(row) {
            Ok(hash) => hash,
            Err(e) => {
                self.wrong(Some(place), format!("cannot be read: {e}"));
                Hash::default()
            }
        };
        self.edge.push(hash);
        let root = self.edge.root();
        for (signed, which) in self.expected.get(&self.edge.size()).cloned().unwrap_or_default() {
            if signed != root {
                let text = format!("{which} at size {} says another history", self.edge.size());
                self.wrong(Some(place), text);
            }
        }
    }

    /// Checks one entry by itself; answers with the leaf hash that its columns give.
    fn entry(&mut self, row: &Row) -> Result<Hash, sqlx::Error> {
        let leaf = leaf(row)?;
        let seq = u64::try_from(leaf.seq).ok();
        if seq != Some(self.next) {
            self.wrong(seq, format!("entry {} is missing or out of order", self.next));
        }
        self.next = seq.unwrap_or(self.next).saturating_add(1);
        let hash = leaf_hash(&leaf.bytes());
        if row.try_get::<Vec<u8>, _>("leaf_hash")? != hash {
            self.wrong(seq, "its fields are not those that were written".into());
        }
        let salt: Option<Vec<u8>> = row.try_get("salt")?;
        let body: Option<Vec<u8>> = row.try_get("body")?;
        match (salt, body) {
            (Some(salt), Some(body)) if commitment(&salt, &body) != leaf.commitment => {
                self.wrong(seq, "its content is not what was written".into());
            }
            (Some(_), Some(_)) => {}
            _ => self.erased += 1,
        }
        Ok(hash)
    }

    /// Compares what was found with the tip, and with checkpoints over more than was found.
    fn end(&mut self, tip: Option<&Row>) {
        let size = self.edge.size();
        let beyond = self.expected.split_off(&(size + 1));
        for (signed, roots) in beyond {
            for (_, which) in roots {
                self.wrong(None, format!("{which} says {signed} entries; only {size} are left"));
            }
        }
        let stored = tip.and_then(|r| {
            let size: i64 = r.try_get("size").ok()?;
            let bytes: Vec<u8> = r.try_get("frontier").ok()?;
            Frontier::from_bytes(u64::try_from(size).ok()?, &bytes)
        });
        let same = match &stored {
            Some(stored) => *stored == self.edge,
            None => tip.is_none() && size == 0,
        };
        if !same {
            let says = stored.map_or_else(
                || "nothing readable".into(),
                |s| format!("{} entries, root {}", s.size(), hex::encode(s.root())),
            );
            let found = hex::encode(self.edge.root());
            self.wrong(None, format!("the tip says {says}; there are {size}, root {found}"));
        }
    }
}

fn leaf(row: &Row) -> Result<Leaf, sqlx::Error> {
    Ok(Leaf {
        client: row.try_get("client")?,
        seq: row.try_get("seq")?,
        at_ms: row.try_get("at_ms")?,
        case_id: row.try_get("case_id")?,
        actor: row.try_get("actor")?,
        kind: row.try_get("kind")?,
        digest: row.try_get("digest")?,
        tier: row.try_get("tier")?,
        findings: row.try_get("findings")?,
        policy_version: row.try_get("policy_version")?,
        outcome: row.try_get("outcome")?,
        commitment: row.try_get("commitment")?,
    })
}
