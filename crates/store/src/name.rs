//! A node's name is one running server's. Leases and turns are held under it, so two servers of one
//! name, of which one's data folder is a copy of the other's, would each take the other's for its own.
//!
//! INVARIANT: while a server is not sure of its name, it leases no case, holds no lease anew and has
//! no turn. With SQLite a server is alone, and always sure.

use crate::{
    Store, StoreError,
    sql::{Conn, query, query_scalar},
};
use sha2::{Digest as _, Sha256};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// How long the database may take to say that it is still there.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether this process may act under the node's name. Only a server that took it can lose it.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    lost: AtomicBool,
}

impl Standing {
    /// Whether nobody else can have the name.
    pub(crate) fn is_sure(&self) -> bool {
        !self.lost.load(Ordering::Acquire)
    }
}

/// While this lives and [`Name::keep`] is called every few seconds, the node's name is this server's.
#[derive(Debug)]
pub struct Name {
    store: Store,
    key: i64,
    /// The lock is the session's: it ends with the connection, however that ends.
    conn: Option<Conn>,
}

/// What became of a look at the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is this server's, as before.
    Still,
    /// The connection had broken; it was made again and the name is this server's again.
    Again,
    /// Another running server has it.
    Anothers,
    /// The database does not answer, so nobody knows.
    Unknown(StoreError),
}

impl Store {
    /// Takes the node's name for this server; `None`: another running server has it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_name(&self) -> Result<Option<Name>, StoreError> {
        let hash = Sha256::digest(format!("journeyman/node/{}", self.node()));
        let key = hash.first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes));
        let mut name = Name { store: self.clone(), key, conn: None };
        match !self.is_shared() || name.take().await? {
            true => Ok(Some(name)),
            false => Ok(None),
        }
    }
}

impl Name {
    /// Makes sure that the name is still this server's, or takes it again. Until it is, nothing new is
    /// leased and no turn is taken.
    pub async fn keep(&mut self) -> Kept {
        if !self.store.is_shared() || self.holds().await {
            return Kept::Still;
        }
        self.conn = None;
        self.store.standing.lost.store(true, Ordering::Release);
        match self.take().await {
            Ok(true) => {
                self.store.standing.lost.store(false, Ordering::Release);
                Kept::Again
            }
            Ok(false) => Kept::Anothers,
            Err(e) => Kept::Unknown(e),
        }
    }

    async fn holds(&mut self) -> bool {
        let Some(conn) = &mut self.conn else { return false };
        let asked = tokio::time::timeout(PATIENCE, query("SELECT 1").execute(conn)).await;
        matches!(asked, Ok(Ok(_)))
    }

    async fn take(&mut self) -> Result<bool, StoreError> {
        let fail = |e: sqlx::Error| self.store.fail(e);
        let mut conn = self.store.source.connect().await.map_err(fail)?;
        let lock = "SELECT CAST(CASE WHEN pg_try_advisory_lock($1) THEN 1 ELSE 0 END AS BIGINT)";
        let lock = query_scalar(lock).bind(self.key);
        let got: i64 = match tokio::time::timeout(PATIENCE, lock.fetch_one(&mut conn)).await {
            Ok(got) => got.map_err(fail)?,
            Err(_) => return Err(fail(sqlx::Error::PoolTimedOut)),
        };
        self.conn = (got == 1).then_some(conn);
        Ok(got == 1)
    }
}
