//! A fact that is needed and missing or stale raises; it never counts as harmless.
//!
//! INVARIANT: a gap weighs as much as the worst that the fact could have said, so that nothing is
//! gained by keeping a fact from being read.

use super::{Ctx, Sink};
use domain::{Because, Blank, Fact, Tier, UnixMs, action::Need};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    let (seen, facts) = (&ctx.seen, ctx.facts);
    macro_rules! gap {
        ($name:ident, $code:literal, $tier:expr) => {
            if seen.$name.is_none() {
                out.raise("missing_facts", $tier, $code, || {
                    why(stringify!($name), &facts.$name, ctx.now)
                });
            }
        };
    }
    for need in ctx.kind.needs() {
        match need {
            // Whoever asks may not approve; with nobody named, nobody could be kept from it.
            Need::Requester => gap!(requester, "missing_requester", Tier::Critical),
            Need::Relation => gap!(relation, "missing_relation", Tier::High),
            Need::Volume => gap!(volume, "missing_volume", Tier::Critical),
            Need::Target => gap!(target, "missing_target", Tier::Critical),
            Need::Group => gap!(group, "missing_group", Tier::Critical),
            Need::Ticket => gap!(ticket, "missing_ticket", Tier::Critical),
            Need::Mailbox => gap!(mailbox, "missing_mailbox", Tier::Critical),
            Need::Devices => gap!(devices, "missing_devices", Tier::Critical),
            Need::Patch => gap!(patch, "missing_patch", Tier::High),
            // Failures elsewhere would have been one tier up from any base.
            Need::Fleet => gap!(fleet, "missing_fleet", ctx.base.0.raised().max(Tier::High)),
            Need::Script => gap!(script, "missing_script", Tier::High),
            Need::Cost => gap!(cost, "missing_cost", Tier::High),
        }
    }
}

fn why<T>(name: &'static str, fact: &Fact<T>, now: UnixMs) -> Because {
    let known = match fact {
        Fact::Missing(why) => {
            return Because::filled("{}: {}", [Blank::Word(name), Blank::Text(why.as_str().into())]);
        }
        Fact::Known(known) => known,
    };
    let at = Blank::Time(known.read_at);
    match now.since(known.read_at) < 0 {
        true => Because::filled(
            "{}: read at {}, which is still to come; check the clocks",
            [Blank::Word(name), at],
        ),
        false => {
            Because::filled("{}: read at {}, too old to rely on", [Blank::Word(name), at])
        }
    }
}
