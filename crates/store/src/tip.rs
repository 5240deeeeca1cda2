//! The right edge of each client's tree, as it stands in the database.

use crate::{
    StoreError,
    merkle::Frontier,
    sql::{Conn, Exec, Row, query},
    writer::Fault,
};
use domain::UnixMs;
use std::collections::BTreeMap;

/// The right edge of a client's tree.
pub(crate) async fn tip<'e>(on: impl Exec<'e>, client: &str) -> Result<Frontier, Fault> {
    let row = query("SELECT size, frontier FROM tips WHERE client = $1")
        .bind(client)
        .fetch_optional(on)
        .await?;
    frontier(client, row)
}

/// The same, for appending.
///
/// # Errors
/// When nothing is appended: the client moves, or lives in another cell.
pub(crate) async fn open(conn: &mut Conn, client: &str) -> Result<Frontier, Fault> {
    let row = query("SELECT size, frontier, away FROM tips WHERE client = $1")
        .bind(client)
        .fetch_optional(conn)
        .await?;
    if let Some(row) = &row
        && row.try_get::<i64, _>("away")? > 1
    {
        return Err(elsewhere(client));
    }
    frontier(client, row)
}

/// Nothing is written for this client here.
pub(crate) fn elsewhere(client: &str) -> Fault {
    StoreError::Refused(format!(
        "{client} is moving to another cell or lives there; nothing is written for it here"
    ))
    .into()
}

fn frontier(client: &str, row: Option<Row>) -> Result<Frontier, Fault> {
    let Some(row) = row else { return Ok(Frontier::default()) };
    let size: i64 = row.try_get("size")?;
    let bytes: Vec<u8> = row.try_get("frontier")?;
    u64::try_from(size).ok().and_then(|s| Frontier::from_bytes(s, &bytes)).ok_or_else(|| {
        StoreError::Broken(format!(
            "the journal's tip for {client} is damaged; run `journeyman journal verify` and restore a backup"
        ))
        .into()
    })
}

/// Writes the right edge of a client's tree: client, size, roots.
pub(crate) const PUT_TIP: &str = "INSERT INTO tips (client, size, frontier) VALUES ($1, $2, $3)
    ON CONFLICT (client) DO UPDATE SET size = excluded.size, frontier = excluded.frontier";

/// Writes the right edge of a client's tree.
pub(crate) async fn put_tip(
    conn: &mut Conn,
    client: &str,
    edge: &Frontier,
) -> Result<(), sqlx::Error> {
    let put = query(PUT_TIP).bind(client).bind(as_i64(edge.size())).bind(edge.to_bytes());
    put.execute(conn).await.map(drop)
}

/// Logs whose newest entries no checkpoint covers: the last run ended before it signed one.
pub(crate) async fn without_checkpoint(conn: &mut Conn) -> Result<BTreeMap<String, UnixMs>, Fault> {
    let rows = query(
        "SELECT t.client, e.at_ms FROM tips t
         JOIN entries e ON e.client = t.client AND e.seq = t.size - 1
         WHERE NOT EXISTS
           (SELECT 1 FROM checkpoints c WHERE c.client = t.client AND c.size >= t.size)",
    )
    .fetch_all(conn)
    .await?;
    rows.iter().map(|r| Ok((r.try_get("client")?, UnixMs(r.try_get("at_ms")?)))).collect()
}

/// SQL integers are signed; our counts never reach the sign bit.
pub(crate) fn as_i64(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
