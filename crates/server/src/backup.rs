//! Backups: a folder with a copy of the data folder, and a manifest that says what it must hold.
//!
//! INVARIANTS: the manifest is written last, after the copy's journals were verified, so a folder without
//! one is no backup; a restore writes nothing before every file is what the manifest says; whatever holds
//! keys or data is readable by this user alone.

mod manifest;

pub(crate) use manifest::{FileEntry, Journal, MANIFEST, Manifest};

use crate::clock;
use sha2::{Digest as _, Sha256};
use std::{
    fs,
    io::{Read as _, Write as _},
    path::Path,
};
use store::{KEY_FILES, Proven, StoreOptions};

/// Why there is no backup, or no restore.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BackupError(pub(crate) String);

impl From<store::StoreError> for BackupError {
    fn from(e: store::StoreError) -> BackupError {
        BackupError(e.to_string())
    }
}

/// The database in the data folder.
const DATABASE: &str = "journeyman.db";
/// What a data folder may hold besides database and keys, and what a server does well without. The
/// node's name is not among it: a restored copy is another node.
const MORE: [&str; 2] = ["model.bin", "model.source"];

fn key_files() -> [String; 2] {
    KEY_FILES.map(|name| format!("keys/{name}"))
}

/// Copies the data folder of these options to `to` while a server works on it, and proves the copy.
pub(crate) async fn take(
    options: &StoreOptions,
    to: &Path,
) -> Result<(Manifest, Proven), BackupError> {
    make_empty(to)?;
    store::copy_database(options, &to.join(DATABASE)).await?;
    make_folder(&to.join("keys"))?;
    for name in key_files() {
        copy(&options.dir.join(&name), &to.join(&name))?;
    }
    for name in MORE.into_iter().filter(|name| options.dir.join(name).is_file()) {
        copy(&options.dir.join(name), &to.join(name))?;
    }
    let proven = store::prove(&to.join(DATABASE), &to.join("keys"), &options.origin).await?;
    refuse_damage(&proven, "nothing was marked as a backup: the database itself is damaged")?;
    let mut files = Vec::new();
    let names = [DATABASE.to_owned()].into_iter().chain(key_files());
    for path in names.chain(MORE.map(str::to_owned)) {
        let file = to.join(&path);
        if file.is_file() {
            sync(&file)?;
            let (bytes, sha256) = digest(&file)?;
            files.push(FileEntry { path, bytes, sha256 });
        }
    }
    let manifest = Manifest {
        format: manifest::FORMAT,
        made_ms: clock::now().0,
        version: env!("CARGO_PKG_VERSION").into(),
        origin: options.origin.clone(),
        schema: proven.schema,
        files,
        journals: proven.journals.iter().map(Journal::of).collect(),
    };
    manifest.write(to)?;
    Ok((manifest, proven))
}

/// Puts a backup into an empty data folder, and proves what stands there then.
pub(crate) async fn restore(from: &Path, to: &Path) -> Result<(Manifest, Proven), BackupError> {
    refuse_full(to)?;
    let manifest = Manifest::read(from)?;
    let required = [DATABASE.to_owned()].into_iter().chain(key_files());
    let known: Vec<String> = required.clone().chain(MORE.map(str::to_owned)).collect();
    for file in &manifest.files {
        // Nothing but what a backup holds: a manifest must not name files elsewhere.
        if !known.contains(&file.path) {
            return wrong(from, format!("{:?} is no part of a backup", file.path));
        }
    }
    for name in required {
        if !manifest.files.iter().any(|f| f.path == name) {
            return wrong(from, format!("{name} is missing in the manifest"));
        }
    }
    let bad: Vec<String> =
        manifest.files.iter().filter_map(|f| differs(from, f).err()).map(|e| e.0).collect();
    if !bad.is_empty() {
        return wrong(from, bad.join("; "));
    }
    make_empty(to)?;
    // Keys last: a server does not start on a database without them, should this end half-way.
    for file in manifest.files.iter().filter(|f| !f.path.starts_with("keys/")) {
        copy(&from.join(&file.path), &to.join(&file.path))?;
        differs(to, file)?;
    }
    let proven = store::prove(&to.join(DATABASE), &from.join("keys"), &manifest.origin).await?;
    refuse_damage(&proven, "the folder that was restored to is not to be used")?;
    let found: Vec<Journal> = proven.journals.iter().map(Journal::of).collect();
    if found != manifest.journals || proven.schema != manifest.schema {
        return wrong(from, "its journals are not those that the manifest names".into());
    }
    make_folder(&to.join("keys"))?;
    for file in manifest.files.iter().filter(|f| f.path.starts_with("keys/")) {
        copy(&from.join(&file.path), &to.join(&file.path))?;
        differs(to, file)?;
    }
    sync(&to.join("keys"))?;
    sync(to)?;
    Ok((manifest, proven))
}

