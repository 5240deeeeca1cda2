//! What is in force for everybody, or for one client, and how two of these differ.

use super::{
    Difference, Policy,
    found::{Found, Looks, Looser, Unit},
    lists,
};
use crate::{
    calendar::{BusinessHours, ChangeFreeze, MaintenanceWindow},
    policy::ClientPolicy,
    rules::CustomRule,
};
use domain::{ActionKind, Autonomy, ClientId, DataMark, EscalationStep, UnixMs, Verification};
use std::collections::BTreeSet;

/// A policy as it holds for everybody, or for one client.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    policy: &'a Policy,
    client: Option<&'a ClientId>,
    own: Option<&'a ClientPolicy>,
}

impl<'a> Scope<'a> {
    pub(super) fn common(policy: &'a Policy) -> Scope<'a> {
        Scope { policy, client: None, own: None }
    }

    pub(super) fn of(policy: &'a Policy, client: &'a ClientId) -> Scope<'a> {
        Scope { policy, client: Some(client), own: policy.clients.get(client) }
    }

    /// The client's own value, else that for everybody.
    fn get<T: Copy>(
        self,
        own: impl FnOnce(&'a ClientPolicy) -> Option<T>,
        common: impl FnOnce(&'a Policy) -> T,
    ) -> T {
        self.own.and_then(own).unwrap_or_else(|| common(self.policy))
    }

    /// The values for everybody with the client's own ones.
    fn both<T: 'a>(
        self,
        own: impl FnOnce(&'a ClientPolicy) -> &'a [T],
        common: impl FnOnce(&'a Policy) -> &'a [T],
    ) -> Vec<&'a T> {
        common(self.policy).iter().chain(self.own.map(own).unwrap_or_default()).collect()
    }

    fn set<T: Ord + Copy + 'a>(
        self,
        own: impl FnOnce(&'a ClientPolicy) -> &'a BTreeSet<T>,
        common: impl FnOnce(&'a Policy) -> &'a BTreeSet<T>,
    ) -> BTreeSet<T> {
        let own = self.own.map(|c| own(c).clone()).unwrap_or_default();
        common(self.policy).union(&own).copied().collect()
    }

    fn autonomy(self, kind: ActionKind) -> Autonomy {
        match self.client {
            Some(client) => self.policy.autonomy(client, kind),
            None => {
                let listed = self.policy.autonomy.get("*").and_then(|m| m.get(&kind)).copied();
                listed.unwrap_or(self.policy.default_autonomy)
            }
        }
    }

    fn time_zone(self) -> &'a str {
        self.get(|c| c.time_zone.as_deref(), |p| p.time_zone.as_str())
    }

    fn windows(self) -> Vec<&'a MaintenanceWindow> {
        let all: &[_] =
            self.get(|c| c.maintenance_windows.as_deref(), |p| p.maintenance_windows.as_slice());
        all.iter().collect()
    }

    fn freezes(self) -> Vec<&'a ChangeFreeze> {
        self.both(|c| &c.change_freezes, |p| &p.change_freezes)
    }

    fn hours(self) -> Option<&'a BusinessHours> {
        self.get(|c| c.business_hours.as_ref().map(Some), |p| p.business_hours.as_ref())
    }

    fn escalation(self) -> &'a [EscalationStep] {
        self.get(|c| c.escalation.as_deref(), |p| p.escalation.as_slice())
    }

    fn rules(self) -> Vec<&'a CustomRule> {
        self.both(|c| &c.custom_rules, |p| &p.custom_rules)
    }

    fn two_person(self) -> BTreeSet<ActionKind> {
        self.set(|c| &c.two_person, |p| &p.two_person)
    }

    fn regulated(self) -> BTreeSet<DataMark> {
        self.set(|c| &c.regulated, |p| &p.regulated)
    }

    fn shadow(self) -> bool {
        self.get(|c| c.shadow, |p| p.shadow)
    }

    fn hypercare(self) -> Option<UnixMs> {
        self.policy.hypercare_until.max(self.own.and_then(|c| c.hypercare_until))
    }
}

