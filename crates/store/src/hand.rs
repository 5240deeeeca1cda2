//! From whoever writes to the worker of the same process: a case that becomes due is leased in the
//! transaction that makes it due, and handed over, so that no look and no second write come between.
//!
//! INVARIANT: a lease that was taken is either handed over, or reported lost so that the worker gives it
//! up: also when the writer did not hear what became of the transaction.

use crate::{
    Claimed, Store, StoreError,
    writer::{Fault, Tx},
};
use domain::{CaseId, ClientId, UnixMs};
use futures::future::BoxFuture;
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::sync::mpsc;

/// A lease to be taken.
#[derive(Clone, Debug)]
pub struct Lease {
    pub(crate) node: Arc<str>,
    pub(crate) until: UnixMs,
}

impl Lease {
    /// What `node` holds until then.
    pub fn of(node: &str, until: UnixMs) -> Lease {
        Lease { node: node.into(), until }
    }
}

/// Where cases are handed over.
#[derive(Debug, Default)]
pub(crate) struct Hand {
    to: Mutex<Option<(mpsc::UnboundedSender<Claimed>, Duration)>>,
    free: AtomicU32,
    open: AtomicU32,
    lost: AtomicBool,
}

/// The worker's end. While it lives, cases are handed over to it.
#[derive(Debug)]
pub struct Handed {
    hand: Arc<Hand>,
    from: mpsc::UnboundedReceiver<Claimed>,
}

impl Store {
    /// Has cases that become due by a write of this process leased for so long, and handed over to
    /// whoever holds the answer. The last to ask gets them.
    pub fn hand_over(&self, lease: Duration) -> Handed {
        let (to, from) = mpsc::unbounded_channel();
        *self.hand.to.lock().unwrap_or_else(PoisonError::into_inner) = Some((to, lease));
        Handed { hand: self.hand.clone(), from }
    }

    /// Room at the worker for one case; `None`: it is to be found by whoever looks for due cases.
    pub(crate) fn offer(&self, now: UnixMs) -> Option<Offer> {
        if !self.standing.is_sure() {
            return None;
        }
        let to = self.hand.to.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (to, lease) = to.filter(|(to, _)| !to.is_closed())?;
        let less = |free: u32| free.checked_sub(1);
        self.hand.open.fetch_add(1, Ordering::AcqRel);
        if self.hand.free.fetch_update(Ordering::AcqRel, Ordering::Acquire, less).is_err() {
            self.hand.open.fetch_sub(1, Ordering::AcqRel);
            return None;
        }
        let until = now.plus_ms(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
        let lease = Lease { node: self.node.clone(), until };
        Some(Offer { hand: self.hand.clone(), to, lease, settled: false })
    }

    /// Runs a piece of work that leases a case when there is room for it, and hands the case over;
    /// `leased` tells from its answer which.
    pub(crate) async fn write_leasing<T, F>(
        &self,
        offer: Option<Offer>,
        work: F,
        leased: impl FnOnce(&T) -> Option<(ClientId, CaseId)>,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, Fault>> + Send + 'static,
    {
        let done = self.write(work).await;
        if let Some(offer) = offer {
            offer.settle(done.as_ref().map(leased));
        }
        done
    }
}

/// Room for one case at the worker.
#[derive(Debug)]
pub(crate) struct Offer {
    hand: Arc<Hand>,
    to: mpsc::UnboundedSender<Claimed>,
    lease: Lease,
    settled: bool,
}

impl Offer {
    /// The lease to write.
    pub(crate) fn lease(&self) -> Lease {
        self.lease.clone()
    }

    /// What became of the write: the case that was leased, if one was. The worker gets it.
    fn settle(mut self, written: Result<Option<(ClientId, CaseId)>, &StoreError>) {
        let kept = !matches!(written, Ok(Some(_)));
        self.settled = match written {
            Ok(Some((client, case))) => {
                let claimed = Claimed { client, case, until: self.lease.until };
                // A worker that is gone is one that ends: its leases are given up at the next start.
                self.to.send(claimed).is_ok()
            }
            Ok(None) => true,
            Err(e) => !matches!(
                e,
                StoreError::Unavailable(..) | StoreError::Broken(_) | StoreError::Closed
            ),
        };
        if self.settled && kept {
            self.hand.free.fetch_add(1, Ordering::AcqRel);
        }
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        if !self.settled {
            self.hand.lost.store(true, Ordering::Release);
        }
        self.hand.open.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Handed {
    /// The next case; `None` when there is none yet.
    pub fn ready(&mut self) -> Option<Claimed> {
        self.from.try_recv().ok()
    }

    /// Waits for the next case.
    pub async fn wait(&mut self) -> Option<Claimed> {
        self.from.recv().await
    }

    /// So many more may be handed over.
    pub fn set_room(&self, free: u32) {
        self.hand.free.store(free, Ordering::Release);
    }

    /// Whether a lease may have been taken of which nobody knows. Asked once for each.
    pub fn lost(&self) -> bool {
        self.hand.lost.swap(false, Ordering::AcqRel)
    }

    /// Whether a lease is being taken.
    pub fn is_open(&self) -> bool {
        self.hand.open.load(Ordering::Acquire) > 0
    }
}

impl Drop for Handed {
    fn drop(&mut self) {
        self.hand.free.store(0, Ordering::Release);
    }
}
