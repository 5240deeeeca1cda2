//! What this brain may request at all: its scopes and its ceiling.

use super::{Ctx, finding};
use crate::Request;
use domain::{Fact, Finding, Tier};

pub(super) fn assess(ctx: &Ctx<'_>, out: &mut Vec<Finding>) {
    let (code, why) = match &ctx.facts.brain {
        Fact::Missing(why) => {
            ("brain_unknown", format!("what this brain may request is not known: {why}"))
        }
        Fact::Known(brain) if brain.value.in_scope => return,
        Fact::Known(_) => {
            let Request { brain, action, client, .. } = ctx.request;
            (
                "out_of_scope",
                format!("{brain} may not request {} for {client}", action.kind().name()),
            )
        }
    };
    out.push(finding("brain", Tier::Critical, code, [why]));
}

/// Above its ceiling a brain's request is for people only. Asked last, with what every assessor
/// found: the ceiling is held against the verdict, so it still only raises.
pub(super) fn ceiling(ctx: &Ctx<'_>, found: &[Finding]) -> Option<Finding> {
    let ceiling = ctx.facts.brain.value()?.ceiling;
    let tier = found.iter().map(|f| f.minimum).max()?;
    // What is Critical already needs no further reason.
    (tier > ceiling && tier < Tier::Critical).then(|| {
        let why = format!("tier {tier} is above the brain's ceiling {ceiling}");
        finding("brain", Tier::Critical, "above_ceiling", [why])
    })
}
