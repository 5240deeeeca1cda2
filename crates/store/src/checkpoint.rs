//! Signed checkpoints in C2SP form: `tlog-checkpoint` inside a `signed-note`, Ed25519; and the
//! cosignatures of witnesses beside them.

use crate::merkle::Hash;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// Size and root of a log at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: installation and client.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root hash over them.
    pub root: Hash,
}

/// Why a checkpoint is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not a signed checkpoint.
    #[error("this is not a signed checkpoint: {0}")]
    Malformed(&'static str),
    /// No signature of ours, or a wrong one.
    #[error("the checkpoint's signature by {0} is missing or wrong")]
    BadSignature(String),
    /// Not a verifier key.
    #[error("this is not a verifier key: {0}; write NAME+ID+KEY, as C2SP's signed-note has it")]
    BadKey(&'static str),
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    fn parse(text: &str) -> Result<Checkpoint, CheckpointError> {
        let mut lines = text.lines();
        let mut next = |what| lines.next().ok_or(CheckpointError::Malformed(what));
        let origin = next("no origin line")?.to_owned();
        let size = next("no size line")?;
        // The published form has no leading zeros and no sign.
        let size = match size.parse::<u64>() {
            Ok(n) if n.to_string() == size => n,
            _ => return Err(CheckpointError::Malformed("the size is no plain number")),
        };
        let root = STANDARD
            .decode(next("no root line")?)
            .ok()
            .and_then(|b| Hash::try_from(b).ok())
            .ok_or(CheckpointError::Malformed("the root is not 32 bytes in base64"))?;
        Ok(Checkpoint { origin, size, root })
    }
}

/// Signs the checkpoints of one log.
pub struct Signer {
    name: String,
    key: SigningKey,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Signer {
    pub(crate) fn new(name: &str, seed: &[u8; 32]) -> Signer {
        Signer { name: name.into(), key: SigningKey::from_bytes(seed) }
    }

    /// The origin line of this log, which is also the key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A signed note over the checkpoint.
    pub fn sign(&self, size: u64, root: Hash) -> String {
        let text = Checkpoint { origin: self.name.clone(), size, root }.text();
        let mut signature = key_id(&self.name, NOTE, &self.key.verifying_key()).to_vec();
        signature.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n\u{2014} {} {}\n", self.name, STANDARD.encode(signature))
    }

    /// The matching verifier.
    pub fn verifier(&self) -> Verifier {
        Verifier { name: self.name.clone(), key: self.key.verifying_key() }
    }
}

/// Checks the checkpoints of one log.
#[derive(Clone, Debug)]
pub struct Verifier {
    name: String,
    key: VerifyingKey,
}

impl Verifier {
    /// Reads a verifier key as C2SP writes it.
    ///
    /// # Errors
    /// When it is none, or one of another algorithm than Ed25519.
    pub fn from_vkey(text: &str) -> Result<Verifier, CheckpointError> {
        let (name, key) = read_vkey(text, NOTE)?;
        Ok(Verifier { name, key })
    }

    /// The log's origin line, which is also the key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The verifier key as C2SP writes it: `name+id+key`.
    pub fn vkey(&self) -> String {
        let mut key = vec![NOTE];
        key.extend_from_slice(self.key.as_bytes());
        let id = hex::encode(key_id(&self.name, NOTE, &self.key));
        format!("{}+{id}+{}", self.name, STANDARD.encode(key))
    }

    /// Reads a signed note and checks its signature and origin.
    pub fn open(&self, note: &str) -> Result<Checkpoint, CheckpointError> {
        let (text, signatures) = halves(note)?;
        let ours = signatures_of(&signatures, &self.name, key_id(&self.name, NOTE, &self.key))
            .find_map(|sig| Signature::from_slice(&sig).ok())
            .ok_or_else(|| CheckpointError::BadSignature(self.name.clone()))?;
        self.key
            .verify_strict(text.as_bytes(), &ours)
            .map_err(|_| CheckpointError::BadSignature(self.name.clone()))?;
        let checkpoint = Checkpoint::parse(&text)?;
        if checkpoint.origin != self.name {
            return Err(CheckpointError::Malformed("its origin is another log"));
        }
        Ok(checkpoint)
    }
}

/// Checks the cosignatures of one witness: `cosignature/v1` over a checkpoint, Ed25519.
#[derive(Clone, Debug)]
pub struct Cosigner {
    name: String,
    key: VerifyingKey,
}

impl Cosigner {
    /// Reads a witness's verifier key, of signature type 0x04.
    ///
    /// # Errors
    /// When it is none, or one of another kind.
    pub fn from_vkey(text: &str) -> Result<Cosigner, CheckpointError> {
        let (name, key) = read_vkey(text, COSIGNATURE)?;
        Ok(Cosigner { name, key })
    }

    /// The witness's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Finds this witness's valid cosignature of a checkpoint among lines of signatures: the line, and
    /// when it was made, in seconds since 1970.
    pub fn find(&self, note: &str, lines: &str) -> Option<(String, u64)> {
        let (text, _) = halves(note).ok()?;
        let id = key_id(&self.name, COSIGNATURE, &self.key);
        lines.lines().find_map(|line| {
            let stamped = signatures_of(line, &self.name, id).next()?;
            let (time, signature) = stamped.split_first_chunk::<8>()?;
            let time = u64::from_be_bytes(*time);
            let signature = Signature::from_slice(signature).ok()?;
            let message = format!("cosignature/v1\ntime {time}\n{text}");
            self.key.verify_strict(message.as_bytes(), &signature).ok()?;
            Some((line.to_owned(), time))
        })
    }
}

/// Every signed note of a file that holds many, one after another.
pub fn split_notes(text: &str) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    let mut note = String::new();
    let (mut blank, mut signed) = (false, false);
    for line in text.lines() {
        let signature = line.starts_with("\u{2014} ");
        if signed && !signature {
            notes.push(std::mem::take(&mut note));
            (blank, signed) = (false, false);
        }
        // Empty lines between notes belong to neither.
        if line.is_empty() && note.is_empty() {
            continue;
        }
        signed = blank && signature;
        blank |= line.is_empty();
        note.push_str(line);
        note.push('\n');
    }
    if !note.is_empty() {
        notes.push(note);
    }
    notes
}

/// Signature types of C2SP's signed-note.
const NOTE: u8 = 1;
const COSIGNATURE: u8 = 4;

/// The text that is signed, and the lines of signatures.
fn halves(note: &str) -> Result<(String, String), CheckpointError> {
    let (text, signatures) = note
        .split_once("\n\n")
        .ok_or(CheckpointError::Malformed("no blank line before the signatures"))?;
    Ok((format!("{text}\n"), signatures.to_owned()))
}

/// Signatures under a name and a key's id.
fn signatures_of(lines: &str, name: &str, id: [u8; 4]) -> impl Iterator<Item = Vec<u8>> {
    let prefix = format!("\u{2014} {name} ");
    lines
        .lines()
        .filter_map(move |line| line.strip_prefix(&prefix))
        .filter_map(|b64| STANDARD.decode(b64.trim()).ok())
        .filter_map(move |bytes| bytes.strip_prefix(&id).map(<[u8]>::to_vec))
}

fn read_vkey(text: &str, algorithm: u8) -> Result<(String, VerifyingKey), CheckpointError> {
    let mut parts = text.trim().splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(CheckpointError::BadKey("it has fewer than three parts"));
    };
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err(CheckpointError::BadKey("its name is empty or has spaces"));
    }
    let bytes = STANDARD.decode(key).map_err(|_| CheckpointError::BadKey("no base64"))?;
    let key = match bytes.split_first() {
        Some((kind, key)) if *kind == algorithm => key,
        _ if algorithm == COSIGNATURE => {
            return Err(CheckpointError::BadKey(
                "a witness's key is of type 0x04, cosignature/v1 with Ed25519",
            ));
        }
        _ => return Err(CheckpointError::BadKey("a log's key is of type 0x01, Ed25519")),
    };
    let key = <[u8; 32]>::try_from(key).ok().and_then(|k| VerifyingKey::from_bytes(&k).ok());
    let key = key.ok_or(CheckpointError::BadKey("its last part is no Ed25519 key"))?;
    if hex::encode(key_id(name, algorithm, &key)) != id.to_lowercase() {
        return Err(CheckpointError::BadKey("its id does not fit its name and key"));
    }
    Ok((name.to_owned(), key))
}

/// SHA-256(name ‖ "\n" ‖ signature type ‖ public key), first four bytes (C2SP signed-note).
fn key_id(name: &str, algorithm: u8, key: &VerifyingKey) -> [u8; 4] {
    let hash = Sha256::new()
        .chain_update(name.as_bytes())
        .chain_update([b'\n', algorithm])
        .chain_update(key.as_bytes())
        .finalize();
    hash.first_chunk::<4>().copied().unwrap_or_default()
}
