//! The two databases, where they differ: how to connect, to lock, and to begin.

use crate::{
    StoreError, StoreOptions,
    sql::{Conn, Pool, query, writing},
    wall,
};
use domain::ClientId;
use secrecy::ExposeSecret as _;
use sqlx::{
    ConnectOptions as _, Connection as _,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::Path, str::FromStr as _, sync::Arc, time::Duration};

/// Under this number nodes of one PostgreSQL take turns to write.
const WRITERS: i64 = 0x6a6f_7572_6e65_796d;
/// What the writer keeps of an SQLite file in memory, at most: 64 MiB, in SQLite's own notation.
const WRITER_CACHE: &str = "-65536";
/// Pages of 4 KiB in SQLite's write-ahead log after which it is folded into the file: 32 MiB.
const LOG_PAGES: &str = "8192";
/// How long a node waits for its turn, and any statement for its end.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where connections come from.
#[derive(Clone)]
pub(crate) enum Source {
    /// One file, one process.
    Sqlite(Box<SqliteConnectOptions>),
    /// One cell, many nodes.
    Postgres(Box<PgConnectOptions>),
}

impl std::fmt::Debug for Source {
    /// Without the options: they may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Source::Sqlite(_) => "Sqlite",
            Source::Postgres(_) => "Postgres",
        })
    }
}

impl Source {
    /// What the options name, with its name for people: never a password.
    pub(crate) fn of(options: &StoreOptions) -> Result<(Source, Arc<str>), StoreError> {
        let Some(url) = &options.database else {
            let file = options.file();
            let name = file.display().to_string().into();
            return Ok((Source::Sqlite(Box::new(sqlite(options, &file))), name));
        };
        // sqlx's own message may repeat the address, and with it the password.
        let wrong = || {
            StoreError::Broken(
                "`database` is no PostgreSQL address; write postgres://USER@HOST:PORT/NAME, several hosts by several servers' own name or proxy"
                    .into(),
            )
        };
        let text = url.expose_secret();
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(wrong());
        }
        let connect = PgConnectOptions::from_str(text).map_err(|_| wrong())?;
        let name = format!(
            "postgres://{}:{}/{}",
            connect.get_host(),
            connect.get_port(),
            connect.get_database().unwrap_or_default()
        );
        let local = connect.get_socket().is_some() || is_loopback(connect.get_host());
        use PgSslMode::{Allow, Disable, Prefer};
        let secret = !local && matches!(connect.get_ssl_mode(), Prefer | Allow | Disable);
        // Whoever can listen must not be able to turn encryption off.
        let connect = if secret { connect.ssl_mode(PgSslMode::Require) } else { connect };
        let connect = connect
            .application_name("journeyman")
            .options([
                ("statement_timeout", "30s"),
                ("lock_timeout", "10s"),
                // A node that is gone without a word, or stands still, must not hold its locks for long.
                ("idle_in_transaction_session_timeout", "15s"),
                ("tcp_keepalives_idle", "5"),
                ("tcp_keepalives_interval", "2"),
                ("tcp_keepalives_count", "3"),
                ("tcp_user_timeout", "10000"),
                (wall::SCOPE, wall::EVERYONE),
            ])
            .disable_statement_logging();
        Ok((Source::Postgres(Box::new(connect)), name.into()))
    }

    /// A connection that may write.
    pub(crate) async fn connect(&self) -> Result<Conn, sqlx::Error> {
        match self {
            Source::Sqlite(options) => {
                // A batch that does not fit is written more than once, and pages that many batches
                // change are copied into the file less often.
                let options = (**options)
                    .clone()
                    .pragma("cache_size", WRITER_CACHE)
                    // Also what it needs to undo one statement of many rows: else that goes to a file.
                    .pragma("temp_store", "MEMORY")
                    .pragma("wal_autocheckpoint", LOG_PAGES);
                at_once(sqlx::SqliteConnection::connect_with(&options)).await.map(Conn::Sqlite)
            }
            Source::Postgres(options) => {
                let connect = sqlx::PgConnection::connect_with(options);
                let conn = tokio::time::timeout(PATIENCE, connect).await;
                conn.map_err(|_| sqlx::Error::PoolTimedOut)?.map(Conn::Postgres)
            }
        }
    }

    /// A connection of its own that sees one state of the database until it is closed: of one client
    /// when one is given, else of all.
    pub(crate) async fn snapshot(&self, of: Option<&ClientId>) -> Result<Conn, sqlx::Error> {
        let mut conn = match self {
            Source::Sqlite(options) => {
                let options = (**options).clone().create_if_missing(false).read_only(true);
                Conn::Sqlite(sqlx::SqliteConnection::connect_with(&options).await?)
            }
            Source::Postgres(_) => self.connect().await?,
        };
        let begin = match conn {
            Conn::Sqlite(_) => "BEGIN",
            Conn::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        if let Conn::Postgres(_) = conn {
            // It may be read for long, with pauses.
            query("SET statement_timeout = 0").execute(&mut conn).await?;
            query("SET idle_in_transaction_session_timeout = 0").execute(&mut conn).await?;
        }
        query(begin).execute(&mut conn).await?;
        if let (Some(client), Conn::Postgres(_)) = (of, &conn) {
            wall::behind(&mut conn, client).await?;
        }
        Ok(conn)
    }

    /// The connections for reading.
    pub(crate) async fn readers(&self) -> Result<Pool, sqlx::Error> {
        match self {
            Source::Sqlite(options) => {
                #[cfg(feature = "sim")]
                if crate::sim::is_on() {
                    // One that may write: in a world, turns at duties go this way.
                    let open = sqlx::SqliteConnection::connect_with(options);
                    return crate::sim::reader(open).await.map(Pool::Sim);
                }
                let options = (**options).clone().create_if_missing(false).read_only(true);
                // A file is always there: asking before each statement would only cost its time.
                let pool = SqlitePoolOptions::new().max_connections(4).test_before_acquire(false);
                pool.connect_with(options).await.map(Pool::Sqlite)
            }
            Source::Postgres(options) => {
                let pool = PgPoolOptions::new().max_connections(8).acquire_timeout(PATIENCE);
                Ok(Pool::Postgres(pool.connect_lazy_with((**options).clone())))
            }
        }
    }

    /// Connections that hold a lock while others read: apart, so that nobody waits for himself.
    pub(crate) fn locks(&self) -> Option<sqlx::PgPool> {
        let Source::Postgres(options) = self else { return None };
        let pool = PgPoolOptions::new().max_connections(32).acquire_timeout(PATIENCE);
        Some(pool.connect_lazy_with((**options).clone()))
    }
}

