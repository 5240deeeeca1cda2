//! Proofs that an entry stands in the journal, and that a journal continues an older one.
//!
//! INVARIANT: no proof is handed out that does not hold against a signed checkpoint, or, for entries
//! that none covers yet, against the right edge of the tree.

use crate::{
    Checkpoint, EntryProof, ShownLeaf, Store, StoreError,
    merkle::{Hash, leaf_hash, verify_consistency, verify_inclusion},
    path::{Range, Wanted, consistency, inclusion},
    sql::query_scalar,
    tip::{as_i64, tip},
    walk::leaf,
};
use domain::ClientId;

/// A size and its root that a proof is held against.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    size: u64,
    root: Hash,
}

impl Store {
    /// Proof that the log of `size` entries begins with the log of `old` entries.
    pub async fn prove_consistency(
        &self,
        client: &ClientId,
        old: u64,
        size: u64,
    ) -> Result<Vec<Hash>, StoreError> {
        if old > size {
            return Err(StoreError::NotFound(format!(
                "a log of {size} entries cannot begin with {old}; name the smaller size first"
            )));
        }
        let anchor = self.anchor(client, size).await?;
        match self.consistent(client, old, size, anchor).await {
            Err(StoreError::Broken(_)) if self.edges.forget(client) => {
                self.consistent(client, old, size, anchor).await
            }
            other => other,
        }
    }

    async fn consistent(
        &self,
        client: &ClientId,
        old: u64,
        size: u64,
        anchor: Anchor,
    ) -> Result<Vec<Hash>, StoreError> {
        let path = consistency(old, size);
        let mut ranges = path.clone();
        ranges.push((0, old));
        let (mut hashes, root) = self.roots(client, anchor, size, ranges).await?;
        let from = hashes.pop().unwrap_or_default();
        if !verify_consistency(old, size, &hashes, from, root) {
            return Err(unfit(client, anchor));
        }
        Ok(hashes)
    }

    /// Proof that entry `seq` stands in the log of `size` entries, and its leaf hash.
    pub async fn prove_inclusion(
        &self,
        client: &ClientId,
        seq: u64,
        size: u64,
    ) -> Result<(Hash, Vec<Hash>), StoreError> {
        let anchor = self.anchor(client, size).await?;
        self.included(client, seq, size, anchor).await
    }

    async fn included(
        &self,
        client: &ClientId,
        seq: u64,
        size: u64,
        anchor: Anchor,
    ) -> Result<(Hash, Vec<Hash>), StoreError> {
        if seq >= size {
            return Err(StoreError::NotFound(format!(
                "the journal of {client} has no entry {seq} below {size}"
            )));
        }
        match self.path_of(client, seq, size, anchor).await {
            Err(StoreError::Broken(_)) if self.edges.forget(client) => {
                self.path_of(client, seq, size, anchor).await
            }
            other => other,
        }
    }

    async fn path_of(
        &self,
        client: &ClientId,
        seq: u64,
        size: u64,
        anchor: Anchor,
    ) -> Result<(Hash, Vec<Hash>), StoreError> {
        let mut ranges = inclusion(seq, size);
        ranges.push((seq, seq + 1));
        let (mut hashes, root) = self.roots(client, anchor, size, ranges).await?;
        let leaf = hashes.pop().unwrap_or_default();
        if !verify_inclusion(leaf, seq, size, &hashes, root) {
            return Err(unfit(client, anchor));
        }
        Ok((leaf, hashes))
    }

    /// A proof of one entry for whoever has no store, against the newest checkpoint that witnesses
    /// cosigned, else the newest.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such entry or no checkpoint covers it yet,
    /// [`StoreError::Broken`] when the journal does not prove it.
    pub async fn prove_entry(&self, client: &ClientId, seq: u64) -> Result<EntryProof, StoreError> {
        let checkpoint = self.best_checkpoint(client, seq.saturating_add(1)).await?;
        let checkpoint = checkpoint.ok_or_else(|| {
            StoreError::NotFound(format!(
                "no checkpoint of {client} covers an entry {seq}; `journeyman journal show` lists the entries, and a checkpoint is signed within a second"
            ))
        })?;
        let Checkpoint { size, root, .. } = self.read_checkpoint(client, &checkpoint)?;
        let proven = self.included(client, seq, size, Anchor { size, root });
        let (proven, row) = futures::join!(proven, self.row(client, seq));
        let (hash, path) = proven?;
        let row = row?.ok_or_else(|| {
            StoreError::NotFound(format!("the journal of {client} has no entry {seq}"))
        })?;
        let erased = row.try_get::<Option<Vec<u8>>, _>(13).map_err(|e| self.fail(e))?.is_none();
        let bytes = leaf(&row).map_err(|e| self.fail(e))?.bytes();
        if leaf_hash(&bytes) != hash {
            return Err(StoreError::Broken(format!(
                "the fields of entry {seq} of {client} are not those that were written; run `journeyman journal verify`"
            )));
        }
        let leaf = if erased { ShownLeaf::Hash(hash) } else { ShownLeaf::Bytes(bytes) };
        let proof = EntryProof { index: seq, leaf, path, checkpoint };
        match proof.check(&self.keys.signer(client.as_str()).verifier()) {
            Ok(_) => Ok(proof),
            Err(e) => Err(StoreError::Broken(format!("entry {seq} of {client}: {e}"))),
        }
    }

