//! Measures learning from a history: `cargo xtask bench learning`, or by itself
//! `cargo run --release -p technician --example learning -- [--tickets CSV] [--incidents CSV] [--split JSON]`.
//!
//! Tickets have the columns `Short description,Description,Caller,Assignment group`, oldest first; without
//! them it measures on the shipped starter history. The oldest 80 % are learned, the newest 20 % tested. `--split`
//! names a file to write that split to, for a peer. Prints JSON.
#![allow(clippy::print_stdout)]

mod cpu;
#[path = "../common/csv.rs"]
mod csv;
mod incidents;
mod tickets;

use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (mut tickets, mut log, mut split) = (None, None, None);
    while let Some(arg) = args.next() {
        let place = match arg.as_str() {
            "--tickets" => &mut tickets,
            "--incidents" => &mut log,
            "--split" => &mut split,
            other => return Err(format!("unknown argument {other:?}").into()),
        };
        *place = Some(args.next().ok_or_else(|| format!("{arg} needs a file"))?);
    }
    let read = |path: Option<String>| path.map(std::fs::read_to_string).transpose();
    let tasks = match read(tickets)? {
        Some(text) => tickets::real(&csv::records(&text))?,
        None => tickets::generated(),
    };
    if let Some(path) = split {
        std::fs::write(path, serde_json::to_string(&tickets::split(&tasks))?)?;
    }
    let mut report = json!({});
    for task in &tasks {
        report["tickets"][task.name] = tickets::measure(task)?;
    }
    report["incidents"] = incidents::measure(read(log)?.as_deref())?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}
