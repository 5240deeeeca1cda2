//! The worker: takes tickets in, leases cases, drives each to its next wait, executes what the gate
//! permits and proves it by reading back.
//!
//! INVARIANT: nothing here decides. `technician::next` says what to do next, `gate::judge` whether
//! it may be done; this module reads facts, writes the journal and calls the connectors.

mod ahead;
mod breakers;
pub(crate) mod change;
mod drive;
mod escalate;
mod execute;
mod facts;
mod fence;
mod intake;
mod notices;
mod password;
mod propose;
mod shadow;
mod spans;
mod submission;
mod witness;
pub(crate) use witness::Witness;

use crate::{
    app::App,
    clock::{self, carry},
    failpoint,
};
use domain::CaseId;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use stop::Stop;
use store::{Claimed, News};
use tokio::task::{AbortHandle, JoinSet};

/// How long a case stays leased. Longer than the slowest outside call may take.
const LEASE: Duration = Duration::from_secs(180);
/// How long a case stays leased, in tests perhaps shorter.
fn lease() -> Duration {
    failpoint::lease().unwrap_or(LEASE)
}
/// How often due cases are looked for when nothing wakes the worker.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long a duty that one node does for all stays with it after it was last seen.
const TURN: Duration = Duration::from_secs(15);

/// Under this name it is told that no cases can be worked on.
const CASES: &str = "cases";

/// A signal to stop that many tasks can wait for.
pub(crate) mod stop {
    use std::time::Duration;
    use tokio::sync::watch;

    /// Tells tasks to stop.
    #[derive(Clone, Debug)]
    pub(crate) struct Stop(watch::Receiver<bool>);

    impl Stop {
        /// A switch and its signal.
        pub(crate) fn new() -> (watch::Sender<bool>, Stop) {
            let (tx, rx) = watch::channel(false);
            (tx, Stop(rx))
        }

        /// Waits until told to stop.
        pub(crate) async fn wait(&mut self) {
            // A dropped switch means stop, too.
            let _ = self.0.wait_for(|stop| *stop).await;
        }

