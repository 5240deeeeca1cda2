//! Verifying the journal: every byte, every checkpoint, and against checkpoints kept elsewhere.

use crate::{
    Keys, Store, StoreError,
    merkle::Hash,
    sql::{Conn, Exec, Row, query, query_scalar},
    tip::as_i64,
    walk::Walk,
};
use domain::ClientId;
use futures::TryStreamExt as _;
use std::pin::pin;

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

/// What is said of the entry's place, besides its fields.
const ROWS: &str = "SELECT e.client, e.seq, e.at_ms, e.case_id, e.actor, e.kind, e.digest, e.tier,
   e.findings, e.policy_version, e.outcome, e.commitment, e.leaf_hash, p.salt, p.body
 FROM entries e LEFT JOIN entry_private p ON p.client = e.client AND p.seq = e.seq";

impl Store {
    /// Recomputes a client's journal from its columns and compares it with every checkpoint, the
    /// tip, the stored tiles, and, when given, a signed checkpoint that was kept elsewhere.
    pub async fn verify(
        &self,
        client: &ClientId,
        kept: Option<&str>,
    ) -> Result<Report, StoreError> {
        let kept: Vec<_> = kept.map(str::to_owned).into_iter().collect();
        self.verify_against(client, &kept, "the checkpoint kept elsewhere").await
    }

    /// The same, with all that a witness kept of this client's log ([`Store::witnessed`]).
    pub async fn verify_witnessed(
        &self,
        client: &ClientId,
        witnessed: &[String],
    ) -> Result<Report, StoreError> {
        self.verify_against(client, witnessed, "a witnessed checkpoint").await
    }

    async fn verify_against(
        &self,
        client: &ClientId,
        kept: &[String],
        which: &'static str,
    ) -> Result<Report, StoreError> {
        // One transaction, so that what is being written meanwhile does not look like damage.
        let mut conn = self.source.snapshot(Some(client)).await.map_err(|e| self.fail(e))?;
        let report = self.verify_in(&mut conn, client, kept, which).await;
        let _ = conn.close().await;
        report
    }

    async fn verify_in(
        &self,
        conn: &mut Conn,
        client: &ClientId,
        kept: &[String],
        which: &'static str,
    ) -> Result<Report, StoreError> {
        let begun = Begun::new(conn, &self.keys, client, kept, which).await;
        let mut begun = begun.map_err(|e| self.fail(e))?;
        // What is well is read fast, in parts; the rest, and what no tip covers, value by value.
        let tip = begun.tip.as_ref();
        let size = tip.and_then(|row| row.try_get::<i64, _>("size").ok()).unwrap_or(0);
        let last: Option<i64> =
            query_scalar("SELECT CAST(MAX(seq) AS BIGINT) FROM entries WHERE client = $1")
                .bind(client.as_str())
                .fetch_one(&mut *conn)
                .await
                .map_err(|e| self.fail(e))?;
        let size = size.min(last.map_or(0, |seq| seq.saturating_add(1))).max(0);
        let walk = &mut begun.walk;
        slowly(conn, client, (i64::MIN, Some(0)), walk).await.map_err(|e| self.fail(e))?;
        let mut parts = pin!(self.parts(client, u64::try_from(size).unwrap_or(0)));
        while let Some(part) = parts.try_next().await? {
            match part.well {
                Some((hashes, erased)) => walk.well(part.to, &hashes, erased),
                None => {
                    let range = (as_i64(part.from), Some(as_i64(part.to)));
                    slowly(conn, client, range, walk).await.map_err(|e| self.fail(e))?;
                }
            }
        }
        slowly(conn, client, (size, None), walk).await.map_err(|e| self.fail(e))?;
        walk.end(begun.tip.as_ref());
        let tiles = query(
            "SELECT level, n, root, hashes FROM subtrees WHERE client = $1 ORDER BY level, n",
        );
        let mut rows = tiles.bind(client.as_str()).fetch(&mut *conn);
        while let Some(row) = rows.try_next().await.map_err(|e| self.fail(e))? {
            walk.tile(&row);
        }
        drop(rows);
        Ok(begun.report(client))
    }

