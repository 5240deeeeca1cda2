//! Sparse features: word 1- and 2-grams and character 3- to 5-grams that stay inside a word.

use super::lexicon;

/// Features live in this many buckets.
pub(crate) const BUCKETS: usize = 1 << BITS;
const BITS: u32 = 18;

/// Set in a feature that comes from characters; the rest is the bucket.
pub(crate) const CHAR_FLAG: u32 = 1 << 31;

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME)
}

/// Fibonacci hashing: the high bits of a product with 2^64 / φ.
fn bucket(hash: u64) -> u32 {
    let high = hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - BITS);
    u32::try_from(high).unwrap_or(0)
}

/// The distinct features of a folded text, sorted. `out` is cleared first and reused.
pub(crate) fn extract(folded: &str, out: &mut Vec<u32>) {
    out.clear();
    let mut previous: u64 = 0;
    for word in folded.split(' ').filter(|w| !w.is_empty()) {
        let hash = word.bytes().fold(FNV_START, step);
        out.push(bucket(hash));
        if previous != 0 {
            out.push(bucket(previous.rotate_left(17) ^ hash.wrapping_mul(3)));
        }
        previous = hash;
        if let Some(token) = lexicon::token(word) {
            let hash = token.bytes().fold(FNV_START, step);
            out.push(bucket(hash));
        }
        grams(word.as_bytes(), out);
    }
    out.sort_unstable();
    out.dedup();
}

/// Character grams of `<word>`, with marks at both ends.
fn grams(word: &[u8], out: &mut Vec<u32>) {
    const LONGEST: usize = 40;
    if word.len() < 3 || word.len() > LONGEST {
        return;
    }
    let mut padded = [0u8; LONGEST + 2];
    padded[0] = b'<';
    padded[1..=word.len()].copy_from_slice(word);
    padded[word.len() + 1] = b'>';
    let text = &padded[..word.len() + 2];
    for start in 0..text.len() {
        let mut hash = FNV_START ^ 0x5bd1_e995;
        for (length, byte) in text[start..].iter().take(5).enumerate() {
            hash = step(hash, *byte);
            if length >= 2 {
                out.push(bucket(hash) | CHAR_FLAG);
            }
        }
    }
}
