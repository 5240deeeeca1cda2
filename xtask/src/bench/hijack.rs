//! A brain that is assumed hijacked against the gate: effects without a right to them, and benign
//! requests that go through unharmed. `JOURNEYMAN_BENCH_N` asks for fewer requests.

use super::{figures, wanted};
use crate::process::{cargo, output};
use serde_json::Value;

const REQUESTS: u64 = 1_000_000;
const SEED: u64 = 20_261_121;

pub(super) fn run() -> Result<Value, String> {
    let mut command = cargo();
    command.args(["run", "--release", "--quiet", "-p", "rivals", "--example", "hijack", "--"]);
    command.args([wanted(REQUESTS)?.to_string(), SEED.to_string()]);
    let figures = figures(&output(&mut command)?)?;
    match figures["effects_without_a_right"].as_u64() {
        Some(0) => Ok(figures),
        _ => Err(format!("something got past the gate: {figures:#}")),
    }
}
