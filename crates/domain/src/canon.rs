//! Canonical bytes: one meaning, one encoding.
//!
//! Every value is preceded by its length, so that no two different sequences of values encode to
//! the same bytes.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Builds canonical bytes: each field is a 4-byte big-endian length and the bytes.
#[derive(Debug)]
pub struct Canon {
    /// The bytes, until they are more than this holds: most actions are digested without allocation.
    short: [u8; SHORT],
    len: usize,
    /// All of the bytes, once they are more.
    long: Vec<u8>,
}

/// Room for nearly every action.
const SHORT: usize = 512;

impl Canon {
    /// Starts with a domain label, such as `journeyman/action/v1`, so that bytes of one purpose
    /// never pass for bytes of another.
    pub fn new(label: &str) -> Self {
        let mut canon = Self { short: [0; SHORT], len: 0, long: Vec::new() };
        canon.text(label);
        canon
    }

    /// The same in memory that is there already; what it holds is forgotten.
    pub fn within(mut room: Vec<u8>, label: &str) -> Self {
        room.clear();
        Self { long: room, ..Self::new(label) }
    }

    /// Adds a byte string.
    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        // INVARIANT: values here are texts and hashes, far below 4 GiB.
        let len = u32::try_from(value.len()).unwrap_or(u32::MAX);
        let size = value.len().saturating_add(4);
        let room = self.short.get_mut(self.len..).and_then(|rest| rest.get_mut(..size));
        match room.and_then(|room| room.split_at_mut_checked(4)) {
            Some((head, body)) if self.long.is_empty() => {
                head.copy_from_slice(&len.to_be_bytes());
                body.copy_from_slice(value);
                self.len += size;
            }
            _ => self.spill(len, value),
        }
        self
    }

    #[cold]
    fn spill(&mut self, len: u32, value: &[u8]) {
        if self.long.is_empty() {
            self.long.extend_from_slice(self.short.get(..self.len).unwrap_or_default());
        }
        self.long.extend_from_slice(&len.to_be_bytes());
        self.long.extend_from_slice(value);
    }

    fn all(&self) -> &[u8] {
        match self.long.is_empty() {
            true => self.short.get(..self.len).unwrap_or_default(),
            false => &self.long,
        }
    }

    /// Adds a text.
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.bytes(value.as_bytes())
    }

    /// Adds a whole number.
    pub fn int(&mut self, value: i64) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    /// Adds an optional byte string; absent and empty differ.
    pub fn option(&mut self, value: Option<&[u8]>) -> &mut Self {
        match value {
            None => self.int(0),
            Some(v) => self.int(1).bytes(v),
        }
    }

    /// The bytes.
    pub fn finish(&self) -> Vec<u8> {
        self.all().to_vec()
    }

    /// The bytes, in the memory that was given.
    pub fn into_bytes(mut self) -> Vec<u8> {
        if self.long.is_empty() {
            self.long.extend_from_slice(self.short.get(..self.len).unwrap_or_default());
        }
        self.long
    }

    /// SHA-256 of the bytes.
    pub fn digest(&self) -> Digest {
        Digest(Sha256::digest(self.all()).into())
    }
}

/// SHA-256 over canonical bytes. For an action it covers kind, client, targets and parameters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The first eight hexadecimal digits, for people and for reference marks.
    pub fn short(&self) -> String {
        hex::encode(&self.0[..4])
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl From<Digest> for String {
    fn from(d: Digest) -> String {
        d.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let mut out = [0u8; 32];
        hex::decode_to_slice(&text, &mut out)
            .map_err(|_| format!("{text:?} is not a digest: 64 hexadecimal digits expected"))?;
        Ok(Digest(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_encoded_like_short_ones() {
        for lengths in
            [vec![505], vec![506], vec![507], vec![600, 3], vec![300, 300, 1], vec![1; 200]]
        {
            let mut canon = Canon::new("t");
            let mut expected = b"\0\0\0\x01t".to_vec();
            for (i, length) in lengths.iter().enumerate() {
                let value = vec![i as u8; *length];
                canon.bytes(&value);
                expected.extend_from_slice(&(*length as u32).to_be_bytes());
                expected.extend_from_slice(&value);
            }
            assert_eq!(canon.finish(), expected, "{lengths:?}");
            assert_eq!(canon.digest().0, <[u8; 32]>::from(Sha256::digest(&expected)));
        }
    }

    #[test]
    fn moving_a_boundary_changes_the_bytes() {
        let mut a = Canon::new("t");
        a.text("ab").text("c");
        let mut b = Canon::new("t");
        b.text("a").text("bc");
        assert_ne!(a.finish(), b.finish());
        assert_ne!(
            Canon::new("t").option(None).finish(),
            Canon::new("t").option(Some(b"")).finish()
        );
    }
}
