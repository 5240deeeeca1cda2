//! How much is touched, cumulatively: splitting a batch gains nothing (DESIGN §3, law 6).

use super::{Ctx, finding};
use domain::{Finding, Tier};

pub(super) fn assess(ctx: &Ctx<'_>, out: &mut Vec<Finding>) {
    let kind = ctx.request.action.kind();
    if !kind.is_write() || ctx.request.action.account().is_none() {
        return;
    }
    let Some(volume) = ctx.facts.volume.value() else { return };
    let why = |limit: u32, name: &str| {
        format!(
            "{} targets of {} within {} min; `{name}` is {limit}",
            volume.targets,
            kind.name(),
            ctx.policy.window_ms / 60_000,
        )
    };
    if volume.targets >= ctx.policy.critical_threshold {
        let why = why(ctx.policy.critical_threshold, "critical_threshold");
        out.push(finding("blast_radius", Tier::Critical, "critical_threshold", [why]));
    } else if volume.targets > ctx.policy.bulk_threshold {
        let (base, _) = ctx.request.action.base(ctx.facts);
        let why = why(ctx.policy.bulk_threshold, "bulk_threshold");
        out.push(finding("blast_radius", base.raised(), "bulk_threshold", [why]));
    }
}
