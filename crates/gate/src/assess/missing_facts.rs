//! A fact that is needed and missing or stale raises; it never counts as harmless.
//!
//! INVARIANT: a gap weighs as much as the worst that the fact could have said, so that nothing is
//! gained by keeping a fact from being read.

use super::{Ctx, Sink};
use domain::{Because, Blank, Fact, Tier, UnixMs, action::Need};

macro_rules! gaps {
    ($($need:ident: $name:ident, $code:literal, $tier:ident;)*) => {
        // A new need does not compile until it is listed.
        const _: fn(Need) = |need| match need {
            $(Need::$need => (),)*
        };

        pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
            let seen = &ctx.seen;
            let missing = 0 $(| u16::from(seen.$name.is_none()) << Need::$need as u16)*;
            let gaps = ctx.traits.needed_of(missing);
            if gaps == 0 {
                return;
            }
            $(
                if gaps & (1 << Need::$need as u16) != 0 {
                    out.raise("missing_facts", Tier::$tier, $code, || {
                        why(stringify!($name), &ctx.facts.$name, ctx.now)
                    });
                }
            )*
        }
    };
}

gaps! {
    // Whoever asks may not approve; with nobody named, nobody could be kept from it.
    Requester: requester, "missing_requester", Critical;
    Relation: relation, "missing_relation", High;
    Target: target, "missing_target", Critical;
    Group: group, "missing_group", Critical;
    Volume: volume, "missing_volume", Critical;
    Ticket: ticket, "missing_ticket", Critical;
    Mailbox: mailbox, "missing_mailbox", Critical;
    Devices: devices, "missing_devices", Critical;
    Patch: patch, "missing_patch", High;
    Fleet: fleet, "missing_fleet", High;
    Script: script, "missing_script", High;
    Cost: cost, "missing_cost", High;
}

fn why<T>(name: &'static str, fact: &Fact<T>, now: UnixMs) -> Because {
    let known = match fact {
        Fact::Missing(why) => {
            return Because::filled(
                "{}: {}",
                [Blank::Word(name), Blank::Text(why.as_str().into())],
            );
        }
        Fact::Known(known) => known,
    };
    let at = Blank::Time(known.read_at);
    match now.since(known.read_at) < 0 {
        true => Because::filled(
            "{}: read at {}, which is still to come; check the clocks",
            [Blank::Word(name), at],
        ),
        false => Because::filled("{}: read at {}, too old to rely on", [Blank::Word(name), at]),
    }
}
