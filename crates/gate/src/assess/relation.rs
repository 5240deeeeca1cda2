//! What the requester is to the target. Acting on someone else is never silent, and access to a
//! group or mailbox is only asked for by those who answer for it.

use super::{Ctx, Sink};
use domain::{ActionKind, Because, Blank, Relation, Tier};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    let action = &ctx.request.action;
    if action.account().is_none() || !ctx.write {
        return;
    }
    let Some(relation) = ctx.seen.relation else { return };
    let access = action.group().is_some() || action.mailbox().is_some();
    let (tier, code) = match (access, relation) {
        (_, Relation::Manager) => (Tier::Medium, "requester_is_manager"),
        (_, Relation::AuthorisedContact) => (Tier::Medium, "requester_is_authorised"),
        (true, Relation::GroupOwner) => (Tier::Medium, "requester_owns_group"),
        (true, Relation::Oneself | Relation::Unrelated) => {
            (Tier::High, "requester_neither_owner_nor_manager")
        }
        (false, Relation::Oneself) => return,
        // Owning a group says nothing about an account.
        (false, Relation::GroupOwner | Relation::Unrelated) => match ctx.kind {
            ActionKind::UnlockAccount => (Tier::Medium, "requester_unrelated"),
            _ => (Tier::High, "requester_unrelated"),
        },
    };
    out.raise("relation", tier, code, || {
        Because::filled("the requester is {}", [Blank::Word(relation.words())])
    });
}
