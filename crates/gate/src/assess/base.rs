//! The base tier that the action itself states for this context (DESIGN §3, catalogue).

use super::{Ctx, finding};
use domain::Finding;

pub(super) fn assess(ctx: &Ctx<'_>, out: &mut Vec<Finding>) {
    let (tier, code) = ctx.request.action.base(ctx.facts);
    let why = ctx.request.action.kind().scorecard().rationale.to_owned();
    out.push(finding("base", tier, code, [why]));
}
