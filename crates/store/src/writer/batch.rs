//! One batch: pieces of work that share a transaction, and its end. While the database writes the rows
//! of the first ones, the next are taken in and worked out.

use super::{Order, Ran, Tx, Work, remote};
use crate::{
    StoreError,
    sql::query,
    tip::put_tip,
    writer::{chunk::Chunk, line::Line},
};
use tokio::sync::mpsc::{Receiver, error::TryRecvError};

/// Pieces of work that share a transaction at most.
const MOST: usize = 1024;
/// How often the writer lets others run before it goes with fewer than the last time.
const PATIENCE: u32 = 64;
/// Rows with which SQLite's thread is sent to work while more are taken in.
const ENOUGH: usize = 64;

/// Pieces of work, and where more come from.
pub(super) struct Batch<'q> {
    works: Vec<Box<dyn Work>>,
    queue: &'q mut Receiver<Order>,
    /// How many the last batch had.
    latest: usize,
    patience: u32,
    /// Nobody told the writer to close.
    open: bool,
    result: Result<(), StoreError>,
}

impl<'q> Batch<'q> {
    pub(super) fn new(
        first: Box<dyn Work>,
        queue: &'q mut Receiver<Order>,
        latest: usize,
    ) -> Batch<'q> {
        let works = vec![first];
        Batch { works, queue, latest, patience: PATIENCE, open: true, result: Ok(()) }
    }

    /// Runs and commits what is waiting, or undoes it.
    pub(super) async fn commit(&mut self, tx: &mut Tx, path: &str) {
        let begun = std::time::Instant::now();
        self.result = self.run_all(tx, path).await;
        tx.tally.end(begun, self.works.len(), self.result.is_ok());
        let edges = std::mem::take(&mut tx.edges);
        match self.result {
            Ok(()) => tx.settle(edges),
            Err(_) => {
                tx.pending.cut((0, 0));
                undo(tx).await;
                tx.broken = false;
                tx.forget();
            }
        }
    }

    /// Tells everybody. Answers whether the writer goes on, and how many they were.
    pub(super) fn finish(self) -> (bool, usize) {
        let many = self.works.len();
        for work in self.works {
            work.finish(self.result.clone());
        }
        (self.open, many)
    }

    async fn run_all(&mut self, tx: &mut Tx, path: &str) -> Result<(), StoreError> {
        if !streams(tx) {
            self.gather().await;
        }
        let begun = begin(tx).await;
        // Whoever waits by now also hears that it cannot begin.
        self.take_waiting();
        let fail = |e: sqlx::Error| StoreError::from_sqlx(path, &e);
        begun.map_err(fail)?;
        let mut next = 0;
        loop {
            while let Some(work) = self.works.get_mut(next) {
                run(tx, work.as_mut(), path).await?;
                send(tx).map_err(fail)?;
                next += 1;
            }
            if !self.more(tx).await.map_err(fail)? {
                break;
            }
        }
        end(tx, path).await
    }

    fn take(&mut self, order: Option<Order>) {
        match order {
            Some(Order::Work(work)) => self.works.push(work),
            Some(Order::Close) | None => self.open = false,
        }
    }

    fn take_waiting(&mut self) {
        while self.open && self.works.len() < MOST {
            match self.queue.try_recv() {
                Ok(order) => self.take(Some(order)),
                Err(TryRecvError::Disconnected) => self.take(None),
                Err(TryRecvError::Empty) => return,
            }
        }
    }

    /// Takes more in, as long as it is worth waiting for; answers whether there is any.
    async fn more(&mut self, tx: &mut Tx) -> Result<bool, sqlx::Error> {
        let before = self.works.len();
        while self.open && before < MOST {
            self.take_waiting();
            if self.works.len() > before {
                return Ok(true);
            }
            if !self.open {
                break;
            }
            if let Line::Away(_) = tx.line {
                // Until it is back there is nothing to do but this.
                tokio::select! {
                    biased;
                    landed = tx.line.land() => landed?,
                    order = self.queue.recv() => self.take(order),
                }
                if self.works.len() > before {
                    return Ok(true);
                }
                send(tx)?;
            } else if !streams(tx) || !self.wait().await {
                break;
            }
        }
        Ok(false)
    }

    /// Takes in what others are about to bring, before the transaction begins.
    async fn gather(&mut self) {
        self.take_waiting();
        while self.open && self.works.len() < MOST && self.wait().await {
            self.take_waiting();
        }
    }

    /// Lets others run, unless there are as many as the last time, or it was tried often enough: who
    /// was answered a moment ago is about to come back with the next, and together they share one wait
    /// for the disk.
    async fn wait(&mut self) -> bool {
        if self.works.len() >= self.latest || self.patience == 0 {
            return false;
        }
        self.patience -= 1;
        tokio::task::yield_now().await;
        true
    }
}

