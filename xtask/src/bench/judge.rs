//! Gate judgements per second. The example in the gate measures both itself and its floor.

use super::figures;
use crate::process::{cargo, output};
use serde_json::Value;

pub(super) fn run() -> Result<Value, String> {
    let args = ["run", "--release", "--quiet", "-p", "gate", "--example", "judge_bench"];
    figures(&output(cargo().args(args))?)
}
