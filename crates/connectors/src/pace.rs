//! One budget of failed calls for each client and vendor.
//!
//! A vendor that throttles or is down is left alone for a while that doubles with every further
//! failure and is never the same twice, so that a hundred cases do not knock at once when it is back.
//! Meanwhile each of them is told [`CallError::Retry`] without a call.
//!
//! INVARIANT: after a pause one call goes first; the others wait for what becomes of it.

use crate::{
    CallError, Directory, Probe, Psa, ReadBack,
    psa::{Changes, PastPage},
};
use async_trait::async_trait;
use domain::{
    Account, AccountQuery, AccountState, Action, ActionKind, Device, Group, IncomingTicket,
    PastTicket, TicketState, UnixMs,
};
use gate::Grant;
use secrecy::SecretString;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// The pause after the first failure; it doubles from there.
const FIRST: Duration = Duration::from_secs(1);
/// The longest pause of our own.
const LONGEST: Duration = Duration::from_secs(300);
/// The longest pause that a vendor's word is followed for.
const LONGEST_ASKED: Duration = Duration::from_secs(3_600);
/// How long others wait while one call shows whether the vendor is back.
const WHILE_ONE_TRIES: Duration = Duration::from_secs(1);
/// From so many failures in a row on it is said aloud.
const TOLD_FROM: u32 = 3;

/// The pace of calls to one vendor for one client.
#[derive(Debug)]
pub struct Pace {
    what: String,
    /// A number from 0 to 1, another one each time.
    chance: fn() -> f64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    until: Option<Instant>,
    trying: bool,
    last: String,
}

/// One call that was let through. Dropped without a word, it says nothing about the vendor.
struct Call<'p> {
    pace: &'p Pace,
    first: bool,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if self.first {
            self.pace.state().trying = false;
        }
    }
}

impl Pace {
    /// A pace for `what`, such as `Microsoft Graph of acme`. `chance` gives a number from 0 to 1.
    pub fn new(what: impl Into<String>, chance: fn() -> f64) -> Arc<Pace> {
        Arc::new(Pace { what: what.into(), chance, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a call would be let through now.
    ///
    /// # Errors
    /// [`CallError::Retry`] with the time that is left.
    pub fn ready(&self) -> Result<(), CallError> {
        let state = self.state();
        match self.left(&state) {
            Some(left) => Err(paused(&state, left)),
            None => Ok(()),
        }
    }

    fn left(&self, state: &State) -> Option<Duration> {
        let left = state.until?.saturating_duration_since(Instant::now());
        match left.is_zero() {
            true => state.trying.then_some(WHILE_ONE_TRIES),
            false => Some(left),
        }
    }

    fn begin(&self) -> Result<Call<'_>, CallError> {
        let mut state = self.state();
        if let Some(left) = self.left(&state) {
            return Err(paused(&state, left));
        }
        let first = state.until.is_some();
        state.trying = first;
        Ok(Call { pace: self, first })
    }

    fn end<T>(&self, result: &Result<T, CallError>) {
        let mut state = self.state();
        let (what, asked) = match result {
            // Whoever says no is there.
            Ok(_) | Err(CallError::Rejected { .. }) => {
                if state.failures >= TOLD_FROM {
                    tracing::info!(system = %self.what, "answers again");
                }
                *state = State::default();
                return;
            }
            Err(CallError::Retry { what, after }) => (what, *after),
            Err(CallError::Unknown { what }) => (what, None),
        };
        state.failures = state.failures.saturating_add(1);
        state.last.clone_from(what);
        let doubled = FIRST.saturating_mul(1 << state.failures.saturating_sub(1).min(12));
        // Half of it for sure, the rest by chance.
        let own = doubled.min(LONGEST).mul_f64(0.5 + 0.5 * (self.chance)().clamp(0.0, 1.0));
        let pause = asked.map_or(own, |asked| asked.min(LONGEST_ASKED).max(own));
        state.until = Some(Instant::now() + pause);
        if state.failures == TOLD_FROM {
            tracing::warn!(
                system = %self.what,
                error = %state.last,
                "does not answer: its cases wait, with longer and longer pauses between two tries"
            );
        }
    }

    /// Lets a call through, or says how long to wait.
    async fn call<T>(
        &self,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let one = self.begin()?;
        let result = call.await;
        self.end(&result);
        drop(one);
        result
    }
}

/// In the words of the failure behind the pause: it is one trouble, and is said once.
fn paused(state: &State, left: Duration) -> CallError {
    CallError::Retry { what: state.last.clone(), after: Some(left) }
}

/// A directory or help desk that is called at a [`Pace`].
#[derive(Debug)]
pub struct Paced<T: ?Sized> {
    pace: Arc<Pace>,
    inner: Arc<T>,
}

impl<T: ?Sized> Paced<T> {
    /// Calls `inner` at this pace.
    pub fn new(inner: Arc<T>, pace: Arc<Pace>) -> Paced<T> {
        Paced { pace, inner }
    }
}

#[async_trait]
impl Directory for Paced<dyn Directory> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn vendor(&self) -> &'static str {
        self.inner.vendor()
    }

