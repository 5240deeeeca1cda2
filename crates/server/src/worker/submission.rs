//! Works off what a brain other than our own submitted: each action judged, held, performed and proven
//! like any other. The actions of one submission do not wait for each other.

use super::{
    drive::{DriveError, Driver, Next},
    facts,
};
use crate::clock;
use domain::{
    Action, Actor, ApprovalState, CaseOutcome, CaseView, Event, Outcome, ReadResult, Submission,
    UnixMs,
};
use technician::WaitFor;

/// Attempts at one action before people take over.
const TRIES: usize = 3;
/// Questions about one action that may become void.
const VOIDS: usize = 3;
/// Pause before a failed call is tried again, in milliseconds.
const RETRY_MS: i64 = 5_000;

/// Where one action of a submission stands.
enum Stand {
    /// Nothing more happens to it.
    Settled(CaseOutcome),
    /// It can be judged now.
    Due,
    /// People, or time, have to come first.
    Waits(Option<UnixMs>, WaitFor),
}

/// What is next about a submission.
pub(super) enum Weighed<'s> {
    /// This action.
    Due(&'s Action),
    /// Nothing before then, or before something arrives.
    Waits(Option<UnixMs>, WaitFor),
    /// Nothing: it came to this.
    Over(CaseOutcome),
}

/// Why a submission is over, in words.
pub(super) fn over(worst: CaseOutcome) -> String {
    let reason = match worst {
        CaseOutcome::Closed => "everything that was asked for is done",
        CaseOutcome::Refused => "refused, denied or left unanswered",
        CaseOutcome::Dispatched => "people have to do it",
        CaseOutcome::Withdrawn => "the brain took it back",
        CaseOutcome::Watched => "only watched",
    };
    reason.to_owned()
}

