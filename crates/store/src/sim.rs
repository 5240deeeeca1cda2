//! A database whose answers come in one order, so that a seed repeats a whole run of several nodes.
//!
//! INVARIANTS: while a world is installed on a thread, every statement runs to its end before any
//! other task of that thread goes on; between two statements of a reader others may go on, as often
//! as the world says; within a writer's transaction nobody does. What a world makes fail, or stop
//! for ever, is told before the statement ran.
//!
//! Compiled only with the feature `sim`, which no release has.

use sqlx::{
    Error,
    error::{DatabaseError, ErrorKind},
};
use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    collections::BTreeMap,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Which node runs.
pub type Node = u32;

/// Where a statement runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Beside the writer.
    Reader,
    /// In the writer's transaction, or around it.
    Writer,
}

/// What becomes of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It runs, after others went on so many times. A writer's never waits.
    Run(u8),
    /// The disk is full.
    Full,
    /// The node ends before it.
    Crash,
    /// It runs, and the node ends before it hears so.
    CrashAfter,
}

/// The world around the database.
pub trait World {
    /// What becomes of the next statement.
    fn fate(&mut self, node: Option<Node>, side: Side, sql: &str) -> Fate;
    /// A node ended: whoever runs it may clear it away.
    fn ended(&mut self, node: Node);
    /// The time on this node, in milliseconds; nobody's is the true one.
    fn now(&mut self, node: Option<Node>) -> i64;
    /// Random bits.
    fn random(&mut self) -> u64;
}

thread_local! {
    static WORLD: RefCell<Option<Box<dyn World>>> = const { RefCell::new(None) };
    static NODE: Cell<Option<Node>> = const { Cell::new(None) };
    /// Nodes that ended and are not cleared away yet, a bit each: another may end meanwhile.
    static ENDING: Cell<u64> = const { Cell::new(0) };
    static READER: RefCell<Option<Reader>> = const { RefCell::new(None) };
    static LOCKS: RefCell<BTreeMap<String, Arc<Mutex<()>>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Puts the thread into a world.
pub fn install(world: Box<dyn World>) {
    clear();
    WORLD.with_borrow_mut(|w| *w = Some(world));
}

/// Takes the thread out of its world.
pub fn clear() {
    WORLD.with_borrow_mut(|w| *w = None);
    LOCKS.with_borrow_mut(BTreeMap::clear);
    READER.set(None);
    ENDING.set(0);
    NODE.set(None);
}

fn ask<T>(question: impl FnOnce(&mut (dyn World + 'static)) -> T) -> Option<T> {
    WORLD.with_borrow_mut(|w| w.as_mut().map(|world| question(world.as_mut())))
}

/// Whether there is a world.
pub fn is_on() -> bool {
    WORLD.with_borrow(Option::is_some)
}

/// The time where the calling task runs, in milliseconds; `None` outside every world.
pub fn now() -> Option<i64> {
    ask(|w| w.now(NODE.get()))
}

/// Random bits of the world.
pub fn random() -> Option<u64> {
    ask(|w| w.random())
}

/// The node that the calling task belongs to.
pub fn node() -> Option<Node> {
    NODE.get()
}

/// The calling task's node ends here: it never goes on.
pub async fn crash() {
    if let Some(node) = NODE.get() {
        if !is_ending(node) {
            ENDING.set(ENDING.get() | bit(node));
            ask(|w| w.ended(node));
        }
        std::future::pending::<()>().await;
    }
}

/// A node that ended is cleared away.
pub fn cleared(node: Node) {
    ENDING.set(ENDING.get() & !bit(node));
}

/// INVARIANT: a world has few nodes.
fn bit(node: Node) -> u64 {
    1 << (node % 64)
}

fn is_ending(node: Node) -> bool {
    ENDING.get() & bit(node) != 0
}

/// A task of a node.
#[derive(Debug)]
pub struct On<F> {
    node: Option<Node>,
    task: Pin<Box<F>>,
}

impl<F: Future> Future for On<F> {
    type Output = F::Output;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let here = self.node;
        if here.is_some_and(is_ending) {
            return Poll::Pending;
        }
        let before = NODE.replace(here);
        let polled = self.task.as_mut().poll(cx);
        NODE.set(before);
        polled
    }
}

/// Runs a task as one of this node.
pub fn on<F: Future>(node: Option<Node>, task: F) -> On<F> {
    On { node, task: Box::pin(task) }
}

/// Runs a task that is about to be spawned as one of the calling task's node.
pub fn carry<F: Future>(task: F) -> On<F> {
    on(NODE.get(), task)
}

/// What SQLite says of a full disk.
#[derive(Debug, thiserror::Error)]
#[error("database or disk is full")]
struct DiskFull;

impl DatabaseError for DiskFull {
    fn message(&self) -> &str {
        "database or disk is full"
    }
    fn code(&self) -> Option<Cow<'_, str>> {
        Some("13".into())
    }
    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }
    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }
    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

