//! What the MSP allows for this client and kind of action. A floor, never a discount.

use super::{Ctx, Sink};
use domain::{Autonomy, Because, Blank, Tier};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    if !ctx.write {
        return;
    }
    let level = *ctx.rules.autonomy.of(ctx.kind);
    let (tier, code) = match level {
        Autonomy::Deny => (Tier::Critical, "autonomy_deny"),
        Autonomy::AlwaysAsk => (Tier::High, "autonomy_always_ask"),
        Autonomy::AskIfUncertain if uncertain(ctx) => (Tier::High, "autonomy_uncertain"),
        Autonomy::AskIfUncertain | Autonomy::AutoWithGuardrails => {
            (Tier::Medium, "autonomy_guardrails")
        }
        Autonomy::AutoAndClose => return,
    };
    out.raise("autonomy", tier, code, || {
        Because::filled(
            "{} is set to {} here",
            [Blank::Word(ctx.kind.name()), Blank::Word(level.name())],
        )
    });
}

/// Anything but a verified person acting on their own account; for close-outs, an unknown ticket.
fn uncertain(ctx: &Ctx<'_>) -> bool {
    match ctx.request.action.ticket() {
        Some(_) => ctx.seen.ticket.is_none(),
        None => !ctx.seen.own_and_verified(),
    }
}
