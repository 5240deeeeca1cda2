//! Looks one step ahead: what follows from an entry without anybody being asked is written in the same
//! transaction, and the lease is given up with it. Each wait for the disk that is saved is one less
//! between a person's yes and the change.
//!
//! INVARIANT: this only saves steps. When it says nothing, the drive goes on and finds the same.

use super::{drive::Driver, submission::Weighed};
use crate::clock;
use domain::{Action, ApprovalId, ApprovalState, CaseOutcome, CasePhase, CaseView, Event, UnixMs};
use std::sync::atomic::Ordering;
use store::{Lease, NewEntry, View};
use technician::{Context, Step, WaitFor};

/// What a case comes to.
pub(super) enum Outlook {
    /// It waits until then, or until something arrives.
    Waits(Option<UnixMs>, WaitFor),
    /// Its work is over.
    Ends(CaseOutcome, String),
}

impl Driver<'_> {
    /// What the case comes to with these entries, as far as that can be told without asking anybody.
    /// `fresh` is a question among them whose escalation the caller has looked after.
    pub(super) fn outlook(
        &self,
        entries: &[NewEntry],
        fresh: Option<ApprovalId>,
    ) -> Option<Outlook> {
        let now = clock::now();
        let view = self.view.after(now, entries.iter().map(|e| (&e.actor, &e.event)));
        let others = view
            .held
            .iter()
            .any(|h| h.state == ApprovalState::Pending && Some(h.approval) != fresh);
        let watched = view.is_watched();
        if view.unresolved().next().is_some()
            || view.ended.is_some()
            || others
            || watched
            || has_link(&view)
        {
            return None;
        }
        let Driver { app, parts, client, until, .. } = *self;
        let ahead = Driver { app, parts, client, view, until };
        let Some(submission) = &ahead.view.submission else {
            let context = Context { profile: &client.profile, now, secret_link: None };
            return match technician::next(&ahead.view, &context) {
                Step::Wait { until, for_whom } => Some(Outlook::Waits(until, for_whom)),
                Step::Finish { outcome, reason } => Some(Outlook::Ends(outcome, reason)),
                Step::Understand | Step::Propose(_) => None,
            };
        };
        match ahead.weigh(submission) {
            // What was taken back has to be noted elsewhere first.
            Weighed::Over(_) if submission.undoes.is_some() => None,
            Weighed::Over(worst) => Some(Outlook::Ends(worst, super::submission::over(worst))),
            Weighed::Waits(until, whom) => Some(Outlook::Waits(until, whom)),
            Weighed::Due(_) => None,
        }
    }

    /// The lease of this drive.
    pub(super) fn lease(&self) -> Lease {
        Lease::of(self.app.store.node(), UnixMs(self.until.load(Ordering::Relaxed)))
    }

    /// The views of a case that waits and is leased no more.
    pub(super) fn waiting(&self, until: Option<UnixMs>, whom: WaitFor) -> [View; 3] {
        let phase = match whom {
            WaitFor::Approval => CasePhase::WaitingForApproval,
            WaitFor::User => CasePhase::WaitingForUser,
            WaitFor::System => CasePhase::Working,
        };
        [View::Phase(phase), View::Wake(until), View::Release(self.lease())]
    }

    /// The end of a case, with its views; it is leased no more.
    pub(super) fn ending(&self, outcome: CaseOutcome, reason: String) -> (NewEntry, [View; 2]) {
        let entry = self.by_brain(Event::Ended { outcome, reason });
        (entry, [View::Wake(None), View::Release(self.lease())])
    }
}

/// Whether there may be a one-time page to tell of.
fn has_link(view: &CaseView) -> bool {
    let resets = |a: &&domain::Attempt| matches!(a.action, Action::ResetPassword(_));
    view.attempts.iter().filter(resets).any(|a| a.evidence().is_some())
}
