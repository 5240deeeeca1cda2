//! What this brain may request at all: its scopes, its rate, its ceiling, and no running in circles.

use super::{Ctx, Sink};
use domain::{Because, Blank, Tier};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    let Some(brain) = ctx.seen.brain else {
        let why = || Because::Fixed("what this brain may request is not known");
        out.raise("brain", Tier::Critical, "brain_unknown", why);
        return;
    };
    if !brain.in_scope {
        out.raise("brain", Tier::Critical, "out_of_scope", || {
            Because::filled(
                "{} may not request {} for {}",
                [
                    Blank::Text(ctx.request.brain.as_str().into()),
                    Blank::Word(ctx.kind.name()),
                    Blank::Text(ctx.request.client.as_str().into()),
                ],
            )
        });
    }
    if brain.rate > 0 && brain.requests > brain.rate {
        // Reads as well: a brain that is out of hand is stopped, whatever it does.
        out.raise("brain", Tier::Critical, "over_rate", || {
            Because::filled(
                "{} requests within a minute; its rate is {}",
                [Blank::Number(brain.requests.into()), Blank::Number(brain.rate.into())],
            )
        });
    }
    let limit = ctx.policy.document().max_repeats;
    if ctx.write && ctx.request.action.ticket().is_none() && brain.repeats >= limit {
        out.raise("brain", Tier::Critical, "loop", || {
            Because::filled(
                "exactly this was requested {} times within {} min; it runs in a circle",
                [
                    Blank::Number(brain.repeats.into()),
                    Blank::Number(ctx.policy.document().window_ms / 60_000),
                ],
            )
        });
    }
}

/// Above its ceiling a brain's request is for people only. Asked last, with what every assessor
/// found: the ceiling is held against the verdict, so it still only raises.
pub(super) fn ceiling<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    let (Some(brain), Some(tier)) = (ctx.seen.brain, out.highest()) else { return };
    // What is Critical already needs no further reason.
    if tier > brain.ceiling && tier < Tier::Critical {
        out.raise("brain", Tier::Critical, "above_ceiling", || {
            Because::filled(
                "tier {} is above the brain's ceiling {}",
                [Blank::Word(tier.name()), Blank::Word(brain.ceiling.name())],
            )
        });
    }
}
