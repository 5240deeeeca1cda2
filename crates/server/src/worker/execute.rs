//! From a grant to a proven change: *started*, the call, reading back, *finished*. Every step may be
//! repeated after a crash.

use super::{
    ahead::Outlook,
    breakers,
    drive::{DriveError, Driver, Next, UNKNOWN_PAUSE},
    facts, fence, lease, notices, password,
    propose::Lock,
    spans,
};
use crate::{
    clock,
    failpoint::{self, Point},
    ops::traces::Span,
};
use connectors::{CallError, ReadBack};
use domain::{Account, Action, Actor, Attempt, CaseView, Event, Outcome, Tier, UnixMs};
use gate::Grant;
use secrecy::SecretString;
use std::{sync::atomic::Ordering, time::Duration};
use store::{NewDrop, NewEntry, StoreError, View};
use tokio::time::Instant;

/// Of a lease, this part may have passed before it is renewed for an outside call.
const FRESH: i64 = 10;

/// Times that a system is read before an accepted change that does not show counts as failed.
const READ_BACKS: u32 = 6;

impl Driver<'_> {
    /// Journals *started*, calls, reads back, journals *finished*.
    pub(super) async fn run(
        &self,
        grant: Grant,
        judged: NewEntry,
        state: facts::State,
        mut lock: Option<Lock<'_>>,
    ) -> Result<Next, DriveError> {
        let now = clock::now();
        let attempt = Attempt {
            id: grant.attempt(),
            action: grant.action().clone(),
            digest: grant.digest(),
            tier: grant.tier(),
            approval: grant.approval(),
            before: state.target.as_ref().map(|t| t.state),
            was_member: state.was_member,
            started_at: now,
            outcome: None,
            notified: false,
            undone: false,
            watched: false,
            after_yes: false,
        };
        let mut views = Vec::new();
        let secret = match self.secret(&attempt, state.target.as_ref(), &mut views)? {
            Ok(secret) => secret,
            Err(why) => {
                let events = [started(&attempt), finished(&attempt, Outcome::Failed(why))];
                let mut entries = vec![judged];
                entries.extend(events.map(|e| self.by_brain(e)));
                self.append(entries, Vec::new()).await?;
                return Ok(Next::Again);
            }
        };
        // On several nodes a drive that was slow may have lost its case: from here on it takes time again.
        let Some(ours_until) = self.still_ours().await? else { return Ok(Next::Rest) };
        // Nothing is started that would not be called now.
        self.reachable(&attempt.action)?;
        if let Some(lock) = &mut lock
            && !lock.elsewhere.holds().await
        {
            // Somebody else may have added to the volume since.
            return Ok(Next::Again);
        }
        let version = self.append(vec![judged, self.by_brain(started(&attempt))], views).await?;
        drop(lock);
        // From here on the folded version is the one after *started*.
        let mut view = self.view.clone();
        view.version = version;
        let Driver { app, parts, client, until, .. } = *self;
        let driver = Driver { app, parts, client, view, until };
        let span = driver.performing(&attempt).under(self.judgement());
        let outcome = driver.perform(grant, &attempt, secret.as_ref(), ours_until, span).await;
        finish(&driver, &attempt, outcome).await
    }

    /// Until when the case is surely this node's; `None` when it is not any more. A lease that was taken
    /// a moment ago needs no renewal.
    async fn still_ours(&self) -> Result<Option<UnixMs>, DriveError> {
        let store = &self.app.store;
        if !store.is_shared() {
            return Ok(Some(UnixMs(i64::MAX)));
        }
        let (now, lease) = (clock::now(), lease());
        let lease_ms = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
        let whole = now.plus_ms(lease_ms);
        let until = UnixMs(self.until.load(Ordering::Relaxed));
        if (0..=lease_ms / FRESH).contains(&whole.since(until)) {
            return Ok(Some(until));
        }
        if !store.renew(&self.client.id, self.view.id, store.node(), now, lease).await? {
            return Ok(None);
        }
        self.until.store(whole.0, Ordering::Relaxed);
        Ok(Some(whole))
    }

    /// Whether the system of this action would be called now.
    fn reachable(&self, action: &Action) -> Result<(), CallError> {
        match action.ticket() {
            None => self.client.directory.ready(),
            Some(ticket) => self.parts.psas.get(&ticket.psa).map_or(Ok(()), |psa| psa.ready()),
        }
    }

    /// The temporary password of a reset, sealed with the entry that says it is used.
    fn secret(
        &self,
        attempt: &Attempt,
        target: Option<&Account>,
        views: &mut Vec<View>,
    ) -> Result<Result<Option<SecretString>, String>, DriveError> {
        let Action::ResetPassword(reset) = &attempt.action else { return Ok(Ok(None)) };
        // The private address first: whoever needs a new password may not reach the mailbox.
        let address =
            target.and_then(|t| t.other_mails.first().cloned().or_else(|| t.mail.clone()));
        let Some(address) = address else {
            return Ok(Err("the directory has no address on file to prove the user by".into()));
        };
        if self.parts.mail.is_none() {
            return Ok(Err("no outgoing mail is configured to send the one-time code".into()));
        }
        let secret = password::generate().map_err(DriveError::Stuck)?;
        let ttl_ms = i64::from(self.client.link_ttl_hours) * 3_600_000;
        views.push(View::Drop(NewDrop {
            token: self.app.store.drop_token(attempt.id),
            attempt: attempt.id,
            login: reset.account.login.clone(),
            address,
            sealed: self.app.store.seal(attempt.id, &secret)?,
            expires_at: attempt.started_at.plus_ms(ttl_ms),
        }));
        Ok(Ok(Some(secret)))
    }

    /// The outside call, by the connector of the action's kind.
    async fn perform(
        &self,
        grant: Grant,
        attempt: &Attempt,
        secret: Option<&SecretString>,
        ours_until: UnixMs,
        span: Span,
    ) -> Outcome {
        if clock::now() > grant.not_after() {
            return Outcome::Failed("retry: the grant's time was up before the call".into());
        }
        failpoint::hit(Point::BeforeCall);
        let psa = grant.action().ticket().and_then(|t| self.parts.psas.get(&t.psa));
        let result = match (psa, grant.action().ticket()) {
            (Some(psa), _) => fence::within(ours_until, psa.perform(grant)).await,
            (None, Some(ticket)) => Err(CallError::rejected(
                format!("the help desk {:?} is not configured any more", ticket.psa),
                "add its [[psa]] again",
            )),
            (None, None) => {
                fence::within(ours_until, self.client.directory.perform(grant, secret)).await
            }
        };
        failpoint::hit(Point::AfterCall);
        self.app.traces.end(span.failed(result.as_ref().err().map(spans::code)));
        match result {
            Ok(()) => self.shown(attempt, secret).await,
            Err(CallError::Rejected { what, remedy }) => {
                Outcome::Failed(format!("{what} ({remedy})"))
            }
            Err(CallError::Retry { what, .. }) => Outcome::Failed(format!("retry: {what}")),
            Err(CallError::Unknown { what }) => Outcome::Unknown(what),
        }
    }

    /// Reads back after an accepted call; directories that replicate may need a moment.
    async fn shown(&self, attempt: &Attempt, secret: Option<&SecretString>) -> Outcome {
        let span = self.after("read_back", attempt);
        let outcome = self.show(attempt, secret).await;
        let unshown = (!matches!(outcome, Outcome::Done(_))).then_some("not_shown");
        self.app.traces.end(span.failed(unshown));
        outcome
    }

    async fn show(&self, attempt: &Attempt, secret: Option<&SecretString>) -> Outcome {
        let mut last = String::new();
        for round in 0..READ_BACKS {
            if round > 0 {
                tokio::time::sleep(UNKNOWN_PAUSE * round).await;
            }
            match self.look(attempt, secret).await {
                Ok(ReadBack::Shown(evidence)) => return Outcome::Done(evidence),
                Ok(ReadBack::NotShown(what)) => last = what,
                Err(e) => last = e.to_string(),
            }
        }
        Outcome::Unknown(format!("{ACCEPTED}, but reading back showed: {last}"))
    }

    async fn look(
        &self,
        attempt: &Attempt,
        secret: Option<&SecretString>,
    ) -> Result<ReadBack, CallError> {
        match attempt.action.ticket() {
            Some(ticket) => match self.parts.psas.get(&ticket.psa) {
                Some(psa) => psa.read_back(&attempt.action, &attempt.digest.short()).await,
                None => Ok(ReadBack::NotShown("its help desk is not configured any more".into())),
            },
            None => {
                self.client
                    .directory
                    .read_back(&attempt.action, attempt.before.as_ref(), attempt.started_at, secret)
                    .await
            }
        }
    }
}

