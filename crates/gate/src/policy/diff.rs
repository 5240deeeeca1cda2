//! What differs between two policies, and what of it loosens.
//!
//! INVARIANT: what holds is compared, not what is written: an override that goes away counts as the
//! common value that takes its place. A difference that is not surely stricter loosens.

use super::{ClientPolicy, Policy};
use crate::rules::CustomRule;
use domain::{ActionKind, ClientId};
use std::collections::{BTreeMap, BTreeSet};

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

/// Which way is stricter.
#[derive(Clone, Copy)]
enum Stricter {
    /// Less is.
    Less,
    /// More is.
    More,
    /// Nobody can say, so every change loosens.
    Unsure,
}

struct Diff {
    found: Vec<Difference>,
}

impl Diff {
    fn put(
        &mut self,
        path: String,
        before: Option<String>,
        after: Option<String>,
        why: Option<String>,
    ) {
        self.found.push(Difference { path, before, after, loosens: why });
    }

    fn value<T: PartialOrd + std::fmt::Display>(
        &mut self,
        path: String,
        (before, after): (T, T),
        stricter: Stricter,
        words: &str,
    ) {
        if before == after {
            return;
        }
        let looser = match stricter {
            Stricter::Less => after > before,
            Stricter::More => after < before,
            Stricter::Unsure => true,
        };
        let why = looser.then(|| words.to_owned());
        self.put(path, Some(before.to_string()), Some(after.to_string()), why);
    }

    /// Whole values that cannot be ordered.
    fn whole<T: PartialEq>(
        &mut self,
        path: String,
        (before, after): (&T, &T),
        show: impl Fn(&T) -> Option<String>,
        words: &str,
    ) {
        if before != after {
            self.put(path, show(before), show(after), Some(words.to_owned()));
        }
    }

    /// Named entries: `gone` and `new` say whether that loosens; a changed one always does.
    fn entries<T: PartialEq>(
        &mut self,
        path: &str,
        before: &BTreeMap<String, T>,
        after: &BTreeMap<String, T>,
        show: impl Fn(&T) -> String,
        (gone, new, changed): (Option<&str>, Option<&str>, &str),
    ) {
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names {
            let (old, now) = (before.get(name), after.get(name));
            let words = match (old, now) {
                (Some(a), Some(b)) if a == b => continue,
                (Some(_), Some(_)) => Some(changed),
                (Some(_), None) => gone,
                (None, _) => new,
            };
            self.put(
                format!("{path}.{name}"),
                old.map(&show),
                now.map(&show),
                words.map(str::to_owned),
            );
        }
    }
}

/// Every difference. Without a policy before, it is compared with [`Policy::cautious`].
pub fn differences(before: Option<&Policy>, after: &Policy) -> Vec<Difference> {
    let cautious;
    let before = match before {
        Some(before) => before,
        None => {
            cautious = Policy::cautious("none");
            &cautious
        }
    };
    let mut diff = Diff { found: Vec::new() };
    common(&mut diff, before, after);
    let none = ClientPolicy::default();
    view(&mut diff, "", None, (before, &none), (after, &none));
    for id in clients(before).union(&clients(after)) {
        let of = |p: &Policy| p.clients.get(id).cloned().unwrap_or_default();
        let (old, new) = (of(before), of(after));
        let mut own = Diff { found: Vec::new() };
        let prefix = format!("clients.{id}.");
        view(&mut own, &prefix, Some(id), (before, &old), (after, &new));
        // What is different for everybody is told once.
        let common: BTreeSet<(String, Option<String>, Option<String>)> = diff
            .found
            .iter()
            .map(|d| (d.path.clone(), d.before.clone(), d.after.clone()))
            .collect();
        own.found.retain(|d| {
            let path = d.path.strip_prefix(&prefix).unwrap_or(&d.path).to_owned();
            !common.contains(&(path, d.before.clone(), d.after.clone()))
        });
        diff.found.extend(own.found);
    }
    diff.found
}

/// Whether a rule that holds now speaks of this variable: then even a stricter value may keep it from
/// matching.
fn mentions(p: &Policy, own: &ClientPolicy, variable: &str) -> bool {
    p.custom_rules.iter().chain(&own.custom_rules).any(|r| r.condition.contains(variable))
}

/// What a stricter value still loosens, when a rule speaks of it.
fn rule_speaks(p: &Policy, own: &ClientPolicy, variable: &str) -> Option<String> {
    mentions(p, own, variable).then(|| format!("a custom rule speaks of `{variable}`"))
}

