//! The one writer: collects what is waiting, commits it together, and only then answers.
//!
//! Group commit: under load many appends share one `fsync`, and one statement. Each piece of work
//! that uses the connection runs inside a savepoint, so one that fails takes nothing else with it;
//! when the database itself fails (full, locked, damaged) the whole batch is undone and every caller
//! is told that cause. INVARIANT: nobody is told of success before the commit returned.

use crate::{
    Keys, StoreError,
    merkle::Frontier,
    meter::Tally,
    source::Source,
    sql::{Conn, Query, query, query_scalar},
    tip::{self, as_i64, tip},
};
use domain::UnixMs;
use futures::future::BoxFuture;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};

mod batch;
mod chunk;
mod later;
mod line;
mod pending;
mod remote;
mod versions;

use batch::{Batch, begin, undo};
use line::Line;
pub(crate) use pending::{Moved, Row as PendingRow};
use versions::Versions;

/// A failure inside a transaction.
#[derive(Debug)]
pub(crate) enum Fault {
    Sql(sqlx::Error),
    Store(StoreError),
}

impl From<sqlx::Error> for Fault {
    fn from(e: sqlx::Error) -> Self {
        Fault::Sql(e)
    }
}

impl From<StoreError> for Fault {
    fn from(e: StoreError) -> Self {
        Fault::Store(e)
    }
}

impl Fault {
    pub(crate) fn into_store(self, path: &str) -> StoreError {
        match self {
            Fault::Sql(e) => StoreError::from_sqlx(path, &e),
            Fault::Store(e) => e,
        }
    }

    /// Whether the database failed rather than this one piece of work.
    fn is_of_database(&self) -> bool {
        matches!(self, Fault::Sql(e) if StoreError::is_of_database(e))
    }
}

/// The open transaction.
#[derive(Debug)]
pub(crate) struct Tx {
    line: Line,
    pub(crate) keys: Keys,
    /// What is written together, and how much of it is of earlier pieces of work.
    pending: pending::Pending,
    earlier: (usize, usize),
    /// Rows of earlier pieces of work could not be written: nothing of the batch may be kept.
    broken: bool,
    /// The current piece of work has a savepoint: it has used the connection.
    saved: bool,
    /// What the current piece of work wants done, and does not wait for.
    later: Vec<Query>,
    /// Versions of cases, as they are with what is pending.
    versions: Versions,
    /// Trees that grew in this transaction, with the time of the newest entry. Written at its end.
    edges: BTreeMap<String, (Frontier, UnixMs)>,
    /// What `edges` held before the current piece of work.
    before: Vec<(String, Option<(Frontier, UnixMs)>)>,
    /// Clients whose log grew since their last checkpoint, with the time of the newest entry.
    grown: BTreeMap<String, UnixMs>,
    /// What [`Conn::begin`] answered: it changes when somebody else has written.
    data_version: Option<i64>,
    /// Right edges as they were committed.
    settled: BTreeMap<String, Frontier>,
    /// Clients that moved away in this batch, and which of them by the current piece of work.
    shut: BTreeSet<String>,
    shutting: Vec<String>,
    /// What this batch adds to the counters.
    pub(crate) tally: Tally,
    /// Cases that moved on in this batch.
    moved: BTreeSet<(String, String)>,
    /// Where a lost connection is made anew.
    source: Source,
    /// This writer among those of other nodes, and how many batches it has written.
    writer: String,
    batch: i64,
    /// The database is another machine's.
    remote: bool,
    /// The connection answers no more.
    lost: bool,
    /// A one-time secret was wiped: its sealed bytes still stand in the write-ahead log.
    pub(crate) wiped: bool,
    /// The last complaint of the checkpoint tick, so that it is not repeated every second.
    complaint: Option<String>,
}

impl Tx {
    /// The connection, for statements of the current piece of work.
    pub(crate) async fn sql(&mut self) -> Result<&mut Conn, Fault> {
        if !self.saved {
            let mut own = self.pending.split_off(self.earlier);
            let earlier = self.save().await;
            if let Err(e) = earlier {
                // It is no fault of this piece of work, and those whose rows these are must hear of it.
                self.broken = true;
                return Err(e.into());
            }
            self.saved = true;
            std::mem::swap(&mut self.pending, &mut own);
        }
        self.run_later().await?;
        let conn = line::here(&mut self.line, &mut self.broken).await?;
        self.pending.write(conn).await?;
        self.earlier = (0, 0);
        Ok(conn)
    }

