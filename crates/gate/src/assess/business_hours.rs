//! While people work, what would interrupt them is asked about, unless a window is open.

use super::{Ctx, Sink};
use domain::{ActionKind, Because, Tier};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    use ActionKind as K;
    let interrupts = matches!(
        ctx.kind,
        K::Reboot | K::ShutDown | K::SetDns | K::ChangeFirewall | K::ChangeServerConfiguration
    );
    if !interrupts || ctx.seen.in_window || !ctx.rules.calendar.has_business_hours() {
        return;
    }
    if ctx.rules.calendar.at(ctx.now).in_business_hours {
        out.raise("business_hours", Tier::High, "business_hours", || {
            Because::Fixed("people work now, and no maintenance window is open")
        });
    }
}
