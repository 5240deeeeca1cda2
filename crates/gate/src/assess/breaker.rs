//! An open breaker: back to the most conservative answer, at once.

use super::{Ctx, Sink};
use domain::{Because, Blank, BreakerMode, Tier};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    if !ctx.write {
        return;
    }
    let Some(breaker) = ctx.seen.breaker else {
        let why = || Because::Fixed("whether a breaker is open is not known");
        out.raise("breaker", Tier::Critical, "breaker_unknown", why);
        return;
    };
    let Some(open) = breaker else { return };
    if !open.scope.covers(&ctx.request.client, ctx.kind) {
        return;
    }
    let (tier, code) = match open.mode {
        BreakerMode::Ask => (Tier::High, "breaker_asks"),
        BreakerMode::Stop => (Tier::Critical, "breaker_stops"),
    };
    out.raise("breaker", tier, code, || {
        Because::filled(
            "the breaker for {} is open: {}",
            [Blank::Text(open.scope.to_string().into()), Blank::Text(open.reason.as_str().into())],
        )
    });
}
