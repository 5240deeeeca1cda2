//! What the requester is to the target. Acting on someone else is never silent, and access to a
//! group is only asked for by those who answer for it.

use super::{Ctx, finding};
use domain::{ActionKind, Finding, Relation, Tier};

pub(super) fn assess(ctx: &Ctx<'_>, out: &mut Vec<Finding>) {
    let action = &ctx.request.action;
    if action.account().is_none() || !action.kind().is_write() {
        return;
    }
    let Some(relation) = ctx.facts.relation.value() else { return };
    let (tier, code) = match (action.group().is_some(), relation) {
        (_, Relation::Manager) => (Tier::Medium, "requester_is_manager"),
        (true, Relation::GroupOwner) => (Tier::Medium, "requester_owns_group"),
        (true, Relation::Oneself | Relation::Unrelated) => {
            (Tier::High, "requester_neither_owner_nor_manager")
        }
        (false, Relation::Oneself) => return,
        // Owning a group says nothing about an account.
        (false, Relation::GroupOwner | Relation::Unrelated) => match action.kind() {
            ActionKind::UnlockAccount => (Tier::Medium, "requester_unrelated"),
            _ => (Tier::High, "requester_unrelated"),
        },
    };
    out.push(finding("relation", tier, code, [format!("the requester is {}", relation.words())]));
}
