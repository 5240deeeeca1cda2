//! Who is asking: an account change for someone we cannot place is never run alone.

use super::{Ctx, finding};
use domain::{Finding, Tier};

pub(super) fn assess(ctx: &Ctx<'_>, out: &mut Vec<Finding>) {
    if ctx.request.action.account().is_none() || !ctx.request.action.kind().is_write() {
        return;
    }
    // A missing fact is the business of `missing_facts`.
    let Some(requester) = ctx.facts.requester.value() else { return };
    let needed = ctx.policy.identity(ctx.request.action.kind());
    if requester.verification < needed {
        let code = match requester.verification {
            domain::Verification::Unverified => "requester_unverified",
            _ => "identity_too_weak",
        };
        let why = format!(
            "the requester is {}; this needs one {}",
            requester.verification.words(),
            needed.words()
        );
        out.push(finding("requester_identity", Tier::High, code, [why]));
    }
}
