//! What the gate answered, as data for journal and people.

use crate::{Because, Digest, PersonId, Tier, UnixMs};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, sync::Arc};

/// One assessor's answer: a minimum tier and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// Name of the assessor.
    pub assessor: Cow<'static, str>,
    /// The verdict is at least this.
    pub minimum: Tier,
    /// Stable reason code, such as `requester_unverified`. No personal data.
    pub code: Cow<'static, str>,
    /// The fact that it rests on, in plain words.
    pub because: Because,
}

/// How a held action is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalPlan {
    /// Account ids and addresses that may not decide: requester and beneficiary.
    pub excluded: Vec<String>,
    /// Milliseconds until the question expires.
    pub ttl_ms: i64,
    /// How many different people have to say yes: 1, or 2 under the two-person rule.
    #[serde(default = "one")]
    pub needed: u8,
    /// Who is asked, in turn. Empty: everybody who may decide, at once.
    #[serde(default)]
    pub steps: Arc<[EscalationStep]>,
}

fn one() -> u8 {
    1
}

/// Whom a step of the escalation asks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Everybody of this role.
    Role(String),
    /// One person; their deputy while they are away.
    Person(PersonId),
    /// Whoever has the relation to the target and can sign in, such as its manager.
    Relation(crate::Relation),
    /// Whoever decided most of the like for this client before.
    Learned,
}

/// One step of the escalation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscalationStep {
    /// Whom it asks.
    pub ask: Ask,
    /// Milliseconds before the next step is asked as well.
    #[serde(default = "window")]
    pub window_ms: i64,
}

fn window() -> i64 {
    15 * 60_000
}

/// What follows from a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Follow {
    /// Perform it.
    Run,
    /// Perform it and tell a person.
    RunAndNotify,
    /// Ask a person and wait.
    Hold(ApprovalPlan),
    /// No brain performs it; people take over.
    Refuse,
}

impl Follow {
    /// The snake-case name.
    pub fn name(&self) -> &'static str {
        match self {
            Follow::Run => "run",
            Follow::RunAndNotify => "run_and_notify",
            Follow::Hold(_) => "hold",
            Follow::Refuse => "refuse",
        }
    }
}

/// A verdict as it is written down. It proves nothing by itself: only the gate's own `Verdict`
/// leads to a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictRecord {
    /// Digest of the action that was judged.
    pub digest: Digest,
    /// The maximum over all findings.
    pub tier: Tier,
    /// Every finding, in a fixed order.
    pub findings: Vec<Finding>,
    /// Which policy judged.
    pub policy_version: Arc<str>,
    /// What follows.
    pub follows: Follow,
    /// When.
    pub judged_at: UnixMs,
    /// The client is only watched: what follows is what would follow, and nothing runs.
    #[serde(default, skip_serializing_if = "is_false")]
    pub shadow: bool,
}

fn is_false(value: &bool) -> bool {
    !*value
}
