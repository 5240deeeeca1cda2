//! A copy of the database while others write to it, and the proof of a copy.
//!
//! INVARIANTS: neither the database nor a copy of it is changed here, so that a newer program's backup
//! does not migrate what an older one serves, and a copy's bytes stay those that were counted.

use crate::{
    Keys, Report, StoreError, StoreOptions,
    db::make_private,
    journal::JOURNALS,
    migrate,
    sql::{Conn, query, query_scalar},
    verify::{newest, verify_in},
    writer::Fault,
};
use domain::ClientId;
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
use std::path::Path;

/// What a copy of the database holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Version of the schema.
    pub schema: i64,
    /// What verifying each journal showed, with the newest signed checkpoint of its log.
    pub journals: Vec<(Report, Option<String>)>,
}

/// Copies the SQLite database of the options into a new file that this user alone may read: one state
/// of it, whatever is written meanwhile. Nobody waits for it.
///
/// # Errors
/// When there is no database, when it lies in PostgreSQL, and when the copy cannot be written whole.
pub async fn copy_database(options: &StoreOptions, to: &Path) -> Result<(), StoreError> {
    if options.database.is_some() {
        return Err(StoreError::Refused("a PostgreSQL is copied by its own tools".into()));
    }
    let from = options.dir.join("journeyman.db");
    if !from.exists() {
        return Err(StoreError::NotFound(format!(
            "there is no database {}; check `data_dir`",
            from.display()
        )));
    }
    let name = to.to_str().ok_or_else(|| {
        StoreError::Broken(format!("{} is not UTF-8; choose a folder that is", to.display()))
    })?;
    make_private(to)?;
    let path = from.display().to_string();
    let fail = |e: sqlx::Error| StoreError::from_sqlx(&path, &e);
    let connect = SqliteConnectOptions::new()
        .filename(&from)
        .read_only(true)
        .busy_timeout(options.lock_timeout)
        .disable_statement_logging();
    let conn = sqlx::SqliteConnection::connect_with(&connect).await.map_err(fail)?;
    let mut conn = Conn::Sqlite(conn);
    // It reads within one transaction, and writes a file that is nobody's yet.
    let copied = query("VACUUM INTO $1").bind(name).execute(&mut conn).await;
    let closed = conn.close().await;
    copied.and(closed).map_err(|e| match StoreError::from_sqlx(&path, &e) {
        StoreError::Full(_) => StoreError::Full(name.into()),
        other => other,
    })
}

/// Verifies every journal in a copy of the database with the keys beside it.
///
/// # Errors
/// When the file or a key cannot be read, and when a newer program wrote it. What is wrong with a
/// journal stands in its report.
pub async fn prove(file: &Path, key_dir: &Path, origin: &str) -> Result<Proven, StoreError> {
    Keys::require(key_dir)?;
    let keys = Keys::open(key_dir, origin)?;
    let path = file.display().to_string();
    // Immutable: SQLite makes no files beside it.
    let connect = SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .immutable(true)
        .disable_statement_logging();
    let conn = sqlx::SqliteConnection::connect_with(&connect).await;
    let mut conn = Conn::Sqlite(conn.map_err(|e| StoreError::from_sqlx(&path, &e))?);
    let copy = prove_in(&mut conn, &path, &keys).await.map_err(|f| f.into_store(&path));
    let _ = conn.close().await;
    copy
}

async fn prove_in(conn: &mut Conn, path: &str, keys: &Keys) -> Result<Proven, Fault> {
    let schema = migrate::schema(conn, path).await?;
    if schema == 0 {
        return Err(StoreError::Broken(format!("{path} holds nothing")).into());
    }
    let names: Vec<String> = query_scalar(JOURNALS).fetch_all(&mut *conn).await?;
    let mut journals = Vec::new();
    for name in names {
        let client = ClientId::new(name).map_err(|e| StoreError::Broken(e.to_string()))?;
        let report = verify_in(conn, keys, &client).await?;
        journals.push((report, newest(&mut *conn, &client).await?));
    }
    Ok(Proven { schema, journals })
}