impl Conn {
    /// Begins a transaction that alone may write, until it ends: among threads, processes, nodes.
    ///
    /// INVARIANT: whoever waits for the lock takes its picture of the database after it has it, so it
    /// sees all that was committed before.
    ///
    /// Answers with a number that changes when another connection has written, and with none of this
    /// one's commits; `None`: nobody knows.
    pub(crate) async fn begin(&mut self) -> Result<Option<i64>, sqlx::Error> {
        match self {
            Conn::Sqlite(conn) => {
                // One way to SQLite's thread and back.
                let begin = sqlx::raw_sql("BEGIN IMMEDIATE; PRAGMA data_version");
                let row = writing("BEGIN IMMEDIATE", begin.fetch_one(conn)).await?;
                sqlx::Row::try_get(&row, 0).map(Some)
            }
            Conn::Postgres(_) => {
                query("BEGIN ISOLATION LEVEL READ COMMITTED").execute(&mut *self).await?;
                let lock = query("SELECT pg_advisory_xact_lock($1)").bind(WRITERS);
                lock.fetch_all(self).await?;
                Ok(None)
            }
        }
    }

    /// Says goodbye.
    pub(crate) async fn close(self) -> Result<(), sqlx::Error> {
        match self {
            Conn::Sqlite(conn) => at_once(conn.close()).await,
            Conn::Postgres(conn) => conn.close().await,
        }
    }
}

impl Pool {
    /// Closes every connection, once it is free.
    pub(crate) async fn close(&self) {
        match self {
            Pool::Sqlite(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
            #[cfg(feature = "sim")]
            Pool::Sim(_) => {}
        }
    }
}

#[cfg(feature = "sim")]
use crate::sim::at_once;

/// Waits as usual; a simulation waits for nothing.
#[cfg(not(feature = "sim"))]
async fn at_once<T>(act: impl Future<Output = T>) -> T {
    act.await
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn sqlite(options: &StoreOptions, file: &Path) -> SqliteConnectOptions {
    let connect = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // What is wiped is overwritten, not only unlinked.
        .pragma("secure_delete", "ON")
        .busy_timeout(options.lock_timeout)
        .disable_statement_logging();
    match options.max_pages {
        Some(pages) => connect.pragma("max_page_count", pages.to_string()),
        None => connect,
    }
}