/// What reading the system says about an attempt whose outcome is open.
///
/// A call whose answer was lost may still be under way at the other end, so "not there" is believed
/// only after a while: longer for a call that we saw fail, since its request was sent; shorter
/// after a crash, which broke its connection. A change that was accepted and never shows goes to
/// people; it is not made again.
pub(super) async fn read_back(
    driver: &Driver<'_>,
    attempt: &Attempt,
) -> Result<Outcome, DriveError> {
    let secret = driver.app.store.attempt_secret(attempt.id).await?;
    let span = driver.after("read_back", attempt);
    let accepted = match &attempt.outcome {
        Some((Outcome::Unknown(why), _)) => why.starts_with(ACCEPTED),
        _ => false,
    };
    // By no clock that could be another node's, or be set meanwhile.
    let begun = Instant::now();
    loop {
        let what = match driver.look(attempt, secret.as_ref()).await? {
            ReadBack::Shown(evidence) => {
                driver.app.traces.end(span);
                return Ok(Outcome::Done(evidence));
            }
            ReadBack::NotShown(what) => what,
        };
        if begun.elapsed() >= failpoint::patience(PATIENCE) {
            driver.app.traces.end(span.failed(Some("not_shown")));
            return Ok(Outcome::Failed(match accepted {
                true => format!("{ACCEPTED}, but it never showed ({what}); a person has to look"),
                false => format!("interrupted: the change did not happen ({what})"),
            }));
        }
        tokio::time::sleep(UNKNOWN_PAUSE).await;
    }
}