    fn capabilities(&self) -> &'static [ActionKind] {
        self.inner.capabilities()
    }

    fn ready(&self) -> Result<(), CallError> {
        self.pace.ready()
    }

    /// A person asks: that is never held back.
    async fn probe(&self) -> Result<Probe, CallError> {
        self.inner.probe().await
    }

    async fn find_accounts(&self, query: &AccountQuery) -> Result<Vec<Account>, CallError> {
        self.pace.call(self.inner.find_accounts(query)).await
    }

    async fn account(&self, id: &str) -> Result<Option<Account>, CallError> {
        self.pace.call(self.inner.account(id)).await
    }

    async fn find_groups(&self, name: &str) -> Result<Vec<Group>, CallError> {
        self.pace.call(self.inner.find_groups(name)).await
    }

    async fn group(&self, id: &str) -> Result<Option<Group>, CallError> {
        self.pace.call(self.inner.group(id)).await
    }

    async fn is_direct_member(&self, group_id: &str, account_id: &str) -> Result<bool, CallError> {
        self.pace.call(self.inner.is_direct_member(group_id, account_id)).await
    }

    async fn devices(&self, account_id: &str) -> Result<Vec<Device>, CallError> {
        self.pace.call(self.inner.devices(account_id)).await
    }

    async fn perform(&self, grant: Grant, secret: Option<&SecretString>) -> Result<(), CallError> {
        self.pace.call(self.inner.perform(grant, secret)).await
    }

    async fn read_back(
        &self,
        action: &Action,
        before: Option<&AccountState>,
        started_at: UnixMs,
        secret: Option<&SecretString>,
    ) -> Result<ReadBack, CallError> {
        self.pace.call(self.inner.read_back(action, before, started_at, secret)).await
    }
}

