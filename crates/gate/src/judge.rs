//! The judgement: a maximum over findings.

use crate::{Policy, assess};
use domain::{
    Action, ApprovalPlan, BrainId, CaseId, ClientId, Digest, Facts, Finding, Follow, Tier, UnixMs,
    VerdictRecord,
};
use serde::{Deserialize, Serialize};

/// What a brain asks for. Its words about the action play no part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Whose systems.
    pub client: ClientId,
    /// For which case.
    pub case: CaseId,
    /// Who asks.
    pub brain: BrainId,
    /// What exactly.
    pub action: Action,
}

/// The gate's answer to one request. Only [`judge`] makes one; [`crate::grant`] uses it up.
///
/// Not `Clone` and not deserialisable on purpose: a verdict that was written down
/// ([`VerdictRecord`]) leads to no grant.
#[derive(Debug)]
pub struct Verdict {
    pub(crate) request: Request,
    pub(crate) record: VerdictRecord,
}

impl Verdict {
    /// The tier.
    pub fn tier(&self) -> Tier {
        self.record.tier
    }

    /// What follows.
    pub fn follows(&self) -> &Follow {
        &self.record.follows
    }

    /// Digest of the judged action.
    pub fn digest(&self) -> Digest {
        self.record.digest
    }

    /// The answer as data, for journal and people.
    pub fn record(&self) -> &VerdictRecord {
        &self.record
    }

    /// What was judged.
    pub fn request(&self) -> &Request {
        &self.request
    }
}

/// Judges one request. Pure: the same arguments give the same verdict.
///
/// `policy` is `None` when it is missing or unreadable. Without a policy, or with one that does not
/// pass [`Policy::check`], everything is Critical: nobody said what is allowed or who could be asked.
pub fn judge(policy: Option<&Policy>, request: Request, facts: &Facts, now: UnixMs) -> Verdict {
    let usable = match policy {
        None => Err("no policy could be read".to_owned()),
        Some(p) => p.check().map(|()| p).map_err(|e| e.to_string()),
    };
    let ttl_ms = usable.as_ref().map_or(0, |p| p.approval_ttl_ms);
    let findings = assess::all(usable, &request, facts, now);
    let tier = findings.iter().map(|f| f.minimum).max().unwrap_or(Tier::Critical);
    let follows = match tier {
        Tier::Low => Follow::Run,
        Tier::Medium => Follow::RunAndNotify,
        Tier::High => Follow::Hold(ApprovalPlan { excluded: excluded(&request, facts), ttl_ms }),
        Tier::Critical => Follow::Refuse,
    };
    let record = VerdictRecord {
        digest: request.action.digest(&request.client),
        tier,
        findings,
        policy_version: policy.map_or_else(|| "none".into(), |p| p.version.clone()),
        follows,
        judged_at: now,
    };
    Verdict { request, record }
}

/// Requester and beneficiary, by account id and by every login and address: neither may decide.
fn excluded(request: &Request, facts: &Facts) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(r) = facts.requester.value() {
        out.extend(r.account_id.clone());
        out.push(r.address.to_lowercase());
        out.extend(r.identities.iter().map(|i| i.to_lowercase()));
    }
    if let Some(a) = request.action.account() {
        out.push(a.id.clone());
        out.push(a.login.to_lowercase());
    }
    if let Some(t) = facts.target.value() {
        out.extend(t.identities.iter().map(|i| i.to_lowercase()));
    }
    out.retain(|s| !s.is_empty());
    out.sort();
    out.dedup();
    out
}

/// Sorts findings so that a verdict does not depend on the order of assessors.
pub(crate) fn ordered(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| b.minimum.cmp(&a.minimum).then_with(|| a.cmp(b)));
    findings
}
