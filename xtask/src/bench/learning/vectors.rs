//! Sentence embeddings of the tickets, kept below the target folder: reading them takes minutes, and they stay the same.

use crate::bench::figures;
use crate::process::{cargo, output, run, target_dir};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Texts, their vectors, and how fast they were read.
pub(super) struct Kept {
    pub(super) texts: PathBuf,
    pub(super) vectors: PathBuf,
    pub(super) figures: Value,
}

/// Numbers in a vector, four bytes each.
const DIMENSION: u64 = 384;

/// The vectors of what the example measures on; why there are none when the model's files are not there.
pub(super) fn of(
    dir: &Path,
    learning: impl Fn() -> Command,
) -> Result<Result<Kept, String>, String> {
    let model = std::env::var_os("JOURNEYMAN_MINILM")
        .map_or_else(|| target_dir().join("minilm"), PathBuf::from);
    if !model.join("model.safetensors").exists() {
        let why = format!(
            "{} holds no model; fill it with labs/minilm.sh, or name another folder in JOURNEYMAN_MINILM",
            model.display()
        );
        return Ok(Err(why));
    }
    let [wanted, texts, vectors, said] =
        ["wanted.json", "texts.json", "vectors.f32", "vectors.json"].map(|name| dir.join(name));
    run(learning().arg("--texts").arg(&wanted))?;
    if !fresh(&wanted, &texts, &vectors) {
        println!("reading every ticket with the embedding model: some minutes, once");
        let mut command = cargo();
        command.args(["run", "--release", "--quiet", "-p", "embed", "--features", "candle"]);
        command.args(["--example", "vectors", "--"]).arg(&model).arg(&wanted).arg(&vectors);
        let figures = output(&mut command)?;
        let written =
            std::fs::write(&said, figures).and_then(|()| std::fs::rename(&wanted, &texts));
        written.map_err(|e| format!("cannot write below {}: {e}", dir.display()))?;
    }
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
    };
    Ok(Ok(Kept { figures: figures(&read(&said)?)?, texts, vectors }))
}

/// Whether the vectors are those of the texts that are wanted.
fn fresh(wanted: &Path, texts: &Path, vectors: &Path) -> bool {
    let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
    let list = read(wanted);
    let count = serde_json::from_str::<Vec<String>>(&list).map_or(0, |l| l.len() as u64);
    let bytes = std::fs::metadata(vectors).map_or(0, |m| m.len());
    list == read(texts) && bytes == count * DIMENSION * 4
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn vectors_of_other_texts_or_half_of_them_are_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let [wanted, texts, vectors] = ["w", "t", "v"].map(|name| dir.path().join(name));
        std::fs::write(&wanted, r#"["a","b"]"#).unwrap();
        assert!(!fresh(&wanted, &texts, &vectors));
        std::fs::write(&texts, r#"["a","b"]"#).unwrap();
        std::fs::write(&vectors, vec![0; 384 * 4]).unwrap();
        assert!(!fresh(&wanted, &texts, &vectors));
        std::fs::write(&vectors, vec![0; 2 * 384 * 4]).unwrap();
        assert!(fresh(&wanted, &texts, &vectors));
        std::fs::write(&wanted, r#"["a","c"]"#).unwrap();
        assert!(!fresh(&wanted, &texts, &vectors));
    }
}