    /// The connection, once what it was given to write is written.
    async fn conn(&mut self) -> Result<&mut Conn, sqlx::Error> {
        line::here(&mut self.line, &mut self.broken).await
    }

    /// Writes all that is pending.
    async fn write_pending(&mut self) -> Result<(), sqlx::Error> {
        let conn = line::here(&mut self.line, &mut self.broken).await?;
        self.pending.write(conn).await
    }

    /// Writes what earlier pieces of work left, and begins what can be undone by itself.
    async fn save(&mut self) -> Result<(), sqlx::Error> {
        self.write_pending().await?;
        query("SAVEPOINT work").execute(self.conn().await?).await.map(drop)
    }

    /// A case's version, with what this transaction appended; `None`: there is no such case.
    pub(crate) async fn version(&mut self, client: &str, case: &str) -> Result<Option<i64>, Fault> {
        if let Some(version) = self.versions.get(client, case) {
            return Ok(Some(version));
        }
        let found: Option<i64> =
            query_scalar("SELECT version FROM cases WHERE client = $1 AND id = $2")
                .bind(client)
                .bind(case)
                .fetch_optional(self.conn().await?)
                .await?;
        if let Some(version) = found {
            self.versions.learn(client, case, version);
        }
        Ok(found)
    }

    /// Moves a case on.
    pub(crate) fn set_version(&mut self, moved: Moved) {
        self.versions.set(&moved);
        self.pending.cases.push(moved);
    }

    /// Appends an entry.
    pub(crate) fn push(&mut self, row: PendingRow) {
        self.pending.entries.push(row);
    }

    /// Begins a piece of work: what it does can be undone by itself.
    fn begin_work(&mut self) {
        self.saved = false;
        self.later.clear();
        self.earlier = self.pending.len();
        self.before.clear();
        self.shutting.clear();
        self.versions.begin_work();
        self.tally.mark();
    }

    /// The right edge of a client's tree, with what this transaction appended: for appending.
    ///
    /// # Errors
    /// When the client moves, or lives in another cell: nothing is appended there.
    pub(crate) async fn edge(&mut self, client: &str) -> Result<Frontier, Fault> {
        if self.shut.contains(client) {
            return Err(tip::elsewhere(client));
        }
        match self.edges.get(client) {
            Some((edge, _)) => Ok(edge.clone()),
            None => match self.settled.get(client) {
                Some(edge) => Ok(edge.clone()),
                None => tip::open(self.conn().await?, client).await,
            },
        }
    }

    /// How many entries a client's journal has, with what this transaction appended.
    pub(crate) async fn edge_size(&mut self, client: &str) -> Result<u64, Fault> {
        match self.edges.get(client) {
            Some((edge, _)) => Ok(edge.size()),
            None => Ok(tip(self.conn().await?, client).await?.size()),
        }
    }

    /// Notes that the current piece of work shut a client's door, or opened it. Its cases may have come
    /// from elsewhere; nothing is pending, since the door was set through [`Tx::sql`].
    pub(crate) fn door(&mut self, client: &str, shut: bool) {
        self.settled.remove(client);
        self.versions.forget();
        if !shut {
            self.shut.remove(client);
        } else if self.shut.insert(client.into()) {
            self.shutting.push(client.into());
        }
    }

    /// Keeps the edges of a batch that was committed.
    fn settle(&mut self, edges: BTreeMap<String, (Frontier, UnixMs)>) {
        /// More clients than this are not kept in memory.
        const MOST: usize = 10_000;
        if self.settled.len() > MOST {
            self.settled.clear();
        }
        for (client, (edge, at)) in edges {
            self.grown.insert(client.clone(), at);
            self.settled.insert(client, edge);
        }
        // From now on the table says it.
        for client in std::mem::take(&mut self.shut) {
            self.settled.remove(&client);
        }
    }

