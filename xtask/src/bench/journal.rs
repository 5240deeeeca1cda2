//! Journal appends per second, durable. The example in the store measures both itself and its
//! floor: one write and fsync of the same bytes at a time, in the same folder.

use super::figures;
use crate::process::{cargo, output};
use serde_json::Value;

pub(super) fn run() -> Result<Value, String> {
    let example = ["run", "--release", "--quiet", "-p", "store", "--example", "journal_bench"];
    figures(&output(cargo().args(example).args(["--", "--json"]))?)
}
