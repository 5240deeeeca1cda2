//! The same change failing elsewhere: one tier up once the failure rate is surely above the limit.
//!
//! Surely means the lower confidence bound, so that one failure of two says nothing.

use super::{Ctx, Sink};
use crate::stats::wilson_lower;
use domain::{Because, Blank, Tier, action::Need};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    if !ctx.write || !ctx.traits.needs(Need::Fleet) {
        return;
    }
    let Some(fleet) = ctx.seen.fleet else {
        // It might be failing everywhere.
        out.raise("fleet", ctx.base.0.raised(), "fleet_unknown", || {
            Because::Fixed("how it fared at other clients is not known")
        });
        return;
    };
    let limit = ctx.policy.document().fleet_failure_percent;
    if wilson_lower(fleet.failures, fleet.attempts) > f64::from(limit) / 100.0 {
        let tier = ctx.base.0.raised().max(Tier::Medium);
        out.raise("fleet", tier, "fleet_failures", || {
            Because::filled(
                "{} of {} attempts across clients failed lately; the limit is {} %",
                [
                    Blank::Number(fleet.failures.into()),
                    Blank::Number(fleet.attempts.into()),
                    Blank::Number(limit.into()),
                ],
            )
        });
    }
}
