//! Something that must be undone when this process ends, in whatever way it ends.
//!
//! A shell in a process group of its own waits until the pipe from us closes, which it does when
//! we are done and also when we are interrupted or killed; then it runs the command.

use crate::process::program;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};

pub(crate) struct Guard {
    shell: Child,
}

impl Guard {
    /// Runs `script dir` when this process ends or the guard is released.
    pub(crate) fn at_the_end(script: &Path, dir: &Path) -> Result<Guard, String> {
        let wait_then_run = "while read -r _; do :; done; exec \"$0\" \"$1\"";
        let shell = program("bash")
            .args(["-c", wait_then_run])
            .arg(script)
            .arg(dir)
            .stdin(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|e| format!("bash could not be started: {e}"))?;
        Ok(Guard { shell })
    }

    /// Runs it now and waits for its end.
    pub(crate) fn release(mut self) -> Result<(), String> {
        drop(self.shell.stdin.take());
        match self.shell.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("cleaning up failed: {status}")),
            Err(e) => Err(format!("cleaning up could not be waited for: {e}")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_command_runs_once_at_the_end_and_not_before() {
        let dir = tempfile::tempdir().unwrap();
        let script = dir.path().join("down.sh");
        std::fs::write(&script, "#!/bin/bash\necho down >> \"$1/log\"\n").unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        let guard = Guard::at_the_end(&script, dir.path()).unwrap();
        assert!(!dir.path().join("log").exists());
        guard.release().unwrap();
        assert_eq!(std::fs::read_to_string(dir.path().join("log")).unwrap(), "down\n");
    }
}
