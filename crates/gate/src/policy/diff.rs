//! What differs between two policies, and what of it loosens.
//!
//! INVARIANT: what is in force is compared, not what is written: for everybody, and for every client
//! that either document names. A difference that is not sure to be stricter loosens; so no verdict
//! gets milder by a change of which nothing loosens.

mod found;
mod lists;
mod scope;

use super::Policy;
use domain::ClientId;
use found::{Found, Looks, Looser, Unit};
use scope::Scope;
use std::collections::BTreeSet;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The key, such as `clients.acme.bulk_threshold`.
    pub path: String,
    /// The value before; `None` when it is new.
    pub before: Option<String>,
    /// The value after; `None` when it is gone.
    pub after: Option<String>,
    /// What it loosens, in words; `None` when it surely loosens nothing.
    pub loosens: Option<String>,
}

/// Every difference of what is in force: for everybody first, then client by client where it is
/// another one than for everybody. The version alone is none.
///
/// A first policy is held against [`Policy::cautious`]: whatever is looser than that loosens.
pub fn differences(before: Option<&Policy>, after: &Policy) -> Vec<Difference> {
    let cautious = Policy::cautious("none");
    let old = before.unwrap_or(&cautious);
    let looks = Looks::of(old);
    let common = scope::differences(Scope::common(old), Scope::common(after), &looks);
    let mut all = everywhere(old, after, &looks);
    all.extend(common.iter().cloned().map(|d| Difference { path: for_everybody(&d.path), ..d }));
    for id in named(old, after) {
        let own = scope::differences(Scope::of(old, &id), Scope::of(after, &id), &looks);
        let own = own.into_iter().filter(|d| !common.contains(d));
        all.extend(own.map(|d| Difference { path: for_client(&d.path, &id), ..d }));
    }
    if before.is_none() {
        all.iter_mut().for_each(|d| d.before = None);
    }
    all
}

/// Every client that either document names.
fn named(old: &Policy, new: &Policy) -> BTreeSet<ClientId> {
    let each = |p: &Policy| {
        let keys = p.autonomy.keys().filter_map(|key| ClientId::new(key.clone()).ok());
        keys.chain(p.clients.keys().cloned()).collect::<Vec<_>>()
    };
    each(old).into_iter().chain(each(new)).collect()
}

fn for_everybody(key: &str) -> String {
    match key.strip_prefix("autonomy.") {
        Some(kind) => format!("autonomy.*.{kind}"),
        None => key.to_owned(),
    }
}

fn for_client(key: &str, id: &ClientId) -> String {
    match key.strip_prefix("autonomy.") {
        Some(kind) => format!("autonomy.{id}.{kind}"),
        None => format!("clients.{id}.{key}"),
    }
}

/// A row for each number: key, unit, which way it loosens, and what it loosens then.
macro_rules! numbers {
    ($found:ident, $prefix:literal, $old:expr, $new:expr;
     $($key:ident $unit:ident $looser:ident $what:literal;)*) => {
        $($found.number(
            concat!($prefix, stringify!($key)),
            ($old.$key.into(), $new.$key.into()),
            (Unit::$unit, Looser::$looser),
            $what,
        );)*
    };
}

/// Settings that no client has of its own.
fn everywhere(old: &Policy, new: &Policy, looks: &Looks) -> Vec<Difference> {
    let mut found = Found::new(looks);
    numbers! { found, "", old, new;
        window_ms Ms Lower "targets and repeats are counted over a shorter time";
        max_fact_age_ms Ms Higher "older facts count";
        max_verification_age_ms Ms Higher "older proofs of identity count";
        cool_down_ms Ms Lower "what was denied may be asked again sooner";
        undo_period_ms Ms Higher "changes can be taken back for longer";
        fleet_failure_percent Percent Higher "more failures elsewhere are put up with";
        fleet_window_ms Ms Either "failures elsewhere are rated over another time";
        max_repeats Count Higher "a brain may run in a circle for longer";
        urgent_window_ms Ms Either "other people are asked at other times";
    }
    let floors = (old.hypercare_floor, new.hypercare_floor);
    let weaker = (floors.1 < floors.0).then_some("less is supervised in hypercare");
    found.words("hypercare_floor", (floors.0.name(), floors.1.name()), weaker);
    scope::identity(old, new, &mut found);
    breakers(old, new, &mut found);
    lists::scripts(&old.approved_script_ids, &new.approved_script_ids, &mut found);
    lists::urgent(&old.urgent, &new.urgent, &mut found);
    found.all
}

fn breakers(old: &Policy, new: &Policy, found: &mut Found<'_>) {
    let (old, new) = (&old.breakers, &new.breakers);
    numbers! { found, "breakers.", old, new;
        error_percent Percent Higher "a breaker opens later";
        unverified_percent Percent Higher "a breaker opens later";
        reversal_percent Percent Higher "a breaker opens later";
        anomaly_factor Count Higher "a breaker opens later";
        window_ms Ms Either "breakers rate attempts over another time";
    }
    let weaker = (new.mode < old.mode).then_some("a breaker asks where it stopped");
    found.words("breakers.mode", (old.mode.name(), new.mode.name()), weaker);
}
