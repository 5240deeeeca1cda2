//! Whether the store can be worked with now: something is read, and a turn to write is taken.
//!
//! INVARIANT: nothing of the journal changes, so it may be asked at any time and as often as one likes.

use crate::{Store, StoreError, sql::query_scalar};
use domain::UnixMs;

/// What reading and writing came to, each by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// A table was read.
    pub read: Result<(), StoreError>,
    /// The writer took a piece of work, got the database's lock and committed.
    pub write: Result<(), StoreError>,
}

impl Store {
    /// Reads, and commits a transaction that changes nothing. Waits as long as any write may: for
    /// another process's lock, for a database that went away; a caller in a hurry sets a limit.
    pub async fn ping(&self) -> Health {
        let read = async {
            let newest: Option<i64> = query_scalar("SELECT MAX(version) FROM migrations")
                .fetch_one(&self.pool)
                .await
                .map_err(|e| self.fail(e))?;
            match newest {
                Some(_) => Ok(()),
                None => Err(StoreError::Broken(format!(
                    "{} says no schema version; restore it from a backup",
                    self.path
                ))),
            }
        };
        let write = self.write(|_| Box::pin(async { Ok(()) }));
        let (read, write) = futures::join!(read, write);
        Health { read, write }
    }
}

/// How much work lies there, as an operator asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Cases by the name of their phase.
    pub phases: Vec<(String, u64)>,
    /// Questions that wait for a person.
    pub approvals_open: u64,
    /// Since when the oldest due case waits to be looked at.
    pub oldest_due: Option<UnixMs>,
}

impl Store {
    /// How much work lies there at this moment.
    pub async fn backlog(&self, now: UnixMs) -> Result<Backlog, StoreError> {
        let open: i64 = query_scalar("SELECT COUNT(*) FROM approvals WHERE state = 'pending'")
            .fetch_one(&self.pool)
            .await
            .map_err(|e| self.fail(e))?;
        let oldest: Option<i64> = query_scalar(
            "SELECT MIN(wake_ms) FROM cases WHERE wake_ms IS NOT NULL AND wake_ms <= $1",
        )
        .bind(now.0)
        .fetch_one(&self.pool)
        .await
        .map_err(|e| self.fail(e))?;
        Ok(Backlog {
            phases: self.phase_counts().await?,
            approvals_open: u64::try_from(open).unwrap_or_default(),
            oldest_due: oldest.map(UnixMs),
        })
    }

    /// Cases that are due and that nobody works on, counted up to `most`.
    pub async fn waiting(&self, now: UnixMs, most: u32) -> Result<u32, StoreError> {
        let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM cases
             WHERE wake_ms IS NOT NULL AND wake_ms <= $1 AND lease_ms <= $1 LIMIT $2) AS due";
        let found: i64 = query_scalar(sql)
            .bind(now.0)
            .bind(i64::from(most))
            .fetch_one(&self.pool)
            .await
            .map_err(|e| self.fail(e))?;
        Ok(u32::try_from(found).unwrap_or(u32::MAX))
    }
}
