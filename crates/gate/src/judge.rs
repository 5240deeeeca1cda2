//! The judgement: a maximum over findings.

use crate::{
    CompiledPolicy,
    assess::{self, Ctx, Findings, Highest},
};
use domain::{
    Action, ApprovalPlan, BrainId, CaseId, ClientId, Digest, Facts, Finding, Follow, Tier, UndoOf,
    UnixMs, VerdictRecord,
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
    /// The attempt that it takes back. Set by the platform alone, when a person asks for it.
    #[serde(default)]
    pub undoes: Option<UndoOf>,
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

    /// Whether the client is only watched: nothing of this runs.
    pub fn is_shadow(&self) -> bool {
        self.record.shadow
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
/// `policy` is an error, with the reason, when it is missing or unreadable. Then everything is
/// Critical: nobody said what is allowed or who could be asked.
pub fn judge(
    policy: Result<&CompiledPolicy, &str>,
    request: Request,
    facts: &Facts,
    now: UnixMs,
) -> Verdict {
    let policy = match policy {
        Ok(policy) => policy,
        Err(why) => return unusable(why, request, now),
    };
    let ctx = Ctx::new(policy, &request, facts, now);
    let digest = request.action.digest(&request.client);
    let mut found = Findings::default();
    assess::ask(&ctx, &mut found);
    let tier = assess::tier(&ctx, &found);
    let follows = match tier {
        Tier::Low => Follow::Run,
        Tier::Medium => Follow::RunAndNotify,
        Tier::High => Follow::Hold(plan(&ctx)),
        Tier::Critical => Follow::Refuse,
    };
    let record = VerdictRecord {
        digest,
        tier,
        findings: ordered(found.all),
        policy_version: policy.version().clone(),
        follows,
        judged_at: now,
        // An undo takes back what was done before; a person asked for it.
        shadow: ctx.rules.shadow && request.undoes.is_none() && request.action.kind().is_write(),
    };
    Verdict { request, record }
}

/// The tier alone, as [`judge`] would say it. Allocates nothing: for lists and simulations.
pub fn tier(
    policy: Result<&CompiledPolicy, &str>,
    request: &Request,
    facts: &Facts,
    now: UnixMs,
) -> Tier {
    let Ok(policy) = policy else { return Tier::Critical };
    let ctx = Ctx::new(policy, request, facts, now);
    let mut found = Highest::default();
    assess::ask(&ctx, &mut found);
    assess::tier(&ctx, &found)
}

fn unusable(why: &str, request: Request, now: UnixMs) -> Verdict {
    let digest = request.action.digest(&request.client);
    let finding = Finding {
        assessor: "policy".into(),
        minimum: Tier::Critical,
        code: "policy_unusable".into(),
        because: why.to_owned().into(),
    };
    let record = VerdictRecord {
        digest,
        tier: Tier::Critical,
        findings: vec![finding],
        policy_version: "none".into(),
        follows: Follow::Refuse,
        judged_at: now,
        shadow: false,
    };
    Verdict { request, record }
}

fn plan(ctx: &Ctx<'_>) -> ApprovalPlan {
    let rules = ctx.rules;
    let steps = if rules.urgent.has(ctx.kind) { &rules.urgent_steps } else { &rules.steps };
    ApprovalPlan {
        excluded: excluded(ctx),
        ttl_ms: rules.approval_ttl_ms,
        needed: if rules.two_person.has(ctx.kind) { 2 } else { 1 },
        steps: steps.clone(),
    }
}

/// Requester and beneficiary, by account id and by every login and address: neither may decide.
fn excluded(ctx: &Ctx<'_>) -> Vec<String> {
    let requester = ctx.facts.requester.value();
    let account = ctx.request.action.account();
    let target = ctx.facts.target.value();
    let many =
        requester.map_or(0, |r| r.identities.len()) + target.map_or(0, |t| t.identities.len());
    let mut out: Vec<String> = Vec::with_capacity(many + 4);
    let mut add = |text: &str| {
        if !text.is_empty() && !out.iter().any(|o| o == text) {
            out.push(text.to_owned());
        }
    };
    let lower = |text: &str, add: &mut dyn FnMut(&str)| {
        if text.bytes().any(|b| b.is_ascii_uppercase() || !b.is_ascii()) {
            add(&text.to_lowercase());
        } else {
            add(text);
        }
    };
    if let Some(r) = requester {
        r.account_id.iter().for_each(|id| add(id));
        lower(&r.address, &mut add);
        r.identities.iter().for_each(|i| lower(i, &mut add));
    }
    if let Some(a) = account {
        add(&a.id);
        lower(&a.login, &mut add);
    }
    if let Some(t) = target {
        t.identities.iter().for_each(|i| lower(i, &mut add));
    }
    out.sort_unstable();
    out
}

/// Sorts findings so that a verdict does not depend on the order of assessors. They nearly always come
/// in order.
pub(crate) fn ordered(mut findings: Vec<Finding>) -> Vec<Finding> {
    let order = |a: &Finding, b: &Finding| b.minimum.cmp(&a.minimum).then_with(|| a.cmp(b));
    if !findings.is_sorted_by(|a, b| order(a, b).is_le()) {
        findings.sort_by(order);
    }
    findings
}
