//! Sentence embeddings that somebody else computed: the texts go out as a list, the vectors come back in its order.

use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

/// Numbers of a vector.
const DIMENSION: usize = 384;

/// Vectors by text.
pub(crate) type Vectors = HashMap<String, Vec<f32>>;

/// What is embedded of a ticket.
pub(crate) fn text(subject: &str, body: &str) -> String {
    format!("{subject}\n{body}")
}

/// Every text once, in a fixed order.
pub(crate) fn list(texts: impl Iterator<Item = String>) -> Value {
    json!(texts.collect::<BTreeSet<_>>())
}

/// Reads what was computed for a list.
pub(crate) fn read(texts: &str, vectors: &[u8]) -> Result<Vectors, Box<dyn std::error::Error>> {
    let texts: Vec<String> = serde_json::from_str(texts)?;
    let (rows, rest) = vectors.as_chunks::<{ DIMENSION * 4 }>();
    if rows.len() != texts.len() || !rest.is_empty() {
        return Err(format!("{} texts, but {} vectors", texts.len(), rows.len()).into());
    }
    let numbers =
        |row: &[u8]| row.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    Ok(texts.into_iter().zip(rows.iter().map(|r| numbers(r))).collect())
}
