//! No second try: what a person denied, or left unanswered, is not asked again by a brain inside the
//! cool-down (DESIGN §3, law 5).

use super::{Ctx, Sink};
use domain::{Because, Blank, Tier};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    if !ctx.write || ctx.request.action.ticket().is_some() {
        return;
    }
    match ctx.seen.cooling_down {
        Some(false) => {}
        Some(true) => out.raise("cool_down", Tier::Critical, "cooling_down", || {
            Because::filled(
                "exactly this was denied or left unanswered within {} h",
                [Blank::Number(ctx.policy.document().cool_down_ms / 3_600_000)],
            )
        }),
        None => out.raise("cool_down", Tier::Critical, "missing_cooling_down", || {
            Because::Fixed("whether exactly this was denied lately is not known")
        }),
    }
}
