//! Client ids as keys of the one look-up per judgement: in the table itself rather than behind a
//! pointer, and quickly hashed.
//!
//! Not for keys that an outsider chooses: who writes the policy chooses these. A request for any other
//! id costs one look-up that finds nothing, whatever the id.

use domain::ClientId;
use std::hash::{Hash, Hasher};

/// A client id, its text in place. INVARIANT: an id has at most 64 bytes; what is unused is zero, which
/// no id contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ShortId([u8; 64]);

impl ShortId {
    #[inline]
    pub(super) fn of(client: &ClientId) -> ShortId {
        let mut out = [0; 64];
        for (place, byte) in out.iter_mut().zip(client.as_str().bytes()) {
            *place = byte;
        }
        ShortId(out)
    }
}

impl Hash for ShortId {
    #[inline]
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let (words, _) = self.0.as_chunks::<8>();
        let used = words.iter().map(|w| u64::from_le_bytes(*w)).take_while(|w| *w != 0);
        used.for_each(|word| hasher.write_u64(word));
    }
}

/// Multiplies and folds eight bytes at a time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct IdHasher(u64);

/// An odd number with as many ones as zeros, more or less.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl IdHasher {
    #[inline]
    fn add(&mut self, word: u64) {
        let wide = u128::from(self.0 ^ word) * u128::from(FACTOR);
        self.0 = (wide as u64) ^ (wide >> 64) as u64;
    }
}

impl Hasher for IdHasher {
    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.add(word);
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.add(u64::from(*byte)));
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
