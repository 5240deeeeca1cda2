//! What kind of data stands behind a group or mailbox, and whether the client is supervised.

use super::{Ctx, Sink};
use domain::{ActionKind, Because, Blank, Sensitivity, Tier};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    if !ctx.write {
        return;
    }
    if let Some(mailbox) = ctx.seen.mailbox.filter(|_| ctx.request.action.mailbox().is_some()) {
        let because = || Because::Text(mailbox.because.clone());
        if !mailbox.exists {
            out.raise("data_sensitivity", Tier::Critical, "mailbox_unknown", || {
                Because::Fixed("the mailbox is not in this client's tenant under that address")
            });
        }
        match mailbox.sensitivity {
            Sensitivity::Normal => {}
            Sensitivity::Sensitive => {
                out.raise("data_sensitivity", Tier::High, "sensitive_mailbox", because);
            }
            Sensitivity::Privileged => {
                out.raise("data_sensitivity", Tier::Critical, "privileged_mailbox", because);
            }
        }
    }
    let group = ctx.seen.group.filter(|_| ctx.request.action.group().is_some());
    let mailbox = ctx.seen.mailbox.filter(|_| ctx.request.action.mailbox().is_some());
    let marks = group.map(|g| &g.marks).or(mailbox.map(|m| &m.marks));
    if let Some(mark) = marks.and_then(|m| m.iter().max()) {
        out.raise("data_sensitivity", Tier::High, "protected_data", || {
            Because::filled("it opens {}", [Blank::Word(mark.words())])
        });
    }
    if !ctx.rules.regulated.is_empty() && gives_access(ctx.kind) {
        out.raise("data_sensitivity", Tier::High, "regulated_client", || {
            Because::filled(
                "the client is supervised for {}, and this gives access",
                [Blank::Text(ctx.rules.regulated.clone())],
            )
        });
    }
}

/// Gives somebody a way to data, other than back into their own account.
fn gives_access(kind: ActionKind) -> bool {
    use ActionKind as K;
    matches!(
        kind,
        K::AddGroupMember
            | K::GrantMailboxPermission
            | K::CreateUser
            | K::EnableAccount
            | K::ResetMfa
            | K::IssueTemporaryAccessPass
    )
}
