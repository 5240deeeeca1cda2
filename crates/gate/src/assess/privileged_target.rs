//! Administrators, service accounts and emergency accounts are for people only.

use super::{Ctx, Sink};
use domain::{Because, Tier};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    if ctx.request.action.account().is_none() || !ctx.write {
        return;
    }
    let Some(target) = ctx.seen.target else { return };
    let mut critical = |code, why: &dyn Fn() -> Because| {
        out.raise("privileged_target", Tier::Critical, code, why);
    };
    if !target.exists {
        critical("target_unknown", &|| {
            Because::Fixed("the account is not in this client's directory")
        });
    } else if !target.as_named {
        critical("target_misnamed", &|| {
            Because::Fixed(
                "the account with that id has another login or name than the request says",
            )
        });
    }
    if !target.privileged.is_empty() {
        critical("privileged_target", &|| {
            Because::Text(format!("the account is held by {}", target.privileged.join(", ")))
        });
    }
    if !target.service.is_empty() {
        critical("service_account", &|| {
            Because::Text(format!("service account: {}", target.service.join(", ")))
        });
    }
    if target.break_glass {
        critical("break_glass_account", &|| Because::Fixed("on the list of emergency accounts"));
    }
}
