//! A fact that was read too long ago counts as missing, for every assessor alike.

use crate::Policy;
use domain::{Fact, Facts, UnixMs};
use std::borrow::Cow;

/// The facts with every stale one turned into a gap that says so.
pub(crate) fn fresh<'a>(policy: &Policy, facts: &'a Facts, now: UnixMs) -> Cow<'a, Facts> {
    let limit_ms = policy.max_fact_age_ms;
    let mut facts = Cow::Borrowed(facts);
    macro_rules! check {
        ($($name:ident),*) => {$(
            if let Some(why) = stale(&facts.$name, limit_ms, now) {
                facts.to_mut().$name = Fact::Missing(why);
            }
        )*};
    }
    check!(requester, relation, target, group, volume, brain, ticket, cooling_down);
    facts
}

fn stale<T>(fact: &Fact<T>, limit_ms: i64, now: UnixMs) -> Option<String> {
    let Fact::Known(known) = fact else { return None };
    let age_ms = now.since(known.read_at);
    if age_ms > limit_ms {
        Some(format!("read at {}, too old to rely on", known.read_at))
    } else if age_ms < -limit_ms {
        Some(format!("read at {}, which is still to come; check the clocks", known.read_at))
    } else {
        None
    }
}
