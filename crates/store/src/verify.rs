//! Verifying the journal: every byte, every checkpoint, and against checkpoints kept elsewhere.

use crate::{
    Store, StoreError,
    merkle::Hash,
    sql::{Conn, Row, query, query_scalar},
    tip::as_i64,
    walk::Walk,
};
use domain::ClientId;
use futures::{TryStreamExt as _, stream::BoxStream};
use tokio::sync::mpsc;

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
/// Rows that are handed to the other core at once, and how many such heaps may wait for it.
const HEAP: usize = 512;
const HEAPS: usize = 8;

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
        let mut conn = self.source.snapshot().await.map_err(|e| self.fail(e))?;
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
        let notes = query("SELECT size, note FROM checkpoints WHERE client = $1 ORDER BY size")
            .bind(client.as_str())
            .fetch_all(&mut *conn)
            .await
            .map_err(|e| self.fail(e))?;
        let tip = query("SELECT size, frontier FROM tips WHERE client = $1")
            .bind(client.as_str())
            .fetch_optional(&mut *conn)
            .await
            .map_err(|e| self.fail(e))?;
        let mut walk = Walk::new(self.keys.signer(client.as_str()).verifier());
        for row in &notes {
            walk.expect_stored(row);
        }
        for note in kept {
            walk.expect(note, which);
        }
        let checkpoints = notes.len() as u64 + kept.len() as u64;
        // The database reads on one core while the other hashes.
        let (give, mut take) = mpsc::channel::<Vec<Row>>(HEAPS);
        let hashing = tokio::task::spawn_blocking(move || {
            walk.hold();
            while let Some(rows) = take.blocking_recv() {
                rows.iter().for_each(|row| walk.step(row));
            }
            walk
        });
        let rows = query(format!("{ROWS} WHERE e.client = $1 ORDER BY e.seq"))
            .bind(client.as_str())
            .fetch(&mut *conn);
        let read = pass_on(rows, give).await;
        let walk = hashing.await;
        read.map_err(|e| self.fail(e))?;
        let mut walk =
            walk.map_err(|e| StoreError::Broken(format!("verifying {client} broke off: {e}")))?;
        walk.end(tip.as_ref());
        let tiles = query(
            "SELECT level, n, root, hashes FROM subtrees WHERE client = $1 ORDER BY level, n",
        );
        let mut rows = tiles.bind(client.as_str()).fetch(&mut *conn);
        while let Some(row) = rows.try_next().await.map_err(|e| self.fail(e))? {
            walk.tile(&row);
        }
        drop(rows);
        let whole = walk.whole();
        Ok(Report {
            client: client.clone(),
            size: whole.size(),
            root: whole.root(),
            checkpoints,
            erased: walk.erased,
            problems: walk.problems,
        })
    }

    /// One entry with what stands beside it.
    pub(crate) async fn row(&self, client: &ClientId, seq: u64) -> Result<Option<Row>, StoreError> {
        query(format!("{ROWS} WHERE e.client = $1 AND e.seq = $2"))
            .bind(client.as_str())
            .bind(as_i64(seq))
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.fail(e))
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

/// Hands rows on in heaps. Ends early when nobody takes them.
async fn pass_on(
    rows: BoxStream<'_, Result<Row, sqlx::Error>>,
    give: mpsc::Sender<Vec<Row>>,
) -> Result<(), sqlx::Error> {
    let mut heaps = rows.try_chunks(HEAP).map_err(|e| e.1);
    while let Some(heap) = heaps.try_next().await? {
        if give.send(heap).await.is_err() {
            break;
        }
    }
    Ok(())
}
