//! Several nodes on one PostgreSQL: who they are, whose turn it is, and what they tell each other.
//!
//! With SQLite there is one process, which is always alone, always has its turn, and tells itself.

use crate::{
    Store, StoreError, keys,
    source::Source,
    sql::{Conn, Pool, in_time, query, query_scalar},
};
use domain::{CaseId, ClientId, UnixMs};
use sha2::{Digest as _, Sha256};
use sqlx::{Postgres, pool::PoolConnection, postgres::PgListener};
use std::{collections::BTreeSet, path::Path, time::Duration};

/// Something that another node, or this one, has written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// A case moved on, or is due.
    Case(ClientId, CaseId),
    /// A policy was written or put in force.
    Policy,
    /// A breaker was opened or closed.
    Breakers,
    /// Something may have been missed: look at everything.
    Anything,
}

/// After so long without news a listener asks whether its connection is still there.
const QUIET: Duration = Duration::from_secs(20);

/// Where [`News`] comes from.
#[derive(Debug)]
pub struct Listener(Option<PgListener>);

impl Listener {
    /// The next piece of news. With SQLite there is none, ever.
    ///
    /// # Errors
    /// When the connection broke. It is made again at the next call, which then answers
    /// [`News::Anything`] first.
    pub async fn next(&mut self) -> Result<News, StoreError> {
        let Some(listener) = &mut self.0 else { return std::future::pending().await };
        let broke = |e: sqlx::Error| StoreError::from_sqlx("postgres:", &e);
        loop {
            match tokio::time::timeout(QUIET, listener.try_recv()).await {
                Ok(Ok(Some(told))) => return Ok(read(told.payload())),
                Ok(Ok(None)) => return Ok(News::Anything),
                Ok(Err(e)) => return Err(broke(e)),
                // Nothing was written, or nothing gets through any more.
                Err(_) => {
                    let asked = in_time(sqlx::query("SELECT 1").execute(&mut *listener)).await;
                    asked.map_err(broke)?;
                }
            }
        }
    }
}

fn read(payload: &str) -> News {
    let mut words = payload.split(' ');
    match (words.next(), words.next(), words.next()) {
        (Some("policy"), ..) => News::Policy,
        (Some("breakers"), ..) => News::Breakers,
        (Some("case"), Some(client), Some(case)) => {
            match (ClientId::new(client.to_owned()), case.parse()) {
                (Ok(client), Ok(case)) => News::Case(client, case),
                _ => News::Anything,
            }
        }
        _ => News::Anything,
    }
}

/// While this lives, no other node judges and starts changes for the client.
#[derive(Debug)]
pub struct Alone(Hold);

#[derive(Debug)]
enum Hold {
    /// One process: there is nobody else.
    Always,
    /// A transaction's lock.
    Transaction(Option<PoolConnection<Postgres>>),
    #[cfg(feature = "sim")]
    Simulated(#[allow(dead_code)] tokio::sync::OwnedMutexGuard<()>),
}

impl Alone {
    /// Whether it still holds. A connection that broke holds nothing any more.
    pub async fn holds(&mut self) -> bool {
        match &mut self.0 {
            Hold::Always | Hold::Transaction(None) => true,
            #[cfg(feature = "sim")]
            Hold::Simulated(_) => true,
            Hold::Transaction(Some(conn)) => {
                in_time(sqlx::query("SELECT 1").execute(&mut **conn)).await.is_ok()
            }
        }
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let Hold::Transaction(held) = &mut self.0 else { return };
        let Some(mut conn) = held.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // The lock ends with the connection.
            drop(conn.detach());
            return;
        };
        runtime.spawn(async move {
            if in_time(sqlx::raw_sql("ROLLBACK").execute(&mut *conn)).await.is_err() {
                drop(conn.detach());
            }
        });
    }
}

impl Store {
    /// This node among those that share a database: the same after a restart.
    pub fn node(&self) -> &str {
        &self.node
    }

    /// Whether other nodes may work on the same journal.
    pub fn is_shared(&self) -> bool {
        #[cfg(feature = "sim")]
        if self.shared {
            return true;
        }
        matches!(self.source, Source::Postgres(_))
    }

    /// What is written from now on.
    pub async fn listen(&self) -> Result<Listener, StoreError> {
        let Pool::Postgres(pool) = &self.pool else { return Ok(Listener(None)) };
        let mut listener = PgListener::connect_with(pool).await.map_err(|e| self.fail(e))?;
        listener.listen("journeyman").await.map_err(|e| self.fail(e))?;
        Ok(Listener(Some(listener)))
    }