/// Runs a statement as the world says.
pub(crate) async fn through<T>(
    side: Side,
    sql: &str,
    act: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    if !is_on() {
        return act.await;
    }
    let fate = ask(|w| w.fate(NODE.get(), side, sql)).unwrap_or(Fate::Run(0));
    match fate {
        Fate::Run(pauses) => {
            if side == Side::Reader {
                for _ in 0..pauses {
                    tokio::task::yield_now().await;
                }
            }
        }
        Fate::Full => {
            return Err(Error::Database(Box::new(DiskFull)));
        }
        Fate::Crash => crash().await,
        Fate::CrashAfter => {
            let _ = at_once(act).await;
            crash().await;
            return std::future::pending().await;
        }
    }
    // Nobody goes on while a node is cleared away: what it held is free afterwards.
    while ENDING.get() != 0 {
        tokio::task::yield_now().await;
    }
    at_once(act).await
}

/// Adds bytes to a trace (FNV-1a).
pub fn mix(trace: u64, bytes: &[u8]) -> u64 {
    let one = |trace: u64, byte: &u8| (trace ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(trace, one)
}

/// A lock over all nodes, as the database's own.
pub(crate) async fn lock(name: &str) -> OwnedMutexGuard<()> {
    let lock = LOCKS.with_borrow_mut(|l| l.entry(name.to_owned()).or_default().clone());
    lock.lock_owned().await
}

/// Readers of one file: one connection that each statement has to itself.
pub(crate) type Reader = Arc<Mutex<sqlx::SqliteConnection>>;

/// The world's connection for reading. All nodes share it: it keeps nothing from one statement to the
/// next, so to each it is what one of its own would be, without opening one at every start.
pub(crate) async fn reader(
    open: impl Future<Output = Result<sqlx::SqliteConnection, Error>>,
) -> Result<Reader, Error> {
    if let Some(open) = READER.with_borrow(Clone::clone) {
        return Ok(open);
    }
    let conn = Arc::new(Mutex::new(at_once(open).await?));
    READER.set(Some(conn.clone()));
    Ok(conn)
}

/// Runs to its end at once, inside a world.
pub(crate) async fn at_once<T>(act: impl Future<Output = T>) -> T {
    match is_on() {
        true => futures::executor::block_on(tokio::task::unconstrained(act)),
        false => act.await,
    }
}

/// Makes an SQLite file ready for several nodes: only PostgreSQL has the table of their turns.
///
/// # Errors
/// When the file cannot be written, or has the table already.
pub async fn share(file: &std::path::Path) -> Result<(), Error> {
    use sqlx::{Connection as _, Executor as _};
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let mut conn = sqlx::SqliteConnection::connect_with(&options).await?;
    let table =
        "CREATE TABLE duties (duty TEXT PRIMARY KEY, node TEXT NOT NULL, until_ms BIGINT NOT NULL)";
    conn.execute(table).await?;
    conn.close().await
}
