//! A database on another machine: its connection can end at any moment, also within a commit.
//!
//! INVARIANT: of a commit without an answer it is found out whether it happened. Every batch writes
//! its number; who asks for it holds the writers' lock, so nothing of the old connection is under way.

use super::{Line, Tx};
use crate::fleet;
use crate::sql::{query, query_scalar};
use std::time::Duration;

/// How often, and with what pause, a new connection is tried.
const TRIES: u32 = 60;
const PAUSE: Duration = Duration::from_millis(500);

/// Whether the connection answers no more, or to a server that may not write any more.
pub(super) fn is_gone(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(d) => match d.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
            // Connection failures, a server that stops or starts, one that only copies another.
            Some(e) => {
                matches!(e.code(), "57P01" | "57P02" | "57P03" | "25006" | "25P03")
                    || e.code().starts_with("08")
            }
            None => false,
        },
        _ => false,
    }
}

/// Writes down which batch this is, and has the other nodes told of it.
pub(super) async fn mark(tx: &mut Tx) -> Result<(), sqlx::Error> {
    if !tx.is_remote() {
        return Ok(());
    }
    tx.batch += 1;
    query(
        "INSERT INTO writers (writer, batch, at_ms)
         VALUES ($1, $2, CAST(EXTRACT(EPOCH FROM now()) * 1000 AS BIGINT))
         ON CONFLICT (writer) DO UPDATE SET batch = excluded.batch, at_ms = excluded.at_ms",
    )
    .bind(&tx.writer)
    .bind(tx.batch)
    .execute(tx.conn().await?)
    .await?;
    let moved = std::mem::take(&mut tx.moved);
    fleet::tell(tx.conn().await?, moved).await
}

/// What became of a commit that ended with this error.
pub(super) async fn resolve(tx: &mut Tx, error: sqlx::Error) -> Result<(), sqlx::Error> {
    if !is_gone(&error) {
        return Err(error);
    }
    tracing::warn!(error = %error, "the database went away during a commit; finding out what became of it");
    tx.lost = true;
    let mut last = error;
    for _ in 0..TRIES {
        match written(tx).await {
            Ok(true) => return Ok(()),
            Ok(false) => return Err(last),
            Err(e) => last = e,
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(last)
}

async fn written(tx: &mut Tx) -> Result<bool, sqlx::Error> {
    tx.line = Line::Here(tx.source.connect().await?);
    tx.conn().await?.begin().await?;
    let newest: Option<i64> = query_scalar("SELECT batch FROM writers WHERE writer = $1")
        .bind(&tx.writer)
        .fetch_optional(tx.conn().await?)
        .await?;
    query("ROLLBACK").execute(tx.conn().await?).await?;
    tx.lost = false;
    Ok(newest == Some(tx.batch))
}
