//! Canonical bytes: one meaning, one encoding.
//!
//! Every value is preceded by its length, so that no two different sequences of values encode to
//! the same bytes.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Builds canonical bytes: each field is a 4-byte big-endian length and the bytes.
#[derive(Debug, Default)]
pub struct Canon {
    bytes: Vec<u8>,
}

impl Canon {
    /// Starts with a domain label, such as `journeyman/action/v1`, so that bytes of one purpose
    /// never pass for bytes of another.
    pub fn new(label: &str) -> Self {
        let mut canon = Self { bytes: Vec::with_capacity(256) };
        canon.text(label);
        canon
    }

    /// Adds a byte string.
    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        // INVARIANT: values here are texts and hashes, far below 4 GiB.
        let len = u32::try_from(value.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(&len.to_be_bytes());
        self.bytes.extend_from_slice(value);
        self
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
        self.bytes.clone()
    }

    /// SHA-256 of the bytes.
    pub fn digest(&self) -> Digest {
        Digest(Sha256::digest(&self.bytes).into())
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