fn wrong<T>(from: &Path, why: String) -> Result<T, BackupError> {
    Err(BackupError(format!(
        "the backup in {} is damaged: {why}. Take another backup; this one was not used",
        from.display()
    )))
}

/// Whether a file is the one that the manifest names.
fn differs(folder: &Path, file: &FileEntry) -> Result<(), BackupError> {
    let (bytes, sha256) = digest(&folder.join(&file.path))?;
    if (bytes, &sha256) == (file.bytes, &file.sha256) {
        return Ok(());
    }
    Err(BackupError(format!(
        "{} has {bytes} bytes with SHA-256 {sha256}, the manifest says {} bytes with {}",
        file.path, file.bytes, file.sha256
    )))
}

fn refuse_damage(proven: &Proven, what: &str) -> Result<(), BackupError> {
    let damaged = proven.journals.iter().filter(|(report, _)| !report.is_clean());
    let said: Vec<String> = damaged
        .flat_map(|(report, _)| {
            report.problems.iter().map(|p| match p.seq {
                Some(seq) => format!("{}: entry {seq}: {}", report.client, p.text),
                None => format!("{}: {}", report.client, p.text),
            })
        })
        .collect();
    match said.is_empty() {
        true => Ok(()),
        false => Err(BackupError(format!("{what}: {}", said.join("; ")))),
    }
}

/// Makes the folder, which must hold nothing yet.
pub(crate) fn make_empty(folder: &Path) -> Result<(), BackupError> {
    refuse_full(folder)?;
    make_folder(folder)
}

fn refuse_full(folder: &Path) -> Result<(), BackupError> {
    let first = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        Err(e) => return Err(BackupError(format!("cannot look into {}: {e}", folder.display()))),
    };
    let Some(first) = first else { return Ok(()) };
    let name = first.map(|e| e.file_name().display().to_string()).unwrap_or_default();
    Err(BackupError(format!(
        "the folder {} is not empty (it holds {name:?}); nothing was written. Name a new folder",
        folder.display()
    )))
}

/// Makes a folder that this user alone may look into.
pub(crate) fn make_folder(folder: &Path) -> Result<(), BackupError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder
        .create(folder)
        .map_err(|e| BackupError(format!("cannot make the folder {}: {e}", folder.display())))
}

/// Writes a new file that this user alone may read.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let fail = |e: std::io::Error| unwritten(path, &e);
    let mut file = create(path).map_err(fail)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fail)
}

fn create(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    let mut source = fs::File::open(from).map_err(|e| unread(from, &e))?;
    let fail = |e: std::io::Error| unwritten(to, &e);
    let mut target = create(to).map_err(fail)?;
    std::io::copy(&mut source, &mut target).and_then(|_| target.sync_all()).map_err(fail)
}

/// Size and SHA-256 of a file, in hexadecimal.
fn digest(path: &Path) -> Result<(u64, String), BackupError> {
    let mut file = fs::File::open(path).map_err(|e| unread(path, &e))?;
    let mut hash = Sha256::new();
    let mut bytes = 0u64;
    let mut part = vec![0u8; 1 << 16];
    loop {
        let n = file.read(&mut part).map_err(|e| unread(path, &e))?;
        let Some(read) = part.get(..n).filter(|r| !r.is_empty()) else { break };
        hash.update(read);
        bytes += n as u64;
    }
    Ok((bytes, hex::encode(hash.finalize())))
}

/// Has the system bring it to the disk.
fn sync(path: &Path) -> Result<(), BackupError> {
    fs::File::open(path).and_then(|f| f.sync_all()).map_err(|e| unwritten(path, &e))
}

fn unread(path: &Path, error: &std::io::Error) -> BackupError {
    BackupError(format!("cannot read {}: {error}", path.display()))
}

fn unwritten(path: &Path, error: &std::io::Error) -> BackupError {
    BackupError(format!("cannot write {}: {error}; see to space and rights there", path.display()))
}
