//! How much of real tickets is recognised. The example in the technician measures; real tickets
//! are not part of the repository, so without them it measures on what it has.

use super::{data, figures};
use crate::process::{cargo, output};
use serde_json::{Value, json};

const TICKETS: &str = "it_tickets.csv";

pub(super) fn run() -> Result<Value, String> {
    let mut command = cargo();
    command.args(["run", "--release", "--quiet", "-p", "technician", "--example", "recognise"]);
    let tickets = data(TICKETS);
    match &tickets {
        Some(file) => drop(command.arg("--").arg(file)),
        None => println!("no {TICKETS} beside the repository: without real tickets"),
    }
    let mut figures = figures(&output(&mut command)?)?;
    figures["real_tickets"] = json!(tickets.is_some());
    Ok(figures)
}
