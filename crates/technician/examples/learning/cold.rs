//! A client with few examples: what 5 to 50 tickets of each class are enough for, by words, by meaning, by both.

use crate::tickets::Task;
use crate::vectors::Vectors;
use serde_json::{Value, json};
use technician::learn::classify::{Example, Scratch, Settings, train, train_fused};

/// Tickets of each class.
const SIZES: [usize; 4] = [5, 10, 20, 50];
/// Draws of which the mean is taken.
const DRAWS: u64 = 5;

/// Accuracy on the newest tickets after learning so many of each class, drawn from the oldest; the order of time stays.
pub(crate) fn curve(task: &Task, vectors: Option<&Vectors>) -> Result<Value, String> {
    let mut out = json!({ "draws": DRAWS, "embeddings": vectors.is_some() });
    for size in SIZES {
        let mut sums = [0.0; 3];
        let (mut used, mut learned) = (0u64, 0);
        for draw in 0..DRAWS {
            let rows = drawn(task, size, draw);
            learned = rows.len();
            let right = one(task, &rows, vectors)?;
            sums.iter_mut().zip(right.0).for_each(|(s, r)| *s += r / DRAWS as f64);
            used += u64::from(right.1);
        }
        let mut point = json!({ "learned": learned, "words": sums[0] });
        if vectors.is_some() {
            point["meaning"] = json!(sums[1]);
            point["both"] = json!(sums[2]);
            point["draws_in_which_held_out_rows_said_that_meaning_helps"] = json!(used);
        }
        out[size.to_string()] = point;
    }
    Ok(out)
}

/// Positions of up to `size` rows of every class among the oldest, by a fixed hash of draw and position.
fn drawn(task: &Task, size: usize, draw: u64) -> Vec<usize> {
    let key = |at: usize| {
        let mixed = (at as u64 ^ (draw << 40)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9)
    };
    let mut order: Vec<usize> = (0..task.cut).collect();
    order.sort_by_key(|at| key(*at));
    let mut counts = std::collections::BTreeMap::new();
    order.retain(|at| {
        let count = counts.entry(task.rows[*at][3].as_str()).or_insert(0);
        *count += 1;
        *count <= size
    });
    order.sort_unstable();
    order
}

/// Shares of right answers by words, meaning and both; and whether meaning counted.
fn one(task: &Task, rows: &[usize], vectors: Option<&Vectors>) -> Result<([f64; 3], bool), String> {
    let all = task.examples();
    let old: Vec<Example<'_>> = rows.iter().map(|at| all[*at]).collect();
    let new = &all[task.cut..];
    let mut scratch = Scratch::default();
    let mut hits = [0u32; 3];
    let mut uses = false;
    let place =
        |p: &[f32]| p.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(at, _)| at);
    if let Some(vectors) = vectors {
        let known: Vec<Vec<f32>> = rows.iter().map(|at| task.vector(*at, vectors)).collect();
        let model = train_fused(&old, &known, &Settings::default()).map_err(|e| e.to_string())?;
        uses = model.uses_meaning();
        for (at, row) in new.iter().enumerate() {
            let vector = task.vector(task.cut + at, vectors);
            let said = [
                place(model.words().probabilities(&row.request, &mut scratch)),
                place(&model.by_meaning(&vector)),
                place(&model.probabilities(&row.request, &vector, &mut scratch)),
            ];
            for (hits, said) in hits.iter_mut().zip(said) {
                *hits += u32::from(model.words().classes()[said] == row.class);
            }
        }
    } else {
        let model = train(&old, &Settings::default()).map_err(|e| e.to_string())?;
        for row in new {
            let said = place(model.probabilities(&row.request, &mut scratch));
            hits[0] += u32::from(model.classes()[said] == row.class);
        }
    }
    Ok((hits.map(|h| f64::from(h) / new.len().max(1) as f64), uses))
}
