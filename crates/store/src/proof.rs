//! A proof that one entry stands in a client's journal, for whoever has no store: C2SP's tlog-proof
//! text, or the same as JSON.
//!
//! INVARIANT: what is read here was written by anybody. Only [`EntryProof::check`] says that it is true.

use crate::{
    Checkpoint, CheckpointError, Verifier,
    leaf::Leaf,
    merkle::{Hash, leaf_hash, verify_inclusion},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::Canon;
use serde_json::{Value, json};

/// First line of the text.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// Marks a leaf of which only the hash is shown.
const HASH_ONLY: &str = "journeyman/leaf-hash/v1";
/// No tree is higher.
const LONGEST: usize = 63;

/// What is shown of the leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShownLeaf {
    /// Its canonical bytes.
    Bytes(Vec<u8>),
    /// Its hash: the entry's personal data was erased.
    Hash(Hash),
}

/// A proof that one entry stands in a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryProof {
    /// Place of the entry.
    pub index: u64,
    /// The leaf.
    pub leaf: ShownLeaf,
    /// Inclusion path, from the leaf's sibling up.
    pub path: Vec<Hash>,
    /// The signed checkpoint, with the cosignatures of witnesses.
    pub checkpoint: String,
}

/// Public fields of an entry that was proven.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ProvenEntry {
    /// Whose journal.
    pub client: String,
    /// Place in it.
    pub seq: i64,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Which case.
    pub case: String,
    /// Who; people by pseudonym.
    pub actor: String,
    /// Kind of event.
    pub kind: String,
    /// Digest of the action, in hexadecimal.
    pub digest: Option<String>,
    /// Tier, when it carries a verdict.
    pub tier: Option<String>,
    /// Findings as `assessor:tier:code`, comma-separated.
    pub findings: String,
    /// Version of the policy, when it carries a verdict.
    pub policy_version: Option<String>,
    /// Outcome, when it has one.
    pub outcome: Option<String>,
}

/// Why a proof is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Not a proof.
    #[error("this is not a proof: {0}")]
    Malformed(&'static str),
    /// The checkpoint does not stand.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The path does not lead to the checkpoint's root.
    #[error(
        "the proof does not hold: entry {0} with these bytes is not in the journal of {1} entries"
    )]
    NotIncluded(u64, u64),
    /// The leaf is of another place or journal than the proof says.
    #[error("the proof does not hold: its leaf is of another entry or another client's journal")]
    OtherEntry,
}

impl EntryProof {
    /// C2SP's text.
    pub fn to_text(&self) -> String {
        let extra = match &self.leaf {
            ShownLeaf::Bytes(bytes) => bytes.clone(),
            ShownLeaf::Hash(hash) => Canon::new(HASH_ONLY).bytes(hash).finish(),
        };
        let path: String = self.path.iter().map(|h| STANDARD.encode(h) + "\n").collect();
        let (extra, index) = (STANDARD.encode(extra), self.index);
        format!("{HEADER}\nextra {extra}\nindex {index}\n{path}\n{}", self.checkpoint)
    }

    /// The same as JSON, with the leaf's fields in the clear for people; only its bytes count.
    pub fn to_json(&self) -> Value {
        let mut json = json!({
            "index": self.index,
            "path": self.path.iter().map(|h| STANDARD.encode(h)).collect::<Vec<_>>(),
            "checkpoint": self.checkpoint,
        });
        match &self.leaf {
            ShownLeaf::Bytes(bytes) => {
                json["leaf"] = STANDARD.encode(bytes).into();
                json["entry"] = json!(read_leaf(bytes));
            }
            ShownLeaf::Hash(hash) => json["leaf_hash"] = STANDARD.encode(hash).into(),
        }
        json
    }

    /// Reads either form.
    ///
    /// # Errors
    /// When it is neither.
    pub fn read(text: &str) -> Result<EntryProof, ProofError> {
        match text.trim_start().starts_with('{') {
            true => EntryProof::from_json(text),
            false => EntryProof::from_text(text),
        }
    }

    fn from_text(text: &str) -> Result<EntryProof, ProofError> {
        let bad = ProofError::Malformed;
        let (head, checkpoint) =
            text.split_once("\n\n").ok_or(bad("no blank line before the checkpoint"))?;
        let mut lines = head.lines();
        if lines.next() != Some(HEADER) {
            return Err(bad("its first line is not c2sp.org/tlog-proof@v1"));
        }
        let extra = lines.next().and_then(|l| l.strip_prefix("extra "));
        let extra = extra.ok_or(bad("no `extra` line with the leaf"))?;
        let extra = STANDARD.decode(extra).map_err(|_| bad("the leaf is not base64"))?;
        let index = lines.next().and_then(|l| l.strip_prefix("index "));
        let index = index
            .and_then(|text| text.parse::<u64>().ok().filter(|n| n.to_string() == text))
            .ok_or(bad("no `index` line with a plain number"))?;
        let leaf = match fields(&extra).as_deref() {
            Some([label, hash]) if *label == HASH_ONLY.as_bytes() => ShownLeaf::Hash(
                Hash::try_from(*hash).map_err(|_| bad("the leaf's hash is not 32 bytes"))?,
            ),
            _ => ShownLeaf::Bytes(extra),
        };
        let path = path(lines)?;
        Ok(EntryProof { index, leaf, path, checkpoint: checkpoint.to_owned() })
    }

