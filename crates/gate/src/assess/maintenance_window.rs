//! What stops devices belongs into a maintenance window. A patch that closes a hole which is being
//! used does not wait for one.

use super::{Ctx, Sink};
use domain::{ActionKind, Because, PatchSeverity, Tier};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    use ActionKind as K;
    let urgent = ctx
        .seen
        .patch
        .is_some_and(|p| p.known && (p.lowest == PatchSeverity::Critical || p.known_exploited));
    let wants_window = match ctx.kind {
        K::Reboot | K::ShutDown => true,
        K::DeployPatches => !urgent,
        _ => false,
    };
    if wants_window && !ctx.seen.in_window {
        out.raise("maintenance_window", Tier::High, "outside_window", || {
            Because::Fixed("no maintenance window for this is open now")
        });
    }
}
