//! Where a script comes from: the library, with the content that was approved, in its scope.

use super::{Ctx, Sink};
use domain::{ActionKind, Because, Tier};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    if ctx.kind != ActionKind::RunScript {
        return;
    }
    let Some(script) = ctx.seen.script else { return };
    let (code, why) = if !script.in_library {
        ("script_not_in_library", "the script is not in the approved library")
    } else if !script.hash_matches {
        ("script_changed", "the script's content is not what was approved")
    } else if !script.in_scope {
        ("script_out_of_scope", "the script is not approved for this client")
    } else {
        return;
    };
    out.raise("script", Tier::High, code, || Because::Fixed(why));
}
