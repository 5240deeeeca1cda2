//! What can hardly be undone, by its own scorecard, and has no way back here, is asked about. Words on
//! the ticket are not: the case's own record goes on.

use super::{Ctx, Sink};
use domain::{Because, Tier};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    if !ctx.write || ctx.request.action.ticket().is_some() {
        return;
    }
    if ctx.traits.no_way_back {
        out.raise("reversibility", Tier::High, "no_way_back", || {
            Because::Fixed("it can hardly be undone, and there is no way back")
        });
    }
}