    /// Forgets what others may have changed, or what was not committed.
    fn forget(&mut self) {
        self.versions.forget();
        self.settled.clear();
        self.shut.clear();
    }

    /// Moves the right edge of a client's tree, after an entry was appended.
    pub(crate) fn set_edge(&mut self, client: &str, edge: Frontier, at: UnixMs) {
        let old = self.edges.insert(client.into(), (edge, at));
        self.before.push((client.into(), old));
    }

    /// Whether the database is another machine's.
    pub(crate) fn is_remote(&self) -> bool {
        self.remote
    }

    /// Notes that a case moved on, for whoever waits for it on another node.
    pub(crate) fn moved(&mut self, client: &str, case: &str) {
        if self.is_remote() {
            self.moved.insert((client.into(), case.into()));
        }
    }

    /// Forgets what the current piece of work appended.
    fn take_back(&mut self) {
        self.later.clear();
        self.pending.cut(self.earlier);
        self.versions.take_back();
        self.tally.take_back();
        for client in self.shutting.drain(..) {
            self.shut.remove(&client);
        }
        while let Some((client, old)) = self.before.pop() {
            match old {
                Some(edge) => self.edges.insert(client, edge),
                None => self.edges.remove(&client),
            };
        }
    }
}

/// What a piece of work wants done with its changes.
pub(crate) enum Ran {
    /// Keep them.
    Keep,
    /// Undo them, and only them.
    Undo,
    /// The database failed: undo the batch.
    Abort(StoreError),
}

/// A piece of work with the caller that waits for it.
pub(crate) trait Work: Send {
    /// Runs inside the batch's transaction.
    fn run<'c>(&'c mut self, tx: &'c mut Tx) -> BoxFuture<'c, Ran>;
    /// Tells the caller, once the batch is committed or undone.
    fn finish(self: Box<Self>, batch: Result<(), StoreError>);
}

/// [`Work`] from a closure.
pub(crate) struct Job<T, F> {
    pub(crate) work: Option<F>,
    pub(crate) result: Option<Result<T, StoreError>>,
    pub(crate) tell: oneshot::Sender<Result<T, StoreError>>,
    pub(crate) path: Arc<str>,
}

impl<T, F> Work for Job<T, F>
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, Fault>> + Send + 'static,
{
    fn run<'c>(&'c mut self, tx: &'c mut Tx) -> BoxFuture<'c, Ran> {
        Box::pin(async move {
            let Some(work) = self.work.take() else { return Ran::Undo };
            let done = match work(tx).await {
                Ok(value) => tx.end_later().await.map(|()| value),
                Err(fault) => Err(fault),
            };
            match done {
                Ok(value) => {
                    self.result = Some(Ok(value));
                    Ran::Keep
                }
                Err(fault) => {
                    let abort = fault.is_of_database();
                    let error = fault.into_store(&self.path);
                    self.result = Some(Err(error.clone()));
                    if abort { Ran::Abort(error) } else { Ran::Undo }
                }
            }
        })
    }

    fn finish(self: Box<Self>, batch: Result<(), StoreError>) {
        let answer = match (batch, self.result) {
            // Even a refusal may rest on what the batch had written before; it is undone now.
            (Err(e), _) => Err(e),
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(StoreError::Closed),
        };
        // A caller that went away does not want to know.
        let _ = self.tell.send(answer);
    }
}

/// What the writer is told.
pub(crate) enum Order {
    Work(Box<dyn Work>),
    Close,
}

const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);

