//! Routing: which group a ticket belongs to.

use crate::cold;
use crate::cpu::Watch;
use crate::csv::columns;
use crate::near;
use crate::vectors::{self, Vectors};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::hint::black_box;
use technician::learn::classify::select::{RiskTarget, choose};
use technician::learn::classify::{
    Classifier, Example, Judged, Reading, Request, Scratch, Selection, Settings, ece, train,
    train_fused,
};
use technician::learn::text;

/// The groups that have 100 tickets or more in the whole data set, of which the newest are kept apart.
const GROUPS: [u32; 16] = [0, 2, 3, 4, 5, 6, 8, 9, 10, 12, 13, 14, 19, 24, 25, 33];
const LEVEL_1: &str = "GRP_0";
/// Tickets of a day in the measure of an update.
const DAY: usize = 100;
/// Shortest time that a speed is taken over, in seconds.
const LONG_ENOUGH: f64 = 0.5;

/// Oldest first: subject, request text, sender, class.
type Row = [String; 4];

/// One question put to a history.
pub(crate) struct Task {
    pub(crate) name: &'static str,
    pub(crate) rows: Vec<Row>,
    pub(crate) cut: usize,
}

impl Task {
    fn new(name: &'static str, rows: Vec<Row>) -> Task {
        let cut = rows.len() * 8 / 10;
        Task { name, rows, cut }
    }

    /// Leaves the newest 20 % away.
    pub(crate) fn rehearse(&mut self) {
        self.rows.truncate(self.cut);
        self.cut = self.rows.len() * 8 / 10;
    }

    /// What is embedded of each row.
    pub(crate) fn texts(&self) -> impl Iterator<Item = String> {
        self.rows.iter().map(|[subject, body, ..]| vectors::text(subject, body))
    }

    /// The vector of a row; empty when none was computed.
    pub(crate) fn vector(&self, at: usize, vectors: &Vectors) -> Vec<f32> {
        let [subject, body, ..] = &self.rows[at];
        vectors.get(&vectors::text(subject, body)).cloned().unwrap_or_default()
    }

    pub(crate) fn examples(&self) -> Vec<Example<'_>> {
        self.rows.iter().map(example).collect()
    }
}

fn example([subject, body, sender, class]: &Row) -> Example<'_> {
    Example { request: Request { subject, body, sender }, class }
}

/// The questions put to a real export.
pub(crate) fn real(records: &[Vec<String>]) -> Result<Vec<Task>, String> {
    let (header, records) = records.split_first().ok_or("the tickets' file is empty")?;
    let names = ["Short description", "Description", "Caller", "Assignment group"];
    let at = columns(header, names)?;
    let mut rows: Vec<Row> = Vec::with_capacity(records.len());
    for record in records {
        let of = |i: usize| record.get(at[i]).map(String::as_str).unwrap_or_default();
        let parts = text::read(of(0), of(1));
        rows.push([parts.subject.clone(), parts.opening(), of(2).into(), of(3).into()]);
    }
    let groups = GROUPS.map(|g| format!("GRP_{g}"));
    let large: Vec<Row> = rows.iter().filter(|r| groups.contains(&r[3])).cloned().collect();
    for row in &mut rows {
        if row[3] != LEVEL_1 {
            row[3] = "rest".into();
        }
    }
    Ok(vec![Task::new("groups_16", large), Task::new("level_1", rows)])
}

/// The starter history, for a machine without real tickets: intents instead of groups.
pub(crate) fn generated() -> Vec<Task> {
    let rows = technician::starter_history().into_iter().map(|row| {
        let (subject, body) = row.text.split_once('\n').unwrap_or(("", &row.text));
        [subject.to_owned(), body.to_owned(), String::new(), row.intent.name().to_owned()]
    });
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by_cached_key(|r| r[1].bytes().fold(7u32, |h, b| h.wrapping_mul(31) ^ u32::from(b)));
    vec![Task::new("generated_intents", rows)]
}

/// What a peer learns and is tested on.
pub(crate) fn split(tasks: &[Task]) -> Value {
    let part = |rows: &[Row]| json!(rows);
    let one = |t: &Task| json!({ "name": t.name, "train": part(&t.rows[..t.cut]), "test": part(&t.rows[t.cut..]) });
    tasks.iter().map(one).collect()
}

/// Learns, tests, and takes the time.
pub(crate) fn measure(task: &Task, vectors: Option<&Vectors>) -> Result<Value, String> {
    let examples = task.examples();
    let (old, new) = examples.split_at(task.cut);
    let watch = Watch::start();
    let model = train(old, &Settings::default()).map_err(|e| e.to_string())?;
    let (train_s, train_cpu_s) = (watch.wall(), watch.cpu());
    let [per_second, per_cpu_second] = speed(&model, new);
    let mut scratch = Scratch::default();
    let (judged, f1) = judge(&model, new, |_, row| model.read(&row.request, &mut scratch));
    let mut out = json!({
        "trained_on": old.len(), "tested_on": new.len(), "classes": model.classes().len(),
        "features": model.features(), "train_s": train_s, "train_cpu_s": train_cpu_s,
        "predict_per_s": per_second, "predict_per_cpu_s": per_cpu_second,
        "artifact_bytes": model.to_bytes().len(),
        "accuracy": right(&judged), "macro_f1": f1, "ece": ece(&judged),
        "ece_if_perfectly_calibrated": noise(&judged),
        "held_out_rows": model.selection().held_out.len(),
    });
    decisions(&mut out, model.selection(), &judged);
    out["updates"] = updates(&model, new);
    if let Some(vectors) = vectors {
        out["with_embeddings"] = with_meaning(task, vectors)?;
    }
    if task.name != "level_1" {
        out["similar"] = near::measure(task, vectors)?;
        out["cold_start"] = cold::curve(task, vectors)?;
    }
    Ok(out)
}

