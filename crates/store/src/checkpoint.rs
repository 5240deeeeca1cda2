//! Signed checkpoints in C2SP form: `tlog-checkpoint` inside a `signed-note`, Ed25519.

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
        let mut signature = key_id(&self.name, &self.key.verifying_key()).to_vec();
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
    /// The verifier key as C2SP writes it: `name+id+key`.
    pub fn vkey(&self) -> String {
        let mut key = vec![1u8];
        key.extend_from_slice(self.key.as_bytes());
        let id = hex::encode(key_id(&self.name, &self.key));
        format!("{}+{id}+{}", self.name, STANDARD.encode(key))
    }

    /// Reads a signed note and checks its signature and origin.
    pub fn open(&self, note: &str) -> Result<Checkpoint, CheckpointError> {
        let (text, signatures) = note
            .split_once("\n\n")
            .ok_or(CheckpointError::Malformed("no blank line before the signatures"))?;
        let text = format!("{text}\n");
        let id = key_id(&self.name, &self.key);
        let prefix = format!("\u{2014} {} ", self.name);
        let ours = signatures
            .lines()
            .filter_map(|line| line.strip_prefix(&prefix))
            .filter_map(|b64| STANDARD.decode(b64.trim()).ok())
            .filter_map(|bytes| bytes.strip_prefix(&id).map(<[u8]>::to_vec))
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

/// SHA-256(name ‖ "\n" ‖ 0x01 ‖ public key), first four bytes (C2SP signed-note).
fn key_id(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let hash = Sha256::new()
        .chain_update(name.as_bytes())
        .chain_update(b"\n\x01")
        .chain_update(key.as_bytes())
        .finalize();
    let mut id = [0u8; 4];
    for (to, from) in id.iter_mut().zip(hash.iter()) {
        *to = *from;
    }
    id
}