fn clients(policy: &Policy) -> BTreeSet<ClientId> {
    let named = policy.autonomy.keys().filter(|c| *c != "*");
    let named = named.filter_map(|c| ClientId::new(c.clone()).ok());
    policy.clients.keys().cloned().chain(named).collect()
}

/// What holds for everybody alike.
fn common(diff: &mut Diff, a: &Policy, b: &Policy) {
    use Stricter::{Less, More, Unsure};
    let mut ms = |name: &str, values: (i64, i64), way, words: &str| {
        diff.value(name.to_owned(), values, way, words);
    };
    ms("window_ms", (a.window_ms, b.window_ms), More, "fewer targets are counted together");
    ms("max_fact_age_ms", (a.max_fact_age_ms, b.max_fact_age_ms), Less, "older facts are believed");
    let ages = (a.max_verification_age_ms, b.max_verification_age_ms);
    ms("max_verification_age_ms", ages, Less, "older proofs are believed");
    ms("cool_down_ms", (a.cool_down_ms, b.cool_down_ms), More, "a no lasts less long");
    let undo = (a.undo_period_ms, b.undo_period_ms);
    ms("undo_period_ms", undo, Unsure, "changes can be taken back for another time");
    let fleet = (a.fleet_window_ms, b.fleet_window_ms);
    ms("fleet_window_ms", fleet, Unsure, "failures are counted over another time");
    let urgent = (a.urgent_window_ms, b.urgent_window_ms);
    ms("urgent_window_ms", urgent, Unsure, "people are asked in another rhythm");
    let breaker = (a.breakers.window_ms, b.breakers.window_ms);
    ms("breakers.window_ms", breaker, Unsure, "failures are counted over another time");
    let mut percent = |name: &str, values: (u32, u32), words: &str| {
        diff.value(name.to_owned(), values, Less, words);
    };
    let of = |p: &Policy| {
        let l = &p.breakers;
        [l.error_percent, l.unverified_percent, l.reversal_percent, p.fleet_failure_percent]
            .map(u32::from)
    };
    let names = [
        "breakers.error_percent",
        "breakers.unverified_percent",
        "breakers.reversal_percent",
        "fleet_failure_percent",
    ];
    for ((name, old), new) in names.into_iter().zip(of(a)).zip(of(b)) {
        percent(name, (old, new), "more may go wrong");
    }
    percent("max_repeats", (a.max_repeats, b.max_repeats), "a brain may repeat itself more");
    let factor = (a.breakers.anomaly_factor, b.breakers.anomaly_factor);
    percent("breakers.anomaly_factor", factor, "larger bursts pass");
    let mode = (a.breakers.mode.name(), b.breakers.mode.name());
    // "ask" stands before "stop" in the alphabet as well as in strictness.
    diff.value("breakers.mode".into(), mode, More, "a breaker asks instead of stopping");
    let floor = (a.hypercare_floor, b.hypercare_floor);
    diff.value("hypercare_floor".into(), floor, More, "hypercare is less strict");
    let show = |s: &super::ApprovedScript| {
        let whose: Vec<&str> = s.clients.iter().map(ClientId::as_str).collect();
        format!("sha256 {}, clients [{}]", s.sha256, whose.join(", "))
    };
    diff.entries(
        "approved_script_ids",
        &a.approved_script_ids,
        &b.approved_script_ids,
        show,
        (None, Some("another script may run"), "another content or scope may run"),
    );
    diff.whole(
        "urgent".into(),
        (&a.urgent, &b.urgent),
        |k| Some(kinds(k)),
        "people are asked in another rhythm",
    );
}