    /// The smallest signed checkpoint over at least `size` entries, else the right edge of the tree.
    async fn anchor(&self, client: &ClientId, size: u64) -> Result<Anchor, StoreError> {
        let note: Option<String> = query_scalar(
            "SELECT note FROM checkpoints WHERE client = $1 AND size >= $2 ORDER BY size LIMIT 1",
        )
        .bind(client.as_str())
        .bind(as_i64(size))
        .fetch_optional(self.of(client))
        .await
        .map_err(|e| self.fail(e))?;
        let found = match note {
            Some(note) => {
                let signed = self.opened(client, &note).map_err(|e| {
                    StoreError::Broken(format!(
                        "a stored checkpoint of {client} is not ours: {e}; run `journeyman journal verify`"
                    ))
                })?;
                Anchor { size: signed.size, root: signed.root }
            }
            None => self.edge_of(client).await?,
        };
        if found.size < size {
            return Err(StoreError::NotFound(format!(
                "the journal of {client} has only {} entries, not {size}",
                found.size
            )));
        }
        Ok(found)
    }

    async fn edge_of(&self, client: &ClientId) -> Result<Anchor, StoreError> {
        let edge = tip(self.of(client), client.as_str()).await;
        let edge = edge.map_err(|fault| fault.into_store(&self.path))?;
        Ok(Anchor { size: edge.size(), root: edge.root() })
    }

    /// Roots of subtrees, and the root over `size` entries, which was held against the anchor.
    async fn roots(
        &self,
        client: &ClientId,
        anchor: Anchor,
        size: u64,
        mut ranges: Vec<Range>,
    ) -> Result<(Vec<Hash>, Hash), StoreError> {
        if anchor.size == size {
            return Ok((self.subtrees(client, size, &ranges).await?, anchor.root));
        }
        let asked = ranges.len();
        ranges.push((0, size));
        ranges.extend(consistency(size, anchor.size));
        let mut hashes = self.subtrees(client, anchor.size, &ranges).await?;
        let mut rest = hashes.split_off(asked).into_iter();
        let root = rest.next().unwrap_or_default();
        match verify_consistency(size, anchor.size, rest.as_slice(), root, anchor.root) {
            true => Ok((hashes, root)),
            false => Err(unfit(client, anchor)),
        }
    }

    /// Roots of subtrees of the tree of `size` leaves. Tiles that are missing are made first.
    async fn subtrees(
        &self,
        client: &ClientId,
        size: u64,
        ranges: &[Range],
    ) -> Result<Vec<Hash>, StoreError> {
        let wanted = Wanted::of(ranges, size);
        let mut known = self.load(client, &wanted).await?;
        if known.is_none() {
            self.fill_tiles(client).await?;
            known = self.load(client, &wanted).await?;
        }
        let known = known.ok_or_else(|| {
            StoreError::Broken(format!(
                "the tree of {client} cannot be read up to {size}: entries or subtrees are missing or damaged; run `journeyman journal verify`"
            ))
        })?;
        let hashes: Option<Vec<Hash>> = ranges.iter().map(|r| known.root(*r)).collect();
        hashes.ok_or_else(|| StoreError::Broken(format!("the tree of {client} has a gap")))
    }
}

/// Somebody changed what follows from the entries, or the entries.
fn unfit(client: &ClientId, anchor: Anchor) -> StoreError {
    StoreError::Broken(format!(
        "the stored tree of {client} does not fit its checkpoint over {} entries: the database was changed from outside; `journeyman journal verify` says where",
        anchor.size
    ))
}
