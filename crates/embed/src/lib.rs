//! Sentence embeddings by all-MiniLM-L6-v2: texts that mean the same lie near each other, also without a word in common.
//!
//! Why a crate of its own: it is the one place that knows the model's files and links an inference library, so that learning stays pure
//! and takes vectors as arguments. It reads a folder that somebody filled (`labs/minilm.sh`) and never calls anybody.
//! INVARIANT: only the one published model is read, known by its hashes, so that vectors of today and of next year can be compared.

#[cfg(not(feature = "candle"))]
#[path = "absent.rs"]
mod bert;
#[cfg(feature = "candle")]
mod bert;
mod files;
mod signs;
mod wordpiece;

use std::path::{Path, PathBuf};
pub use wordpiece::WordPiece;

/// Values of a vector.
pub const DIMENSION: usize = 384;
/// Tokens of a text that are read, with the two that stand around it; what comes after them is left out.
pub const LONGEST: usize = 256;
/// Texts that are worked on together.
const BATCH: usize = 32;

/// Why there are no embeddings although there are files, or although there were.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that belongs to the model cannot be read.
    #[error("{path}: {why}; fill the folder again with labs/minilm.sh")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// Some files of the model are there, this one is not.
    #[error(
        "{path} is missing beside the model's other files; fill the folder again with labs/minilm.sh"
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file is shorter or longer than the published one.
    #[error(
        "{path} has {bytes} bytes instead of {right}: it was cut off or is of another model; fill the folder again with labs/minilm.sh"
    )]
    Size {
        /// The file.
        path: PathBuf,
        /// What it has.
        bytes: u64,
        /// What the published one has.
        right: u64,
    },
    /// A file of the right length has another content.
    #[error(
        "{path} is not that of all-MiniLM-L6-v2 (SHA-256 {found} instead of {right}); fill the folder again with labs/minilm.sh"
    )]
    Hash {
        /// The file.
        path: PathBuf,
        /// Its SHA-256, hexadecimal.
        found: String,
        /// That of the published one.
        right: &'static str,
    },
    /// The files are there, the code for them is not.
    #[error("this program was built without embeddings; build it with `--features embeddings`")]
    NotBuilt,
    /// The inference library failed.
    #[error("the embedding model failed: {0}")]
    Model(String),
}

/// The model, ready to read texts.
#[derive(Debug)]
pub struct Embedder {
    words: WordPiece,
    model: bert::Model,
}

impl Embedder {
    /// Opens the model in a folder with `config.json`, `vocab.txt` and `model.safetensors`. `None` when none of them is there: an option
    /// that is off. Fails when some are missing, when one is not the published one, and when this build cannot read them.
    pub fn open(folder: &Path) -> Result<Option<Embedder>, Error> {
        let Some(files) = files::read(folder)? else { return Ok(None) };
        let model = bert::Model::new(&files.weights)?;
        Ok(Some(Embedder { words: WordPiece::new(&files.words), model }))
    }

    /// One vector of length 1 for each text, in their order; a text without anything to read gets one too. `done` hears
    /// how many texts are ready.
    pub fn embed<S: AsRef<str>>(
        &self,
        texts: &[S],
        mut done: impl FnMut(usize),
    ) -> Result<Vec<Vec<f32>>, Error> {
        let tokens: Vec<Vec<u32>> =
            texts.iter().map(|t| self.words.read(t.as_ref(), LONGEST)).collect();
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|at| tokens[*at].len());
        let mut out = vec![Vec::new(); texts.len()];
        let mut ready = 0;
        // Only texts of one length are worked on together: nothing is padded, so no text feels its neighbours.
        for same in order.chunk_by(|a, b| tokens[*a].len() == tokens[*b].len()) {
            for batch in same.chunks(BATCH) {
                let rows: Vec<&[u32]> = batch.iter().map(|at| tokens[*at].as_slice()).collect();
                for (at, vector) in batch.iter().zip(self.model.vectors(&rows)?) {
                    out[*at] = vector;
                }
                ready += batch.len();
                done(ready);
            }
        }
        Ok(out)
    }
}