/// Whether more is taken in while the transaction is open: only where nobody else waits for its lock,
/// since other nodes would stand still (and in a simulation they are on the same thread).
fn streams(tx: &Tx) -> bool {
    #[cfg(feature = "sim")]
    if crate::sim::is_on() {
        return false;
    }
    !tx.remote
}

/// Runs one piece of work. An error is of the whole batch.
async fn run(tx: &mut Tx, work: &mut dyn Work, path: &str) -> Result<(), StoreError> {
    tx.begin_work();
    let ran = work.run(tx).await;
    match ran {
        // What the database says of itself is the cause, also of this.
        Ran::Abort(error) => return Err(error),
        Ran::Keep | Ran::Undo if tx.broken => {
            return Err(StoreError::Broken(format!(
                "{path}: entries of a batch could not be written; run `journeyman journal verify`"
            )));
        }
        Ran::Keep => {}
        Ran::Undo => {
            tx.take_back();
            if tx.saved {
                say(tx, "ROLLBACK TO work", path).await?;
            }
        }
    }
    if tx.saved {
        say(tx, "RELEASE work", path).await?;
    }
    Ok(())
}

/// Sends SQLite's thread to work when it has nothing to do and there is enough.
fn send(tx: &mut Tx) -> Result<(), sqlx::Error> {
    if tx.remote || !tx.line.is_here() {
        return Ok(());
    }
    let Some(chunk) = tx.pending.take(ENOUGH) else { return Ok(()) };
    tx.line.send(|mut conn| async move {
        let done = chunk.write().execute(&mut conn).await;
        (conn, done.map(drop))
    })
}

/// Writes what is left and commits.
async fn end(tx: &mut Tx, path: &str) -> Result<(), StoreError> {
    let fail = |e: sqlx::Error| StoreError::from_sqlx(path, &e);
    if tx.remote {
        end_remote(tx).await.map_err(fail)?;
        let conn = tx.conn().await.map_err(fail)?;
        return match query("COMMIT").execute(conn).await {
            Ok(_) => Ok(()),
            Err(e) => remote::resolve(tx, e).await.map_err(fail),
        };
    }
    end_here(tx).await.map_err(fail)
}

async fn end_remote(tx: &mut Tx) -> Result<(), sqlx::Error> {
    tx.write_pending().await?;
    let edges = std::mem::take(&mut tx.edges);
    let mut put = Ok(());
    for (client, (edge, _)) in &edges {
        put = put_tip(tx.conn().await?, client, edge).await;
        if put.is_err() {
            break;
        }
    }
    tx.edges = edges;
    put?;
    remote::mark(tx).await
}

/// What can go in one is sent in one: each statement goes to SQLite's thread and back.
async fn end_here(tx: &mut Tx) -> Result<(), sqlx::Error> {
    let mut last = Chunk::default();
    while let Some(chunk) = tx.pending.take(1) {
        if tx.pending.len() == (0, 0) {
            last = chunk;
        } else {
            chunk.write().execute(tx.conn().await?).await?;
        }
    }
    tx.write_pending().await?;
    let mut edges = tx.edges.iter().map(|(client, (edge, _))| (client.clone(), edge.clone()));
    let tip = edges.next();
    let others: Vec<_> = edges.collect();
    for (client, edge) in others {
        put_tip(tx.conn().await?, &client, &edge).await?;
    }
    last.commit(tip).execute(tx.conn().await?).await.map(drop)
}

/// Begins, on a new connection when the old one is gone, and forgets what is not known any more.
pub(super) async fn begin(tx: &mut Tx) -> Result<(), sqlx::Error> {
    let begun = match tx.lost {
        true => None,
        false => match tx.conn().await?.begin().await {
            Err(e) if remote::is_gone(&e) => None,
            other => Some(other?),
        },
    };
    let count = match begun {
        Some(count) => count,
        None => {
            tx.lost = true;
            tx.line = Line::Here(tx.source.connect().await?);
            tx.forget();
            tx.conn().await?.begin().await?
        }
    };
    tx.lost = false;
    if count.is_none() || count != tx.data_version {
        tx.forget();
    }
    tx.data_version = count;
    tx.versions.trim();
    Ok(())
}

async fn say(tx: &mut Tx, sql: &'static str, path: &str) -> Result<(), StoreError> {
    let done = match tx.conn().await {
        Ok(conn) => query(sql).execute(conn).await,
        Err(e) => Err(e),
    };
    tx.lost |= done.as_ref().is_err_and(remote::is_gone);
    done.map(drop).map_err(|e| StoreError::from_sqlx(path, &e))
}

/// Undoes the open transaction. There is none when BEGIN failed or when SQLite itself rolled back.
pub(super) async fn undo(tx: &mut Tx) {
    // Rows that could not be written are undone with the others.
    let _ = tx.line.land().await;
    let undone = match tx.conn().await {
        Ok(conn) => query("ROLLBACK").execute(conn).await,
        Err(e) => Err(e),
    };
    if let Err(e) = undone {
        tx.lost |= remote::is_gone(&e);
    }
}
