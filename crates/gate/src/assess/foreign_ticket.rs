//! A close-out is written into the case's own ticket and no other.

use super::{Ctx, finding};
use domain::{Finding, Tier};

pub(super) fn assess(ctx: &Ctx<'_>, out: &mut Vec<Finding>) {
    if ctx.request.action.ticket().is_none() {
        return;
    }
    if ctx.facts.ticket.value().is_some_and(|t| !t.of_this_case) {
        let why = "the ticket belongs to another case".to_owned();
        out.push(finding("foreign_ticket", Tier::Critical, "foreign_ticket", [why]));
    }
}
