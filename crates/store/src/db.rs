//! Opening the database, and the two ways in: many readers, one writer.

use crate::{
    Keys, StoreError,
    writer::{self, Fault, Job, Order, Tx},
};
use futures::future::BoxFuture;
use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};

/// Migrations, oldest first. Forward only.
const MIGRATIONS: &[(i64, &str)] = &[
    (1, include_str!("../migrations/sqlite/0001_first.sql")),
    (2, include_str!("../migrations/sqlite/0002_gate.sql")),
];

/// Where the store is.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Folder of database and keys; made when absent.
    pub dir: PathBuf,
    /// Name of this installation in checkpoints.
    pub origin: String,
    /// How long to wait for another process's lock.
    pub lock_timeout: Duration,
    /// Largest size of the database, in pages of 4 KiB; `None`: as far as the disk goes.
    pub max_pages: Option<u32>,
}

impl StoreOptions {
    /// Options for a folder, with five seconds of patience for locks.
    pub fn new(dir: impl Into<PathBuf>, origin: impl Into<String>) -> StoreOptions {
        StoreOptions {
            dir: dir.into(),
            origin: origin.into(),
            lock_timeout: Duration::from_secs(5),
            max_pages: None,
        }
    }
}

/// The store. Cheap to clone; the last clone to go closes it after what is queued is committed.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) pool: SqlitePool,
    queue: mpsc::Sender<Order>,
    pub(crate) keys: Keys,
    pub(crate) path: Arc<str>,
    closed: Arc<tokio::sync::Mutex<Option<tokio::task::JoinHandle<()>>>>,
}

impl Store {
    /// Opens the database in the folder, making it at the first start.
    pub async fn open(options: &StoreOptions) -> Result<Store, StoreError> {
        check_origin(&options.origin)?;
        make_folder(&options.dir)?;
        let file = options.dir.join("journeyman.db");
        let key_dir = options.dir.join("keys");
        // Keys come before the database, so a database without keys has lost them.
        if std::fs::metadata(&file).is_ok_and(|m| m.len() > 0) {
            Keys::require(&key_dir)?;
        }
        let keys = Keys::open(&key_dir, &options.origin)?;
        make_private(&file)?;
        let path: Arc<str> = file.display().to_string().into();
        let fail = |e: sqlx::Error| StoreError::from_sqlx(&path, &e);
        let connect = connect_options(options, &file);
        let mut conn = SqliteConnection::connect_with(&connect).await.map_err(fail)?;
        migrate(&mut conn, &path).await.map_err(|f| f.into_store(&path))?;
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(connect.create_if_missing(false).read_only(true))
            .await
            .map_err(fail)?;
        let (queue, work) = mpsc::channel(1024);
        let task = tokio::spawn(writer::run(conn, work, keys.clone(), path.clone()));
        let closed = Arc::new(tokio::sync::Mutex::new(Some(task)));
        Ok(Store { pool, queue, keys, path, closed })
    }

    /// Commits what is queued, signs the last checkpoints and closes. Other clones answer
    /// [`StoreError::Closed`] afterwards.
    pub async fn close(self) {
        // Readers first: the last connection to go folds the write-ahead log into the database,
        // and only the writer can.
        self.pool.close().await;
        let _ = self.queue.send(Order::Close).await;
        if let Some(task) = self.closed.lock().await.take() {
            let _ = task.await;
        }
    }

    /// Runs one piece of work in the writer's transaction and answers after the commit.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, Fault>> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let job = Job { work: Some(work), result: None, tell, path: self.path.clone() };
        let order = Order::Work(Box::new(job));
        self.queue.send(order).await.map_err(|_| StoreError::Closed)?;
        told.await.unwrap_or(Err(StoreError::Closed))
    }

    pub(crate) fn fail(&self, e: sqlx::Error) -> StoreError {
        StoreError::from_sqlx(&self.path, &e)
    }
}

fn connect_options(options: &StoreOptions, file: &Path) -> SqliteConnectOptions {
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

/// Checkpoints are signed under this name, and C2SP forbids these characters in it.
fn check_origin(origin: &str) -> Result<(), StoreError> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    if origin.is_empty() || origin.contains(bad) {
        return Err(StoreError::Broken(format!(
            "{origin:?} cannot name this installation; use a name without spaces and '+', such as journeyman.example.net"
        )));
    }
    Ok(())
}

fn make_folder(dir: &Path) -> Result<(), StoreError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    let remedy = "name a folder in `data_dir`, or give this user write access to the one above";
    builder.create(dir).map_err(|e| StoreError::not_made("the data folder", dir, &e, remedy))
}

/// Makes the empty database file, readable by this user alone. SQLite gives its log the same mode.
fn make_private(file: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    match options.open(file) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => {
            let remedy = "give this user write access to its folder";
            Err(StoreError::not_made("the database", file, &e, remedy))
        }
    }
}

async fn migrate(conn: &mut SqliteConnection, path: &str) -> Result<(), Fault> {
    let known = MIGRATIONS.last().map_or(0, |(v, _)| *v);
    if schema(conn, path).await? == known {
        return Ok(());
    }
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await?;
    // Asked again under the lock: another process may have started at the same moment.
    let newest = schema(&mut tx, path).await?;
    if newest == 0 {
        sqlx::query("CREATE TABLE migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL)")
            .execute(&mut *tx)
            .await?;
    }
    for (version, sql) in MIGRATIONS.iter().filter(|(v, _)| *v > newest) {
        sqlx::raw_sql(*sql).execute(&mut *tx).await?;
        sqlx::query("INSERT INTO migrations (version, name) VALUES ($1, $2)")
            .bind(version)
            .bind(format!("{version:04}"))
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The schema version of the database, 0 when it is empty.
async fn schema(conn: &mut SqliteConnection, path: &str) -> Result<i64, Fault> {
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'")
            .fetch_all(&mut *conn)
            .await?;
    if tables.is_empty() {
        return Ok(0);
    }
    if !tables.iter().any(|t| t == "migrations") {
        return Err(StoreError::Broken(format!(
            "{path} is another program's database; choose an empty folder"
        ))
        .into());
    }
    let newest: Option<i64> =
        sqlx::query_scalar("SELECT MAX(version) FROM migrations").fetch_one(&mut *conn).await?;
    let newest = newest.unwrap_or(0);
    let known = MIGRATIONS.last().map_or(0, |(v, _)| *v);
    if newest > known {
        return Err(StoreError::Broken(format!(
            "{path} was written by a newer Journeyman (schema {newest}, this one knows {known}); start that version"
        ))
        .into());
    }
    Ok(newest)
}
