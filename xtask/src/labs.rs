//! The labs: real systems on loopback, started by the scripts in `labs/`.

use crate::guard::Guard;
use crate::process::{exists, program, root, run, target_dir};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// Names the file that says where the labs listen; tests read it.
const ENV: &str = "JOURNEYMAN_LABS";
/// Moves every port of the labs.
const BASE_PORT_ENV: &str = "JOURNEYMAN_LABS_BASE_PORT";
/// Unix sockets inside must fit into 108 bytes, so the labs refuse longer folders.
const MAX_DIR_BYTES: usize = 70;
/// Where they are, else: the first that is free.
const BASES: [u16; 4] = [27_000, 24_000, 21_000, 18_000];
/// Offsets that the labs listen on, from their base port.
const OFFSETS: [u16; 11] = [25, 80, 143, 389, 432, 443, 636, 993, 1389, 3268, 3269];

/// Where a developer's labs are kept.
fn dir(given: Option<&str>) -> PathBuf {
    match given {
        Some(dir) => std::env::current_dir().unwrap_or_default().join(dir),
        None => own_dir("labs"),
    }
}

/// A folder in the target folder, whose archives make later starts quick; or a temporary one.
pub(crate) fn own_dir(name: &str) -> PathBuf {
    let dir = target_dir().join(name);
    match dir.as_os_str().len() <= MAX_DIR_BYTES {
        true => dir,
        false => std::env::temp_dir().join(format!("journeyman-{name}")),
    }
}

/// Whether this machine can install what the labs need.
pub(crate) fn possible() -> bool {
    exists("apt-get")
}

/// Starts the labs for a developer, who stops them.
pub(crate) fn up(given: Option<&str>) -> Result<(), String> {
    let dir = dir(given);
    run(program("bash").arg("labs/up.sh").arg(&dir))?;
    println!("export {ENV}={}", dir.join("labs.json").display());
    Ok(())
}

/// Stops them.
pub(crate) fn down(given: Option<&str>) -> Result<(), String> {
    run(program("bash").arg("labs/down.sh").arg(dir(given)))
}

/// Labs that run until this is stopped or this process ends.
pub(crate) struct Labs {
    guard: Guard,
    dir: PathBuf,
}

impl Labs {
    /// Installs what is missing and starts every lab, beside labs that a developer has running.
    pub(crate) fn start() -> Result<Labs, String> {
        let dir = own_dir("labs-verify");
        run(program("bash").arg("labs/install.sh"))?;
        let guard = Guard::at_the_end(&root().join("labs/down.sh"), &dir)?;
        let mut command = program("bash");
        command.arg("labs/up.sh").arg(&dir);
        if std::env::var_os(BASE_PORT_ENV).is_none() {
            command.env(BASE_PORT_ENV, free_base_port(&BASES, &OFFSETS)?.to_string());
        }
        match run(&mut command) {
            Ok(()) => Ok(Labs { guard, dir }),
            Err(e) => {
                guard.release().map_err(|also| format!("{e}; {also}"))?;
                Err(e)
            }
        }
    }

    /// What tests need to find them.
    pub(crate) fn env(&self) -> (&'static str, PathBuf) {
        (ENV, self.file())
    }

    /// The PostgreSQL for tests, and the variable that names it to them.
    pub(crate) fn postgres(&self) -> Result<(&'static str, String), String> {
        let text = std::fs::read_to_string(self.file()).map_err(|e| e.to_string())?;
        let labs: serde_json::Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
        let url = labs["postgres"]["url"].as_str().ok_or("labs.json names no PostgreSQL")?;
        Ok(("JOURNEYMAN_TEST_POSTGRES", url.to_owned()))
    }

    fn file(&self) -> PathBuf {
        self.dir.join("labs.json")
    }

    /// Refuses labs that did not say where they are.
    pub(crate) fn check(&self) -> Result<(), String> {
        described(&self.file())
    }

    /// Stops every lab.
    pub(crate) fn stop(self) -> Result<(), String> {
        self.guard.release()
    }
}

fn described(file: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(file)
        .map_err(|e| format!("labs/up.sh ended well but {} cannot be read: {e}", file.display()))?;
    let labs: serde_json::Value =
        serde_json::from_str(&text).map_err(|e| format!("{} is not JSON: {e}", file.display()))?;
    for key in ["active_directory", "request_tracker", "mail", "postgres"] {
        if !labs.get(key).is_some_and(serde_json::Value::is_object) {
            return Err(format!("{} does not describe `{key}`", file.display()));
        }
    }
    Ok(())
}

/// The first of these bases above which every one of these ports is free.
pub(crate) fn free_base_port(bases: &[u16], offsets: &[u16]) -> Result<u16, String> {
    let free =
        |base: &u16| offsets.iter().all(|o| TcpListener::bind(("127.0.0.1", base + o)).is_ok());
    bases.iter().copied().find(free).ok_or_else(|| {
        format!(
            "no free ports above any of {bases:?}: stop what listens there, or for the labs set {BASE_PORT_ENV} to a base with room"
        )
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn labs_that_do_not_say_where_they_are_count_as_failed() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("labs.json");
        assert!(described(&file).unwrap_err().contains("cannot be read"));
        std::fs::write(&file, "{").unwrap();
        assert!(described(&file).unwrap_err().contains("not JSON"));
        std::fs::write(&file, r#"{"active_directory": {}, "mail": {}}"#).unwrap();
        assert!(described(&file).unwrap_err().contains("request_tracker"));
        let all = r#"{"active_directory": {}, "mail": {}, "request_tracker": {}, "postgres": {}}"#;
        std::fs::write(&file, all).unwrap();
        described(&file).unwrap();
    }

    #[test]
    fn a_folder_that_is_too_long_for_sockets_is_not_chosen() {
        assert!(dir(None).as_os_str().len() <= MAX_DIR_BYTES);
        assert_eq!(dir(Some("/somewhere")), PathBuf::from("/somewhere"));
    }
}
