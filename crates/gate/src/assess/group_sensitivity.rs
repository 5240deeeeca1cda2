//! How much harm a wrong member of this group could do.

use super::{Ctx, finding};
use domain::{Finding, Sensitivity, Tier};

pub(super) fn assess(ctx: &Ctx<'_>, out: &mut Vec<Finding>) {
    if ctx.request.action.group().is_none() {
        return;
    }
    let Some(group) = ctx.facts.group.value() else { return };
    if !group.exists {
        let why = "the group is not in this client's directory".to_owned();
        out.push(finding("group_sensitivity", Tier::Critical, "group_unknown", [why]));
        return;
    }
    let (tier, code) = match group.sensitivity {
        Sensitivity::Normal => return,
        Sensitivity::Sensitive => (Tier::High, "sensitive_group"),
        Sensitivity::Privileged => (Tier::Critical, "privileged_group"),
    };
    out.push(finding("group_sensitivity", tier, code, [group.because.clone()]));
}
