//! A brain that says it is not sure of having understood has a person asked. Its own word, so it
//! counts against it only: a sure brain gains nothing.

use super::{Ctx, Sink};
use domain::{Because, Blank, Tier};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    // What a brain said does not age; a doubt from before is still one.
    let Some(said) = ctx.facts.confidence.value() else { return };
    let least = ctx.rules.min_confidence;
    if ctx.write && ctx.request.action.ticket().is_none() && said.percent < least {
        out.raise("confidence", Tier::High, "unsure", || {
            Because::filled(
                "the brain is {} % sure of what is asked; {} % are wanted",
                [Blank::Number(said.percent.into()), Blank::Number(least.into())],
            )
        });
    }
}
