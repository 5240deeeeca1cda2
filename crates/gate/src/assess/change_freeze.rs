//! In a change freeze nothing of the infrastructure, or of what the freeze names, changes without a
//! person.

use super::{Ctx, Sink};
use domain::{Because, Blank, Tier};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    if !ctx.write {
        return;
    }
    if let Some(name) = ctx.rules.calendar.freeze(ctx.kind, ctx.now) {
        out.raise("change_freeze", Tier::High, "change_freeze", || {
            Because::filled("the change freeze {} is on", [Blank::Text(name.into())])
        });
    }
}
