//! Drives one leased case downhill until it waits or ends.

use super::{execute, facts, spans};
use crate::{
    app::{App, Client},
    clock,
    failpoint::{self, Point},
    ops::traces::Id,
    parts::Parts,
    policy,
};
use connectors::CallError;
use domain::{
    AccountQuery, Action, Actor, ApprovalState, Attempt, Author, BrainId, CaseId, CaseOutcome,
    CaseView, ClientId, Event, Follow, Message, ReadResult, TicketStatus, UnixMs, Would,
    action::SetStatus,
};
use gate::{Request, judge};
use std::{sync::atomic::AtomicI64, time::Duration};
use store::{Append, Claimed, DropState, NewEntry, NewNotice, StoreError, View};
use technician::{Context, Step, WaitFor, playbook};
use tokio::time::Instant;

/// More steps than any sane case takes; beyond it people take over.
const MAX_STEPS: usize = 120;
/// Pause before a case that failed is looked at again.
const RETRY_PAUSE_MS: i64 = 15_000;

/// Why driving stopped before a wait or an end.
#[derive(Debug, thiserror::Error)]
pub(super) enum DriveError {
    /// Somebody else advanced the case.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// An outside system cannot be asked now.
    #[error("{0}")]
    Call(#[from] CallError),
    /// The case belongs to a client that is no longer configured, or is not readable.
    #[error("{0}")]
    Stuck(String),
}

/// What to do after a step.
pub(super) enum Next {
    /// Fold again and go on.
    Again,
    /// The case waits or ended.
    Rest,
    /// So it does, and the lease was given up with the entry that says so.
    Released,
}

/// How a drive left its lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// Given up with what was written last.
    Released,
    /// Given up by itself, or waited out.
    GivenUp,
}

/// Drives the case and gives up its lease.
pub(super) async fn drive(app: &App, claimed: &Claimed) -> Left {
    let (client, case) = (&claimed.client, claimed.case);
    let retry_at = match walk(app, claimed).await {
        Ok(left) => {
            app.complaints.settle(&case.to_string());
            if left == Left::Released {
                app.tell(client, case);
                return left;
            }
            None
        }
        Err(DriveError::Store(StoreError::Conflict { .. })) => Some(clock::now()),
        Err(e) => {
            if app.complaints.raise(&case.to_string(), &e.to_string()) {
                tracing::warn!(%client, %case, error = %e, "case is looked at again later");
            }
            let pause = match &e {
                DriveError::Call(CallError::Retry { after: Some(after), .. }) => {
                    i64::try_from(after.as_millis()).unwrap_or(RETRY_PAUSE_MS)
                }
                _ => RETRY_PAUSE_MS,
            };
            // Those that failed together do not come back together. INVARIANT: a cast from float
            // to integer saturates, and this is at most a fifth.
            let spread = (clock::chance() * pause as f64 / 5.0) as i64;
            Some(clock::now().plus_ms(pause.saturating_add(spread)))
        }
    };
    // A full or locked store passes, and with it the case; else the lease lapses by itself.
    let begun = Instant::now();
    while let Err(e) = app.store.release(client, case, app.store.node(), retry_at).await {
        if !e.is_passing() || begun.elapsed() > super::lease() {
            tracing::warn!(%client, %case, error = %e, "lease is waited out");
            break;
        }
        tokio::time::sleep(UNKNOWN_PAUSE).await;
    }
    app.tell(client, case);
    Left::GivenUp
}

