//! No second try: what a person denied, or left unanswered, is not asked again by a brain inside the
//! cool-down (DESIGN §3, law 5).

use super::{Ctx, finding};
use domain::{Fact, Finding, Tier};

pub(super) fn assess(ctx: &Ctx<'_>, out: &mut Vec<Finding>) {
    if !ctx.request.action.kind().is_write() || ctx.request.action.account().is_none() {
        return;
    }
    let (code, why) = match &ctx.facts.cooling_down {
        Fact::Known(k) if !k.value => return,
        Fact::Known(_) => {
            let hours = ctx.policy.cool_down_ms / 3_600_000;
            let why = format!("exactly this was denied or left unanswered within {hours} h");
            ("cooling_down", why)
        }
        Fact::Missing(why) => ("missing_cooling_down", format!("earlier answers: {why}")),
    };
    out.push(finding("cool_down", Tier::Critical, code, [why]));
}
