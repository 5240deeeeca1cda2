//! Moving an installation from one database to the other, whole, and proving that it arrived.
//!
//! INVARIANTS: the target is written in one transaction, so it has everything or nothing; what was
//! moved away from is marked, and does not open again for work.

use crate::{
    Report, Store, StoreError,
    sql::{Arg, Conn, Query, Row, query, query_scalar},
    writer::Fault,
};
use futures::TryStreamExt as _;

/// Rows of one statement.
const CHUNK: usize = 64;
/// What belongs to a database and not to the installation in it.
const OWN: [&str; 4] = ["migrations", "installation", "writers", "duties"];

/// What was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Each table with its rows.
    pub tables: Vec<(String, u64)>,
    /// Each client's journal, proved in the new place and equal to the old one.
    pub journals: Vec<Report>,
}

impl Store {
    /// Copies everything into `target`, which must be empty, proves every journal there equal to the
    /// one here, and marks this database as moved.
    ///
    /// # Errors
    /// When either is no place to move from or to, or a journal does not prove; nothing has changed
    /// then that matters: the target is as empty as before, or not marked as the one to use.
    pub async fn move_to(&self, target: &Store) -> Result<Moved, StoreError> {
        let mut old = Vec::new();
        for client in self.journals().await? {
            let report = self.verify(&client, None).await?;
            if let Some(problem) = report.problems.first() {
                return Err(StoreError::Broken(format!(
                    "the journal of {client} does not prove where it is ({}); run `journeyman journal verify` and restore a backup before it is moved",
                    problem.text
                )));
            }
            old.push(report);
        }
        if let Some(node) = self.at_work().await? {
            return Err(StoreError::Refused(format!(
                "the node {node} works on this database, or did a moment ago; stop every node and try again in half a minute"
            )));
        }
        let mut from = self.source.snapshot(None).await.map_err(|e| self.fail(e))?;
        let tables = target
            .write(move |tx| {
                Box::pin(async move {
                    let to = tx.sql().await?;
                    let copied = copy_all(&mut from, to).await;
                    let _ = from.close().await;
                    copied
                })
            })
            .await?;
        let mut journals = Vec::new();
        for old in old {
            let (client, new) = (&old.client, target.verify(&old.client, None).await?);
            if !new.is_clean() || (old.size, old.root) != (new.size, new.root) {
                return Err(StoreError::Broken(format!(
                    "the journal of {client} did not arrive as it was; go on with the old database, and empty the new one before another try"
                )));
            }
            journals.push(new);
        }
        let place = target.path.to_string();
        self.write(move |tx| {
            Box::pin(async move {
                query("INSERT INTO installation (name, value) VALUES ('moved', $1)")
                    .bind(place)
                    .execute(tx.sql().await?)
                    .await?;
                Ok(())
            })
        })
        .await?;
        Ok(Moved { tables, journals })
    }
}

/// Refuses a database that was moved away from.
pub(crate) async fn still_here(conn: &mut Conn, path: &str) -> Result<(), Fault> {
    let moved: Option<String> = query_scalar("SELECT value FROM installation WHERE name = 'moved'")
        .fetch_optional(conn)
        .await?;
    match moved {
        None => Ok(()),
        Some(place) => Err(StoreError::Broken(format!(
            "{path} was moved to {place}, and what happened since is there; name that in `database`"
        ))
        .into()),
    }
}

async fn copy_all(from: &mut Conn, to: &mut Conn) -> Result<Vec<(String, u64)>, Fault> {
    let mut copied = Vec::new();
    for table in tables(from).await? {
        let found: i64 =
            query_scalar(format!("SELECT COUNT(*) FROM {table}")).fetch_one(&mut *to).await?;
        if found > 0 {
            return Err(StoreError::Refused(format!(
                "the new database is not empty: its table {table} has {found} rows; name an empty one"
            ))
            .into());
        }
    }
    for table in tables(from).await? {
        let columns = columns(from, &table).await?;
        let rows = copy(from, to, &table, &columns).await?;
        numbers_go_on(to, &table, &columns).await?;
        copied.push((table, rows));
    }
    Ok(copied)
}

