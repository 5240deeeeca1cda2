//! The gate's speed beside the engines that others build gates with, its cost as clients grow in
//! number, and what it allocates. The examples in `rivals` measure.

use super::figures;
use crate::process::{cargo, output};
use serde_json::Value;

pub(super) fn run() -> Result<Value, String> {
    let example = |name: &str| {
        let args = ["run", "--release", "--quiet", "-p", "rivals", "--example", name];
        figures(&output(cargo().args(args))?)
    };
    let mut out = example("gate_bench")?;
    // Apart, because counting allocations slows what allocates.
    out["allocations"] = example("gate_allocations")?;
    Ok(out)
}
