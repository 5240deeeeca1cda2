//! Vectors of texts into a file, for `cargo xtask bench learning`:
//! `cargo run --release -p embed --features candle --example vectors -- FOLDER TEXTS.json OUT`.
//!
//! `TEXTS.json` is a list of strings; `OUT` gets 384 numbers for each (f32, little endian), in their order. Prints how long it took.
#![allow(clippy::print_stdout)]

use embed::Embedder;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let mut next = || args.next().ok_or("usage: vectors FOLDER TEXTS.json OUT");
    let (folder, texts, out) = (next()?, next()?, next()?);
    let begun = Instant::now();
    let model = Embedder::open(Path::new(&folder))?.ok_or(format!("no model in {folder}"))?;
    let load_s = begun.elapsed().as_secs_f64();
    let texts: Vec<String> = serde_json::from_str(&std::fs::read_to_string(texts)?)?;
    let begun = Instant::now();
    let vectors = model.embed(&texts, |_| {})?;
    let embed_s = begun.elapsed().as_secs_f64();
    let mut file = std::io::BufWriter::new(std::fs::File::create(&out)?);
    for value in vectors.iter().flatten() {
        file.write_all(&value.to_le_bytes())?;
    }
    file.flush()?;
    let figures = serde_json::json!({
        "texts": texts.len(), "load_s": load_s, "embed_s": embed_s,
        "ms_a_text": embed_s * 1e3 / texts.len().max(1) as f64,
    });
    println!("{figures}");
    Ok(())
}
