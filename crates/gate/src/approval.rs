//! Decisions of people on held actions.

use domain::{Approval, ApprovalState, Decision, Digest, PersonId, UnixMs};

/// Why a decision does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecisionError {
    /// It was decided, expired or voided before.
    NotPending(String),
    /// The time was up; it stays expired.
    Expired(UnixMs),
    /// The person asked for it or gains from it.
    Excluded,
    /// What the person saw is not what waits.
    OtherDigest,
    /// A denial needs a reason.
    NoReason,
}

impl std::fmt::Display for DecisionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DecisionError::NotPending(state) => {
                write!(f, "this question is already {state}; nothing was changed")
            }
            DecisionError::Expired(at) => {
                write!(f, "this question expired at {at}; an expired question stays expired")
            }
            DecisionError::Excluded => {
                f.write_str("you asked for this or gain from it, so another person has to decide")
            }
            DecisionError::OtherDigest => f.write_str(
                "what you saw is not what waits any more; reload the page and read it again",
            ),
            DecisionError::NoReason => {
                f.write_str("a denial needs a reason: one sentence that the technician can pass on")
            }
        }
    }
}

impl std::error::Error for DecisionError {}

/// Judges one person's decision. `identities` are the account ids and addresses of the person;
/// `seen` is the digest of what they were shown.
pub fn decide(
    approval: &Approval,
    person: &PersonId,
    identities: &[String],
    seen: Digest,
    decision: &Decision,
    now: UnixMs,
) -> Result<ApprovalState, DecisionError> {
    match &approval.state {
        ApprovalState::Pending => {}
        other => return Err(DecisionError::NotPending(other.name().into())),
    }
    if now >= approval.expires_at {
        return Err(DecisionError::Expired(approval.expires_at));
    }
    if seen != approval.digest {
        return Err(DecisionError::OtherDigest);
    }
    let plain = |text: &str| text.trim().to_lowercase();
    let mut who = identities.iter().map(|i| plain(i)).collect::<Vec<_>>();
    who.push(plain(person.as_str()));
    if approval.excluded.iter().any(|e| who.contains(&plain(e))) {
        return Err(DecisionError::Excluded);
    }
    match decision {
        Decision::Approve => Ok(ApprovalState::Approved { by: person.clone(), at: now }),
        Decision::Deny(reason) if reason.trim().is_empty() => Err(DecisionError::NoReason),
        Decision::Deny(reason) => {
            Ok(ApprovalState::Denied { by: person.clone(), at: now, reason: reason.trim().into() })
        }
    }
}

/// Whether a pending question's time is up.
pub fn expire(approval: &Approval, now: UnixMs) -> bool {
    approval.state == ApprovalState::Pending && now >= approval.expires_at
}
