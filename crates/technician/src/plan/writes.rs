//! One change through the gate: propose, wait for a person, try again, or give up.

use super::{Flow, Plan, Step, WaitFor};
use crate::closeout::{self, Why};
use domain::{
    Account, Action, ApprovalState, HeldAction, Outcome, TicketStatus, action::SetStatus,
};

/// Attempts of one action in all, when each failed for a passing reason.
pub(super) const TRIES: usize = 3;
/// How often the same question may become void.
const VOIDS: usize = 2;

/// What the failed attempts of an action mean.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Failed {
    /// None failed, or a new try is due.
    No,
    /// A new try is due later.
    Later(Step),
    /// It does not work; the last reason.
    Finally(String),
}

impl<'a> Plan<'a> {
    /// Brings one change to done; otherwise the step on the way there, or the hand-over.
    pub(super) fn write(&self, action: &Action, requester: &Account) -> Flow<()> {
        if self.case.done(action).is_some() {
            return Ok(());
        }
        if !self.context.profile.can.contains(&action.kind()) {
            return Err(self.hand_over(Why::NotSupported, action.kind().name()));
        }
        let due = self.case.effective(action);
        match self.failed(|a| a == due) {
            Failed::No => {}
            Failed::Later(step) => return Err(step),
            Failed::Finally(reason) => return Err(self.hand_over(Why::ActionFailed, &reason)),
        }
        if self.case.refused(action) {
            return Err(self.hand_over(Why::Refused, &self.refusal(action)));
        }
        match self.case.held_for(action) {
            None => Err(Step::Propose(action.clone())),
            Some(held) => Err(self.held(held, action, requester)),
        }
    }

    fn held(&self, held: &HeldAction, action: &Action, requester: &Account) -> Step {
        match &held.state {
            ApprovalState::Pending => self.wait_for_approval(held, requester).unwrap_or_else(|s| s),
            ApprovalState::Approved { .. } => Step::Propose(action.clone()),
            ApprovalState::Denied { reason, .. } => self.hand_over(Why::Denied, reason),
            ApprovalState::Expired => self.hand_over(Why::ApprovalExpired, ""),
            // `held_for` follows a change to the question that took the old one's place.
            ApprovalState::Changed { .. } | ApprovalState::Void => {
                let due = self.case.effective(action);
                let void = |h: &&HeldAction| h.action == *due && h.state == ApprovalState::Void;
                if self.case.held.iter().filter(void).count() >= VOIDS {
                    self.hand_over(Why::ApprovalVoid, "")
                } else {
                    Step::Propose(action.clone())
                }
            }
        }
    }

    /// Tells the user once, shows it in the status, then waits.
    fn wait_for_approval(&self, held: &HeldAction, requester: &Account) -> Flow<Step> {
        let text = closeout::waiting_for_approval(requester, &self.context.profile.msp_name);
        self.reply(&text)?;
        self.status(TicketStatus::WaitingOnApproval)?;
        Ok(Step::Wait { until: Some(held.expires_at), for_whom: WaitFor::Approval })
    }

    /// Sets a status. A ticket may pass the same status twice; then the plan is content.
    pub(super) fn status(&self, status: TicketStatus) -> Flow<super::ends::Kept> {
        self.keep(Action::SetStatus(SetStatus {
            ticket: self.case.ticket.ticket.clone(),
            status,
            duplicate_of: None,
        }))
    }

    /// What failed attempts of actions like this mean.
    pub(super) fn failed(&self, like: impl Fn(&Action) -> bool) -> Failed {
        let failures: Vec<(&str, domain::UnixMs)> = self
            .case
            .attempts
            .iter()
            .filter(|a| like(&a.action))
            .filter_map(|a| match &a.outcome {
                Some((Outcome::Failed(why), at)) => Some((why.as_str(), *at)),
                _ => None,
            })
            .collect();
        let Some((why, at)) = failures.last().copied() else { return Failed::No };
        let passing = why.starts_with("retry:") || why.starts_with("interrupted:");
        if !passing || failures.len() >= TRIES {
            return Failed::Finally(why.to_string());
        }
        let again = at.plus_ms(self.context.profile.retry_wait_ms);
        if why.starts_with("retry:") && self.context.now < again {
            return Failed::Later(Step::Wait { until: Some(again), for_whom: WaitFor::System });
        }
        Failed::No
    }

    /// The reason codes of a refusal.
    fn refusal(&self, action: &Action) -> String {
        let verdict = self.case.verdict_on(action);
        let top = verdict.map(|v| {
            let codes = v.findings.iter().filter(|f| f.minimum == v.tier).map(|f| &*f.code);
            codes.collect::<Vec<_>>().join(", ")
        });
        top.unwrap_or_default()
    }
}