    fn from_json(text: &str) -> Result<EntryProof, ProofError> {
        let bad = ProofError::Malformed;
        let json: Value = serde_json::from_str(text).map_err(|_| bad("no JSON"))?;
        let text = |key: &str| json.get(key).and_then(Value::as_str);
        let leaf = match (text("leaf"), text("leaf_hash")) {
            (Some(leaf), None) => {
                ShownLeaf::Bytes(STANDARD.decode(leaf).map_err(|_| bad("the leaf is not base64"))?)
            }
            (None, Some(hash)) => ShownLeaf::Hash(
                read_hash(hash).ok_or(bad("`leaf_hash` is not 32 bytes in base64"))?,
            ),
            _ => return Err(bad("exactly one of `leaf` and `leaf_hash` is wanted")),
        };
        let lines = json.get("path").and_then(Value::as_array).ok_or(bad("no `path`"))?;
        Ok(EntryProof {
            index: json.get("index").and_then(Value::as_u64).ok_or(bad("no `index`"))?,
            leaf,
            path: path(lines.iter().map(|l| l.as_str().unwrap_or_default()))?,
            checkpoint: text("checkpoint").ok_or(bad("no `checkpoint`"))?.to_owned(),
        })
    }

    /// Whether it holds under the log's key. Answers with the checkpoint that it leads to.
    ///
    /// # Errors
    /// When the checkpoint is not signed with the key, the path does not lead to it, or the leaf is
    /// one of another place or journal.
    pub fn check(&self, key: &Verifier) -> Result<Checkpoint, ProofError> {
        let signed = key.open(&self.checkpoint)?;
        let leaf = match &self.leaf {
            ShownLeaf::Bytes(bytes) => leaf_hash(bytes),
            ShownLeaf::Hash(hash) => *hash,
        };
        if !verify_inclusion(leaf, self.index, signed.size, &self.path, signed.root) {
            return Err(ProofError::NotIncluded(self.index, signed.size));
        }
        if let ShownLeaf::Bytes(bytes) = &self.leaf {
            let entry = read_leaf(bytes).ok_or(ProofError::OtherEntry)?;
            let client = signed.origin.rsplit('/').next();
            if u64::try_from(entry.seq) != Ok(self.index) || client != Some(&entry.client) {
                return Err(ProofError::OtherEntry);
            }
        }
        Ok(signed)
    }

    /// The leaf's fields, where its bytes are shown and are those of an entry.
    pub fn entry(&self) -> Option<ProvenEntry> {
        match &self.leaf {
            ShownLeaf::Bytes(bytes) => read_leaf(bytes),
            ShownLeaf::Hash(_) => None,
        }
    }
}

fn path<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Vec<Hash>, ProofError> {
    let path: Option<Vec<Hash>> = lines.map(read_hash).collect();
    let path = path.ok_or(ProofError::Malformed("a hash of the path is not 32 bytes in base64"))?;
    match path.len() > LONGEST {
        true => Err(ProofError::Malformed("its path has more than 63 hashes")),
        false => Ok(path),
    }
}

fn read_hash(text: &str) -> Option<Hash> {
    Hash::try_from(STANDARD.decode(text).ok()?).ok()
}

/// The values of canonical bytes.
fn fields(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let (len, rest) = bytes.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_at_checked(u32::from_be_bytes(*len) as usize)?;
        fields.push(value);
        bytes = rest;
    }
    Some(fields)
}

/// The fields of a leaf, when these are the canonical bytes of one.
fn read_leaf(bytes: &[u8]) -> Option<ProvenEntry> {
    let mut values = fields(bytes)?.into_iter().skip(1);
    let mut bytes_of = || values.next().map(<[u8]>::to_vec);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
    let int = |bytes: Vec<u8>| Some(i64::from_be_bytes(bytes.try_into().ok()?));
    let option = |next: &mut dyn FnMut() -> Option<Vec<u8>>| match int(next()?)? {
        0 => Some(None),
        _ => next().map(Some),
    };
    let leaf = Leaf {
        client: text(bytes_of()?)?,
        seq: int(bytes_of()?)?,
        at_ms: int(bytes_of()?)?,
        case_id: text(bytes_of()?)?,
        actor: text(bytes_of()?)?,
        kind: text(bytes_of()?)?,
        digest: option(&mut bytes_of)?,
        tier: option(&mut bytes_of)?.map_or(Some(None), |t| text(t).map(Some))?,
        findings: text(bytes_of()?)?,
        policy_version: option(&mut bytes_of)?.map_or(Some(None), |t| text(t).map(Some))?,
        outcome: option(&mut bytes_of)?.map_or(Some(None), |t| text(t).map(Some))?,
        commitment: bytes_of()?,
    };
    // One meaning, one encoding: whatever else was there is no leaf of ours.
    (leaf.bytes() == bytes).then(|| ProvenEntry {
        client: leaf.client,
        seq: leaf.seq,
        at_ms: leaf.at_ms,
        case: leaf.case_id,
        actor: leaf.actor,
        kind: leaf.kind,
        digest: leaf.digest.map(hex::encode),
        tier: leaf.tier,
        findings: leaf.findings,
        policy_version: leaf.policy_version,
        outcome: leaf.outcome,
    })
}
