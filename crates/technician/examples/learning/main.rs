//! Measures learning from a history: `cargo xtask bench learning`, or by itself
//! `cargo run --release -p technician --example learning -- [--tickets CSV] [--incidents CSV] [--split JSON]`.
//!
//! Tickets have the columns `Short description,Description,Caller,Assignment group`, oldest first; without
//! them it measures on the shipped starter history. The oldest 80 % are learned, the newest 20 % tested. `--split`
//! names a file to write that split to, for a peer. `--texts JSON` writes the texts and ends; with `--texts JSON --vectors FILE` their
//! sentence embeddings are used too. `--rehearse yes` leaves the newest 20 % away first, so that a setting can be chosen
//! without looking at them. Prints JSON.
#![allow(clippy::print_stdout)]

mod cold;
mod cpu;
#[path = "../common/csv.rs"]
mod csv;
mod incidents;
mod near;
mod tickets;
mod vectors;

use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (mut tickets, mut log, mut split) = (None, None, None);
    let (mut texts, mut vectors, mut rehearse) = (None, None, None);
    while let Some(arg) = args.next() {
        let place = match arg.as_str() {
            "--tickets" => &mut tickets,
            "--incidents" => &mut log,
            "--split" => &mut split,
            "--texts" => &mut texts,
            "--vectors" => &mut vectors,
            "--rehearse" => &mut rehearse,
            other => return Err(format!("unknown argument {other:?}").into()),
        };
        *place = Some(args.next().ok_or_else(|| format!("{arg} needs a value"))?);
    }
    let read = |path: Option<String>| path.map(std::fs::read_to_string).transpose();
    let mut tasks = match read(tickets)? {
        Some(text) => tickets::real(&csv::records(&text))?,
        None => tickets::generated(),
    };
    if rehearse.is_some() {
        tasks.iter_mut().for_each(tickets::Task::rehearse);
    }
    let vectors = match (texts, vectors) {
        (Some(texts), None) => {
            let list = vectors::list(tasks.iter().flat_map(tickets::Task::texts));
            return Ok(std::fs::write(texts, serde_json::to_string(&list)?)?);
        }
        (Some(texts), Some(file)) => {
            Some(vectors::read(&std::fs::read_to_string(texts)?, &std::fs::read(file)?)?)
        }
        (None, Some(_)) => return Err("--vectors needs --texts".into()),
        (None, None) => None,
    };
    if let Some(path) = split {
        std::fs::write(path, serde_json::to_string(&tickets::split(&tasks))?)?;
    }
    let mut report = json!({});
    for task in &tasks {
        report["tickets"][task.name] = tickets::measure(task, vectors.as_ref())?;
    }
    report["incidents"] = incidents::measure(read(log)?.as_deref())?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}
