//! What the MSP allows for this client and kind of action. A floor, never a discount.

use super::{Ctx, finding};
use domain::{Autonomy, Finding, Relation, Tier, Verification};

pub(super) fn assess(ctx: &Ctx<'_>, out: &mut Vec<Finding>) {
    let kind = ctx.request.action.kind();
    if !kind.is_write() {
        return;
    }
    let level = ctx.policy.autonomy(&ctx.request.client, kind);
    let (tier, code) = match level {
        Autonomy::Deny => (Tier::Critical, "autonomy_deny"),
        Autonomy::AlwaysAsk => (Tier::High, "autonomy_always_ask"),
        Autonomy::AskIfUncertain if uncertain(ctx) => (Tier::High, "autonomy_uncertain"),
        Autonomy::AskIfUncertain | Autonomy::AutoWithGuardrails => {
            (Tier::Medium, "autonomy_guardrails")
        }
        Autonomy::AutoAndClose => return,
    };
    let why = format!("{} for {} is set to {level}", kind.name(), ctx.request.client);
    out.push(finding("autonomy", tier, code, [why]));
}

/// Anything but a verified person acting on their own account; for close-outs, an unknown ticket.
fn uncertain(ctx: &Ctx<'_>) -> bool {
    if ctx.request.action.account().is_none() {
        return ctx.facts.ticket.value().is_none();
    }
    let verified =
        ctx.facts.requester.value().is_some_and(|r| r.verification >= Verification::AddressOnFile);
    !(verified && ctx.facts.relation.value() == Some(&Relation::Oneself))
}
