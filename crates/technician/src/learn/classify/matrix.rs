//! Rows of sparse features, and the dictionary that gives features their slots.

use super::Request;
use super::grams::{BITS, KIND_WEIGHTS, Reader};

/// No slot: training did not keep this feature.
const NONE: u32 = u32::MAX;
/// A feature that occurs in fewer rows says nothing that could be relied on.
const LEAST_ROWS: u32 = 2;
/// How strongly rareness counts: 1 is plain TF-IDF.
const IDF_POWER: f32 = 0.8;

/// Which features are known, and what each weighs before its row's length is taken out.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::learn) struct Dictionary {
    /// Slot by bucket. The commonest features have the first slots, so that they share cache lines.
    slots: Vec<u32>,
    /// One bit per bucket that has a slot: small enough to stay in the nearest cache.
    known: Vec<u64>,
    /// Bucket by slot.
    pub(in crate::learn) buckets: Vec<u32>,
    /// Inverse document frequency times the weight of the kind, by slot.
    pub(in crate::learn) weights: Vec<f32>,
    /// Rows that were counted.
    pub(in crate::learn) rows: u32,
}

/// Buffers of one reader of requests, kept between calls.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    reader: Reader,
    /// The row that last touched a slot, and where in `cells` it stands.
    touched: Vec<(u32, u32)>,
    row: u32,
    pub(in crate::learn) cells: Vec<(u32, f32)>,
    pub(in crate::learn) scores: Vec<f32>,
}

impl Dictionary {
    /// Counts features over all rows and keeps those that occur often enough.
    pub(in crate::learn) fn of<'a>(requests: impl Iterator<Item = Request<'a>>) -> Dictionary {
        let mut seen = vec![(0u32, 0u32, 0u8); 1 << BITS];
        let rows = count(requests, &mut seen);
        let mut kept: Vec<u32> = (0..1u32 << BITS)
            .filter(|b| seen.get(*b as usize).is_some_and(|s| s.1 >= LEAST_ROWS))
            .collect();
        kept.sort_by_key(|b| std::cmp::Reverse(seen.get(*b as usize).map(|s| s.1)));
        let mut out = Dictionary::empty(rows);
        for bucket in kept {
            let (_, count, kind) = seen[bucket as usize];
            out.push(bucket, weight(rows, count, kind));
        }
        out
    }

    /// A dictionary without features.
    pub(in crate::learn) fn empty(rows: u32) -> Dictionary {
        let slots = vec![NONE; 1 << BITS];
        let known = vec![0; (1 << BITS) / 64];
        Dictionary { slots, known, buckets: Vec::new(), weights: Vec::new(), rows }
    }

    /// Gives a bucket the next slot; a bucket that has one keeps it.
    pub(in crate::learn) fn push(&mut self, bucket: u32, weight: f32) {
        if let Some(slot) = self.slots.get_mut(bucket as usize)
            && *slot == NONE
        {
            *slot = self.buckets.len() as u32;
            self.known[bucket as usize / 64] |= 1 << (bucket % 64);
            self.buckets.push(bucket);
            self.weights.push(weight);
        }
    }

    /// Takes in features that later rows have often enough and earlier ones had not.
    pub(in crate::learn) fn grow<'a>(&mut self, requests: impl Iterator<Item = Request<'a>>) {
        let mut seen = vec![(0u32, 0u32, 0u8); 1 << BITS];
        let rows = count(requests, &mut seen);
        self.rows = self.rows.saturating_add(rows);
        for (bucket, (_, count, kind)) in seen.into_iter().enumerate() {
            if count >= LEAST_ROWS {
                self.push(bucket as u32, weight(self.rows, count, kind));
            }
        }
    }

    /// Number of features.
    pub(in crate::learn) fn len(&self) -> usize {
        self.buckets.len()
    }

    /// Fills `scratch.cells` with the slots and values of one request, and gives back what its values
    /// are multiplied by to have length 1. What is not known counts for nothing.
    pub(in crate::learn) fn row(&self, request: &Request<'_>, scratch: &mut Scratch) -> f32 {
        let Scratch { reader, touched, row, cells, .. } = scratch;
        if touched.len() < self.len() || *row == u32::MAX {
            touched.clear();
            touched.resize(self.len(), (0, 0));
            *row = 0;
        }
        *row += 1;
        cells.clear();
        reader.read(request, |bucket, _| {
            if self.known[bucket as usize / 64] >> (bucket % 64) & 1 == 0 {
                return;
            }
            let slot = self.slots[bucket as usize];
            let at = &mut touched[slot as usize];
            if at.0 == *row {
                cells[at.1 as usize].1 += 1.0;
            } else {
                *at = (*row, cells.len() as u32);
                cells.push((slot, 1.0));
            }
        });
        let mut square = 0f32;
        for (slot, value) in cells.iter_mut() {
            *value = damped(*value) * self.weights[*slot as usize];
            square += *value * *value;
        }
        if square > 0.0 { 1.0 / square.sqrt() } else { 0.0 }
    }
}

/// `1 + ln(count)`: the tenth time says little that the first did not.
fn damped(count: f32) -> f32 {
    const FEW: [f32; 8] = [
        1.0,
        1.0,
        1.0 + std::f32::consts::LN_2,
        2.098_612_3,
        1.0 + 2.0 * std::f32::consts::LN_2,
        2.609_438,
        2.791_759_5,
        2.945_910_1,
    ];
    FEW.get(count as usize).copied().unwrap_or_else(|| 1.0 + count.ln())
}

/// Counts in how many rows each bucket occurs: `(last row, rows, kind)`. Gives back the rows.
fn count<'a>(requests: impl Iterator<Item = Request<'a>>, seen: &mut [(u32, u32, u8)]) -> u32 {
    let mut reader = Reader::default();
    let mut mark = 0u32;
    for request in requests {
        mark += 1;
        reader.read(&request, |bucket, kind| {
            let at = &mut seen[bucket as usize];
            if at.0 != mark {
                *at = (mark, at.1 + 1, kind as u8);
            }
        });
    }
    mark
}

fn weight(rows: u32, count: u32, kind: u8) -> f32 {
    let idf = ((1.0 + rows as f32) / (1.0 + count as f32)).ln().max(0.0) + 1.0;
    idf.powf(IDF_POWER) * KIND_WEIGHTS.get(usize::from(kind)).copied().unwrap_or(1.0)
}

/// Rows side by side, each of length 1.
#[derive(Clone, Debug)]
pub(in crate::learn) struct Matrix {
    starts: Vec<usize>,
    cells: Vec<(u32, f32)>,
}

impl Matrix {
    pub(in crate::learn) fn of<'a>(
        requests: impl Iterator<Item = Request<'a>>,
        dictionary: &Dictionary,
    ) -> Matrix {
        let mut out = Matrix { starts: vec![0], cells: Vec::new() };
        let mut scratch = Scratch::default();
        for request in requests {
            let scale = dictionary.row(&request, &mut scratch);
            out.cells.extend(scratch.cells.iter().map(|(slot, x)| (*slot, x * scale)));
            out.starts.push(out.cells.len());
        }
        out
    }

    pub(in crate::learn) fn row(&self, at: usize) -> &[(u32, f32)] {
        &self.cells[self.starts[at]..self.starts[at + 1]]
    }

    pub(in crate::learn) fn rows(&self) -> usize {
        self.starts.len() - 1
    }
}
