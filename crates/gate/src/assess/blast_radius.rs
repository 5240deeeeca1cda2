//! Blast radius adds up: over the sliding window and over every target that the request names
//! (DESIGN §3, law 6). A batch in small pieces weighs as much as in one.

use super::{Ctx, Sink};
use domain::{Because, Blank, Tier};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    let own = u32::try_from(ctx.request.action.targets()).unwrap_or(u32::MAX);
    if !ctx.write || own == 0 {
        return;
    }
    // What was counted includes this request's own targets; without a count there are still those.
    let targets = ctx.seen.volume.map_or(own, |v| v.targets.max(own));
    let rules = ctx.rules;
    let (tier, code, limit) = if targets >= rules.critical_threshold {
        (Tier::Critical, "critical_threshold", rules.critical_threshold)
    } else if targets > rules.bulk_threshold {
        (ctx.base.0.raised(), "bulk_threshold", rules.bulk_threshold)
    } else {
        return;
    };
    out.raise("blast_radius", tier, code, || {
        Because::filled(
            "{} targets of {} within {} min; the limit is {}",
            [
                Blank::Number(i64::from(targets)),
                Blank::Word(ctx.kind.name()),
                Blank::Number(ctx.policy.document().window_ms / 60_000),
                Blank::Number(i64::from(limit)),
            ],
        )
    });
}