/// Every difference of what a client can have of its own.
pub(super) fn differences(old: Scope<'_>, new: Scope<'_>, looks: &Looks) -> Vec<Difference> {
    let mut found = Found::new(looks);
    numbers(old, new, &mut found);
    autonomy(old, new, &mut found);
    if old.time_zone() != new.time_zone() {
        let loosens = looks.at(&["hour", "minute", "weekday", "weekend"]);
        found.push(
            "time_zone",
            Some(old.time_zone().into()),
            Some(new.time_zone().into()),
            loosens,
        );
    }
    lists::windows(&old.windows(), &new.windows(), &mut found);
    lists::freezes(&old.freezes(), &new.freezes(), &mut found);
    lists::hours(old.hours(), new.hours(), &mut found);
    lists::two_person(&old.two_person(), &new.two_person(), &mut found);
    lists::escalation(old.escalation(), new.escalation(), &mut found);
    lists::regulated(&old.regulated(), &new.regulated(), &mut found);
    hypercare(old, new, &mut found);
    let name = |shadow: bool| if shadow { "on" } else { "off" };
    let (before, after) = (old.shadow(), new.shadow());
    let acts = (before && !after).then_some("it acts where it only watched");
    found.words("shadow", (name(before), name(after)), acts);
    lists::rules(&old.rules(), &new.rules(), &mut found);
    found.all
}

fn numbers(old: Scope<'_>, new: Scope<'_>, found: &mut Found<'_>) {
    macro_rules! each {
        ($($key:ident $unit:ident $looser:ident $what:literal;)*) => {
            $({
                let of = |s: Scope<'_>| i64::from(s.get(|c| c.$key, |p| p.$key));
                let how = (Unit::$unit, Looser::$looser);
                found.number(stringify!($key), (of(old), of(new)), how, $what);
            })*
        };
    }
    each! {
        bulk_threshold Count Higher "more targets at once weigh no more than one";
        critical_threshold Count Higher "more targets at once are not yet Critical";
        approval_ttl_ms Ms Higher "a question can be approved, and an approval used, for longer";
        min_confidence Percent Lower "a brain that is less sure acts alone";
        cost_limit_minor Minor Higher "more may be spent without a person";
    }
}

/// The level for everything that is not listed first, then each kind that differs otherwise.
fn autonomy(old: Scope<'_>, new: Scope<'_>, found: &mut Found<'_>) {
    let default = (old.policy.default_autonomy, new.policy.default_autonomy);
    let mut note = |path: &str, (before, after): (Autonomy, Autonomy)| {
        let loosens = if after > before {
            Some("less of it is asked about".to_owned())
        } else {
            found.looks.at(&["autonomy"])
        };
        found.push(path, Some(before.name().into()), Some(after.name().into()), loosens);
    };
    let common = (Scope::common(old.policy), Scope::common(new.policy));
    if old.client.is_none() && default.0 != default.1 {
        note("default_autonomy", default);
    }
    for kind in ActionKind::ALL {
        let change = (old.autonomy(*kind), new.autonomy(*kind));
        let said = match old.client {
            None => default,
            Some(_) => (common.0.autonomy(*kind), common.1.autonomy(*kind)),
        };
        if change.0 != change.1 && change != said {
            note(&format!("autonomy.{}", kind.name()), change);
        }
    }
}

/// How surely the requester must be known, kind by kind.
pub(super) fn identity(old: &Policy, new: &Policy, found: &mut Found<'_>) {
    for kind in ActionKind::ALL {
        let (before, after): (Verification, Verification) =
            (old.identity(*kind), new.identity(*kind));
        let loosens = (after < before).then_some("whoever asks is less surely known");
        let path = format!("identity.{}", kind.name());
        found.words(&path, (before.name(), after.name()), loosens);
    }
}

fn hypercare(old: Scope<'_>, new: Scope<'_>, found: &mut Found<'_>) {
    let (before, after) = (old.hypercare(), new.hypercare());
    if before == after {
        return;
    }
    let loosens = if after < before {
        Some("hypercare ends earlier".to_owned())
    } else {
        found.looks.at(&["hypercare"])
    };
    let text = |t: Option<UnixMs>| t.map(|t| t.to_string());
    found.push("hypercare_until", text(before), text(after), loosens);
}
