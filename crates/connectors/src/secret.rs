//! Where a secret is kept. Configuration names the place; the value never appears in it.

use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// The place of a secret: `{ file = "…" }` or `{ env = "…" }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SecretSource {
    /// First line of this file.
    File(PathBuf),
    /// Value of this environment variable.
    Env(String),
}

/// Why a secret could not be read. Never holds the secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SecretError(String);

impl SecretSource {
    /// Reads the secret.
    pub fn read(&self) -> Result<SecretString, SecretError> {
        let text = match self {
            SecretSource::File(path) => std::fs::read_to_string(path).map_err(|e| {
                SecretError(format!(
                    "cannot read the secret file {}: {e}; create it with the secret on its first line and mode 0600",
                    path.display()
                ))
            })?,
            SecretSource::Env(name) => std::env::var(name).map_err(|_| {
                SecretError(format!("the environment variable {name} is not set; set it to the secret"))
            })?,
        };
        let line = text.lines().next().unwrap_or_default().trim().to_owned();
        if line.is_empty() {
            return Err(SecretError(format!("{self} is empty; put the secret on its first line")));
        }
        Ok(line.into())
    }
}

impl std::fmt::Display for SecretSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SecretSource::File(path) => write!(f, "the secret file {}", path.display()),
            SecretSource::Env(name) => write!(f, "the environment variable {name}"),
        }
    }
}