async fn walk(app: &App, claimed: &Claimed) -> Result<Left, DriveError> {
    let (client_id, case) = (&claimed.client, claimed.case);
    let until = &AtomicI64::new(claimed.until.0);
    // Of one reading of the configuration, to the end of this drive.
    let parts = app.parts();
    let client = parts.clients.get(client_id).ok_or_else(|| {
        DriveError::Stuck(format!("client {client_id} is not in the configuration any more"))
    })?;
    if let Some(there) = app.cells.elsewhere(client_id) {
        return Err(DriveError::Stuck(format!(
            "client {client_id} lives in the cell {}",
            there.cell
        )));
    }
    if app.traces.is_on() {
        spans::opening(app, client_id, case, &app.store.events(client_id, case).await?);
    }
    for _ in 0..MAX_STEPS {
        let view = fold(app, client_id, case).await?;
        let driver = Driver { app, parts: &parts, client, view, until };
        match driver.step().await? {
            Next::Again => app.tell(client_id, case),
            Next::Rest => return Ok(Left::GivenUp),
            Next::Released => return Ok(Left::Released),
        }
    }
    let view = fold(app, client_id, case).await?;
    if view.ended.is_some() {
        return Err(DriveError::Stuck(format!("case {case} does not come to rest")));
    }
    let reason = format!("no end after {MAX_STEPS} steps; a person takes over");
    Driver { app, parts: &parts, client, view, until }.end(CaseOutcome::Dispatched, reason).await?;
    Ok(Left::Released)
}

async fn fold(app: &App, client: &ClientId, case: CaseId) -> Result<CaseView, DriveError> {
    let events = app.store.events(client, case).await?;
    CaseView::fold(client, case, &events)
        .ok_or_else(|| DriveError::Stuck(format!("case {case} has no readable beginning")))
}

/// One case at one version.
pub(super) struct Driver<'a> {
    pub(super) app: &'a App,
    pub(super) parts: &'a Parts,
    pub(super) client: &'a Client,
    pub(super) view: CaseView,
    /// Until when the case is leased, in milliseconds since 1970.
    pub(super) until: &'a AtomicI64,
}