    /// Waits until no other node is between judging and starting a change for this client. Volumes
    /// and rates are only what they seem as long as nobody else adds to them. A node that stands still
    /// for longer than `lasting` meanwhile is not waited for.
    ///
    /// # Errors
    /// When the database does not answer, or another node takes more than ten seconds.
    pub async fn alone(&self, client: &ClientId, lasting: Duration) -> Result<Alone, StoreError> {
        #[cfg(feature = "sim")]
        if self.shared {
            return Ok(Alone(Hold::Simulated(crate::sim::lock(client.as_str()).await)));
        }
        let Some(locks) = &self.locks else { return Ok(Alone(Hold::Always)) };
        let hash = Sha256::digest(format!("journeyman/gate/{client}"));
        let key = hash.first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes));
        let mut conn = locks.acquire().await.map_err(|e| self.fail(e))?;
        // The lock of an idle session would be its own for as long as the session lasts, and a process
        // that is stopped keeps its sessions. An idle transaction can be given a limit.
        let lock = format!(
            "BEGIN; SET LOCAL idle_in_transaction_session_timeout = {}; SELECT pg_advisory_xact_lock({key})",
            lasting.as_millis()
        );
        let lock = sqlx::raw_sql(sqlx::AssertSqlSafe(lock));
        match in_time(lock.execute(&mut *conn)).await {
            Ok(_) => Ok(Alone(Hold::Transaction(Some(conn)))),
            Err(e) => {
                // Whether it was taken is not known: it ends with the connection.
                drop(conn.detach());
                Err(self.fail(e))
            }
        }
    }

    /// Whether it is this node's turn at something that one node does for all: until `lasting` from
    /// now it stays so, and whoever asks again in time keeps it.
    pub async fn turn(
        &self,
        duty: &str,
        now: UnixMs,
        lasting: Duration,
    ) -> Result<bool, StoreError> {
        if !self.is_shared() {
            return Ok(true);
        }
        if !self.standing.is_sure() {
            return Ok(false);
        }
        let until = now.plus_ms(i64::try_from(lasting.as_millis()).unwrap_or(i64::MAX));
        let taken: Option<String> = query_scalar(
            "INSERT INTO duties (duty, node, until_ms) VALUES ($1, $2, $3)
             ON CONFLICT (duty) DO UPDATE SET node = excluded.node, until_ms = excluded.until_ms
             WHERE duties.node = excluded.node OR duties.until_ms <= $4
             RETURNING node",
        )
        .bind(duty)
        .bind(self.node())
        .bind(until.0)
        .bind(now.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(|e| self.fail(e))?;
        Ok(taken.is_some())
    }

    /// Another node that has a turn by the database's own clock.
    pub(crate) async fn at_work(&self) -> Result<Option<String>, StoreError> {
        if !self.is_shared() {
            return Ok(None);
        }
        query_scalar(
            "SELECT node FROM duties WHERE node <> $1
             AND until_ms > CAST(EXTRACT(EPOCH FROM now()) * 1000 AS BIGINT) LIMIT 1",
        )
        .bind(self.node())
        .fetch_optional(&self.pool)
        .await
        .map_err(|e| self.fail(e))
    }

    /// Gives up every turn of this node: it is about to end.
    pub async fn end_turns(&self) -> Result<(), StoreError> {
        if !self.is_shared() {
            return Ok(());
        }
        let done = query("DELETE FROM duties WHERE node = $1").bind(self.node());
        done.execute(&self.pool).await.map(drop).map_err(|e| self.fail(e))
    }
}

/// Tells every node which cases moved on, when the transaction commits.
pub(crate) async fn tell(
    conn: &mut Conn,
    moved: BTreeSet<(String, String)>,
) -> Result<(), sqlx::Error> {
    /// Whoever hears of more looks at everything.
    const NAMED: usize = 32;
    let said: Vec<String> = match moved.len() {
        0..=NAMED => {
            moved.into_iter().map(|(client, case)| format!("case {client} {case}")).collect()
        }
        _ => vec!["anything".into()],
    };
    if said.is_empty() {
        return Ok(());
    }
    let calls: Vec<String> =
        (1..=said.len()).map(|n| format!("pg_notify('journeyman', ${n})")).collect();
    let told = query(format!("SELECT {}", calls.join(", ")));
    said.iter().fold(told, |told, text| told.bind(text)).fetch_all(conn).await.map(drop)
}

/// The name of the node of this data folder, made at its first start.
pub(crate) fn node(dir: &Path) -> Result<String, StoreError> {
    let path = dir.join("node");
    if !path.exists() {
        let remedy = "give this user write access to its folder";
        keys::write_new(&path, &keys::unique()?)
            .map_err(|e| StoreError::not_made("the node's name", &path, &e, remedy))?;
    }
    let text = std::fs::read_to_string(&path).map(|text| text.trim().to_owned());
    text.ok().filter(|name| !name.is_empty()).ok_or_else(|| {
        StoreError::Broken(format!(
            "{} does not hold the node's name; delete it, and another is made",
            path.display()
        ))
    })
}
