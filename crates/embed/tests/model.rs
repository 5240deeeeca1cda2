//! The model against vectors that another implementation gave (numpy and Hugging Face's tokenizer, 2026-11-22), and what it is for.
//! Without the files, from `labs/minilm.sh FOLDER` and `JOURNEYMAN_MINILM=FOLDER`, it is skipped, saying so.
#![cfg(feature = "candle")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

use embed::{DIMENSION, Embedder, Error, LONGEST, WordPiece};
use std::path::PathBuf;

fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("JOURNEYMAN_MINILM").map(PathBuf::from);
    if named.is_none() {
        eprintln!(
            "SKIPPED: JOURNEYMAN_MINILM names no folder with the model (labs/minilm.sh FOLDER fills one)"
        );
    }
    named
}

fn model() -> Option<Embedder> {
    let folder = folder()?;
    let model = Embedder::open(&folder).expect("the folder is broken");
    Some(model.unwrap_or_else(|| panic!("{} is empty", folder.display())))
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Text, number of pieces, the first four values and the last two.
const KNOWN: [(&str, usize, [f32; 6]); 6] = [
    (
        "I forgot my password and cannot log in",
        10,
        [-0.01289, 0.00319, -0.0278, -0.00241, -0.01193, -0.07036],
    ),
    (
        "Mein Konto ist gesperrt, bitte entsperren!",
        17,
        [0.0054, 0.06432, 0.0509, -0.02428, -0.0093, 0.06034],
    ),
    ("", 2, [-0.11884, 0.0483, -0.00255, -0.01101, 0.04655, -0.01572]),
    (
        "job_1388 failed in job_scheduler at: 10/12/2016 06:11:00",
        24,
        [-0.13948, 0.02043, 0.01192, 0.0182, -0.07404, -0.0389],
    ),
    (
        "Überprüfung № 5 – “naïve” café 电脑",
        15,
        [0.00385, 0.04401, 0.06258, 0.01783, 0.00696, -0.03093],
    ),
    ("WORDS", 256, [0.00304, -0.07043, -0.05078, -0.02393, -0.00761, 0.03679]),
];

fn texts() -> Vec<String> {
    let long = (0..400).map(|i| format!("word{i}")).collect::<Vec<_>>().join(" ");
    KNOWN.iter().map(|k| if k.0 == "WORDS" { long.clone() } else { k.0.to_owned() }).collect()
}

#[test]
fn vectors_and_pieces_are_those_of_another_implementation() {
    let Some(model) = model() else { return };
    let vectors = model.embed(&texts(), |_| {}).unwrap();
    let words = std::fs::read_to_string(folder().unwrap().join("vocab.txt")).unwrap();
    let words = WordPiece::new(&words);
    for ((text, (name, pieces, values)), vector) in texts().iter().zip(&KNOWN).zip(&vectors) {
        assert_eq!(words.read(text, LONGEST).len(), *pieces, "{name}");
        assert_eq!(vector.len(), DIMENSION);
        assert!((cosine(vector, vector) - 1.0).abs() < 1e-4, "{name}: not of length 1");
        let ours = vector[..4].iter().chain(&vector[DIMENSION - 2..]);
        for (ours, theirs) in ours.zip(values) {
            assert!((ours - theirs).abs() < 2e-5, "{name}: {ours} instead of {theirs}");
        }
    }
}

#[test]
fn a_text_feels_neither_its_neighbours_nor_its_place() {
    let Some(model) = model() else { return };
    let together = model.embed(&texts(), |_| {}).unwrap();
    let mut last = 0;
    for (text, vector) in texts().iter().zip(&together) {
        let alone = model.embed(&[text], |ready| last = ready).unwrap();
        assert!(cosine(&alone[0], vector) > 0.999_99, "{text}");
        assert_eq!(last, 1);
    }
    assert!(model.embed::<&str>(&[], |_| {}).unwrap().is_empty());
}

#[test]
fn the_same_in_other_words_is_nearer_than_something_else() {
    let Some(model) = model() else { return };
    let v = model
        .embed(
            &[
                "I forgot my password and cannot log in",
                "Please reset my login, I do not remember the passphrase",
                "The printer on the third floor is out of toner",
                "No more ink in the copier upstairs",
            ],
            |_| {},
        )
        .unwrap();
    for (a, b, other) in [(0, 1, 2), (1, 0, 3), (2, 3, 0), (3, 2, 1)] {
        assert!(cosine(&v[a], &v[b]) > cosine(&v[a], &v[other]) + 0.1, "{a} {b} {other}");
    }
}

#[test]
fn weights_that_were_cut_off_or_changed_are_refused() {
    let Some(folder) = folder() else { return };
    let broken = tempfile::tempdir().unwrap();
    for name in ["config.json", "vocab.txt"] {
        std::fs::copy(folder.join(name), broken.path().join(name)).unwrap();
    }
    let path = broken.path().join("model.safetensors");
    let mut weights = std::fs::read(folder.join("model.safetensors")).unwrap();
    std::fs::write(&path, &weights[..1_000_000]).unwrap();
    let error = Embedder::open(broken.path()).unwrap_err();
    assert!(matches!(error, Error::Size { bytes: 1_000_000, .. }), "{error}");
    let last = weights.len() - 1;
    weights[last] ^= 1;
    std::fs::write(&path, &weights).unwrap();
    let error = Embedder::open(broken.path()).unwrap_err();
    assert!(matches!(error, Error::Hash { .. }), "{error}");
}
