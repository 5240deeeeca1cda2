//! The base tier that the action itself states for this context (DESIGN §3, catalogue).

use super::{Ctx, Sink};
use domain::Because;

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    let (tier, code) = ctx.base;
    out.raise("base", tier, code, || Because::Fixed(ctx.traits.rationale));
}
