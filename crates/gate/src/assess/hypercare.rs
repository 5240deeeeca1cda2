//! The supervised time after going live: nothing happens that nobody is told of. It only tightens.

use super::{Ctx, Sink};
use domain::{Because, Blank};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    let Some((until, floor)) = ctx.rules.hypercare else { return };
    if ctx.write && ctx.request.action.ticket().is_none() && ctx.now < until {
        out.raise("hypercare", floor, "hypercare", || {
            Because::filled("hypercare lasts until {}", [Blank::Time(until)])
        });
    }
}
