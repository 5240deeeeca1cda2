//! How the store fails, with the remedy.

use sqlx::postgres::PgDatabaseError;
use std::{io::ErrorKind, path::Path};

/// A failed store operation. Nothing of it took effect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else advanced the case; fold it again.
    #[error("the case moved on meanwhile (expected version {expected}, found {found})")]
    Conflict {
        /// Version that the caller had folded.
        expected: u64,
        /// Version in the store.
        found: u64,
    },
    /// There is no such thing for this client.
    #[error("{0}")]
    NotFound(String),
    /// The rules do not allow it; plain words.
    #[error("{0}")]
    Refused(String),
    /// The disk is full.
    #[error(
        "the disk that holds {0} is full; free some space: nothing was lost, and work goes on by itself"
    )]
    Full(String),
    /// Another process holds the database.
    #[error(
        "the database {0} is locked by another process; stop the other Journeyman or backup that holds it: nothing was lost, and work goes on by itself"
    )]
    Locked(String),
    /// The database server does not answer, or may not write now.
    #[error(
        "the database {0} does not answer ({1}); see that it runs and can be reached: nothing that was acknowledged is lost, and work goes on by itself"
    )]
    Unavailable(String, String),
    /// The file is damaged or not ours.
    #[error("{0}")]
    Broken(String),
    /// The store is closing.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Whether trying again later can help.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            StoreError::Full(_)
                | StoreError::Locked(_)
                | StoreError::Conflict { .. }
                | StoreError::Unavailable(..)
        )
    }

    /// A file or folder that could not be made; `what` it is, and `remedy` unless the disk is full.
    pub(crate) fn not_made(
        what: &str,
        path: &Path,
        error: &std::io::Error,
        remedy: &str,
    ) -> StoreError {
        let path = path.display();
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full(path.to_string()),
            _ => StoreError::Broken(format!("cannot make {what} {path}: {error}; {remedy}")),
        }
    }

    pub(crate) fn from_sqlx(path: &str, error: &sqlx::Error) -> StoreError {
        if matches!(error, sqlx::Error::PoolClosed) {
            return StoreError::Closed;
        }
        if let Some(error) = server_error(path, error) {
            return error;
        }
        match primary_code(error) {
            Some(5 | 6 | 15) => StoreError::Locked(path.into()),
            Some(13) => StoreError::Full(path.into()),
            Some(8) => StoreError::Broken(format!(
                "{path} cannot be written; give this user write access to the file and its folder"
            )),
            Some(10) => StoreError::Broken(format!(
                "{path}: disk input or output failed ({error}); check the disk, then start again: committed entries are safe"
            )),
            Some(11 | 26) => StoreError::Broken(format!(
                "{path} is damaged or is not a Journeyman database; restore it from a backup and run `journeyman journal verify`"
            )),
            Some(14) => StoreError::Broken(format!(
                "{path} cannot be opened; check that the folder exists and that this user may write into it"
            )),
            _ => StoreError::Broken(format!("{path}: {error}")),
        }
    }

    /// Whether the database as a whole failed, not one statement: locked, out of memory, read-only,
    /// input or output, damaged, full, gone.
    pub(crate) fn is_of_database(error: &sqlx::Error) -> bool {
        if server_error("", error).is_some() {
            return true;
        }
        match primary_code(error) {
            Some(code) => matches!(code, 5 | 6 | 7 | 8 | 10 | 11 | 13 | 14 | 15 | 26),
            None => matches!(error, sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed),
        }
    }
}

/// What a PostgreSQL says when it is not the statement's fault, by SQLSTATE (PostgreSQL's manual, appendix A).
fn server_error(path: &str, error: &sqlx::Error) -> Option<StoreError> {
    let unavailable = |why: &str| Some(StoreError::Unavailable(path.into(), why.into()));
    let database = match error {
        sqlx::Error::Io(e) if path.starts_with("postgres:") || path.is_empty() => {
            return unavailable(&e.kind().to_string());
        }
        sqlx::Error::PoolTimedOut => return unavailable("no connection in time"),
        sqlx::Error::Protocol(_) => return unavailable("the connection broke"),
        sqlx::Error::Tls(_) => return unavailable("no encrypted connection could be made"),
        sqlx::Error::Database(d) => d.try_downcast_ref::<PgDatabaseError>()?,
        _ => return None,
    };
    match database.code() {
        "53100" => Some(StoreError::Full(path.into())),
        "55P03" | "57014" => Some(StoreError::Locked(path.into())),
        "25006" => unavailable("it is a standby, or was demoted"),
        "28000" | "28P01" => unavailable("it refuses this user or password"),
        "3D000" => unavailable("there is no such database"),
        code if ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => {
            unavailable(database.message())
        }
        _ => None,
    }
}

/// SQLite's primary result code: the low byte of the extended one.
fn primary_code(error: &sqlx::Error) -> Option<u32> {
    match error {
        sqlx::Error::Database(d) if d.try_downcast_ref::<PgDatabaseError>().is_some() => None,
        sqlx::Error::Database(d) => d.code()?.parse::<u32>().ok().map(|c| c & 0xff),
        _ => None,
    }
}
