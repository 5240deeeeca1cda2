//! Running other programs, and where things are.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// A program to be run in the root, without the variables that cargo set for xtask itself.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    let of_xtask = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
    for (key, _) in std::env::vars_os() {
        let name = key.to_string_lossy();
        if of_xtask.iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(key);
        }
    }
    command
}

/// The same cargo that runs us.
pub(crate) fn cargo() -> Command {
    program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|w| w.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Runs it with our own output; an error names the command and how it ended.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let line = line(command);
    println!("$ {line}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{line}` failed: {status}")),
        Err(e) => Err(format!("`{line}` could not be started: {e}")),
    }
}

/// Runs it and gives back what it printed.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let line = line(command);
    println!("$ {line}");
    let out = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("`{line}` could not be started: {e}"))?;
    if !out.status.success() {
        return Err(format!("`{line}` failed: {}", out.status));
    }
    String::from_utf8(out.stdout).map_err(|_| format!("`{line}` printed what is not UTF-8"))
}

/// The program of a package's test, built with the features of the whole workspace.
pub(crate) fn test_program(package: &str, test: &str) -> Result<PathBuf, String> {
    let mut command = cargo();
    command.args(["test", "--workspace", "--no-run", "--test", test, "--message-format=json"]);
    let messages = output(&mut command)?;
    let folder = format!("/crates/{package}");
    let mut programs = messages.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let is_it = message["target"]["name"] == test
            && message["manifest_path"].as_str()?.contains(&folder);
        is_it.then(|| message["executable"].as_str().map(PathBuf::from))?
    });
    programs.next_back().ok_or_else(|| format!("cargo built no test {test} of {package}"))
}

/// Whether a program is on the path.
pub(crate) fn exists(name: &str) -> bool {
    let Some(path) = std::env::var_os("PATH") else { return false };
    std::env::split_paths(&path).any(|dir| dir.join(name).is_file())
}