        /// Waits so long, or until told to stop.
        pub(crate) async fn rest(&mut self, pause: Duration) {
            tokio::select! {
                biased;
                () = self.wait() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }

        /// Whether told to stop.
        pub(crate) fn is_set(&self) -> bool {
            *self.0.borrow()
        }
    }
}

/// Runs intake for every PSA and the case workers until told to stop; what is being worked on is
/// finished or left for the next start.
pub(crate) async fn run(app: Arc<App>, stop: Stop) {
    if let Err(e) = app.store.release_all(app.store.node()).await {
        tracing::warn!(error = %e, "leases of the run before are waited out");
    }
    let mut tasks = JoinSet::new();
    tasks.spawn(carry(intakes(app.clone(), stop.clone())));
    tasks.spawn(carry(cases(app.clone(), stop.clone())));
    tasks.spawn(carry(wipe(app.clone(), stop.clone())));
    tasks.spawn(carry(prune(app.clone(), stop.clone())));
    tasks.spawn(carry(notices::run(app.clone(), stop.clone())));
    tasks.spawn(carry(shadow::run(app.clone(), stop.clone())));
    tasks.spawn(carry(listen(app.clone(), stop.clone())));
    tasks.spawn(carry(watch_policy(app.clone(), stop.clone())));
    // A simulation has no network of its own.
    if !clock::is_simulated() {
        tasks.spawn(crate::api::webhooks::run(app.clone(), stop.clone()));
        tasks.spawn(crate::cells::run(app.clone(), stop.clone()));
        tasks.spawn(crate::chat::run(app.clone(), stop.clone()));
        tasks.spawn(witness::run(app.clone(), stop));
    }
    while tasks.join_next().await.is_some() {}
    if let Err(e) = app.store.end_turns().await {
        tracing::warn!(error = %e, "another node takes over a little later");
    }
}

/// Whether this node does what one node does for all. Not knowing is no.
pub(crate) async fn my_turn(app: &App, duty: &str) -> bool {
    match app.store.turn(duty, clock::now(), TURN).await {
        Ok(mine) => mine,
        Err(e) => {
            if app.complaints.raise("turns", &e.to_string()) {
                tracing::warn!(error = %e, "whose turn it is cannot be told now");
            }
            false
        }
    }
}

/// Hears of what other nodes wrote. Whoever misses it finds out by looking, a little later.
async fn listen(app: Arc<App>, mut stop: Stop) {
    while !stop.is_set() {
        tokio::select! {
            biased;
            () = stop.wait() => return,
            () = hear(&app) => {}
        }
        stop.rest(Duration::from_secs(1)).await;
    }
}

/// Passes news on until the connection breaks.
async fn hear(app: &App) {
    let Ok(mut listener) = app.store.listen().await else { return };
    loop {
        match listener.next().await {
            Ok(News::Case(client, case)) => {
                app.tell(&client, case);
                app.due.notify_one();
            }
            Ok(News::Policy) => {
                // It is asked for again in a moment, and by every judgement.
                if let Err(e) = app.reload_policy().await {
                    tracing::debug!(error = %e, "the policy is read again later");
                }
            }
            Ok(News::Breakers | News::Anything) => app.due.notify_one(),
            Err(_) => return,
        }
    }
}

/// One intake for each help desk, also for those that a reload brings. Those that it takes away end by
/// themselves.
async fn intakes(app: Arc<App>, mut stop: Stop) {
    let mut reloads = app.parts.subscribe();
    let mut running: JoinSet<()> = JoinSet::new();
    let mut at: HashMap<String, AbortHandle> = HashMap::new();
    while !stop.is_set() {
        let parts = reloads.borrow_and_update().clone();
        at.retain(|_, task| !task.is_finished());
        for name in parts.psas.keys() {
            if !at.contains_key(name) {
                let task =
                    running.spawn(carry(intake::run(app.clone(), name.clone(), stop.clone())));
                at.insert(name.clone(), task);
            }
        }
        tokio::select! {
            biased;
            () = stop.wait() => {}
            changed = reloads.changed() => if changed.is_err() { break },
            Some(_) = running.join_next() => {}
        }
    }
    while running.join_next().await.is_some() {}
}

/// Cases that are being driven, each with the lease that came for it meanwhile.
type Driven = Arc<Mutex<HashMap<CaseId, Option<Claimed>>>>;

async fn cases(app: Arc<App>, mut stop: Stop) {
    let mut running = JoinSet::new();
    // A drive that outlasts its lease is still the only one: its open call must not be resolved by
    // a second one beside it.
    let driven = Driven::default();
    let mut handed = app.store.hand_over(lease());
    // A claim whose answer got lost may have leased cases that nobody drives.
    let mut lost = false;
    while !stop.is_set() && !app.cells.is_ready() {
        stop.rest(LOOK_EVERY).await;
    }
    while !stop.is_set() {
        while running.try_join_next().is_some() {}
        while let Some(one) = handed.ready() {
            take(&app, &driven, &mut running, one);
        }
        lost |= handed.lost();
        // While a lease is being taken, nobody could say which are lost.
        if lost && !handed.is_open() {
            let kept: Vec<CaseId> = with(&driven, |d| d.keys().copied().collect());
            lost = app.store.release_but(app.store.node(), &kept).await.is_err();
        }
        let busy = u32::try_from(with(&driven, |d| d.len())).unwrap_or(u32::MAX);
        let free = app.parts().workers.saturating_sub(busy);
        handed.set_room(if lost { 0 } else { free });
        let claimed = match free {
            0 => Vec::new(),
            _ => match app.store.claim(app.store.node(), clock::now(), lease(), free).await {
                Ok(claimed) => {
                    if app.complaints.settle(CASES) {
                        tracing::info!("cases can be worked on again");
                    }
                    claimed
                }
                Err(e) => {
                    if app.complaints.raise(CASES, &e.to_string()) {
                        tracing::warn!(error = %e, "no cases can be worked on now");
                    }
                    lost = true;
                    Vec::new()
                }
            },
        };
        let idle = claimed.is_empty();
        for one in claimed {
            take(&app, &driven, &mut running, one);
        }
        if idle {
            tokio::select! {
                biased;
                () = stop.wait() => {}
                Some(one) = handed.wait() => take(&app, &driven, &mut running, one),
                () = app.due.notified() => {}
                () = tokio::time::sleep(clock::pace(LOOK_EVERY)) => {}
            }
        }
    }
    handed.set_room(0);
    while let Some(one) = handed.ready() {
        running.spawn(carry(give_up(app.clone(), one)));
    }
    while running.join_next().await.is_some() {}
}

/// Drives a leased case. One that is driven already is driven again when that is over.
fn take(app: &Arc<App>, driven: &Driven, running: &mut JoinSet<()>, one: Claimed) {
    let later = with(driven, |d| match d.entry(one.case) {
        Entry::Occupied(mut last) => {
            last.insert(Some(one.clone()));
            true
        }
        Entry::Vacant(first) => {
            first.insert(None);
            false
        }
    });
    if later {
        return;
    }
    let (app, driven) = (app.clone(), driven.clone());
    running.spawn(carry(async move {
        let mut next = Some(one);
        while let Some(one) = next {
            let left = drive::drive(&app, &one).await;
            // What was leased meanwhile goes on, unless the drive outlasted its own lease and gave up both:
            // then whoever finds the case due does.
            next = with(&driven, |d| {
                let later = d.get_mut(&one.case).and_then(Option::take);
                let later =
                    later.filter(|l| left == drive::Left::Released && clock::now() < l.until);
                if later.is_none() {
                    d.remove(&one.case);
                }
                later
            });
        }
        app.due.notify_one();
    }));
}

/// Gives back what was handed over to a worker that ends.
async fn give_up(app: Arc<App>, one: Claimed) {
    let node = app.store.node();
    if let Err(e) = app.store.release(&one.client, one.case, node, Some(clock::now())).await {
        tracing::warn!(error = %e, "a case waits until its lease has run out");
    }
}

fn with<T>(
    driven: &Mutex<HashMap<CaseId, Option<Claimed>>>,
    act: impl FnOnce(&mut HashMap<CaseId, Option<Claimed>>) -> T,
) -> T {
    act(&mut driven.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Notices a policy that another process put in force.
async fn watch_policy(app: Arc<App>, mut stop: Stop) {
    while !stop.is_set() {
        if let Err(e) = app.reload_policy().await
            && app.complaints.raise("policy", &e.to_string())
        {
            tracing::warn!(error = %e, "whether there is a new policy is asked again later");
        }
        stop.rest(clock::pace(Duration::from_millis(500))).await;
    }
}

/// Forgets what nothing looks at any more: hourly, on one node.
async fn prune(app: Arc<App>, mut stop: Stop) {
    while !stop.is_set() {
        if my_turn(&app, "prune").await {
            match app.store.prune(clock::now()).await {
                Ok(0) => {}
                Ok(rows) => tracing::debug!(rows, "old rows forgotten"),
                Err(e) => tracing::warn!(error = %e, "old rows are forgotten later"),
            }
        }
        stop.rest(Duration::from_secs(3_600)).await;
    }
}

/// Wipes one-time secrets that nobody fetched.
async fn wipe(app: Arc<App>, mut stop: Stop) {
    while !stop.is_set() {
        if let Err(e) = app.store.wipe_expired(clock::now()).await {
            if app.complaints.raise("wipe", &e.to_string()) {
                tracing::warn!(error = %e, "expired secrets are wiped later");
            }
        } else {
            app.complaints.settle("wipe");
        }
        stop.rest(Duration::from_secs(30)).await;
    }
}
