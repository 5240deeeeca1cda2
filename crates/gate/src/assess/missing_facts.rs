//! A fact that is needed and missing or stale raises; it never counts as harmless.
//!
//! INVARIANT: a gap weighs as much as the worst that the fact could have said, so that nothing is
//! gained by keeping a fact from being read.

use super::{Ctx, finding};
use domain::{Fact, Finding, Tier, action::Need};

pub(super) fn assess(ctx: &Ctx<'_>, out: &mut Vec<Finding>) {
    let facts = ctx.facts;
    for need in ctx.request.action.kind().needs() {
        let (name, code, minimum, gap) = match need {
            // Whoever asks may not approve; with nobody named, nobody could be kept from it.
            Need::Requester => {
                ("requester", "missing_requester", Tier::Critical, gap(&facts.requester))
            }
            Need::Relation => ("relation", "missing_relation", Tier::High, gap(&facts.relation)),
            Need::Volume => ("volume", "missing_volume", Tier::Critical, gap(&facts.volume)),
            Need::Target => ("target", "missing_target", Tier::Critical, gap(&facts.target)),
            Need::Group => ("group", "missing_group", Tier::Critical, gap(&facts.group)),
            Need::Ticket => ("ticket", "missing_ticket", Tier::Critical, gap(&facts.ticket)),
        };
        if let Some(why) = gap {
            out.push(finding("missing_facts", minimum, code, [format!("{name}: {why}")]));
        }
    }
}

fn gap<T>(fact: &Fact<T>) -> Option<String> {
    match fact {
        Fact::Known(_) => None,
        Fact::Missing(why) => Some(why.clone()),
    }
}
