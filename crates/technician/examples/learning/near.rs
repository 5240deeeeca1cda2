//! Similar tickets: how often one of the nearest of the past went where the new one went. Nothing is learned for it.

use crate::cpu::Watch;
use crate::tickets::Task;
use crate::vectors::Vectors;
use serde_json::{Value, json};
use technician::learn::similar::{ByMeaning, ByWords, Hit, Nearest as _};

/// Tickets that a person would look at.
const TOP: usize = 5;

/// The newest tickets against the others, by words and by meaning.
pub(crate) fn measure(task: &Task, vectors: Option<&Vectors>) -> Result<Value, String> {
    let examples = task.examples();
    let (old, new) = examples.split_at(task.cut);
    let words = ByWords::new(old.iter().map(|e| e.request));
    let mut out = json!({
        "top": TOP,
        "by_words": shares(task, |at| words.nearest(&new[at].request, TOP)),
    });
    if let Some(vectors) = vectors {
        let known: Vec<Vec<f32>> = (0..task.cut).map(|at| task.vector(at, vectors)).collect();
        let meaning = ByMeaning::new(&known).map_err(|e| e.to_string())?;
        out["by_meaning"] =
            shares(task, |at| meaning.nearest(&task.vector(task.cut + at, vectors)[..], TOP));
    }
    Ok(out)
}

/// Share of new tickets whose nearest one has their class, and share of all hits that have it.
fn shares(task: &Task, find: impl Fn(usize) -> Vec<Hit>) -> Value {
    let count = task.rows.len() - task.cut;
    let (mut first, mut same, mut hits) = (0u32, 0u32, 0usize);
    let watch = Watch::start();
    for at in 0..count {
        let found = find(at);
        let is_same = |hit: &Hit| task.rows[hit.at][3] == task.rows[task.cut + at][3];
        first += u32::from(found.first().is_some_and(is_same));
        same += found.iter().filter(|hit| is_same(hit)).count() as u32;
        hits += found.len();
    }
    json!({
        "nearest_has_the_class": f64::from(first) / count.max(1) as f64,
        "hits_that_have_it": f64::from(same) / hits.max(1) as f64,
        "questions_per_cpu_s": count as f64 / watch.cpu(),
    })
}
