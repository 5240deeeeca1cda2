//! What proofs need again and again, kept in memory: checkpoints whose signature was checked, and roots
//! of full tiles beyond the last full tile of the level above. On disk each of these stands in a row of
//! eight kilobytes, and every proof from a long journal needs hundreds of them.
//!
//! INVARIANT: what stands here was read from the database once and is believed no more than the
//! database is: a proof that does not hold is made again from the database (`prove`). A checkpoint is
//! known by the whole text that was checked.

use crate::{Checkpoint, CheckpointError, Verifier, merkle::Hash, path::Range};
use domain::ClientId;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Client and level.
type Place = (String, u32);

#[derive(Debug, Default)]
pub(crate) struct Edges {
    /// Rows of hashes, by client and level, each with its first place.
    rows: Mutex<HashMap<Place, (u64, Vec<Hash>)>>,
    /// The checkpoint that was opened last, by client.
    notes: Mutex<HashMap<String, (String, Checkpoint)>>,
}

/// More rows than this, of eight kilobytes at most, are not kept.
const MOST: usize = 2_000;
/// Shorter ones are read as fast.
const SHORT: u64 = 16;

impl Edges {
    /// Hashes side by side, when all of them are here.
    pub(crate) fn get(
        &self,
        client: &ClientId,
        level: u32,
        (from, to): Range,
    ) -> Option<Vec<Hash>> {
        let known = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, hashes) = known.get(&(client.as_str().to_owned(), level))?;
        let at = |place: u64| usize::try_from(place.checked_sub(*first)?).ok();
        hashes.get(at(from)?..at(to)?).map(<[Hash]>::to_vec)
    }

    /// Keeps what was read. Leaves are not kept: they stand side by side as they are.
    pub(crate) fn put(&self, client: &ClientId, level: u32, (from, to): Range, hashes: &[Hash]) {
        if level == 0 || to - from < SHORT {
            return;
        }
        let mut known = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert((client.as_str().to_owned(), level), (from, hashes.to_vec()));
    }

    /// Opens a client's signed checkpoint.
    pub(crate) fn open(
        &self,
        client: &ClientId,
        note: &str,
        verifier: impl FnOnce() -> Verifier,
    ) -> Result<Checkpoint, CheckpointError> {
        let known = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((text, read)) = known.get(client.as_str())
            && text == note
        {
            return Ok(read.clone());
        }
        drop(known);
        let read = verifier().open(note)?;
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() >= MOST {
            notes.clear();
        }
        notes.insert(client.as_str().to_owned(), (note.to_owned(), read.clone()));
        Ok(read)
    }

    /// Forgets a client's; answers whether there was anything.
    pub(crate) fn forget(&self, client: &ClientId) -> bool {
        let mut known = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.len();
        known.retain(|(of, _), _| of != client.as_str());
        known.len() < before
    }
}