    /// One entry with what stands beside it.
    pub(crate) async fn row(&self, client: &ClientId, seq: u64) -> Result<Option<Row>, StoreError> {
        query(format!("{ROWS} WHERE e.client = $1 AND e.seq = $2"))
            .bind(client.as_str())
            .bind(as_i64(seq))
            .fetch_optional(self.of(client))
            .await
            .map_err(|e| self.fail(e))
    }

    /// The newest signed checkpoint of a client's log, to be kept elsewhere.
    pub async fn checkpoint(&self, client: &ClientId) -> Result<Option<String>, StoreError> {
        newest(self.of(client), client).await.map_err(|e| self.fail(e))
    }

    /// The key that checks this client's checkpoints, as C2SP writes it.
    pub fn verifier_key(&self, client: &ClientId) -> String {
        self.keys.signer(client.as_str()).verifier().vkey()
    }
}

/// A walk that knows what it has to find.
struct Begun {
    walk: Walk,
    tip: Option<Row>,
    checkpoints: u64,
}

impl Begun {
    async fn new(
        conn: &mut Conn,
        keys: &Keys,
        client: &ClientId,
        kept: &[String],
        which: &'static str,
    ) -> Result<Begun, sqlx::Error> {
        let notes = query("SELECT size, note FROM checkpoints WHERE client = $1 ORDER BY size")
            .bind(client.as_str())
            .fetch_all(&mut *conn)
            .await?;
        let tip = query("SELECT size, frontier FROM tips WHERE client = $1")
            .bind(client.as_str())
            .fetch_optional(&mut *conn)
            .await?;
        let mut walk = Walk::new(keys.signer(client.as_str()).verifier());
        for row in &notes {
            walk.expect_stored(row);
        }
        for note in kept {
            walk.expect(note, which);
        }
        walk.hold();
        Ok(Begun { walk, tip, checkpoints: notes.len() as u64 + kept.len() as u64 })
    }

    /// What was found.
    fn report(self, client: &ClientId) -> Report {
        let whole = self.walk.whole();
        Report {
            client: client.clone(),
            size: whole.size(),
            root: whole.root(),
            checkpoints: self.checkpoints,
            erased: self.walk.erased,
            problems: self.walk.problems,
        }
    }
}

/// Entries from one number to before another, or to the end, value by value.
async fn slowly(
    conn: &mut Conn,
    client: &ClientId,
    (from, to): (i64, Option<i64>),
    walk: &mut Walk,
) -> Result<(), sqlx::Error> {
    // Without an end, a number that is none is seen as well: it comes after all.
    let before = if to.is_some() { "AND e.seq < $3" } else { "" };
    let rows = query(format!("{ROWS} WHERE e.client = $1 AND e.seq >= $2 {before} ORDER BY e.seq"));
    let rows = rows.bind(client.as_str()).bind(from);
    let rows = if let Some(to) = to { rows.bind(to) } else { rows };
    let mut rows = rows.fetch(conn);
    while let Some(row) = rows.try_next().await? {
        walk.step(&row);
    }
    Ok(())
}

/// Verifies one client's journal on a connection that sees one state, entry by entry: for a copy that
/// nobody works on.
pub(crate) async fn verify_in(
    conn: &mut Conn,
    keys: &Keys,
    client: &ClientId,
) -> Result<Report, sqlx::Error> {
    let mut begun = Begun::new(conn, keys, client, &[], "").await?;
    slowly(conn, client, (i64::MIN, None), &mut begun.walk).await?;
    begun.walk.end(begun.tip.as_ref());
    Ok(begun.report(client))
}

/// The newest signed checkpoint of a client's log.
pub(crate) async fn newest<'e>(
    on: impl Exec<'e>,
    client: &ClientId,
) -> Result<Option<String>, sqlx::Error> {
    query_scalar("SELECT note FROM checkpoints WHERE client = $1 ORDER BY size DESC LIMIT 1")
        .bind(client.as_str())
        .fetch_optional(on)
        .await
}
