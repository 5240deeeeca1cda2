//! People's decisions on one exact digest.

use crate::{
    Action, ActionKind, ApprovalId, BrainId, CaseId, ClientId, Digest, EscalationStep, PersonId,
    Tier, UnixMs,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a person said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Do exactly this.
    Approve,
    /// Do exactly this, but not before then.
    ApproveAt(UnixMs),
    /// Do this instead: other targets, other parameters. It is judged anew before it counts.
    Change(Box<Action>),
    /// Do not, for this reason.
    Deny(String),
}

impl Decision {
    /// The snake-case name of what was decided.
    pub fn name(&self) -> &'static str {
        match self {
            Decision::Approve | Decision::ApproveAt(_) => "approved",
            Decision::Change(_) => "change_asked",
            Decision::Deny(_) => "denied",
        }
    }
}

/// Where an approval stands. `Approved` and `Denied` name who and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// Waits for a person, or for the second one.
    Pending,
    /// Everybody needed said yes; `by` is who did last.
    Approved {
        /// Who.
        by: PersonId,
        /// When.
        at: UnixMs,
    },
    /// A person said yes to something else instead, which has a question of its own.
    Changed {
        /// Who.
        by: PersonId,
        /// When.
        at: UnixMs,
        /// The question that replaces this one.
        to: ApprovalId,
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
    /// It no longer counts: facts changed so that a higher tier applies than the one that was asked
    /// about, who approved it may not any more, or the case ended.
    Void,
}

impl ApprovalState {
    /// The snake-case name.
    pub fn name(&self) -> &'static str {
        match self {
            ApprovalState::Pending => "pending",
            ApprovalState::Approved { .. } => "approved",
            ApprovalState::Changed { .. } => "changed",
            ApprovalState::Denied { .. } => "denied",
            ApprovalState::Expired => "expired",
            ApprovalState::Void => "void",
        }
    }
}

/// One person's yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Yes {
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: UnixMs,
}

/// What a person would rather have done, until it is judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedChange {
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: UnixMs,
    /// Their account ids and addresses: the change must not be to their own gain.
    #[serde(default)]
    pub identities: Vec<String>,
    /// What instead.
    pub action: Action,
}

/// A question to people about one exact action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// Whose systems.
    pub client: ClientId,
    /// The case that asks.
    pub case: CaseId,
    /// The brain that asks.
    #[serde(default)]
    pub brain: Option<BrainId>,
    /// The kind of action.
    #[serde(default)]
    pub kind: Option<ActionKind>,
    /// What exactly would run.
    pub digest: Digest,
    /// The canonical sentence that the person sees for that digest.
    pub sentence: String,
    /// The tier that was asked about. A higher one voids the approval.
    pub tier: Tier,
    /// Account ids and addresses of requester and beneficiary, and the brain's owner: they may not
    /// decide.
    pub excluded: Vec<String>,
    /// How many different people have to say yes.
    #[serde(default = "one")]
    pub needed: u8,
    /// Who said yes so far.
    #[serde(default)]
    pub yes: Vec<Yes>,
    /// Who is asked, in turn.
    #[serde(default)]
    pub steps: Arc<[EscalationStep]>,
    /// Not to run before this, by the word of who approved it.
    #[serde(default)]
    pub not_before: Option<UnixMs>,
    /// What a person would rather have done, while that is being judged.
    #[serde(default)]
    pub change: Option<AskedChange>,
    /// The question that this one replaces.
    #[serde(default)]
    pub replaces: Option<ApprovalId>,
    /// When it was asked.
    pub asked_at: UnixMs,
    /// When it expires.
    pub expires_at: UnixMs,
    /// Where it stands.
    pub state: ApprovalState,
}

fn one() -> u8 {
    1
}
