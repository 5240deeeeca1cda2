//! How often the gate and an independent encoding of its law in Cedar disagree on random inputs.
//! `JOURNEYMAN_BENCH_N` asks for fewer.

use super::{figures, wanted};
use crate::process::{cargo, output};
use serde_json::Value;

const INPUTS: u64 = 10_000_000;
const SEED: u64 = 20_261_121;

pub(super) fn run() -> Result<Value, String> {
    let mut command = cargo();
    command.args(["run", "--release", "--quiet", "-p", "rivals", "--example", "opinions", "--"]);
    command.args([wanted(INPUTS)?.to_string(), SEED.to_string()]);
    let figures = figures(&output(&mut command)?)?;
    match figures["disagreements"].as_u64() {
        Some(0) => Ok(figures),
        _ => Err(format!("the opinions disagree: {figures:#}")),
    }
}
