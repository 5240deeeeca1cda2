//! Vectors on disk: reading a text costs tens of milliseconds, so that no text of a history is read twice.
//!
//! A line of magic, then records: SHA-256 of the text, and its vector. Records are only ever appended; what a stop left half written is cut off.

use super::Failed;
use embed::{DIMENSION, Embedder};
use indicatif::ProgressBar;
use sha2::{Digest as _, Sha256};
use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

const MAGIC: &[u8] = b"all-MiniLM-L6-v2 vectors 1\n";
const HASH: usize = 32;
const RECORD: usize = HASH + DIMENSION * 4;
/// Texts that a stop may lose.
const STEP: usize = 256;

type Key = [u8; HASH];

/// The vector of each text, out of the file where it has them.
pub(super) fn vectors(
    model: &Embedder,
    path: &Path,
    texts: &[String],
    bar: &ProgressBar,
) -> Result<Vec<Vec<f32>>, Failed> {
    let mut file = open(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut known = read(&mut file).map_err(|e| format!("{}: {e}", path.display()))?;
    let keys: Vec<Key> = texts.iter().map(|t| Sha256::digest(t.as_bytes()).into()).collect();
    let missing: Vec<(&Key, &String)> =
        keys.iter().zip(texts).filter(|(key, _)| !known.contains_key(*key)).collect();
    bar.set_length(missing.len() as u64);
    let mut new: Vec<(Key, Vec<f32>)> = Vec::with_capacity(missing.len());
    for step in missing.chunks(STEP) {
        let texts: Vec<&str> = step.iter().map(|(_, t)| t.as_str()).collect();
        let begun = new.len() as u64;
        let vectors = model.embed(&texts, |ready| bar.set_position(begun + ready as u64))?;
        let mut bytes = Vec::with_capacity(step.len() * RECORD);
        for ((key, _), vector) in step.iter().zip(vectors) {
            bytes.extend_from_slice(*key);
            vector.iter().for_each(|x| bytes.extend_from_slice(&x.to_le_bytes()));
            new.push((**key, vector));
        }
        file.write_all(&bytes).map_err(|e| format!("write {}: {e}", path.display()))?;
    }
    known.extend(new);
    Ok(keys.iter().map(|key| known.get(key).cloned().unwrap_or_default()).collect())
}

/// Only this user may read it.
fn open(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// What the file knows; it stands at the end of the last whole record after that.
fn read(file: &mut File) -> Result<HashMap<Key, Vec<f32>>, Failed> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    if bytes.is_empty() {
        file.write_all(MAGIC)?;
        return Ok(HashMap::new());
    }
    let Some(records) = bytes.strip_prefix(MAGIC) else {
        return Err("is no file of vectors; name another with --vectors".into());
    };
    let (records, half) = records.as_chunks::<RECORD>();
    let whole = (bytes.len() - half.len()) as u64;
    file.set_len(whole)?;
    file.seek(SeekFrom::Start(whole))?;
    let one = |record: &[u8; RECORD]| {
        let (key, numbers) = record.split_first_chunk::<HASH>()?;
        let numbers = numbers.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b));
        Some((*key, numbers.collect()))
    };
    Ok(records.iter().filter_map(one).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn what_a_stop_left_half_written_is_cut_off_and_another_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("h.vectors");
        let mut record = vec![7u8; HASH];
        (0..DIMENSION).for_each(|i| record.extend_from_slice(&(i as f32).to_le_bytes()));
        let bytes = [MAGIC, &record, &record[..100]].concat();
        std::fs::write(&path, &bytes).unwrap();
        let known = read(&mut open(&path).unwrap()).unwrap();
        assert_eq!(known[&[7u8; HASH]][383], 383.0);
        assert_eq!(std::fs::metadata(&path).unwrap().len() as usize, MAGIC.len() + RECORD);
        std::fs::write(&path, "subject,body\n").unwrap();
        let error = read(&mut open(&path).unwrap()).unwrap_err().to_string();
        assert!(error.contains("no file of vectors"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "subject,body\n");
    }
}
