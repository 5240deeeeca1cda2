//! Taking a change back: only what is exactly its opposite, in time, and never over somebody's later
//! change.
//!
//! An undo restores what was there before, so it never asks for more than the change did. That is
//! the one place where the maximum is cut, and only for a request that a person made from the
//! journalled attempt, after everything below was read and found in order.

use super::{Ctx, Sink};
use domain::{Because, Tier};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    if ctx.request.undoes.is_none() {
        return;
    }
    let mut critical =
        |code, why: &'static str| out.raise("undo", Tier::Critical, code, || Because::Fixed(why));
    match ctx.seen.undo {
        None => critical("undo_unknown", "what it would take back could not be read"),
        Some(u) if !u.matches => {
            critical("undo_mismatch", "it is not the opposite of a change that was made");
        }
        Some(u) if u.undone => critical("undone_before", "it was taken back before"),
        Some(u) if !u.in_time => critical("undo_too_late", "the undo period is over"),
        Some(u) if !u.unchanged => {
            critical("changed_since", "somebody changed it since; their change is not overwritten");
        }
        Some(_) => {}
    }
}

/// The tier of an undo that is in order: what the findings say, but no more than the change's own.
pub(super) fn due(ctx: &Ctx<'_>, found: Tier) -> Tier {
    match (ctx.request.undoes, ctx.seen.undo) {
        (Some(_), Some(u)) if u.matches && !u.undone && u.in_time && u.unchanged => {
            found.min(u.original)
        }
        _ => found,
    }
}