/// What holds for one client, or for those without settings of their own.
fn view(
    diff: &mut Diff,
    prefix: &str,
    client: Option<&ClientId>,
    (a, own_a): (&Policy, &ClientPolicy),
    (b, own_b): (&Policy, &ClientPolicy),
) {
    use Stricter::{Less, More};
    let at = |name: &str| format!("{prefix}{name}");
    let bulk = |p: &Policy, o: &ClientPolicy| o.bulk_threshold.unwrap_or(p.bulk_threshold);
    diff.value(at("bulk_threshold"), (bulk(a, own_a), bulk(b, own_b)), Less, "larger batches pass");
    let critical =
        |p: &Policy, o: &ClientPolicy| o.critical_threshold.unwrap_or(p.critical_threshold);
    let values = (critical(a, own_a), critical(b, own_b));
    diff.value(at("critical_threshold"), values, Less, "larger batches can be approved");
    let ttl = |p: &Policy, o: &ClientPolicy| o.approval_ttl_ms.unwrap_or(p.approval_ttl_ms);
    diff.value(
        at("approval_ttl_ms"),
        (ttl(a, own_a), ttl(b, own_b)),
        Less,
        "approvals last longer",
    );
    let sure = |p: &Policy, o: &ClientPolicy| o.min_confidence.unwrap_or(p.min_confidence);
    diff.value(
        at("min_confidence"),
        (sure(a, own_a), sure(b, own_b)),
        More,
        "less sure brains act",
    );
    let cost = |p: &Policy, o: &ClientPolicy| o.cost_limit_minor.unwrap_or(p.cost_limit_minor);
    diff.value(at("cost_limit_minor"), (cost(a, own_a), cost(b, own_b)), Less, "more may be spent");
    let care = |p: &Policy, o: &ClientPolicy| {
        p.hypercare_until.max(o.hypercare_until).unwrap_or_default()
    };
    let way = if mentions(a, own_a, "hypercare") { Stricter::Unsure } else { More };
    let values = (care(a, own_a), care(b, own_b));
    diff.value(at("hypercare_until"), values, way, "hypercare holds at other times");
    levels(diff, prefix, client, (a, own_a), b);
    let two = |p: &Policy, o: &ClientPolicy| -> BTreeSet<ActionKind> {
        p.two_person.union(&o.two_person).copied().collect()
    };
    let (old, new) = (two(a, own_a), two(b, own_b));
    if old != new {
        let fewer = !old.is_subset(&new);
        let why = fewer.then(|| "one person is enough for more".to_owned());
        diff.put(at("two_person"), Some(kinds(&old)), Some(kinds(&new)), why);
    }
    let marks = |p: &Policy, o: &ClientPolicy| -> BTreeSet<domain::DataMark> {
        p.regulated.union(&o.regulated).copied().collect()
    };
    let (old, new) = (marks(a, own_a), marks(b, own_b));
    if old != new {
        let why = (!old.is_subset(&new))
            .then(|| "less is supervised".to_owned())
            .or_else(|| rule_speaks(a, own_a, "regulated"));
        let show = |m: &BTreeSet<domain::DataMark>| {
            m.iter().map(|m| m.words()).collect::<Vec<_>>().join(", ")
        };
        diff.put(at("regulated"), Some(show(&old)), Some(show(&new)), why);
    }
    people_and_times(diff, prefix, (a, own_a), (b, own_b));
    rules(diff, prefix, (a, own_a), (b, own_b));
}

fn levels(
    diff: &mut Diff,
    prefix: &str,
    client: Option<&ClientId>,
    (a, own): (&Policy, &ClientPolicy),
    b: &Policy,
) {
    let nobody = ClientId::new("@nobody").ok();
    let Some(client) = client.or(nobody.as_ref()) else { return };
    for kind in ActionKind::ALL.iter().filter(|k| k.is_write()) {
        let (old, new) = (a.autonomy(client, *kind), b.autonomy(client, *kind));
        let path = format!("{prefix}autonomy.{}", kind.name());
        if old != new {
            let why = (new > old)
                .then(|| "more runs without a person".to_owned())
                .or_else(|| rule_speaks(a, own, "autonomy"));
            diff.put(path, Some(old.to_string()), Some(new.to_string()), why);
        }
        let (old, new) = (a.identity(*kind), b.identity(*kind));
        if old != new && prefix.is_empty() {
            let why = (new < old).then(|| "less sure requesters are believed".to_owned());
            let path = format!("identity.{}", kind.name());
            diff.put(path, Some(old.name().into()), Some(new.name().into()), why);
        }
    }
}

