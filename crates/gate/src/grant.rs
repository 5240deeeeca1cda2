//! Permission to perform one exact action once.

use crate::{Request, Verdict};
use domain::{
    Action, Approval, ApprovalId, ApprovalPlan, ApprovalState, AttemptId, CaseId, ClientId, Digest,
    Follow, PersonId, Tier, UnixMs,
};

/// How long after the judgement a grant may still be used, in milliseconds: facts age.
const GRANT_TTL_MS: i64 = 30_000;

/// Permission to perform one exact action once.
///
/// Only [`grant`] makes one. It cannot be forged, cloned or deserialised, and a connector's
/// `perform` takes it by value, so it cannot be used twice (doc tests in `forgery.rs` hold this).
#[derive(Debug)]
#[must_use]
pub struct Grant {
    request: Request,
    digest: Digest,
    attempt: AttemptId,
    tier: Tier,
    approval: Option<ApprovalId>,
    not_after: UnixMs,
}

impl Grant {
    /// What may be performed.
    pub fn action(&self) -> &Action {
        &self.request.action
    }

    /// In whose systems.
    pub fn client(&self) -> &ClientId {
        &self.request.client
    }

    /// For which case.
    pub fn case(&self) -> CaseId {
        self.request.case
    }

    /// The attempt, as journalled before the call; also the key for vendors that take one.
    pub fn attempt(&self) -> AttemptId {
        self.attempt
    }

    /// Digest of the action.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Its tier.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// The approval that it rests on.
    pub fn approval(&self) -> Option<ApprovalId> {
        self.approval
    }

    /// Not to be used after this.
    pub fn not_after(&self) -> UnixMs {
        self.not_after
    }
}

/// Why there is no grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantError {
    /// The verdict refuses.
    Refused,
    /// A person has to approve first.
    NeedsApproval,
    /// The approval is not this action's: other digest, client or case.
    OtherAction,
    /// Another brain asked for what was approved.
    OtherBrain,
    /// The approval is pending, denied, expired or void.
    NotApproved(String),
    /// Facts changed: the tier now is above the one that was approved.
    TierRose {
        /// The tier that was approved.
        approved: Tier,
        /// The tier now.
        now: Tier,
    },
    /// The approval's time was up before it was used.
    Expired,
    /// Who approved it wants it to run later.
    TooEarly(UnixMs),
    /// Fewer people said yes than are needed by now.
    TooFew {
        /// Who said yes.
        said: usize,
        /// How many are needed.
        needed: u8,
    },
    /// The judgement is too old: its facts have aged.
    StaleVerdict,
    /// The client is only watched.
    Shadow,
}

impl std::fmt::Display for GrantError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            GrantError::Refused => f.write_str("the gate refuses this action"),
            GrantError::NeedsApproval => f.write_str("a person has to approve this first"),
            GrantError::OtherAction => f.write_str("the approval is for another action"),
            GrantError::OtherBrain => f.write_str("the approval was asked for by another brain"),
            GrantError::NotApproved(state) => write!(f, "the approval is {state}"),
            GrantError::TierRose { approved, now } => {
                write!(f, "approved as {approved}, but the facts now say {now}")
            }
            GrantError::Expired => f.write_str("the approval expired before it was used"),
            GrantError::TooEarly(at) => write!(f, "it was approved to run from {at} on"),
            GrantError::TooFew { said, needed } => {
                write!(f, "{said} of the {needed} people that are needed by now said yes")
            }
            GrantError::StaleVerdict => {
                f.write_str("the judgement is too old; read the facts and judge again")
            }
            GrantError::Shadow => f.write_str("the client is in shadow mode: nothing is changed"),
        }
    }
}

impl std::error::Error for GrantError {}

/// Turns a verdict into permission, if it is one. A held verdict needs its approval: the same
/// digest, client and case, said yes to by a person, in time, for at least this tier. What a person
/// said no to, or wants later or otherwise, does not run, whatever the verdict is by now.
pub fn grant(
    verdict: Verdict,
    approval: Option<&Approval>,
    attempt: AttemptId,
    now: UnixMs,
) -> Result<Grant, GrantError> {
    // INVARIANT: nothing runs in shadow mode, whoever approved it.
    if verdict.is_shadow() {
        return Err(GrantError::Shadow);
    }
    let not_after = verdict.record.judged_at.plus_ms(GRANT_TTL_MS);
    let used = match verdict.follows() {
        Follow::Refuse => return Err(GrantError::Refused),
        Follow::Run | Follow::RunAndNotify => match approval {
            Some(a) if concerns(a, &verdict) => {
                heed(a, now)?;
                None
            }
            _ => None,
        },
        Follow::Hold(plan) => {
            let approval = approval.ok_or(GrantError::NeedsApproval)?;
            Some(check(&verdict, plan, approval, now)?)
        }
    };
    if now > not_after {
        return Err(GrantError::StaleVerdict);
    }
    let Verdict { request, record } = verdict;
    Ok(Grant {
        digest: record.digest,
        attempt,
        tier: record.tier,
        approval: used,
        not_after,
        request,
    })
}

/// What a person said about exactly this counts also when it would need nobody by now.
fn heed(approval: &Approval, now: UnixMs) -> Result<(), GrantError> {
    match &approval.state {
        ApprovalState::Denied { .. } | ApprovalState::Changed { .. } => {
            Err(GrantError::NotApproved(approval.state.name().into()))
        }
        ApprovalState::Pending if approval.change.is_some() => {
            Err(GrantError::NotApproved("waiting for a change that somebody asked for".into()))
        }
        ApprovalState::Approved { .. } => match approval.not_before {
            Some(at) if now < at => Err(GrantError::TooEarly(at)),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

fn concerns(approval: &Approval, verdict: &Verdict) -> bool {
    approval.digest == verdict.digest()
        && approval.client == verdict.request.client
        && approval.case == verdict.request.case
}

fn check(
    verdict: &Verdict,
    plan: &ApprovalPlan,
    approval: &Approval,
    now: UnixMs,
) -> Result<ApprovalId, GrantError> {
    if !concerns(approval, verdict) {
        return Err(GrantError::OtherAction);
    }
    // Who may decide depends on who asks: nobody approves what their own brain wants.
    if approval.brain.as_ref().is_some_and(|brain| *brain != verdict.request.brain) {
        return Err(GrantError::OtherBrain);
    }
    let ApprovalState::Approved { by, .. } = &approval.state else {
        return Err(GrantError::NotApproved(approval.state.name().into()));
    };
    // `decide` knows every identity of the person; this holds what a journal entry alone can show.
    let barred = |who: &PersonId| {
        plan.excluded.iter().chain(&approval.excluded).any(|e| e.eq_ignore_ascii_case(who.as_str()))
    };
    if barred(by) || approval.yes.iter().any(|y| barred(&y.by)) {
        return Err(GrantError::NotApproved("given by somebody who may not decide it".into()));
    }
    // Approvals from before the two-person rule name nobody but the one.
    let said = approval.yes.len().max(1);
    let needed = plan.needed.max(approval.needed);
    if said < usize::from(needed) {
        return Err(GrantError::TooFew { said, needed });
    }
    if now >= approval.expires_at {
        return Err(GrantError::Expired);
    }
    if let Some(at) = approval.not_before
        && now < at
    {
        return Err(GrantError::TooEarly(at));
    }
    if verdict.tier() > approval.tier {
        return Err(GrantError::TierRose { approved: approval.tier, now: verdict.tier() });
    }
    Ok(approval.id)
}
