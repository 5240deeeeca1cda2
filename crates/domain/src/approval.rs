//! One person's decision on one exact digest.

use crate::{ApprovalId, CaseId, ClientId, Digest, PersonId, Tier, UnixMs};
use serde::{Deserialize, Serialize};

/// What a person said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Do exactly this.
    Approve,
    /// Do not, for this reason.
    Deny(String),
}

/// Where an approval stands. `Approved` and `Denied` name who and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// Waits for a person.
    Pending,
    /// A person said yes.
    Approved {
        /// Who.
        by: PersonId,
        /// When.
        at: UnixMs,
    },
    /// A person said no.
    Denied {
        /// Who.
        by: PersonId,
        /// When.
        at: UnixMs,
        /// Why.
        reason: String,
    },
    /// Nobody decided in time. It stays expired.
    Expired,
    /// Facts changed so that a higher tier applies than the one that was asked about.
    Void,
}

impl ApprovalState {
    /// The snake-case name.
    pub fn name(&self) -> &'static str {
        match self {
            ApprovalState::Pending => "pending",
            ApprovalState::Approved { .. } => "approved",
            ApprovalState::Denied { .. } => "denied",
            ApprovalState::Expired => "expired",
            ApprovalState::Void => "void",
        }
    }
}

/// A question to a person about one exact action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// Whose systems.
    pub client: ClientId,
    /// The case that asks.
    pub case: CaseId,
    /// What exactly would run.
    pub digest: Digest,
    /// The canonical sentence that the person sees for that digest.
    pub sentence: String,
    /// The tier that was asked about. A higher one voids the approval.
    pub tier: Tier,
    /// Account ids and addresses of requester and beneficiary: they may not decide.
    pub excluded: Vec<String>,
    /// When it was asked.
    pub asked_at: UnixMs,
    /// When it expires.
    pub expires_at: UnixMs,
    /// Where it stands.
    pub state: ApprovalState,
}
