//! The schema: forward only, one folder per database, the same versions in both.

use crate::{
    Keys, StoreError,
    sql::{Conn, query, query_scalar},
    writer::Fault,
};
use sha2::{Digest as _, Sha256};

/// Versions with what each does in SQLite and in PostgreSQL, oldest first.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (
        1,
        include_str!("../migrations/sqlite/0001_first.sql"),
        include_str!("../migrations/postgres/0001_first.sql"),
    ),
    (
        2,
        include_str!("../migrations/sqlite/0002_gate.sql"),
        include_str!("../migrations/postgres/0002_gate.sql"),
    ),
    (
        3,
        include_str!("../migrations/sqlite/0003_fleet.sql"),
        include_str!("../migrations/postgres/0003_fleet.sql"),
    ),
    (
        4,
        include_str!("../migrations/sqlite/0004_learning.sql"),
        include_str!("../migrations/postgres/0004_learning.sql"),
    ),
    (
        5,
        include_str!("../migrations/sqlite/0005_slack.sql"),
        include_str!("../migrations/postgres/0005_slack.sql"),
    ),
];

/// The newest version that this program knows.
pub(crate) const KNOWN: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// Brings the schema to the newest version.
pub(crate) async fn run(conn: &mut Conn, path: &str) -> Result<(), Fault> {
    if schema(conn, path).await? == KNOWN {
        return Ok(());
    }
    conn.begin().await?;
    let done = steps(conn, path).await;
    let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
    query(end).execute(conn).await?;
    done
}

async fn steps(conn: &mut Conn, path: &str) -> Result<(), Fault> {
    // Asked again under the lock: another process may have started at the same moment.
    let newest = schema(conn, path).await?;
    if newest == 0 {
        query("CREATE TABLE migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL)")
            .execute(&mut *conn)
            .await?;
    }
    for (version, sqlite, postgres) in MIGRATIONS.iter().filter(|m| m.0 > newest) {
        match conn {
            Conn::Sqlite(conn) => {
                sqlx::raw_sql(*sqlite).execute(conn).await?;
            }
            Conn::Postgres(conn) => {
                sqlx::raw_sql(*postgres).execute(conn).await?;
            }
        }
        query("INSERT INTO migrations (version, name) VALUES ($1, $2)")
            .bind(*version)
            .bind(format!("{version:04}"))
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// The schema version of the database, 0 when it is empty.
pub(crate) async fn schema(conn: &mut Conn, path: &str) -> Result<i64, Fault> {
    let tables: Vec<String> = match conn {
        Conn::Sqlite(_) => query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'"),
        Conn::Postgres(_) => query_scalar(
            "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = current_schema()",
        ),
    }
    .fetch_all(&mut *conn)
    .await?;
    if tables.is_empty() {
        return Ok(0);
    }
    if !tables.iter().any(|t| t == "migrations") {
        return Err(StoreError::Broken(format!(
            "{path} is another program's database; choose an empty one"
        ))
        .into());
    }
    let newest: Option<i64> =
        query_scalar("SELECT MAX(version) FROM migrations").fetch_one(conn).await?;
    let newest = newest.unwrap_or(0);
    if newest > KNOWN {
        return Err(StoreError::Broken(format!(
            "{path} was written by a newer Journeyman (schema {newest}, this one knows {KNOWN}); start that version"
        ))
        .into());
    }
    Ok(newest)
}

/// Refuses keys that are not those of the other nodes: journals would not prove, secrets not open.
pub(crate) async fn same_keys(conn: &mut Conn, keys: &Keys) -> Result<(), Fault> {
    let own = hex::encode(Sha256::digest(keys.derive("journeyman/installation/v1", b"")?));
    let signer = keys.signer("").verifier().vkey();
    for (name, value) in [("vault", own), ("signing", signer)] {
        let mut known = installed(conn, name).await?;
        if known.is_none() {
            // Another node may write it at the same moment; the first one counts.
            query(
                "INSERT INTO installation (name, value) VALUES ($1, $2)
                 ON CONFLICT (name) DO NOTHING",
            )
            .bind(name)
            .bind(&value)
            .execute(&mut *conn)
            .await?;
            known = installed(conn, name).await?;
        }
        if known.as_ref() != Some(&value) {
            return Err(StoreError::Broken(format!(
                "the {name} key of this node is not the one that the database was written with; copy the folder `keys` from another node or from a backup, and check that this installation's name is the same"
            ))
            .into());
        }
    }
    Ok(())
}

/// Whether an installation has written into this database.
pub(crate) async fn has_keys(conn: &mut Conn) -> Result<bool, Fault> {
    Ok(installed(conn, "vault").await?.is_some())
}

async fn installed(conn: &mut Conn, name: &str) -> Result<Option<String>, sqlx::Error> {
    query_scalar("SELECT value FROM installation WHERE name = $1")
        .bind(name)
        .fetch_optional(conn)
        .await
}
