//! What stands on the desk, or carries the office: role, somebody at work, health.

use super::{Ctx, Sink};
use domain::{
    ActionKind, Because, Blank, DeviceFacts, DeviceHealth, DeviceRole, Tier, action::Need,
};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    use ActionKind as K;
    if !ctx.write {
        return;
    }
    // A missing fact is the business of `missing_facts`.
    let concerned = ctx.traits.needs(Need::Devices);
    let Some(devices) = ctx.seen.devices.filter(|_| concerned) else { return };
    let named = ctx.request.action.devices();
    let count = |is: fn(&DeviceFacts) -> bool| devices.iter().filter(|d| is(d)).count();
    let many = |n: usize| Blank::Number(i64::try_from(n).unwrap_or(i64::MAX));
    // Usually read in the order in which they are named.
    let mut next = devices.iter();
    let read_all = named
        .iter()
        .all(|n| next.next().is_some_and(|d| d.id == n.id) || devices.iter().any(|d| d.id == n.id));
    if named.is_empty() || !read_all || count(|d| !d.exists) > 0 {
        out.raise("device_state", Tier::Critical, "device_unknown", || {
            Because::Fixed("not every device named is one of this client's, under that name")
        });
    }
    let stops = matches!(ctx.kind, K::Reboot | K::ShutDown | K::DeployPatches | K::WipeDevice);
    if !stops {
        return;
    }
    if ctx.kind == K::Reboot && named.len() > 1 {
        out.raise("device_state", Tier::High, "several_devices", || {
            Because::filled("{} devices would restart at once", [many(named.len())])
        });
    }
    // What cannot be seen weighs as much as the worst that could have been seen.
    let active = count(|d| d.user_active != Some(false));
    if active > 0 && ctx.kind != K::DeployPatches {
        out.raise("device_state", Tier::High, "user_active", || {
            Because::filled("somebody works on {} of them now, or may", [many(active)])
        });
    }
    let failing = count(|d| matches!(d.health, DeviceHealth::Failing | DeviceHealth::Unknown));
    if failing > 0 {
        out.raise("device_state", Tier::High, "device_failing", || {
            Because::filled(
                "{} of them may not come back: their hardware fails, or nobody watches it",
                [many(failing)],
            )
        });
    }
    let controllers = count(|d| d.role >= DeviceRole::DomainController);
    if controllers > 0 {
        out.raise("device_state", Tier::High, "domain_controller", || {
            Because::filled(
                "{} of them carry everybody's sign-in, or nobody knows what they are for",
                [many(controllers)],
            )
        });
    }
}
