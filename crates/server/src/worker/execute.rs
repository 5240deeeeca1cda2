//! From a proposal to a proven change: facts, verdict, grant, *started*, the call, reading back,
//! *finished*. Every step may be repeated after a crash.

use super::{
    ahead::Outlook,
    breakers,
    drive::{DriveError, Driver, Next, UNKNOWN_PAUSE},
    facts, fence, lease, notices, password, spans,
};
use crate::{
    clock,
    failpoint::{self, Point},
    ops::traces::{Id, Span},
    policy,
};
use connectors::{CallError, ReadBack};
use domain::{
    Account, Action, Actor, Approval, ApprovalId, ApprovalState, Attempt, AttemptId, CaseView,
    Decision, Event, Facts, Follow, Outcome, PersonId, Tier, UnixMs,
};
use gate::{Grant, GrantError, Verdict, grant, judge};
use secrecy::SecretString;
use std::{sync::atomic::Ordering, time::Duration};
use store::{NewDrop, NewEntry, StoreError, View};
use tokio::time::Instant;

/// Of a lease, this part may have passed before it is renewed for an outside call.
const FRESH: i64 = 10;

/// Times that a system is read before an accepted change that does not show counts as failed.
const READ_BACKS: u32 = 6;

/// Held from reading facts until the attempt is journalled, on this node and on all others.
struct Lock<'a> {
    _here: tokio::sync::MutexGuard<'a, ()>,
    elsewhere: store::Alone,
}

