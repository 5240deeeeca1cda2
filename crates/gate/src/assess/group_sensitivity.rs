//! How much harm a wrong member of this group could do.

use super::{Ctx, Sink};
use domain::{Action, Because, Sensitivity, Tier};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    // A new account that joins groups is judged by the worst of them.
    let joins = matches!(&ctx.request.action, Action::CreateUser(a) if !a.groups.is_empty());
    if ctx.request.action.group().is_none() && !joins {
        return;
    }
    let Some(group) = ctx.seen.group else {
        // For every other action a missing group is the business of `missing_facts`.
        if joins {
            out.raise("group_sensitivity", Tier::Critical, "group_unknown", || {
                Because::Fixed("the groups that the account would join could not be read")
            });
        }
        return;
    };
    if !group.exists {
        out.raise("group_sensitivity", Tier::Critical, "group_unknown", || {
            Because::Fixed("the group is not in this client's directory")
        });
        return;
    }
    if !group.as_named {
        out.raise("group_sensitivity", Tier::Critical, "group_misnamed", || {
            Because::Fixed("the group with that id has another name than the request says")
        });
    }
    let (tier, code) = match group.sensitivity {
        Sensitivity::Normal => return,
        Sensitivity::Sensitive => (Tier::High, "sensitive_group"),
        Sensitivity::Privileged => (Tier::Critical, "privileged_group"),
    };
    out.raise("group_sensitivity", tier, code, || Because::Text(group.because.clone()));
}
