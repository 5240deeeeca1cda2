//! One file per assessor. Each answers with findings, and a finding is a minimum: it can only raise.

use crate::{Policy, Request, fresh::fresh, judge::ordered};
use domain::{Facts, Finding, Tier, UnixMs};

mod autonomy;
mod base;
mod blast_radius;
mod brain;
mod cool_down;
mod foreign_ticket;
mod group_sensitivity;
mod missing_facts;
mod privileged_target;
mod relation;
mod requester_identity;

/// Everything an assessor may look at. Facts are fresh: a stale one counts as missing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ctx<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) request: &'a Request,
    pub(crate) facts: &'a Facts,
}

type Assessor = fn(&Ctx<'_>, &mut Vec<Finding>);

/// Every assessor with its name, which stands in its findings.
pub(crate) const ASSESSORS: &[(&str, Assessor)] = &[
    ("autonomy", autonomy::assess),
    ("base", base::assess),
    ("blast_radius", blast_radius::assess),
    ("brain", brain::assess),
    ("cool_down", cool_down::assess),
    ("foreign_ticket", foreign_ticket::assess),
    ("group_sensitivity", group_sensitivity::assess),
    ("missing_facts", missing_facts::assess),
    ("privileged_target", privileged_target::assess),
    ("relation", relation::assess),
    ("requester_identity", requester_identity::assess),
];

/// What every assessor finds, in a fixed order, highest first.
pub(crate) fn all(
    policy: Result<&Policy, String>,
    request: &Request,
    facts: &Facts,
    now: UnixMs,
) -> Vec<Finding> {
    let policy = match policy {
        Ok(policy) => policy,
        Err(why) => return vec![finding("policy", Tier::Critical, "policy_unusable", [why])],
    };
    ask(ASSESSORS, &Ctx { policy, request, facts: &fresh(policy, facts, now) })
}

fn ask(assessors: &[(&str, Assessor)], ctx: &Ctx<'_>) -> Vec<Finding> {
    let mut findings = Vec::with_capacity(12);
    for (_, assess) in assessors {
        assess(ctx, &mut findings);
    }
    findings.extend(brain::ceiling(ctx, &findings));
    ordered(findings)
}

pub(crate) fn finding<const N: usize>(
    assessor: &str,
    minimum: Tier,
    code: &str,
    because: [String; N],
) -> Finding {
    Finding { assessor: assessor.into(), minimum, code: code.into(), because: because.into() }
}

#[cfg(test)]
mod tests;
