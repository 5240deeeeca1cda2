//! The tools of others that test the Brain Connector API, installed by `labs/tools.sh`.

use crate::process::{exists, program, run, target_dir};
use std::path::PathBuf;

/// Names the file that says where the tools are; a test reads it.
const ENV: &str = "JOURNEYMAN_TOOLS";

/// Whether this machine can install them.
pub(crate) fn possible() -> bool {
    exists("apt-get")
}

/// Installs what is missing into the target folder; a second time does nothing. What tests need to
/// find them.
pub(crate) fn install() -> Result<(&'static str, PathBuf), String> {
    let dir = target_dir().join("tools");
    run(program("bash").arg("labs/tools.sh").arg(&dir))?;
    Ok((ENV, dir.join("tools.json")))
}
