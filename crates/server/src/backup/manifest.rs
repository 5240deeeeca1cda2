//! What a backup says of itself: `manifest.json`, and beside it the manifest's own checksum, which
//! `sha256sum -c` understands.

use super::{BackupError, sync, unread, write_private, wrong};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use store::Report;

/// Version of this form.
pub(super) const FORMAT: u32 = 1;
/// Name of the file.
pub(crate) const MANIFEST: &str = "manifest.json";
/// Name of the file with its checksum.
pub(super) const SUM: &str = "manifest.sha256";

/// What a backup must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) format: u32,
    /// When the backup was finished, Unix time in milliseconds.
    pub(crate) made_ms: i64,
    /// Of the program that made it.
    pub(crate) version: String,
    /// Name of the installation in checkpoints: the host of `public_url`.
    pub(crate) origin: String,
    /// Version of the database's schema.
    pub(crate) schema: i64,
    pub(crate) files: Vec<FileEntry>,
    pub(crate) journals: Vec<Journal>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileEntry {
    /// Relative to the backup, with `/`.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    /// In hexadecimal.
    pub(crate) sha256: String,
}

/// One client's journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Journal {
    pub(crate) client: String,
    /// Entries.
    pub(crate) size: u64,
    /// Root over them, in hexadecimal.
    pub(crate) root: String,
    /// The newest signed checkpoint; it may cover a little less.
    pub(crate) checkpoint: Option<String>,
}

impl Journal {
    pub(super) fn of((report, checkpoint): &(Report, Option<String>)) -> Journal {
        Journal {
            client: report.client.to_string(),
            size: report.size,
            root: hex::encode(report.root),
            checkpoint: checkpoint.clone(),
        }
    }
}

impl Manifest {
    pub(super) fn write(&self, folder: &Path) -> Result<(), BackupError> {
        let text = serde_json::to_vec_pretty(self)
            .map_err(|e| BackupError(format!("the manifest cannot be written: {e}")))?;
        write_private(&folder.join(SUM), sum(&text).as_bytes())?;
        write_private(&folder.join(MANIFEST), &text)?;
        sync(folder)
    }

    /// Reads it, as long as not a byte of it is changed.
    pub(super) fn read(folder: &Path) -> Result<Manifest, BackupError> {
        let path = folder.join(MANIFEST);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(BackupError(format!(
                    "{} is no finished backup: it has no {MANIFEST}; name the folder that `journeyman backup --to` wrote",
                    folder.display()
                )));
            }
            Err(e) => return Err(unread(&path, &e)),
        };
        let said = folder.join(SUM);
        let said = std::fs::read(&said).map_err(|e| unread(&said, &e))?;
        if said != sum(&text).as_bytes() {
            return wrong(folder, format!("{MANIFEST} and {SUM} do not agree"));
        }
        let manifest: Manifest = match serde_json::from_slice(&text) {
            Ok(manifest) => manifest,
            Err(e) => return wrong(folder, format!("{MANIFEST} cannot be read: {e}")),
        };
        match manifest.format {
            FORMAT => Ok(manifest),
            other => Err(BackupError(format!(
                "the backup in {} has form {other}, this Journeyman knows {FORMAT}; use version {}",
                folder.display(),
                manifest.version
            ))),
        }
    }
}

fn sum(text: &[u8]) -> String {
    format!("{}  {MANIFEST}\n", hex::encode(Sha256::digest(text)))
}
