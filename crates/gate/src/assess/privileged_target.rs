//! Administrators, service accounts and emergency accounts are for people only.

use super::{Ctx, finding};
use domain::{Finding, Tier};

pub(super) fn assess(ctx: &Ctx<'_>, out: &mut Vec<Finding>) {
    if ctx.request.action.account().is_none() || !ctx.request.action.kind().is_write() {
        return;
    }
    let Some(target) = ctx.facts.target.value() else { return };
    let mut critical = |code: &str, why: String| {
        out.push(finding("privileged_target", Tier::Critical, code, [why]));
    };
    if !target.exists {
        critical("target_unknown", "the account is not in this client's directory".into());
    }
    if !target.privileged.is_empty() {
        let names = target.privileged.join(", ");
        critical("privileged_target", format!("the account is held by {names}"));
    }
    if !target.service.is_empty() {
        critical("service_account", format!("service account: {}", target.service.join(", ")));
    }
    if target.break_glass {
        critical("break_glass_account", "on the list of emergency accounts".into());
    }
}