impl Driver<'_> {
    /// The next step of a submission.
    pub(super) async fn work_off(&self, submission: &Submission) -> Result<Next, DriveError> {
        if self.view.ended.is_some() {
            return self.rest().await;
        }
        if self.view.withdrawn {
            return self.end(CaseOutcome::Withdrawn, "the brain took it back".into()).await;
        }
        match self.weigh(submission) {
            Weighed::Due(action) if action.kind().is_write() => self.propose(action.clone()).await,
            Weighed::Due(action) => self.read(action.clone()).await,
            Weighed::Waits(until, whom) => self.wait(until, whom).await,
            Weighed::Over(worst) => {
                self.record_undo().await?;
                self.send_links().await?;
                self.end(worst, over(worst)).await
            }
        }
    }

    /// What is next about a submission that is neither over nor taken back.
    pub(super) fn weigh<'s>(&self, submission: &'s Submission) -> Weighed<'s> {
        let mut waits: Option<(Option<UnixMs>, WaitFor)> = None;
        let mut worst = CaseOutcome::Closed;
        for action in &submission.actions {
            match self.stand(action) {
                Stand::Due => return Weighed::Due(action),
                Stand::Settled(outcome) => worst = graver(worst, outcome),
                Stand::Waits(until, whom) => {
                    let until = match waits {
                        Some((Some(a), _)) => Some(until.map_or(a, |b| a.min(b))),
                        _ => until,
                    };
                    waits = Some((until, whom));
                }
            }
        }
        match waits {
            Some((until, whom)) => Weighed::Waits(until, whom),
            None => Weighed::Over(worst),
        }
    }

    /// Notes on the attempt that was taken back that it was. May run twice.
    async fn record_undo(&self) -> Result<(), DriveError> {
        let Some((of, _)) = facts::undo_of(&self.view) else { return Ok(()) };
        let done = self.view.attempts.iter().any(|a| a.evidence().is_some());
        let (store, client) = (&self.app.store, &self.view.client);
        let events = store.events(client, of.case).await?;
        let original = CaseView::fold(client, of.case, &events);
        let noted =
            original.is_none_or(|c| c.attempts.iter().any(|a| a.id == of.attempt && a.undone));
        if done && !noted {
            let event = Event::Undone { attempt: of.attempt, by_case: self.view.id };
            let now = clock::now();
            store.record(client, of.case, Actor::Platform, vec![event], vec![], false, now).await?;
        }
        Ok(())
    }

    /// Sends the user the one-time page of a reset: the brain never sees it. May run twice.
    async fn send_links(&self) -> Result<(), DriveError> {
        let Some(smtp) = &self.parts.mail else { return Ok(()) };
        for attempt in self.view.attempts.iter().filter(|a| a.evidence().is_some()) {
            let Action::ResetPassword(reset) = &attempt.action else { continue };
            let token = self.app.store.drop_token(attempt.id);
            let Some(drop) = self.app.store.drop_of(&token).await? else { continue };
            let text = format!(
                "A temporary password is ready for {}. You can see it once, on this page:\n\n{}/secret/{token}\n\nThe page asks you to prove who you are.\n",
                reset.account.login, self.app.public_url
            );
            let subject = "Your temporary password";
            if let Err(e) = smtp.send(&drop.address, subject, &text).await {
                tracing::warn!(case = %self.view.id, error = %e, "a one-time page could not be sent");
            }
        }
        Ok(())
    }

    fn stand(&self, action: &Action) -> Stand {
        let view = &self.view;
        if !action.kind().is_write() {
            return match view.read(action) {
                None => Stand::Due,
                Some(ReadResult::Unavailable(_)) => Stand::Settled(CaseOutcome::Dispatched),
                Some(_) => Stand::Settled(CaseOutcome::Closed),
            };
        }
        let due = view.effective(action);
        if view.done(action).is_some() {
            return Stand::Settled(CaseOutcome::Closed);
        }
        if view.handed_over.iter().any(|(a, _)| a == due) {
            return Stand::Settled(CaseOutcome::Dispatched);
        }
        if let Some(stand) = self.failed_before(due) {
            return stand;
        }
        if view.refused(action) {
            return Stand::Settled(CaseOutcome::Refused);
        }
        let Some(held) = view.held_for(action) else { return Stand::Due };
        match &held.state {
            ApprovalState::Pending => Stand::Waits(Some(held.expires_at), WaitFor::Approval),
            ApprovalState::Approved { .. } => match held.not_before {
                Some(at) if clock::now() < at => Stand::Waits(Some(at), WaitFor::Approval),
                _ => Stand::Due,
            },
            ApprovalState::Denied { .. } | ApprovalState::Expired => {
                Stand::Settled(CaseOutcome::Refused)
            }
            ApprovalState::Changed { .. } | ApprovalState::Void => {
                let void =
                    view.held.iter().filter(|h| h.action == *due && h.state == ApprovalState::Void);
                match void.count() >= VOIDS {
                    true => Stand::Settled(CaseOutcome::Refused),
                    false => Stand::Due,
                }
            }
        }
    }

    /// What failed attempts mean: `None` when there was none.
    fn failed_before(&self, action: &Action) -> Option<Stand> {
        let failures: Vec<(&str, UnixMs)> = self
            .view
            .attempts
            .iter()
            .filter(|a| a.action == *action)
            .filter_map(|a| match &a.outcome {
                Some((Outcome::Failed(why), at)) => Some((why.as_str(), *at)),
                _ => None,
            })
            .collect();
        let (why, at) = failures.last().copied()?;
        let passing = why.starts_with("retry:") || why.starts_with("interrupted:");
        if !passing || failures.len() >= TRIES {
            return Some(Stand::Settled(CaseOutcome::Dispatched));
        }
        let again = at.plus_ms(RETRY_MS);
        (why.starts_with("retry:") && clock::now() < again)
            .then_some(Stand::Waits(Some(again), WaitFor::System))
    }
}

/// Of two ends, the one that people have to know of.
fn graver(a: CaseOutcome, b: CaseOutcome) -> CaseOutcome {
    let weight = |o: CaseOutcome| match o {
        CaseOutcome::Closed => 0,
        CaseOutcome::Withdrawn | CaseOutcome::Watched => 1,
        CaseOutcome::Refused => 2,
        CaseOutcome::Dispatched => 3,
    };
    if weight(b) > weight(a) { b } else { a }
}