/// How long a change may take to show after its answer was lost, from when it is looked for; also after
/// a crash, for what was sent before it may be carried out after.
const PATIENCE: Duration = Duration::from_secs(20);
/// How the outcome of an accepted call that does not show begins.
const ACCEPTED: &str = "the system accepted the change";

/// Journals the outcome and marks Medium for people. The store makes a proven secret ready, or wipes
/// an unused one, in the same transaction.
pub(super) async fn finish(
    driver: &Driver<'_>,
    attempt: &Attempt,
    outcome: Outcome,
) -> Result<Next, DriveError> {
    let done = matches!(outcome, Outcome::Done(_));
    let ended = !matches!(outcome, Outcome::Unknown(_));
    let mut entries = vec![driver.by_brain(finished(attempt, outcome))];
    let mut views = Vec::new();
    let tells = attempt.action.ticket().is_none() || driver.view.submission.is_some();
    if done && attempt.tier >= Tier::Medium && tells {
        entries.push(NewEntry {
            actor: Actor::Platform,
            event: Event::Notified {
                attempt: attempt.id,
                undo: attempt.action.kind().undo().map(str::to_owned),
            },
        });
        views.push(View::Notice(notices::of_attempt(driver, attempt)));
    }
    let notified = entries.len() > 1;
    let span = driver.after("notify", attempt).with("journeyman.channel", "console");
    let (mut all, mut next, mut close) = (entries.clone(), Next::Again, None);
    if let Some(Outlook::Ends(outcome, reason)) = driver.outlook(&entries, None) {
        let (ended, rest) = driver.ending(outcome, reason);
        all.push(ended);
        views.extend(rest);
        close = Some(driver.span("close").with("journeyman.outcome", outcome.name()));
        next = Next::Released;
    }
    match driver.append(all, views).await {
        Ok(_) => {
            if let Some(span) = close {
                driver.app.traces.end(span);
            }
        }
        // Something else was written meanwhile: a message, a decision, a withdrawal. What happened is
        // known all the same, and must not be found out anew by reading.
        Err(StoreError::Conflict { .. }) => {
            write_late(driver, attempt, entries).await?;
            next = Next::Again;
        }
        Err(e) => return Err(e.into()),
    }
    if notified {
        driver.app.traces.end(span);
    }
    if ended && attempt.action.ticket().is_none() {
        breakers::look(driver.app, &driver.view.client, attempt.action.kind()).await;
        if done
            && driver.view.submission.as_ref().is_some_and(|s| s.undoes.is_some())
            && let Some(taken_back) = attempt.action.opposite()
        {
            breakers::look(driver.app, &driver.view.client, taken_back.kind()).await;
        }
    }
    Ok(next)
}

/// Writes the outcome at whatever version the case has by now, unless it was found out meanwhile.
async fn write_late(
    driver: &Driver<'_>,
    attempt: &Attempt,
    entries: Vec<NewEntry>,
) -> Result<(), DriveError> {
    let (store, client, case) = (&driver.app.store, &driver.view.client, driver.view.id);
    loop {
        let events = store.events(client, case).await?;
        let view = CaseView::fold(client, case, &events)
            .ok_or_else(|| DriveError::Stuck(format!("case {case} has no readable beginning")))?;
        if !view.unresolved().any(|a| a.id == attempt.id) {
            return Ok(());
        }
        let append = store::Append {
            client: client.clone(),
            case,
            expected: view.version,
            at: clock::now(),
            entries: entries.clone(),
            views: Vec::new(),
        };
        match store.append(append).await {
            Ok(_) => return Ok(()),
            Err(StoreError::Conflict { .. }) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

fn started(attempt: &Attempt) -> Event {
    Event::Started {
        attempt: attempt.id,
        action: attempt.action.clone(),
        digest: attempt.digest,
        tier: attempt.tier,
        approval: attempt.approval,
        before: attempt.before,
        was_member: attempt.was_member,
    }
}

fn finished(attempt: &Attempt, outcome: Outcome) -> Event {
    Event::Finished { attempt: attempt.id, outcome }
}