#[async_trait]
impl Psa for Paced<dyn Psa> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn vendor(&self) -> &'static str {
        self.inner.vendor()
    }

    fn capabilities(&self) -> &'static [ActionKind] {
        self.inner.capabilities()
    }

    fn ready(&self) -> Result<(), CallError> {
        self.pace.ready()
    }

    /// A person asks: that is never held back.
    async fn probe(&self) -> Result<Probe, CallError> {
        self.inner.probe().await
    }

    async fn changes(&self, cursor: Option<&str>) -> Result<Changes, CallError> {
        self.pace.call(self.inner.changes(cursor)).await
    }

    async fn incoming(&self, id: &str) -> Result<Option<IncomingTicket>, CallError> {
        self.pace.call(self.inner.incoming(id)).await
    }

    async fn ticket(&self, id: &str) -> Result<Option<TicketState>, CallError> {
        self.pace.call(self.inner.ticket(id)).await
    }

    async fn closed(&self, cursor: Option<&str>) -> Result<PastPage, CallError> {
        self.pace.call(self.inner.closed(cursor)).await
    }

    async fn past(&self, id: &str) -> Result<Option<PastTicket>, CallError> {
        self.pace.call(self.inner.past(id)).await
    }

    async fn perform(&self, grant: Grant) -> Result<(), CallError> {
        self.pace.call(self.inner.perform(grant)).await
    }

    async fn read_back(&self, action: &Action, mark: &str) -> Result<ReadBack, CallError> {
        self.pace.call(self.inner.read_back(action, mark)).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A vendor that is asked so often.
    #[derive(Default)]
    struct Vendor(AtomicU32);

    impl Vendor {
        async fn says(&self, answer: Result<(), CallError>) -> Result<(), CallError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(50)).await;
            answer
        }

        fn asked(&self) -> u32 {
            self.0.load(Ordering::SeqCst)
        }
    }

    fn down() -> Result<(), CallError> {
        Err(CallError::retry("no answer"))
    }

    fn wait_of(result: Result<(), CallError>) -> Duration {
        match result {
            Err(CallError::Retry { after: Some(after), .. }) => after,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_vendor_that_is_down_is_asked_less_and_less() {
        let (pace, vendor) = (Pace::new("Graph of acme", || 1.0), Vendor::default());
        let mut pauses = vec![];
        for _ in 0..12 {
            let _ = pace.call(vendor.says(down())).await;
            let asked = vendor.asked();
            // A hundred cases want something meanwhile.
            for _ in 0..100 {
                wait_of(pace.call(vendor.says(Ok(()))).await);
            }
            assert_eq!(vendor.asked(), asked, "nobody is called during a pause");
            let left = wait_of(pace.call(vendor.says(Ok(()))).await);
            pauses.push(left.as_secs());
            tokio::time::sleep(left).await;
        }
        assert_eq!(pauses[..6], [1, 2, 4, 8, 16, 32]);
        assert_eq!(pauses[11], 300, "never longer than five minutes: {pauses:?}");
        let words = pace.call(vendor.says(down())).await;
        assert!(words.is_err());
        let text = pace.ready().unwrap_err().to_string();
        assert!(text.contains("no answer"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_pause_one_goes_first_and_the_others_follow_when_it_is_back() {
        let (pace, vendor) = (Pace::new("RT", || 0.5), Vendor::default());
        let _ = pace.call(vendor.says(down())).await;
        tokio::time::sleep(wait_of(pace.ready())).await;
        let calls = (0..10).map(|_| pace.call(vendor.says(Ok(()))));
        let before = vendor.asked();
        let done = futures_of(calls.collect()).await;
        assert_eq!(vendor.asked() - before, 1, "one tries");
        assert_eq!(done.iter().filter(|d| d.is_ok()).count(), 1);
        assert!(pace.ready().is_ok(), "and then all may");
        // One that was given up half way does not hold the others back for ever.
        let _ = pace.call(vendor.says(down())).await;
        tokio::time::sleep(wait_of(pace.ready())).await;
        let given_up = pace.call(vendor.says(Ok(())));
        assert!(tokio::time::timeout(Duration::from_millis(1), given_up).await.is_err());
        assert!(pace.call(vendor.says(Ok(()))).await.is_ok());
    }

    async fn futures_of<F>(calls: Vec<F>) -> Vec<Result<(), CallError>>
    where
        F: Future<Output = Result<(), CallError>>,
    {
        let mut calls: Vec<_> = calls.into_iter().map(Box::pin).collect();
        let mut done = vec![];
        std::future::poll_fn(|cx| {
            calls.retain_mut(|call| match call.as_mut().poll(cx) {
                std::task::Poll::Ready(result) => {
                    done.push(result);
                    false
                }
                std::task::Poll::Pending => true,
            });
            match calls.is_empty() {
                true => std::task::Poll::Ready(()),
                false => std::task::Poll::Pending,
            }
        })
        .await;
        done
    }

    #[tokio::test(start_paused = true)]
    async fn a_vendors_own_word_counts_and_a_no_is_no_outage() {
        let (pace, vendor) = (Pace::new("ConnectWise", || 0.0), Vendor::default());
        let after = Some(Duration::from_secs(77));
        let throttled = Err(CallError::Retry { what: "too many requests".into(), after });
        let _ = pace.call(vendor.says(throttled)).await;
        assert_eq!(wait_of(pace.ready()).as_secs(), 77);
        tokio::time::sleep(Duration::from_secs(77)).await;
        for _ in 0..5 {
            let no = Err(CallError::rejected("no such account", "name another"));
            assert!(pace.call(vendor.says(no)).await.is_err());
            assert!(pace.ready().is_ok());
        }
        assert_eq!(vendor.asked(), 6);
    }
}
