//! What the gate answered, as data for journal and people.

use crate::{Digest, Tier, UnixMs};
use serde::{Deserialize, Serialize};

/// One assessor's answer: a minimum tier and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// Name of the assessor.
    pub assessor: String,
    /// The verdict is at least this.
    pub minimum: Tier,
    /// Stable reason code, such as `requester_unverified`. No personal data.
    pub code: String,
    /// The facts that it rests on, in plain words.
    pub because: Vec<String>,
}

/// How a held action is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalPlan {
    /// Account ids and addresses that may not decide: requester and beneficiary.
    pub excluded: Vec<String>,
    /// Milliseconds until the question expires.
    pub ttl_ms: i64,
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
    pub policy_version: String,
    /// What follows.
    pub follows: Follow,
    /// When.
    pub judged_at: UnixMs,
}
