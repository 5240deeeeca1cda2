//! The writer's connection, which may be away with rows to write: SQLite has a thread of its own, and
//! while that puts entries into its tables, the next ones are worked out.
//!
//! INVARIANT: what is written while the connection is away belongs to the open transaction. When that
//! fails, `broken` is set, and nothing of the transaction is kept.

use crate::sql::Conn;
use futures::{FutureExt as _, future::BoxFuture};

/// Comes back with the connection, and with what became of the rows.
type Flight = BoxFuture<'static, (Conn, Result<(), sqlx::Error>)>;

/// Where the connection is.
pub(super) enum Line {
    Here(Conn),
    Away(Flight),
    /// Only while it passes from one to the other.
    Neither,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Line::Here(_) => "Here",
            Line::Away(_) => "Away",
            Line::Neither => "Neither",
        })
    }
}

impl Line {
    pub(super) fn is_here(&self) -> bool {
        matches!(self, Line::Here(_))
    }

    /// Sends the connection away with work that needs nobody until it ends, and begins that.
    ///
    /// # Errors
    /// When it has failed already.
    pub(super) fn send<F, W>(&mut self, work: F) -> Result<(), sqlx::Error>
    where
        F: FnOnce(Conn) -> W,
        W: Future<Output = (Conn, Result<(), sqlx::Error>)> + Send + 'static,
    {
        match std::mem::replace(self, Line::Neither) {
            Line::Here(conn) => {
                let mut flight: Flight = Box::pin(work(conn));
                // The first poll hands the statement to SQLite's thread. Whoever waits polls again.
                match (&mut flight).now_or_never() {
                    Some((conn, done)) => {
                        *self = Line::Here(conn);
                        done
                    }
                    None => {
                        *self = Line::Away(flight);
                        Ok(())
                    }
                }
            }
            other => {
                *self = other;
                Ok(())
            }
        }
    }

    /// Waits until the connection is here. May be dropped and called again.
    pub(super) async fn land(&mut self) -> Result<(), sqlx::Error> {
        let Line::Away(flight) = self else { return Ok(()) };
        let (conn, done) = flight.await;
        *self = Line::Here(conn);
        done
    }

    /// Says goodbye.
    pub(super) async fn close(mut self) -> Result<(), sqlx::Error> {
        let landed = self.land().await;
        match self {
            Line::Here(conn) => conn.close().await.and(landed),
            _ => landed,
        }
    }
}

/// The connection, once it is here.
pub(super) async fn here<'l>(
    line: &'l mut Line,
    broken: &mut bool,
) -> Result<&'l mut Conn, sqlx::Error> {
    if let Err(e) = line.land().await {
        // These rows are not of whoever asks, and those whose rows they are must hear of it.
        *broken = true;
        return Err(e);
    }
    match line {
        Line::Here(conn) => Ok(conn),
        _ => Err(sqlx::Error::WorkerCrashed),
    }
}
