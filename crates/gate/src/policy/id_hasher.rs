//! A quick hash of client ids, for one look-up per judgement.
//!
//! Not for keys that an outsider chooses: who writes the policy chooses these. A request for any other
//! id costs one look-up that finds nothing, whatever the id.

use std::hash::Hasher;

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
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        let last = rest.iter().fold(0x80, |word: u64, byte| word << 8 | u64::from(*byte));
        self.add(last);
    }

    #[inline]
    fn write_u8(&mut self, _end_of_a_text: u8) {}

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
