//! The installation's own keys: one signs checkpoints, one seals one-time secrets.

use crate::{Signer, StoreError};
use domain::Actor;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::zeroize::Zeroizing;
use sha2::Sha256;
use std::{fs, io::Write as _, path::Path};

const SIGNING: &str = "journal-signing.key";
const VAULT: &str = "vault.key";

/// Names of the key files in the folder `keys`.
pub const KEY_FILES: [&str; 2] = [SIGNING, VAULT];

/// Keys of one installation, read from its `keys` folder and made there at the first start.
#[derive(Clone)]
pub struct Keys {
    signing: Zeroizing<[u8; 32]>,
    pub(crate) vault: Zeroizing<[u8; 32]>,
    /// Name in checkpoints, such as `journeyman.example.net`.
    pub(crate) origin: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Keys {
    /// Reads the keys, or makes them when the folder has none. `origin` names the installation.
    pub fn open(dir: &Path, origin: &str) -> Result<Keys, StoreError> {
        let remedy = "give this user write access to the folder above";
        fs::create_dir_all(dir)
            .map_err(|e| StoreError::not_made("the key folder", dir, &e, remedy))?;
        Ok(Keys {
            signing: read_or_make(&dir.join(SIGNING))?,
            vault: read_or_make(&dir.join(VAULT))?,
            origin: origin.into(),
        })
    }

    /// Refuses to go on without keys: new ones could neither check the old checkpoints nor open
    /// the sealed secrets.
    pub(crate) fn require(dir: &Path) -> Result<(), StoreError> {
        for name in KEY_FILES {
            let path = dir.join(name);
            if !path.exists() {
                return Err(StoreError::Broken(format!(
                    "{} is missing, but there is a database that was written with it; restore it from a backup, or start anew in an empty folder",
                    path.display()
                )));
            }
        }
        Ok(())
    }

    /// Who acted, as it stands in the leaf. People stand there by a keyed pseudonym, the same in
    /// every entry; their sign-in name is in the private part.
    pub(crate) fn actor(&self, actor: &Actor) -> Result<String, StoreError> {
        let Actor::Person(person) = actor else { return Ok(actor.to_string()) };
        let mac = self.derive("journeyman/person/v1", person.as_str().as_bytes())?;
        Ok(format!("person:{}", hex::encode(mac.get(..8).unwrap_or_default())))
    }

    /// HMAC-SHA256 under the vault key, for one purpose.
    pub(crate) fn derive(&self, label: &str, data: &[u8]) -> Result<[u8; 32], StoreError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.vault.as_ref())
            .map_err(|e| StoreError::Broken(format!("the vault key cannot be used: {e}")))?;
        mac.update(label.as_bytes());
        mac.update(data);
        Ok(mac.finalize().into_bytes().into())
    }

    /// The checkpoint signer for one client's log.
    pub fn signer(&self, client: &str) -> Signer {
        Signer::new(&format!("{}/{client}", self.origin), &self.signing)
    }
}

fn read_or_make(path: &Path) -> Result<Zeroizing<[u8; 32]>, StoreError> {
    if !path.exists() {
        let mut key = Zeroizing::new([0u8; 32]);
        fill(key.as_mut())?;
        let text = Zeroizing::new(hex::encode(key.as_ref()));
        let remedy = "give this user write access to its folder";
        write_new(path, &text).map_err(|e| StoreError::not_made("the key", path, &e, remedy))?;
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|e| {
        StoreError::Broken(format!(
            "cannot read {}: {e}; it must be readable by this user alone",
            path.display()
        ))
    })?);
    let mut key = Zeroizing::new([0u8; 32]);
    hex::decode_to_slice(text.trim(), key.as_mut()).map_err(|_| {
        StoreError::Broken(format!(
            "{} is not a key: 64 hexadecimal digits expected; restore it from a backup",
            path.display()
        ))
    })?;
    Ok(key)
}

/// Writes a file that appears whole or not at all. One that is there already stays: a second
/// process may have started at the same moment.
pub(crate) fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut unique = [0u8; 8];
    fill(&mut unique).map_err(std::io::Error::other)?;
    let half = path.with_extension(format!("{}.half", hex::encode(unique)));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&half)?;
    let written =
        writeln!(file, "{text}").and_then(|()| file.sync_all()).and_then(|()| match fs::hard_link(
            &half, path,
        ) {
            Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => Err(e),
            _ => Ok(()),
        });
    let removed = fs::remove_file(&half);
    written.and(removed)
}

/// Fills with randomness from the operating system.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(bytes)
        .map_err(|e| StoreError::Broken(format!("the system gives no randomness: {e}")))
}

/// A name that nobody else has: 128 random bits, hexadecimal.
pub(crate) fn unique() -> Result<String, StoreError> {
    let mut bytes = [0u8; 16];
    fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}
