//! A close-out is written into the case's own ticket and no other.

use super::{Ctx, Sink};
use domain::{Because, Tier};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    if ctx.request.action.ticket().is_some() && ctx.seen.ticket.is_some_and(|t| !t.of_this_case) {
        out.raise("foreign_ticket", Tier::Critical, "foreign_ticket", || {
            Because::Fixed("the ticket belongs to another case")
        });
    }
}
