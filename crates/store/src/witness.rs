//! Checkpoints and those who saw them: what a witness is sent, what it answered, what it kept.

use crate::{
    Checkpoint, CheckpointError, Store, StoreError,
    checkpoint::split_notes,
    merkle::Hash,
    sql::{query, query_scalar},
    tip::as_i64,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{ClientId, UnixMs};
use std::collections::BTreeMap;

/// The body of C2SP's `add-checkpoint`: what the witness saw last, the proof from there, the note.
pub fn add_checkpoint(old: u64, proof: &[Hash], note: &str) -> String {
    let lines: String = proof.iter().map(|h| STANDARD.encode(h) + "\n").collect();
    format!("old {old}\n{lines}\n{note}")
}

impl Store {
    /// Reads one of our own signed checkpoints.
    ///
    /// # Errors
    /// When it is not signed by this installation for this client.
    pub fn read_checkpoint(&self, client: &ClientId, note: &str) -> Result<Checkpoint, StoreError> {
        self.opened(client, note).map_err(|e| {
            StoreError::Broken(format!("{e} ({client}); run `journeyman journal verify`"))
        })
    }

    /// The same, with the bare reason.
    pub(crate) fn opened(
        &self,
        client: &ClientId,
        note: &str,
    ) -> Result<Checkpoint, CheckpointError> {
        self.edges.open(client, note, || self.keys.signer(client.as_str()).verifier())
    }

    /// The largest size of this client's log that the witness has cosigned; 0 when it has not.
    pub async fn cosigned_size(&self, client: &ClientId, witness: &str) -> Result<u64, StoreError> {
        let size: i64 = query_scalar(
            "SELECT COALESCE(MAX(size), 0) FROM cosignatures WHERE client = $1 AND witness = $2",
        )
        .bind(client.as_str())
        .bind(witness)
        .fetch_one(self.of(client))
        .await
        .map_err(|e| self.fail(e))?;
        Ok(u64::try_from(size).unwrap_or(0))
    }

    /// Keeps a witness's cosignature, which the caller has checked, beside the checkpoint of that
    /// size.
    pub async fn put_cosignature(
        &self,
        client: &ClientId,
        size: u64,
        witness: &str,
        line: &str,
        at: UnixMs,
    ) -> Result<(), StoreError> {
        let put = query(
            "INSERT INTO cosignatures (client, size, witness, line, at_ms)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (client, size, witness) DO NOTHING",
        )
        .bind(client.as_str())
        .bind(as_i64(size))
        .bind(witness)
        .bind(line)
        .bind(at.0);
        self.write(move |tx| {
            Box::pin(async move { Ok(put.execute(tx.sql().await?).await.map(drop)?) })
        })
        .await
    }

    /// The newest checkpoint over at least `size` entries, one with cosignatures first, and with
    /// them; `None` when none covers so many.
    pub(crate) async fn best_checkpoint(
        &self,
        client: &ClientId,
        size: u64,
    ) -> Result<Option<String>, StoreError> {
        let select = query(
            "SELECT size, note, seen FROM (
               SELECT c.size AS size, c.note AS note, c.size AS seen FROM cosignatures s
               JOIN checkpoints c ON c.client = s.client AND c.size = s.size
               WHERE s.client = $1 AND s.size >= $2 ORDER BY s.size DESC LIMIT 1) AS cosigned
             UNION ALL SELECT size, note, -1 FROM (
               SELECT size, note FROM checkpoints WHERE client = $1 AND size >= $2
               ORDER BY size DESC LIMIT 1) AS newest
             ORDER BY 3 DESC",
        );
        let select = select.bind(client.as_str()).bind(as_i64(size));
        let row = select.fetch_optional(self.of(client)).await.map_err(|e| self.fail(e))?;
        let Some(row) = row else { return Ok(None) };
        let mut note: String = row.try_get(1).map_err(|e| self.fail(e))?;
        let seen: i64 = row.try_get(2).map_err(|e| self.fail(e))?;
        if seen >= 0 {
            let lines: Vec<String> = query_scalar(
                "SELECT line FROM cosignatures WHERE client = $1 AND size = $2 ORDER BY witness",
            )
            .bind(client.as_str())
            .bind(seen)
            .fetch_all(self.of(client))
            .await
            .map_err(|e| self.fail(e))?;
            lines.iter().for_each(|line| note.extend([line.as_str(), "\n"]));
        }
        Ok(Some(note))
    }

    /// The checkpoints of this installation in a text that holds many, by client.
    ///
    /// # Errors
    /// When there is none: a witness that knows nothing of us proves nothing.
    pub fn witnessed(&self, text: &str) -> Result<BTreeMap<ClientId, Vec<String>>, StoreError> {
        let prefix = format!("{}/", self.keys.origin);
        let mut found: BTreeMap<ClientId, Vec<String>> = BTreeMap::new();
        for note in split_notes(text) {
            let name = note.lines().next().and_then(|origin| origin.strip_prefix(&prefix));
            if let Some(client) = name.and_then(|n| ClientId::new(n).ok()) {
                found.entry(client).or_default().push(note);
            }
        }
        if found.is_empty() {
            return Err(StoreError::NotFound(format!(
                "there is no checkpoint of a log named {prefix}… in it; `journeyman journal checkpoint` prints one"
            )));
        }
        Ok(found)
    }
}