impl Driver<'_> {
    async fn step(&self) -> Result<Next, DriveError> {
        if let Some(attempt) = self.view.unresolved().next() {
            return self.resolve(attempt).await;
        }
        if let Some(next) = self.expire().await? {
            return Ok(next);
        }
        if let Some(next) = self.overtaken_by_shadow().await? {
            return Ok(next);
        }
        if let Some(next) = self.judge_change().await? {
            return Ok(next);
        }
        if let Some(next) = self.escalate().await? {
            return Ok(next);
        }
        if let Some(submission) = &self.view.submission {
            return self.work_off(submission).await;
        }
        if self.view.ended.is_some() {
            return self.after_end().await;
        }
        let link = match self.view.is_watched() {
            true => Some("(the page with the temporary password)".to_owned()),
            false => self.secret_link().await?,
        };
        let context = Context {
            profile: &self.client.profile,
            now: clock::now(),
            secret_link: link.as_deref(),
        };
        match technician::next(&self.view, &context) {
            Step::Understand => self.understand().await,
            Step::Propose(action) if action.kind().is_write() => self.propose(action).await,
            Step::Propose(action) => self.read(action).await,
            // Nobody was asked, so nobody answers.
            Step::Wait { for_whom: WaitFor::User, .. } if self.view.is_watched() => {
                self.end_watched(Would::AskUser, "the user has to be asked first".into()).await
            }
            Step::Wait { until, for_whom } => self.wait(until, for_whom).await,
            Step::Finish { outcome, reason } if self.view.is_watched() => {
                let closes = outcome == CaseOutcome::Closed;
                let would = match (closes, self.view.attempts.iter().any(|a| a.after_yes)) {
                    (false, _) => Would::HandOver,
                    (true, true) => Would::CloseAfterYes,
                    (true, false) => Would::CloseAlone,
                };
                self.end_watched(would, reason).await
            }
            Step::Finish { outcome, reason } => self.end(outcome, reason).await,
        }
    }

    /// Appends at the folded version.
    pub(super) async fn append(
        &self,
        entries: Vec<NewEntry>,
        views: Vec<View>,
    ) -> Result<u64, StoreError> {
        let wrote = !entries.is_empty();
        let version = self
            .app
            .store
            .append(Append {
                client: self.view.client.clone(),
                case: self.view.id,
                expected: self.view.version,
                at: clock::now(),
                entries,
                views,
            })
            .await?;
        if wrote {
            failpoint::hit(Point::Write);
        }
        Ok(version)
    }

    pub(super) fn by_brain(&self, event: Event) -> NewEntry {
        NewEntry { actor: Actor::Brain(self.brain().clone()), event }
    }

    /// Who asks: our own technician, or the brain that submitted the request.
    pub(super) fn brain(&self) -> &BrainId {
        self.view.submission.as_ref().map_or(&self.app.brain, |s| &s.brain)
    }

    pub(super) fn request(&self, action: Action) -> Request {
        Request {
            client: self.view.client.clone(),
            case: self.view.id,
            brain: self.brain().clone(),
            action,
            undoes: self.view.submission.as_ref().and_then(|s| s.undoes),
        }
    }

    async fn understand(&self) -> Result<Next, DriveError> {
        let span = self.span("understand");
        let mut texts = technician::requester_texts(&self.view);
        if !self.view.held.is_empty() {
            // A thanks for being told "a person looks at it" is no new request.
            texts.retain(|text| !technician::is_thanks(&self.app.model, text));
        }
        let understanding = technician::understand(&self.app.model, &self.view.ticket, &texts);
        let summary = match understanding.abstained {
            true => "not sure what is asked".to_owned(),
            false => understanding.intent.name().replace('_', " "),
        };
        let span = span.with("journeyman.intent", understanding.intent.name());
        let span = span.with("journeyman.abstained", understanding.abstained);
        let mut entries = Vec::new();
        if let Some(row) = self.app.store.playbook(&self.client.id).await? {
            let ticket = &self.view.ticket;
            let notes = playbook::notes(&row.playbook, row.version, ticket, &texts, &understanding);
            let note = |(code, text)| NewEntry {
                actor: Actor::Platform,
                event: Event::Noted { code, text },
            };
            entries.extend(notes.into_iter().map(note));
        }
        let event = Event::Understood { understanding, model: self.app.model_digest.clone() };
        entries.push(self.by_brain(event));
        self.append(entries, vec![View::Summary(summary)]).await?;
        self.app.traces.end(span);
        Ok(Next::Again)
    }

    /// A read is judged like everything else, runs at once, and is journalled with its result.
    pub(super) async fn read(&self, action: Action) -> Result<Next, DriveError> {
        let reading = Id::Step("read", self.view.version);
        let span = self.span("read").known_as(reading);
        let judging = self.span("judge").under(reading);
        let request = self.request(action.clone());
        let read = facts::read(self.app, self.client, &self.view, &request).await?;
        let in_force = self.app.policy();
        let verdict = judge(policy::by(&in_force), request, &read.facts, clock::now());
        self.tell_judged(judging, action.kind(), &verdict);
        let result = match verdict.follows() {
            Follow::Run | Follow::RunAndNotify => self.fetch(&action).await,
            Follow::Hold(_) | Follow::Refuse => {
                ReadResult::Unavailable(format!("the gate does not allow it: {}", verdict.tier()))
            }
        };
        let unread = matches!(result, ReadResult::Unavailable(_)).then_some("unavailable");
        self.app.traces.end(
            span.with("journeyman.action.kind", action.kind().name())
                .with("journeyman.vendor", self.client.directory.vendor())
                .failed(unread),
        );
        let event = Event::Read { action, verdict: verdict.record().clone(), result };
        self.append(vec![self.by_brain(event)], Vec::new()).await?;
        Ok(Next::Again)
    }

    async fn fetch(&self, action: &Action) -> ReadResult {
        let directory = &self.client.directory;
        let result = match action {
            Action::FindUser(a) => match &a.query {
                AccountQuery::Address(text) | AccountQuery::Name(text)
                    if text.trim().is_empty() =>
                {
                    Ok(ReadResult::Accounts(Vec::new()))
                }
                query => directory.find_accounts(query).await.map(ReadResult::Accounts),
            },
            Action::FindGroup(a) => directory.find_groups(&a.name).await.map(ReadResult::Groups),
            Action::ReadAccount(a) => {
                directory.account(&a.account.id).await.map(ReadResult::Account)
            }
            Action::ListDevices(a) => {
                directory.devices(&a.account.id).await.map(ReadResult::Devices)
            }
            other => {
                let what = other.kind().name();
                return ReadResult::Unavailable(format!(
                    "no connector of this client reads {what} yet; a person can look"
                ));
            }
        };
        match result {
            Ok(result) => {
                if self.app.complaints.settle(directory.name()) {
                    tracing::info!(client = %self.client.id, "the directory can be read again");
                }
                result
            }
            Err(e) => {
                let text = e.to_string();
                if self.app.complaints.raise(directory.name(), &text) {
                    tracing::warn!(client = %self.client.id, error = %text, "the directory cannot be read now");
                }
                ReadResult::Unavailable(text)
            }
        }
    }

    pub(super) async fn wait(
        &self,
        until: Option<UnixMs>,
        whom: WaitFor,
    ) -> Result<Next, DriveError> {
        let turn = match whom {
            WaitFor::Approval => self.next_turn().await?,
            WaitFor::User | WaitFor::System => None,
        };
        let until = [until, turn].into_iter().flatten().min();
        self.append(Vec::new(), self.waiting(until, whom).into()).await?;
        Ok(Next::Released)
    }

    pub(super) async fn end(
        &self,
        outcome: CaseOutcome,
        reason: String,
    ) -> Result<Next, DriveError> {
        self.end_with(Vec::new(), Vec::new(), outcome, reason).await
    }

    /// Writes these entries with their views, and the end.
    async fn end_with(
        &self,
        mut entries: Vec<NewEntry>,
        mut views: Vec<View>,
        outcome: CaseOutcome,
        reason: String,
    ) -> Result<Next, DriveError> {
        // A question that nobody answered yet ends with the case: nothing runs after the end.
        let open = self.view.held.iter().filter(|h| h.state == ApprovalState::Pending);
        for held in open {
            let event =
                Event::Voided { approval: held.approval, reason: "the case ended".to_owned() };
            entries.push(NewEntry { actor: Actor::Platform, event });
            views.push(View::Settle(held.approval, ApprovalState::Void));
        }
        let span = self.span("close").with("journeyman.outcome", outcome.name());
        let (ended, rest) = self.ending(outcome, reason);
        entries.push(ended);
        views.extend(rest);
        self.append(entries, views).await?;
        self.app.traces.end(span);
        Ok(Next::Released)
    }

    /// A case that was worked on when its client was put in shadow mode: what was done stands, what people were asked is void, and people
    /// take over, who are told so.
    pub(super) async fn overtaken_by_shadow(&self) -> Result<Option<Next>, DriveError> {
        let view = &self.view;
        let in_force = self.app.policy();
        let shadow = in_force.as_ref().as_ref().is_ok_and(|p| p.is_shadow(&self.client.id));
        let undo = view.submission.as_ref().is_some_and(|s| s.undoes.is_some());
        let begun = view.attempts.iter().any(|a| !a.watched)
            || view.held.iter().any(|h| h.state == ApprovalState::Pending);
        if !shadow || undo || view.ended.is_some() || view.is_watched() || !begun {
            return Ok(None);
        }
        let changed = view.attempts.iter().filter(|a| a.evidence().is_some());
        let changed: Vec<String> =
            changed.filter(|a| a.action.ticket().is_none()).map(|a| a.action.sentence()).collect();
        let done = match changed.is_empty() {
            true => "nothing was changed yet".to_owned(),
            false => format!("done before, and not told to the user yet: {}", changed.join("; ")),
        };
        let notice = NewNotice {
            client: Some(view.client.clone()),
            case: Some(view.id),
            kind: "shadow".into(),
            title: format!(
                "People take over {}: its client is in shadow mode now",
                view.ticket.ticket
            ),
            detail: format!("It was being worked on when shadow mode was switched on; {done}."),
            ..NewNotice::default()
        };
        let reason =
            format!("shadow mode was switched on while it was worked on; people take over: {done}");
        self.end_with(Vec::new(), vec![View::Notice(notice)], CaseOutcome::Dispatched, reason)
            .await
            .map(Some)
    }

    /// The end of a case that was only watched.
    async fn end_watched(&self, would: Would, reason: String) -> Result<Next, DriveError> {
        let made = self.view.attempts.iter().filter(|a| a.watched && a.action.ticket().is_none());
        let changes = made.map(|a| a.action.kind()).collect();
        let words = format!("would have been {}: {reason}", would.words());
        let event = Event::WouldEnd { would, changes, reason };
        self.end_with(vec![self.by_brain(event)], Vec::new(), CaseOutcome::Watched, words).await
    }

    /// Questions whose time is up. An expired one stays expired.
    async fn expire(&self) -> Result<Option<Next>, DriveError> {
        let now = clock::now();
        let late = self
            .view
            .held
            .iter()
            .find(|h| h.state == ApprovalState::Pending && now >= h.expires_at);
        let Some(held) = late else { return Ok(None) };
        let entry =
            NewEntry { actor: Actor::Platform, event: Event::Expired { approval: held.approval } };
        let views = vec![View::Settle(held.approval, ApprovalState::Expired)];
        self.append(vec![entry], views).await?;
        let (client, case) = (&self.view.client, self.view.id);
        let span = spans::decided(client, case, held.approval, held.asked_at, "expired");
        self.app.traces.end(span);
        Ok(Some(Next::Again))
    }

    /// The link to the one-time password of a reset that is done, while it can still be fetched.
    async fn secret_link(&self) -> Result<Option<String>, DriveError> {
        let reset = self
            .view
            .attempts
            .iter()
            .rev()
            .find(|a| matches!(a.action, Action::ResetPassword(_)) && a.evidence().is_some());
        let Some(reset) = reset else { return Ok(None) };
        let token = self.app.store.drop_token(reset.id);
        // Made ready in the transaction that wrote *done*.
        let state = self.app.store.drop_of(&token).await?.map(|d| d.state);
        Ok((state == Some(DropState::Ready))
            .then(|| format!("{}/secret/{token}", self.app.public_url)))
    }

    /// An attempt whose outcome is open: read the system, never repeat blindly.
    async fn resolve(&self, attempt: &Attempt) -> Result<Next, DriveError> {
        let outcome = execute::read_back(self, attempt).await?;
        execute::finish(self, attempt, outcome).await
    }

    /// A message after the close: thanks leave the ticket closed, anything else goes to people. Acts
    /// only on what was closed here, once for each message.
    async fn after_end(&self) -> Result<Next, DriveError> {
        let Some((CaseOutcome::Closed, _, ended_at)) = self.view.ended else {
            return self.rest().await;
        };
        let last = self.view.notes.iter().rev().find(|(code, _)| code.ends_with("_after_close"));
        let Some((code, _)) = last else { return self.rest().await };
        let status = match code.as_str() {
            "thanks_after_close" => TicketStatus::Closed,
            _ => TicketStatus::NeedsTechnician,
        };
        let agent = |m: &Message| matches!(m.author, Author::Agent(_));
        let taken_over = self.view.messages.iter().any(|(_, m)| agent(m) && m.at > ended_at);
        if taken_over || self.ticket_status().await? == Some(status) {
            return self.rest().await;
        }
        let action = Action::SetStatus(SetStatus {
            ticket: self.view.ticket.ticket.clone(),
            status,
            duplicate_of: None,
        });
        let asked = self.view.notes.iter().filter(|(c, _)| c == code).count();
        let tried: Vec<&Attempt> =
            self.view.attempts_of(&action).filter(|a| a.started_at >= ended_at).collect();
        let done = tried.iter().filter(|a| a.evidence().is_some()).count();
        if done >= asked || tried.len() >= 3 * asked {
            return self.rest().await;
        }
        self.propose(action).await
    }

    async fn ticket_status(&self) -> Result<Option<TicketStatus>, DriveError> {
        let ticket = &self.view.ticket.ticket;
        let Some(psa) = self.parts.psas.get(&ticket.psa) else { return Ok(None) };
        Ok(psa.ticket(&ticket.id).await?.map(|t| t.status))
    }

    pub(super) async fn rest(&self) -> Result<Next, DriveError> {
        self.append(Vec::new(), vec![View::Wake(None), View::Release(self.lease())]).await?;
        Ok(Next::Released)
    }
}

/// How long an outcome may stay unknown before the case is looked at again.
pub(super) const UNKNOWN_PAUSE: Duration = Duration::from_millis(500);