/// Runs until told to close or until every sender is gone; signs a last checkpoint on the way out.
pub(crate) async fn run(
    writer: String,
    conn: Conn,
    source: Source,
    mut queue: mpsc::Receiver<Order>,
    keys: Keys,
    path: Arc<str>,
) {
    let mut tx = Tx {
        remote: matches!(conn, Conn::Postgres(_)),
        line: Line::Here(conn),
        keys,
        edges: BTreeMap::new(),
        before: Vec::new(),
        grown: BTreeMap::new(),
        pending: pending::Pending::default(),
        earlier: (0, 0),
        saved: false,
        later: Vec::new(),
        broken: false,
        versions: Versions::default(),
        data_version: None,
        settled: BTreeMap::new(),
        shut: BTreeSet::new(),
        shutting: Vec::new(),
        tally: Tally::default(),
        moved: BTreeSet::new(),
        source,
        writer,
        batch: 0,
        lost: false,
        wiped: false,
        complaint: None,
    };
    match newest_without(&mut tx).await {
        Ok(grown) => tx.grown = grown,
        Err(e) => tracing::warn!(error = %e.into_store(&path), "no look for missing checkpoints"),
    }
    let mut tick = tokio::time::interval(CHECKPOINT_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut open = true;
    let mut latest = 1;
    while open {
        let order = tokio::select! {
            biased;
            _ = tick.tick() => {
                housekeeping(&mut tx, &path).await;
                continue;
            }
            order = queue.recv() => order,
        };
        match order {
            Some(Order::Work(work)) => {
                let mut batch = Batch::new(work, &mut queue, latest);
                batch.commit(&mut tx, &path).await;
                (open, latest) = batch.finish();
            }
            Some(Order::Close) | None => open = false,
        }
    }
    housekeeping(&mut tx, &path).await;
    if let Err(e) = tx.line.close().await {
        tracing::warn!(error = %e, "closing the database failed");
    }
}

async fn newest_without(tx: &mut Tx) -> Result<BTreeMap<String, UnixMs>, Fault> {
    tip::without_checkpoint(tx.conn().await?).await
}

/// What waits for a quiet moment. A failure is tried again at the next tick.
async fn housekeeping(tx: &mut Tx, path: &str) {
    let result = async {
        checkpoints(tx).await?;
        if tx.wiped {
            tx.wiped = !empty_log(tx).await?;
        }
        Ok::<(), Fault>(())
    }
    .await;
    let complaint = result.err().map(|fault| fault.into_store(path).to_string());
    if let Some(text) = &complaint
        && tx.complaint != complaint
    {
        tracing::warn!(error = %text, "the newest checkpoint is not signed yet");
    }
    tx.complaint = complaint;
}

/// Signs a checkpoint for every log that grew, in one transaction.
async fn checkpoints(tx: &mut Tx) -> Result<(), Fault> {
    if tx.grown.is_empty() {
        return Ok(());
    }
    if let Err(e) = begin(tx).await {
        undo(tx).await;
        return Err(e.into());
    }
    let result = async {
        for (client, at) in tx.grown.clone() {
            match checkpoint(tx, &client, at).await {
                // A damaged tip is for `journal verify` to explain; the others go on.
                Err(Fault::Store(e)) => tracing::error!(%client, error = %e, "no checkpoint"),
                other => other?,
            }
        }
        query("COMMIT").execute(tx.conn().await?).await?;
        Ok::<(), Fault>(())
    }
    .await;
    match &result {
        Ok(()) => tx.grown.clear(),
        Err(_) => undo(tx).await,
    }
    result
}

async fn checkpoint(tx: &mut Tx, client: &str, at: UnixMs) -> Result<(), Fault> {
    let edge = tip(tx.conn().await?, client).await?;
    let note = tx.keys.signer(client).sign(edge.size(), edge.root());
    query(
        "INSERT INTO checkpoints (client, size, at_ms, note) VALUES ($1, $2, $3, $4)
         ON CONFLICT (client, size) DO NOTHING",
    )
    .bind(client)
    .bind(as_i64(edge.size()))
    .bind(at.0)
    .bind(note)
    .execute(tx.conn().await?)
    .await?;
    Ok(())
}

/// Writes the write-ahead log into the database and cuts it to nothing. Answers whether it could:
/// readers are not waited for.
async fn empty_log(tx: &mut Tx) -> Result<bool, Fault> {
    if tx.is_remote() {
        return Ok(true);
    }
    let patience: i64 = query_scalar("PRAGMA busy_timeout").fetch_one(tx.conn().await?).await?;
    query("PRAGMA busy_timeout = 0").execute(tx.conn().await?).await?;
    let cut = query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(tx.conn().await?).await;
    let patience = format!("PRAGMA busy_timeout = {patience}");
    query(patience).execute(tx.conn().await?).await?;
    Ok(cut?.try_get::<i64, _>(0)? == 0)
}
