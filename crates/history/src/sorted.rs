//! Sorting more than fits into memory: sorted runs on disk, merged at the end.
//!
//! INVARIANT: no more than the budget and one record are held; the runs have no names, so a crash leaves nothing behind.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::File,
    io::{self, BufReader, BufWriter, Read as _, Seek as _, Write as _},
    path::PathBuf,
};

/// What is sorted by; equal keys keep the order in which they came.
pub(crate) type Key = (i64, i64);

/// Runs that are merged at a time.
const FAN_IN: usize = 64;

/// What a record weighs besides its bytes.
const WEIGHT: usize = 48;

/// Takes records in any order.
pub(crate) struct Sorter {
    folder: PathBuf,
    budget: usize,
    bytes: Vec<u8>,
    held: Vec<(Key, u64, usize, usize)>,
    runs: Vec<File>,
    /// Runs that went to disk.
    pub(crate) spilled: u64,
}

impl Sorter {
    /// Holds up to `budget` bytes; runs go to `folder`.
    pub(crate) fn new(folder: PathBuf, budget: usize) -> Sorter {
        Sorter { folder, budget, bytes: Vec::new(), held: Vec::new(), runs: Vec::new(), spilled: 0 }
    }

    /// Takes a record; `place` is its place in the source and different for each.
    pub(crate) fn push(&mut self, key: Key, place: u64, record: &[u8]) -> io::Result<()> {
        let weight = self.bytes.len() + self.held.len() * WEIGHT + record.len();
        if weight > self.budget && !self.held.is_empty() {
            self.spill()?;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(record);
        self.held.push((key, place, start, self.bytes.len()));
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        self.held.sort_unstable();
        let mut run = BufWriter::with_capacity(1 << 20, tempfile::tempfile_in(&self.folder)?);
        for (key, place, start, end) in self.held.drain(..) {
            write(&mut run, key, place, &self.bytes[start..end])?;
        }
        self.bytes.clear();
        self.runs.push(run.into_inner().map_err(io::IntoInnerError::into_error)?);
        self.spilled += 1;
        Ok(())
    }

    /// Everything in order.
    pub(crate) fn merge(mut self) -> io::Result<Merge> {
        if self.runs.is_empty() {
            self.held.sort_unstable();
            return Ok(Merge::Held { bytes: self.bytes, order: self.held.into_iter() });
        }
        self.spill()?;
        (self.bytes, self.held) = (Vec::new(), Vec::new());
        while self.runs.len() > FAN_IN {
            let mut some = Merging::of(self.runs.drain(..FAN_IN).collect())?;
            let mut run = BufWriter::with_capacity(1 << 20, tempfile::tempfile_in(&self.folder)?);
            let mut record = Vec::new();
            while let Some((key, place)) = some.next(&mut record)? {
                write(&mut run, key, place, &record)?;
            }
            self.runs.push(run.into_inner().map_err(io::IntoInnerError::into_error)?);
        }
        Ok(Merge::Runs(Merging::of(self.runs)?))
    }
}

fn write(run: &mut BufWriter<File>, key: Key, place: u64, record: &[u8]) -> io::Result<()> {
    run.write_all(&key.0.to_le_bytes())?;
    run.write_all(&key.1.to_le_bytes())?;
    run.write_all(&place.to_le_bytes())?;
    run.write_all(&(record.len() as u64).to_le_bytes())?;
    run.write_all(record)
}

/// Records in order.
pub(crate) enum Merge {
    /// All of them were in memory.
    Held { bytes: Vec<u8>, order: std::vec::IntoIter<(Key, u64, usize, usize)> },
    /// They come from disk.
    Runs(Merging),
}

impl Merge {
    /// The next record into `record`, with its key and place.
    pub(crate) fn next(&mut self, record: &mut Vec<u8>) -> io::Result<Option<(Key, u64)>> {
        match self {
            Merge::Held { bytes, order } => Ok(order.next().map(|(key, place, start, end)| {
                record.clear();
                record.extend_from_slice(&bytes[start..end]);
                (key, place)
            })),
            Merge::Runs(runs) => runs.next(record),
        }
    }
}

struct Run {
    from: BufReader<File>,
    record: Vec<u8>,
}

/// Several runs, read side by side.
pub(crate) struct Merging {
    runs: Vec<Run>,
    first: BinaryHeap<Reverse<(Key, u64, usize)>>,
}

impl Merging {
    fn of(files: Vec<File>) -> io::Result<Merging> {
        let mut merging = Merging { runs: Vec::new(), first: BinaryHeap::new() };
        for (at, mut file) in files.into_iter().enumerate() {
            file.rewind()?;
            let from = BufReader::with_capacity(128 * 1024, file);
            merging.runs.push(Run { from, record: Vec::new() });
            merging.advance(at)?;
        }
        Ok(merging)
    }

    fn advance(&mut self, at: usize) -> io::Result<()> {
        let run = &mut self.runs[at];
        let mut head = [0u8; 32];
        match run.from.read_exact(&mut head) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            other => other?,
        }
        let word = |i: usize| {
            let mut eight = [0u8; 8];
            eight.copy_from_slice(&head[i * 8..i * 8 + 8]);
            eight
        };
        let key = (i64::from_le_bytes(word(0)), i64::from_le_bytes(word(1)));
        let length = usize::try_from(u64::from_le_bytes(word(3))).unwrap_or(usize::MAX);
        run.record.resize(length, 0);
        run.from.read_exact(&mut run.record)?;
        self.first.push(Reverse((key, u64::from_le_bytes(word(2)), at)));
        Ok(())
    }

    fn next(&mut self, record: &mut Vec<u8>) -> io::Result<Option<(Key, u64)>> {
        let Some(Reverse((key, place, at))) = self.first.pop() else {
            return Ok(None);
        };
        std::mem::swap(record, &mut self.runs[at].record);
        self.advance(at)?;
        Ok(Some((key, place)))
    }
}