impl Driver<'_> {
    /// Judges a write and does what the verdict says.
    pub(super) async fn propose(&self, action: Action) -> Result<Next, DriveError> {
        // What a person put in its place while approving.
        let action = self.view.effective(&action).clone();
        // Held until the attempt is journalled: see `Client::gate_lock`. Close-outs count no targets.
        let lock = match action.ticket() {
            None => Some(Lock {
                _here: self.client.gate_lock.lock().await,
                elsewhere: self.app.store.alone(&self.client.id, lease() / 2).await?,
            }),
            Some(_) => None,
        };
        // Another process may have put another policy in force a moment ago.
        self.app.reload_policy().await?;
        let span = self.span("judge");
        let request = self.request(action.clone());
        let read = facts::read(self.app, self.client, &self.view, &request).await?;
        let in_force = self.app.policy();
        let verdict = judge(policy::by(&in_force), request, &read.facts, clock::now());
        self.tell_judged(span, action.kind(), &verdict);
        let follows = verdict.follows().clone();
        if !matches!(follows, Follow::Refuse)
            && let Some(why) = self.unable(&action)
        {
            return self.hand_over(action, read.facts, &verdict, why).await;
        }
        match follows {
            Follow::Refuse => {
                self.append(vec![self.judged(&action, read.facts, &verdict)], Vec::new()).await?;
                Ok(Next::Again)
            }
            Follow::Hold(plan) => {
                let held = self.view.held_for(&action);
                let decided = held.filter(|h| matches!(h.state, ApprovalState::Approved { .. }));
                match decided.map(|h| h.approval) {
                    Some(id) => self.use_approval(id, action, read, verdict, lock).await,
                    None => self.hold(action, read.facts, verdict, plan).await,
                }
            }
            Follow::Run | Follow::RunAndNotify => {
                // What a person said about exactly this counts, though nobody is needed by now.
                match self.view.held_for(&action).map(|h| h.approval) {
                    Some(id) => self.use_approval(id, action, read, verdict, lock).await,
                    None => {
                        let attempt = AttemptId(clock::new_id());
                        let judged = self.judged(&action, read.facts, &verdict);
                        match grant(verdict, None, attempt, clock::now()) {
                            Ok(grant) => self.run(grant, judged, read.state, lock).await,
                            Err(GrantError::StaleVerdict) => Ok(Next::Again),
                            Err(e) => Err(DriveError::Stuck(e.to_string())),
                        }
                    }
                }
            }
        }
    }

    /// Why nothing of ours can perform it here; `None` when something can.
    fn unable(&self, action: &Action) -> Option<String> {
        match action.ticket() {
            // A help desk that is gone is an attempt that failed; the technician knows what to do then.
            Some(_) => None,
            None if self.client.directory.capabilities().contains(&action.kind()) => None,
            None => Some(format!(
                "no connector of this client performs {} yet, so people do it",
                action.kind().name()
            )),
        }
    }

    /// Judged, and then given to people: nothing of ours performs it.
    async fn hand_over(
        &self,
        action: Action,
        facts: Facts,
        verdict: &Verdict,
        reason: String,
    ) -> Result<Next, DriveError> {
        let judged = self.judged(&action, facts, verdict);
        let digest = verdict.digest();
        let event = Event::HandedOver { action, digest, reason };
        self.append(vec![judged, NewEntry { actor: Actor::Platform, event }], Vec::new()).await?;
        Ok(Next::Again)
    }

    pub(super) fn judged(&self, action: &Action, facts: Facts, verdict: &Verdict) -> NewEntry {
        self.by_brain(Event::Judged {
            action: action.clone(),
            facts,
            verdict: verdict.record().clone(),
        })
    }

    /// Puts the question to people.
    async fn hold(
        &self,
        action: Action,
        facts: Facts,
        verdict: Verdict,
        plan: domain::ApprovalPlan,
    ) -> Result<Next, DriveError> {
        let now = clock::now();
        let id = ApprovalId(clock::new_id());
        let expires_at = now.plus_ms(plan.ttl_ms);
        let mut excluded = plan.excluded;
        // Nobody approves what their own brain asks for.
        excluded.extend(self.owner().await?);
        let approval = Approval {
            id,
            client: self.view.client.clone(),
            case: self.view.id,
            brain: Some(verdict.request().brain.clone()),
            kind: Some(action.kind()),
            digest: verdict.digest(),
            sentence: action.sentence(),
            tier: verdict.tier(),
            excluded,
            needed: plan.needed,
            yes: Vec::new(),
            steps: plan.steps,
            not_before: None,
            change: None,
            replaces: None,
            asked_at: now,
            expires_at,
            state: ApprovalState::Pending,
        };
        let held = self.by_brain(Event::Held {
            approval: id,
            action: action.clone(),
            digest: verdict.digest(),
            tier: verdict.tier(),
            expires_at,
            needed: plan.needed,
        });
        let span = self.span("held").known_as(Id::Held(id)).under(self.judgement());
        let span =
            span.with("journeyman.tier", verdict.tier().name()).with("journeyman.approval", id);
        let mut entries = vec![self.judged(&action, facts, &verdict), held];
        let approval = match self.click(&approval).await? {
            None => approval,
            Some((person, decided)) => {
                let event = Event::Decided { approval: id, decision: Decision::Approve };
                entries.push(NewEntry { actor: Actor::Person(person), event });
                decided
            }
        };
        let mut views = Vec::new();
        let clicked = approval.state != ApprovalState::Pending;
        let (mut next, mut asked) = (Next::Again, None);
        if !clicked {
            views.push(View::Notice(notices::of_question(self, &approval)));
            asked = self.first_asked(&approval, &action).await?.map(|(entry, people)| {
                entries.push(entry);
                people
            });
            if let Some(Outlook::Waits(until, whom)) = self.outlook(&entries, Some(id)) {
                let turn = gate::next_turn(&approval, now);
                let until = [until, turn].into_iter().flatten().min();
                views.extend(self.waiting(until, whom));
                next = Next::Released;
            }
        }
        let put = approval.clone();
        views.push(View::Ask(Box::new(approval)));
        self.append(entries, views).await?;
        self.app.traces.end(span);
        if let Some(people) = asked {
            self.mail(&put, &people).await;
        }
        if clicked {
            let name = Decision::Approve.name();
            let (client, case) = (&self.view.client, self.view.id);
            self.app.traces.end(spans::decided(client, case, id, now, name));
        }
        Ok(next)
    }

    /// Taking a change back asks for no more than the change did: the click of who takes it back is
    /// their yes, by the same rules as any other.
    async fn click(&self, approval: &Approval) -> Result<Option<(PersonId, Approval)>, DriveError> {
        let Some(submission) = &self.view.submission else { return Ok(None) };
        let (Some(_), Some(id)) = (submission.undoes, &submission.person) else { return Ok(None) };
        let Some(person) = self.app.store.person(id).await? else { return Ok(None) };
        if !person.role.may_decide() || self.view.held.iter().any(|h| h.yes.contains(id)) {
            return Ok(None);
        }
        let (seen, identities) = (approval.digest, [person.email]);
        let decided =
            gate::decide(approval, id, &identities, seen, &Decision::Approve, clock::now());
        Ok(decided.ok().map(|decided| (id.clone(), decided)))
    }

    /// Every identity of the person who answers for the brain that asks.
    async fn owner(&self) -> Result<Vec<String>, DriveError> {
        let Some(submission) = &self.view.submission else { return Ok(Vec::new()) };
        let Some(row) = self.app.store.brain(&submission.brain).await? else {
            return Ok(Vec::new());
        };
        let mail = self.app.store.person(&row.owner).await?.map(|p| p.email.to_lowercase());
        Ok([Some(row.owner.to_string()), mail]
            .into_iter()
            .flatten()
            .filter(|i| !i.is_empty())
            .collect())
    }

    /// Whether everybody who said yes may still decide.
    async fn still_entitled(&self, approval: &Approval) -> Result<bool, DriveError> {
        for yes in &approval.yes {
            let person = self.app.store.person(&yes.by).await?;
            if !person.is_some_and(|p| p.role.may_decide()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Runs under a person's yes, if it still covers what the facts say now.
    async fn use_approval(
        &self,
        id: ApprovalId,
        action: Action,
        read: facts::Read,
        verdict: Verdict,
        lock: Option<Lock<'_>>,
    ) -> Result<Next, DriveError> {
        let approval = self.app.store.approval(id).await?;
        let judged = self.judged(&action, read.facts, &verdict);
        let attempt = AttemptId(clock::new_id());
        if let Some(approval) = &approval
            && matches!(verdict.follows(), Follow::Hold(_))
            && !self.still_entitled(approval).await?
        {
            let reason = "somebody who approved it may not decide any more".to_owned();
            let event = Event::Voided { approval: id, reason };
            let entries = vec![judged, NewEntry { actor: Actor::Platform, event }];
            self.append(entries, vec![View::Settle(id, ApprovalState::Void)]).await?;
            return Ok(Next::Again);
        }
        match grant(verdict, approval.as_ref(), attempt, clock::now()) {
            Ok(grant) => self.run(grant, judged, read.state, lock).await,
            // Who approved it named a later time; then it is judged again.
            Err(GrantError::TooEarly(at)) => {
                let phase = View::Phase(domain::CasePhase::WaitingForApproval);
                self.append(Vec::new(), vec![phase, View::Wake(Some(at))]).await?;
                Ok(Next::Rest)
            }
            // Facts took too long to read; judge again.
            Err(GrantError::StaleVerdict) => Ok(Next::Again),
            Err(e) => {
                let (state, event) = match e {
                    GrantError::Expired => {
                        (ApprovalState::Expired, Event::Expired { approval: id })
                    }
                    other => (
                        ApprovalState::Void,
                        Event::Voided { approval: id, reason: other.to_string() },
                    ),
                };
                let entries = vec![judged, NewEntry { actor: Actor::Platform, event }];
                self.append(entries, vec![View::Settle(id, state)]).await?;
                Ok(Next::Again)
            }
        }
    }

    /// Journals *started*, calls, reads back, journals *finished*.
    async fn run(
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
        let whole = now.plus_ms(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
        let until = UnixMs(self.until.load(Ordering::Relaxed));
        let used = whole.since(until);
        if (0..=i64::try_from(lease.as_millis()).unwrap_or(i64::MAX) / FRESH).contains(&used) {
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