/// Every table with what an installation wrote, by name.
pub(crate) async fn tables(conn: &mut Conn) -> Result<Vec<String>, Fault> {
    let sql = match conn {
        Conn::Sqlite(_) => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        }
        Conn::Postgres(_) => {
            "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
        }
    };
    let all: Vec<String> = query_scalar(sql).fetch_all(conn).await?;
    Ok(all.into_iter().filter(|name| !OWN.contains(&name.as_str())).collect())
}

/// What a column holds, in either database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Text,
    Bytes,
}

/// A table's columns, in order.
pub(crate) type Columns = Vec<(String, Kind)>;

/// The columns of a table.
pub(crate) async fn columns(conn: &mut Conn, table: &str) -> Result<Columns, Fault> {
    let sql = match conn {
        Conn::Sqlite(_) => "SELECT name, type FROM pragma_table_info($1) ORDER BY cid",
        Conn::Postgres(_) => {
            "SELECT CAST(column_name AS TEXT), CAST(data_type AS TEXT) FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position"
        }
    };
    let rows = query(sql).bind(table).fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            let (name, kind): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            let kind = match kind.to_ascii_lowercase().as_str() {
                "text" => Kind::Text,
                "bigint" | "integer" => Kind::Int,
                "blob" | "bytea" => Kind::Bytes,
                other => {
                    return Err(StoreError::Broken(format!(
                        "the column {name} of {table} is of a kind that is not moved: {other}"
                    ))
                    .into());
                }
            };
            Ok((name, kind))
        })
        .collect()
}

/// The value of a column, as an argument.
pub(crate) fn arg(row: &Row, at: usize, kind: Kind) -> Result<Arg, sqlx::Error> {
    Ok(match kind {
        Kind::Int => Arg::Int(row.try_get(at)?),
        Kind::Text => Arg::Text(row.try_get(at)?),
        Kind::Bytes => Arg::Bytes(row.try_get(at)?),
    })
}

async fn copy(
    from: &mut Conn,
    to: &mut Conn,
    table: &str,
    columns: &Columns,
) -> Result<u64, Fault> {
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(", ");
    // The journal has no gaps at any moment.
    let order = if table == "entries" { "ORDER BY client, seq" } else { "" };
    let mut rows = query(format!("SELECT {names} FROM {table} {order}")).fetch(from);
    let (mut copied, mut waiting) = (0, Vec::new());
    loop {
        let row = rows.try_next().await?;
        let last = row.is_none();
        if let Some(row) = row {
            waiting.push(row);
        }
        if waiting.len() == CHUNK || (last && !waiting.is_empty()) {
            copied += waiting.len() as u64;
            let places = to.places(waiting.len(), columns.len());
            let sql = format!("INSERT INTO {table} ({names}) VALUES {places}");
            filled(sql, columns, &waiting)?.execute(&mut *to).await?;
            waiting.clear();
        }
        if last {
            return Ok(copied);
        }
    }
}

/// The statement with every value of these rows.
fn filled(sql: String, columns: &Columns, rows: &[Row]) -> Result<Query, sqlx::Error> {
    let mut insert = query(sql);
    for row in rows {
        for (at, (_, kind)) in columns.iter().enumerate() {
            insert = insert.bind(arg(row, at, *kind)?);
        }
    }
    Ok(insert)
}

/// Numbers that the database gives itself go on after those that were copied.
async fn numbers_go_on(to: &mut Conn, table: &str, columns: &Columns) -> Result<(), Fault> {
    if let Conn::Sqlite(_) = to {
        return Ok(());
    }
    for (name, _) in columns.iter().filter(|(_, kind)| *kind == Kind::Int) {
        let own: Option<String> = query_scalar("SELECT pg_get_serial_sequence($1, $2)")
            .bind(table)
            .bind(name)
            .fetch_one(&mut *to)
            .await?;
        if own.is_some() {
            let sql = format!(
                "SELECT setval(pg_get_serial_sequence($1, $2), (SELECT COALESCE(MAX({name}), 0) + 1 FROM {table}), false)"
            );
            query(sql).bind(table).bind(name).fetch_all(&mut *to).await?;
        }
    }
    Ok(())
}
