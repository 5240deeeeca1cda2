//! What the MSP wants two people for is never run by nobody.

use super::{Ctx, Sink};
use domain::{Because, Tier};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    if ctx.write && ctx.rules.two_person.has(ctx.kind) {
        out.raise("two_person", Tier::High, "two_person", || {
            Because::Fixed("the policy wants two people to say yes to this")
        });
    }
}
