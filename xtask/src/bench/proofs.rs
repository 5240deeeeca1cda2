//! Proofs out of a journal of ten million entries, and verifying all of it. The example in the store
//! measures both beside their floors: one query of the same database, and hashing in memory.

use super::{figures, wanted};
use crate::process::{cargo, output};
use serde_json::Value;

pub(super) fn run() -> Result<Value, String> {
    let example = ["run", "--release", "--quiet", "-p", "store", "--example", "proof_bench"];
    let entries = wanted(10_000_000)?.to_string();
    figures(&output(cargo().args(example).args(["--", "--json", "--entries", &entries]))?)
}
