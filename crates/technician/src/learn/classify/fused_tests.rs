#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

/// Two classes told apart by the vector alone, in words that say nothing; `lie` takes that away.
fn history(lie: bool) -> (Vec<String>, Vec<Vec<f32>>, Vec<&'static str>) {
    let mut dice = 9u64;
    let mut draw = || {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 40) as u32
    };
    let (mut texts, mut vectors, mut classes) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..600 {
        let class = draw() % 2;
        let shown = if lie { draw() % 2 } else { class };
        texts.push(format!("word{} word{}", draw() % 50, draw() % 50));
        let side = if shown == 0 { 0.8 } else { -0.8 };
        vectors.push(vec![side, 0.6]);
        classes.push(if class == 0 { "a" } else { "b" });
    }
    (texts, vectors, classes)
}

fn learned(lie: bool) -> Fused {
    let (texts, vectors, classes) = history(lie);
    let rows: Vec<Example<'_>> = texts
        .iter()
        .zip(&classes)
        .map(|(body, class)| Example { request: Request { body, ..Request::default() }, class })
        .collect();
    train_fused(&rows, &vectors, &Settings::default()).unwrap()
}

#[test]
fn meaning_decides_where_words_say_nothing() {
    let model = learned(false);
    assert!(model.uses_meaning());
    let of = |class: &str| model.words().classes().iter().position(|c| c == class).unwrap();
    let mut scratch = Scratch::default();
    let request = Request { body: "word1 word2", ..Request::default() };
    let read = model.read(&request, &[0.8, 0.6], &mut scratch);
    assert_eq!((read.class, read.decided), (of("a"), true));
    assert!(read.confidence > 0.9, "{read:?}");
    assert_eq!(model.read(&request, &[-0.8, 0.6], &mut scratch).class, of("b"));
    assert_eq!(model, learned(false));
}

#[test]
fn meaning_that_does_not_help_changes_no_reading() {
    let model = learned(true);
    assert!(!model.uses_meaning());
    let mut scratch = Scratch::default();
    let request = Request { body: "word1 word2", ..Request::default() };
    let words = model.words().probabilities(&request, &mut scratch).to_vec();
    assert_eq!(model.probabilities(&request, &[0.8, 0.6], &mut scratch), words);
}

#[test]
fn a_vector_of_another_model_counts_for_nothing_and_a_missing_one_is_refused() {
    let model = learned(false);
    let mut scratch = Scratch::default();
    let request = Request { body: "word1 word2", ..Request::default() };
    let words = model.words().probabilities(&request, &mut scratch).to_vec();
    assert_eq!(model.probabilities(&request, &[0.8], &mut scratch), words);
    let rows = [Example { request, class: "a" }; 60];
    let error = train_fused(&rows, &[vec![1.0]], &Settings::default()).unwrap_err().to_string();
    assert!(error.contains("60 tickets came with 1 vectors"), "{error}");
}