/// Chosen on what was held out of the oldest 80 %; the test only counts.
fn decisions(out: &mut Value, selection: &Selection, judged: &[Judged]) {
    for (name, confidence) in [("at_95", 0.5), ("at_95_with_95_confidence", 0.95)] {
        let choice = choose(&selection.held_out, RiskTarget { risk: 0.05, confidence });
        let decided: Vec<_> = judged.iter().filter(|j| j.confidence >= choice.threshold).collect();
        let wrong = decided.iter().filter(|j| !j.right).count();
        out[name] = json!({
            "threshold": choice.threshold,
            "decided": decided.len() as f64 / judged.len() as f64,
            "accuracy_of_decided": 1.0 - wrong as f64 / decided.len().max(1) as f64,
        });
    }
}

/// The same with sentence embeddings beside the words.
fn with_meaning(task: &Task, vectors: &Vectors) -> Result<Value, String> {
    let examples = task.examples();
    let (old, new) = examples.split_at(task.cut);
    let known: Vec<Vec<f32>> = (0..task.cut).map(|at| task.vector(at, vectors)).collect();
    let watch = Watch::start();
    let model = train_fused(old, &known, &Settings::default()).map_err(|e| e.to_string())?;
    let (train_s, train_cpu_s) = (watch.wall(), watch.cpu());
    let mut scratch = Scratch::default();
    let (judged, f1) = judge(model.words(), new, |at, row| {
        model.read(&row.request, &task.vector(task.cut + at, vectors), &mut scratch)
    });
    let mut out = json!({
        "train_s_without_embedding": train_s, "train_cpu_s_without_embedding": train_cpu_s,
        "accuracy": right(&judged), "macro_f1": f1, "ece": ece(&judged),
        "ece_if_perfectly_calibrated": noise(&judged),
        "held_out_loss_of_words_and_of_both": model.losses(), "mix": model.mix(),
        "uses_meaning": model.uses_meaning(),
    });
    decisions(&mut out, model.selection(), &judged);
    Ok(out)
}

fn judge(
    model: &Classifier,
    rows: &[Example<'_>],
    mut read: impl FnMut(usize, &Example<'_>) -> Reading,
) -> (Vec<Judged>, f64) {
    let mut counts: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
    let mut judged = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        let reading = read(at, row);
        let said = model.classes().get(reading.class).map_or("", String::as_str);
        judged.push(Judged { confidence: reading.confidence, right: said == row.class });
        let hit = f64::from(u8::from(said == row.class));
        for class in [said, row.class] {
            let of = counts.entry(class).or_default();
            of[0] += hit;
            of[1] += 1.0;
        }
    }
    // A hit counts twice in both: 2 hits / (said + meant).
    let f1 = counts.values().map(|[hits, all]| hits / all).sum::<f64>() / counts.len() as f64;
    (judged, f1)
}

fn right(judged: &[Judged]) -> f64 {
    judged.iter().filter(|j| j.right).count() as f64 / judged.len().max(1) as f64
}

/// The calibration error that so few rows would show if every confidence were exactly true: the mean
/// over draws.
fn noise(judged: &[Judged]) -> f64 {
    let mut dice = 0x9E37_79B9_7F4A_7C15u64;
    let mut total = 0.0;
    for _ in 0..200 {
        let drawn: Vec<Judged> = judged
            .iter()
            .map(|j| {
                dice ^= dice << 13;
                dice ^= dice >> 7;
                dice ^= dice << 17;
                Judged { right: (dice >> 11) as f64 / (1u64 << 53) as f64 <= j.confidence, ..*j }
            })
            .collect();
        total += ece(&drawn);
    }
    total / 200.0
}

/// Tickets per second on the wall and of the processor.
fn speed(model: &Classifier, rows: &[Example<'_>]) -> [f64; 2] {
    let mut scratch = Scratch::default();
    let watch = Watch::start();
    let mut count = 0u32;
    while watch.cpu() < LONG_ENOUGH {
        for row in rows {
            black_box(model.read(&row.request, &mut scratch));
            count += 1;
        }
    }
    [f64::from(count) / watch.wall(), f64::from(count) / watch.cpu()]
}

/// The same tickets when each day is learned after it was read, as in a running desk.
fn updates(model: &Classifier, rows: &[Example<'_>]) -> Value {
    let mut model = model.clone();
    let (mut hits, mut slowest) = (0, 0f64);
    for day in rows.chunks(DAY) {
        let mut scratch = Scratch::default();
        let judged = judge(&model, day, |_, row| model.read(&row.request, &mut scratch)).0;
        hits += judged.iter().filter(|j| j.right).count();
        let watch = Watch::start();
        model.update(day);
        slowest = slowest.max(watch.wall());
    }
    json!({
        "tickets_a_day": DAY, "slowest_s": slowest,
        "accuracy_when_each_day_is_learned": hits as f64 / rows.len().max(1) as f64,
    })
}
