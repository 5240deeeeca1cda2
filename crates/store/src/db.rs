//! Opening the database, and the two ways in: many readers, one writer.

use crate::{
    Keys, StoreError,
    edges::Edges,
    fleet, hand, migrate, moving, name,
    source::Source,
    sql::Pool,
    writer::{self, Fault, Job, Order, Tx},
};
use futures::future::BoxFuture;
use secrecy::SecretString;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};

/// Where the store is.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Folder of database and keys; made when absent.
    pub dir: PathBuf,
    /// Address of a PostgreSQL; `None`: SQLite in the folder. It may hold a password.
    pub database: Option<SecretString>,
    /// Name of this installation in checkpoints.
    pub origin: String,
    /// How long to wait for another process's lock.
    pub lock_timeout: Duration,
    /// Largest size of the database, in pages of 4 KiB; `None`: as far as the disk goes.
    pub max_pages: Option<u32>,
    /// The SQLite file, when several nodes of a simulation share one.
    #[cfg(feature = "sim")]
    pub shared: Option<PathBuf>,
}

impl StoreOptions {
    /// Options for a folder, with five seconds of patience for locks.
    pub fn new(dir: impl Into<PathBuf>, origin: impl Into<String>) -> StoreOptions {
        StoreOptions {
            dir: dir.into(),
            database: None,
            origin: origin.into(),
            lock_timeout: Duration::from_secs(5),
            max_pages: None,
            #[cfg(feature = "sim")]
            shared: None,
        }
    }

    /// The SQLite file.
    pub(crate) fn file(&self) -> PathBuf {
        #[cfg(feature = "sim")]
        if let Some(file) = &self.shared {
            return file.clone();
        }
        self.dir.join("journeyman.db")
    }
}

/// The store. Cheap to clone; the last clone to go closes it after what is queued is committed.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) pool: Pool,
    pub(crate) source: Source,
    pub(crate) locks: Option<sqlx::PgPool>,
    queue: mpsc::Sender<Order>,
    pub(crate) keys: Keys,
    pub(crate) path: Arc<str>,
    pub(crate) node: Arc<str>,
    pub(crate) standing: Arc<name::Standing>,
    pub(crate) hand: Arc<hand::Hand>,
    pub(crate) edges: Arc<Edges>,
    closed: Arc<tokio::sync::Mutex<Option<tokio::task::JoinHandle<()>>>>,
    #[cfg(feature = "sim")]
    pub(crate) shared: bool,
}

impl Store {
    /// Opens the database in the folder, making it at the first start.
    pub async fn open(options: &StoreOptions) -> Result<Store, StoreError> {
        check_origin(&options.origin)?;
        make_folder(&options.dir)?;
        let (source, path) = Source::of(options)?;
        let node = fleet::node(&options.dir)?.into();
        let key_dir = options.dir.join("keys");
        let fail = |f: Fault| f.into_store(&path);
        let (mut conn, keys) = match &source {
            Source::Sqlite(_) => {
                let file = options.file();
                // Keys come before the database, so a database without keys has lost them.
                if std::fs::metadata(&file).is_ok_and(|m| m.len() > 0) {
                    Keys::require(&key_dir)?;
                }
                let keys = Keys::open(&key_dir, &options.origin)?;
                make_private(&file)?;
                let mut conn = source.connect().await.map_err(|e| fail(e.into()))?;
                migrate::run(&mut conn, &path).await.map_err(fail)?;
                (conn, keys)
            }
            Source::Postgres(_) => {
                let mut conn = source.connect().await.map_err(|e| fail(e.into()))?;
                migrate::run(&mut conn, &path).await.map_err(fail)?;
                if migrate::has_keys(&mut conn).await.map_err(fail)? {
                    Keys::require(&key_dir)?;
                }
                (conn, Keys::open(&key_dir, &options.origin)?)
            }
        };
        migrate::same_keys(&mut conn, &keys).await.map_err(fail)?;
        moving::still_here(&mut conn, &path).await.map_err(fail)?;
        let fail = |e: sqlx::Error| StoreError::from_sqlx(&path, &e);
        let pool = source.readers().await.map_err(fail)?;
        let locks = source.locks();
        let (queue, work) = mpsc::channel(1024);
        let run = writer::run(
            crate::keys::unique()?,
            conn,
            source.clone(),
            work,
            keys.clone(),
            path.clone(),
        );
        #[cfg(feature = "sim")]
        let run = crate::sim::carry(run);
        let closed = Arc::new(tokio::sync::Mutex::new(Some(tokio::spawn(run))));
        #[cfg(feature = "sim")]
        let shared = options.shared.is_some();
        Ok(Store {
            pool,
            locks,
            source,
            queue,
            keys,
            path,
            node,
            standing: Arc::default(),
            hand: Arc::default(),
            edges: Arc::default(),
            closed,
            #[cfg(feature = "sim")]
            shared,
        })
    }

    /// Ends the writer as kill -9 does.
    #[cfg(feature = "sim")]
    pub async fn kill(self) {
        if let Some(task) = self.closed.lock().await.take() {
            task.abort();
            let _ = task.await;
        }
    }

    /// Commits what is queued, signs the last checkpoints and closes. Other clones answer
    /// [`StoreError::Closed`] afterwards.
    pub async fn close(self) {
        // Readers first: the last connection to go folds the write-ahead log into the database,
        // and only the writer can.
        self.pool.close().await;
        if let Some(locks) = &self.locks {
            locks.close().await;
        }
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
pub(crate) fn make_private(file: &Path) -> Result<(), StoreError> {
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