fn people_and_times(
    diff: &mut Diff,
    prefix: &str,
    (a, own_a): (&Policy, &ClientPolicy),
    (b, own_b): (&Policy, &ClientPolicy),
) {
    let at = |name: &str| format!("{prefix}{name}");
    let steps =
        |p: &Policy, o: &ClientPolicy| o.escalation.clone().unwrap_or_else(|| p.escalation.clone());
    let show = |s: &Vec<domain::EscalationStep>| {
        let all: Vec<String> =
            s.iter().map(|s| format!("{:?} for {} min", s.ask, s.window_ms / 60_000)).collect();
        Some(if all.is_empty() { "everybody".into() } else { all.join(", then ") })
    };
    let values = (&steps(a, own_a), &steps(b, own_b));
    diff.whole(at("escalation"), values, show, "other people are asked");
    let zone =
        |p: &Policy, o: &ClientPolicy| o.time_zone.clone().unwrap_or_else(|| p.time_zone.clone());
    let values = (&zone(a, own_a), &zone(b, own_b));
    diff.whole(at("time_zone"), values, |z| Some(z.clone()), "hours mean other times");
    let windows = |p: &Policy, o: &ClientPolicy| {
        let all = o.maintenance_windows.as_ref().unwrap_or(&p.maintenance_windows);
        all.iter().map(|w| (w.name.clone(), w.clone())).collect::<BTreeMap<_, _>>()
    };
    let show = |w: &crate::calendar::MaintenanceWindow| {
        let days: Vec<&str> = w.days.iter().map(|d| d.name()).collect();
        let what = w.actions.as_ref().map_or_else(|| "everything".into(), kinds);
        format!("{} {}–{} {} for {what}", days.join(", "), w.start, w.end, w.time_zone)
    };
    diff.entries(
        &at("maintenance_windows"),
        &windows(a, own_a),
        &windows(b, own_b),
        show,
        (None, Some("more time counts as a window"), "another time counts as a window"),
    );
    let freezes = |p: &Policy, o: &ClientPolicy| {
        let all = p.change_freezes.iter().chain(&o.change_freezes);
        all.map(|f| (f.name.clone(), f.clone())).collect::<BTreeMap<_, _>>()
    };
    let speaks = mentions(a, own_a, "in_change_freeze");
    let show = |f: &crate::calendar::ChangeFreeze| {
        let what = f.actions.as_ref().map_or_else(|| "infrastructure".into(), kinds);
        format!("{} to {} {} for {what}", f.from, f.until, f.time_zone)
    };
    diff.entries(
        &at("change_freezes"),
        &freezes(a, own_a),
        &freezes(b, own_b),
        show,
        (
            Some("the freeze is gone"),
            speaks.then_some("a custom rule speaks of `in_change_freeze`"),
            "another time is frozen",
        ),
    );
    let hours = |p: &Policy, o: &ClientPolicy| {
        o.business_hours.clone().or_else(|| p.business_hours.clone())
    };
    let (old, new) = (hours(a, own_a), hours(b, own_b));
    if old != new {
        let show = |h: &Option<crate::calendar::BusinessHours>| {
            let h = h.as_ref()?;
            let days: Vec<&str> = h.days.iter().map(|d| d.name()).collect();
            Some(format!("{} {}–{} {}", days.join(", "), h.start, h.end, h.time_zone))
        };
        let why = old
            .is_some()
            .then(|| "people are disturbed at other times".to_owned())
            .or_else(|| rule_speaks(a, own_a, "in_business_hours"));
        diff.put(at("business_hours"), show(&old), show(&new), why);
    }
}

/// A rule that only says another reason judges the same.
fn rules(
    diff: &mut Diff,
    prefix: &str,
    (a, own_a): (&Policy, &ClientPolicy),
    (b, own_b): (&Policy, &ClientPolicy),
) {
    let all = |p: &Policy, o: &ClientPolicy| {
        let mut named: BTreeMap<String, CustomRule> = BTreeMap::new();
        for (n, rule) in p.custom_rules.iter().chain(&o.custom_rules).enumerate() {
            // Two rules of one name are two rules.
            let name = match named.contains_key(&rule.name) {
                true => format!("{}#{n}", rule.name),
                false => rule.name.clone(),
            };
            named.insert(name, rule.clone());
        }
        named
    };
    let (before, after) = (all(a, own_a), all(b, own_b));
    let show = |r: &CustomRule| {
        format!("{} when {} → {}: {}", r.action, r.condition, r.escalate_to, r.reason)
    };
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let (old, new) = (before.get(name), after.get(name));
        let why = match (old, new) {
            (Some(o), Some(n)) if o == n => continue,
            (Some(o), Some(n)) => {
                let same = o.condition == n.condition && o.action == n.action;
                (!same || n.escalate_to < o.escalate_to).then_some("the rule raises other requests")
            }
            (Some(_), None) => Some("the rule is gone"),
            (None, _) => None,
        };
        let path = format!("{prefix}custom_rules.{name}");
        diff.put(path, old.map(show), new.map(show), why.map(str::to_owned));
    }
}

fn kinds(kinds: &BTreeSet<ActionKind>) -> String {
    match kinds.is_empty() {
        true => "nothing".into(),
        false => kinds.iter().map(|k| k.name()).collect::<Vec<_>>().join(", "),
    }
}
