//! Which patches: one that nobody knows is no patch but a program.

use super::{Ctx, Sink};
use domain::{ActionKind, Because, PatchSeverity, Tier};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    if ctx.kind != ActionKind::DeployPatches {
        return;
    }
    let Some(patch) = ctx.seen.patch else { return };
    if !patch.known {
        out.raise("patch", Tier::High, "patch_unknown", || {
            Because::Fixed("not every patch is in the vendor's catalogue")
        });
    }
    if patch.highest == PatchSeverity::Unknown {
        out.raise("patch", Tier::High, "patch_unrated", || {
            Because::Fixed("a patch among them is not rated by its vendor")
        });
    }
}
