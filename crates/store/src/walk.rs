//! One pass over a client's journal, oldest entry first.

use crate::{
    Checkpoint, Verifier,
    leaf::{Leaf, commitment},
    merkle::{Frontier, Hash, leaf_hash},
    path::{HEIGHT, WIDTH, perfect},
    sql::Row,
    tip::as_i64,
    verify::Problem,
};
use std::collections::BTreeMap;

const OWN: &str = "a checkpoint of this database";

/// What one pass has seen so far.
pub(crate) struct Walk {
    verifier: Verifier,
    /// Roots that signed checkpoints say, by size; those ahead.
    expected: BTreeMap<u64, Vec<(Hash, &'static str)>>,
    /// Full tiles, and the leaves after them.
    edge: Frontier,
    block: Frontier,
    /// Roots of full tiles, by level.
    tiles: Vec<Vec<Hash>>,
    /// Sequence number that the next entry should have.
    next: u64,
    /// Entries whose personal data was erased.
    pub(crate) erased: u64,
    /// What is wrong.
    pub(crate) problems: Vec<Problem>,
}

impl Walk {
    pub(crate) fn new(verifier: Verifier) -> Walk {
        Walk {
            verifier,
            expected: BTreeMap::new(),
            edge: Frontier::default(),
            block: Frontier::default(),
            tiles: vec![Vec::new()],
            next: 0,
            erased: 0,
            problems: Vec::new(),
        }
    }

    /// The tree over what was passed.
    pub(crate) fn whole(&self) -> Frontier {
        self.edge.joined(&self.block)
    }

    fn wrong(&mut self, seq: Option<u64>, text: String) {
        self.problems.push(Problem { seq, text });
    }

    /// Checks a note's signature and remembers what it says. Answers with its size.
    pub(crate) fn expect(&mut self, note: &str, which: &'static str) -> Option<u64> {
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

    pub(crate) fn expect_stored(&mut self, row: &Row) {
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

    /// Compares the tree over what was passed with the checkpoints of that size.
    pub(crate) fn hold(&mut self) {
        let size = self.edge.size() + self.block.size();
        let Some(due) = self.expected.first_entry().filter(|e| *e.key() <= size) else { return };
        let (signed, roots) = due.remove_entry();
        let root = self.whole().root();
        for (_, which) in roots.into_iter().filter(|(r, _)| signed != size || *r != root) {
            let text = format!("fork: {which} at size {signed} says another history");
            self.wrong(size.checked_sub(1), text);
        }
    }

    /// The next entry.
    pub(crate) fn step(&mut self, row: &Row) {
        let place = self.edge.size() + self.block.size();
        let hash = match self.entry(row) {
            Ok(hash) => hash,
            Err(e) => {
                self.wrong(Some(place), format!("cannot be read: {e}"));
                Hash::default()
            }
        };
        self.push(hash);
    }

    /// Entries up to before `to` that are well, by their leaf hashes.
    pub(crate) fn well(&mut self, to: u64, hashes: &[Hash], erased: u64) {
        let from = to.saturating_sub(hashes.len() as u64);
        if from != self.next {
            self.wrong(Some(from), format!("entry {} is missing or out of order", self.next));
        }
        self.next = to;
        self.erased += erased;
        hashes.iter().for_each(|hash| self.push(*hash));
    }

    fn push(&mut self, hash: Hash) {
        self.block.push(hash);
        if self.block.size() == WIDTH {
            let root = std::mem::take(&mut self.block).root();
            self.edge.push_perfect(root, HEIGHT);
            if let Some(tiles) = self.tiles.first_mut() {
                tiles.push(root);
            }
        }
        self.hold();
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
        if row.try_get::<Vec<u8>, _>(12)? != hash {
            self.wrong(seq, "its fields are not those that were written".into());
        }
        let salt: Option<Vec<u8>> = row.try_get(13)?;
        let body: Option<Vec<u8>> = row.try_get(14)?;
        match (salt, body) {
            (Some(salt), Some(body)) if commitment(&salt, &body) != leaf.commitment => {
                self.wrong(seq, "its content is not what was written".into());
            }
            (Some(_), Some(_)) => {}
            _ => self.erased += 1,
        }
        Ok(hash)
    }

    /// A stored tile, after all entries; lower levels come first.
    pub(crate) fn tile(&mut self, row: &Row) {
        let read = || {
            let place = |at| row.try_get::<i64, _>(at).ok().and_then(|n| usize::try_from(n).ok());
            let hash = |bytes: Vec<u8>| Hash::try_from(bytes).ok();
            let hashes: Vec<u8> = row.try_get(3).ok()?;
            Some((place(0)?, place(1)?, hash(row.try_get(2).ok()?)?, hashes))
        };
        let Some((level, n, root, hashes)) = read() else {
            return self.wrong(None, "a stored subtree cannot be read".into());
        };
        while self.tiles.len() <= level && self.tiles.last().is_some_and(|l| !l.is_empty()) {
            let below = self.tiles.last().map(Vec::as_slice).unwrap_or_default();
            let above = below.as_chunks::<{ WIDTH as usize }>().0;
            let above = above.iter().map(|row| perfect(row)).collect();
            self.tiles.push(above);
        }
        let right = self.tiles.get(level).and_then(|tiles| tiles.get(n)) == Some(&root);
        let (hashes, rest) = hashes.as_chunks::<32>();
        let whole = rest.is_empty() && hashes.len() as u64 == WIDTH;
        if !(right && whole && perfect(hashes) == root) {
            let text = format!(
                "the stored subtree {n} of level {level} is not what the entries give; delete it from `subtrees`: it is made again"
            );
            self.wrong(None, text);
        }
    }

    /// Compares what was found with the tip, and with checkpoints over more than was found.
    pub(crate) fn end(&mut self, tip: Option<&Row>) {
        let whole = self.whole();
        let size = whole.size();
        // What was passed was taken out.
        for (signed, roots) in std::mem::take(&mut self.expected) {
            for (_, which) in roots {
                self.wrong(
                    None,
                    format!("rollback: {which} says {signed} entries; only {size} are left"),
                );
            }
        }
        let stored = tip.and_then(|r| {
            let size: i64 = r.try_get("size").ok()?;
            let bytes: Vec<u8> = r.try_get("frontier").ok()?;
            Frontier::from_bytes(u64::try_from(size).ok()?, &bytes)
        });
        let same = match &stored {
            Some(stored) => *stored == whole,
            None => tip.is_none() && size == 0,
        };
        if !same {
            let says = stored.map_or_else(
                || "nothing readable".into(),
                |s| format!("{} entries, root {}", s.size(), hex::encode(s.root())),
            );
            let found = hex::encode(whole.root());
            self.wrong(None, format!("the tip says {says}; there are {size}, root {found}"));
        }
    }
}

/// The leaf of a row as `verify` selects it.
pub(crate) fn leaf(row: &Row) -> Result<Leaf, sqlx::Error> {
    Ok(Leaf {
        client: row.try_get(0)?,
        seq: row.try_get(1)?,
        at_ms: row.try_get(2)?,
        case_id: row.try_get(3)?,
        actor: row.try_get(4)?,
        kind: row.try_get(5)?,
        digest: row.try_get(6)?,
        tier: row.try_get(7)?,
        findings: row.try_get(8)?,
        policy_version: row.try_get(9)?,
        outcome: row.try_get(10)?,
        commitment: row.try_get(11)?,
    })
}
