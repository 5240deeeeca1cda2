//! The model's three files, held against what was published. INVARIANT: what comes out of here is the model or an error; nothing
//! behind it has to doubt a shape.

use crate::Error;
use sha2::{Digest as _, Sha256};
use std::path::Path;

/// Name, length in bytes, SHA-256.
type Known = (&'static str, u64, &'static str);

const CONFIG: Known =
    ("config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41");
const WORDS: Known =
    ("vocab.txt", 231_508, "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3");
const WEIGHTS: Known = (
    "model.safetensors",
    90_868_376,
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
);

/// What the model is made of.
#[derive(Debug)]
pub(crate) struct Files {
    /// One word or piece a line; its place is its number.
    pub(crate) words: String,
    /// Safetensors.
    pub(crate) weights: Vec<u8>,
}

/// Reads the folder; `None` when nothing of the model is in it.
pub(crate) fn read(folder: &Path) -> Result<Option<Files>, Error> {
    let there = |(name, ..): &Known| folder.join(name).exists();
    if ![CONFIG, WORDS, WEIGHTS].iter().any(there) {
        return Ok(None);
    }
    one(folder, CONFIG)?;
    let words = one(folder, WORDS)?;
    let weights = one(folder, WEIGHTS)?;
    Ok(Some(Files { words: String::from_utf8_lossy(&words).into_owned(), weights }))
}

/// The cheap questions first: ninety megabytes are only read and hashed when their length is right.
fn one(folder: &Path, (name, right, hash): Known) -> Result<Vec<u8>, Error> {
    let path = folder.join(name);
    let bytes = match std::fs::metadata(&path) {
        Ok(of) => of.len(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(Error::Missing { path }),
        Err(why) => return Err(Error::Unreadable { path, why }),
    };
    if bytes != right {
        return Err(Error::Size { path, bytes, right });
    }
    let content = match std::fs::read(&path) {
        Ok(content) => content,
        Err(why) => return Err(Error::Unreadable { path, why }),
    };
    let found = hex::encode(Sha256::digest(&content));
    if found != hash {
        return Err(Error::Hash { path, found, right: hash });
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::Embedder;

    fn refused(folder: &Path) -> String {
        Embedder::open(folder).unwrap_err().to_string()
    }

    #[test]
    fn an_empty_or_missing_folder_is_an_option_that_is_off() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Embedder::open(folder.path()).unwrap().is_none());
        assert!(Embedder::open(&folder.path().join("nowhere")).unwrap().is_none());
    }

    #[test]
    fn a_broken_folder_is_refused_with_file_and_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        std::fs::write(path.join("vocab.txt"), "a\nb\n").unwrap();
        let text = refused(path);
        assert!(text.contains("config.json is missing"), "{text}");
        std::fs::write(path.join("config.json"), "{}").unwrap();
        let text = refused(path);
        assert!(text.contains("2 bytes instead of 612") && text.contains("minilm.sh"), "{text}");
        std::fs::write(path.join("config.json"), " ".repeat(612)).unwrap();
        let text = refused(path);
        assert!(text.contains("config.json is not that of") && text.contains("SHA-256"), "{text}");
    }
}
