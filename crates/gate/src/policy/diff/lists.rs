//! Lists and sets of a policy: which entry came, went or changed.

use super::found::Found;
use crate::{
    calendar::{BusinessHours, ChangeFreeze, MaintenanceWindow, Weekday},
    policy::{ApprovedScript, is_infrastructure},
    rules::CustomRule,
};
use domain::{ActionKind, Ask, ClientId, DataMark, EscalationStep};
use std::collections::{BTreeMap, BTreeSet};

/// Entries with names. `loosens` says what an entry that came, went or changed loosens.
fn keyed<'a, T: PartialEq>(
    key: &str,
    (old, new): (&[&'a T], &[&'a T]),
    name: fn(&T) -> &str,
    text: fn(&T) -> String,
    loosens: impl Fn(Option<&T>, Option<&T>) -> Option<String>,
    found: &mut Found<'_>,
) {
    let mut entries: BTreeMap<&'a str, (Vec<&'a T>, Vec<&'a T>)> = BTreeMap::new();
    for entry in old {
        entries.entry(name(entry)).or_default().0.push(entry);
    }
    for entry in new {
        entries.entry(name(entry)).or_default().1.push(entry);
    }
    for (called, (before, after)) in entries {
        if before == after {
            continue;
        }
        let why = if before.len() > 1 || after.len() > 1 {
            Some("more than one has this name".to_owned())
        } else {
            loosens(before.first().copied(), after.first().copied())
        };
        let all = |entries: &[&T]| -> Option<String> {
            let texts: Vec<String> = entries.iter().map(|e| text(e)).collect();
            (!texts.is_empty()).then(|| texts.join("; "))
        };
        found.push(format!("{key}.{called}"), all(&before), all(&after), why);
    }
}

/// Two whole values; no difference when they are the same.
fn whole<T: PartialEq + ?Sized>(
    key: &str,
    (old, new): (&T, &T),
    text: impl Fn(&T) -> Option<String>,
    loosens: Option<String>,
    found: &mut Found<'_>,
) {
    if old != new {
        found.push(key, text(old), text(new), loosens);
    }
}

fn listed(words: impl IntoIterator<Item = impl AsRef<str>>) -> Option<String> {
    let words: Vec<String> = words.into_iter().map(|w| w.as_ref().to_owned()).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

fn kinds_text(kinds: &BTreeSet<ActionKind>) -> Option<String> {
    listed(kinds.iter().map(|k| k.name()))
}

fn days_text(days: &BTreeSet<Weekday>) -> String {
    match days.len() {
        7 => "every day".into(),
        _ => listed(days.iter().map(|d| d.name())).unwrap_or_else(|| "no day".into()),
    }
}

fn but(dates: &BTreeSet<String>) -> String {
    listed(dates).map(|d| format!(", not on {d}")).unwrap_or_default()
}

fn only(kinds: Option<&BTreeSet<ActionKind>>) -> String {
    kinds.and_then(kinds_text).map(|k| format!(", for {k}")).unwrap_or_default()
}

pub(super) fn windows(
    old: &[&MaintenanceWindow],
    new: &[&MaintenanceWindow],
    found: &mut Found<'_>,
) {
    fn text(w: &MaintenanceWindow) -> String {
        let (days, but, only) = (days_text(&w.days), but(&w.except), only(w.actions.as_ref()));
        format!("{days} {}–{} {}{but}{only}", w.start, w.end, w.time_zone)
    }
    /// Open never when the other is not.
    fn narrower(before: &MaintenanceWindow, after: &MaintenanceWindow) -> bool {
        let kinds = match (&before.actions, &after.actions) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(before), Some(after)) => after.is_subset(before),
        };
        let same = |w: &MaintenanceWindow| (w.start.clone(), w.end.clone(), w.time_zone.clone());
        kinds
            && same(before) == same(after)
            && after.days.is_subset(&before.days)
            && after.except.is_superset(&before.except)
    }
    let rule = found.looks.at(&["in_maintenance_window"]);
    let loosens = |before: Option<&MaintenanceWindow>, after: Option<&MaintenanceWindow>| {
        let why = match (before, after) {
            (_, None) => None,
            (Some(before), Some(after)) if narrower(before, after) => None,
            (None, Some(_)) => Some("disruptive changes run in another window"),
            (Some(_), Some(_)) => Some("disruptive changes run at other times"),
        };
        why.map(str::to_owned).or_else(|| rule.clone())
    };
    keyed("maintenance_windows", (old, new), |w| &w.name, text, loosens, found);
}

pub(super) fn freezes(old: &[&ChangeFreeze], new: &[&ChangeFreeze], found: &mut Found<'_>) {
    fn text(f: &ChangeFreeze) -> String {
        format!("{} to {} {}{}", f.from, f.until, f.time_zone, only(f.actions.as_ref()))
    }
    fn kinds(f: &ChangeFreeze) -> BTreeSet<ActionKind> {
        let all = || ActionKind::ALL.iter().copied().filter(|k| is_infrastructure(*k)).collect();
        f.actions.clone().unwrap_or_else(all)
    }
    /// Dates as they have to be written compare as text.
    fn date(text: &str) -> bool {
        text.len() == 10
            && text.bytes().enumerate().all(|(i, b)| match i {
                4 | 7 => b == b'-',
                _ => b.is_ascii_digit(),
            })
    }
    fn wider(before: &ChangeFreeze, after: &ChangeFreeze) -> bool {
        let dates = [&before.from, &before.until, &after.from, &after.until];
        before.time_zone == after.time_zone
            && dates.into_iter().all(|d| date(d))
            && after.from <= before.from
            && after.until >= before.until
            && kinds(after).is_superset(&kinds(before))
    }
    let rule = found.looks.at(&["in_change_freeze"]);
    let loosens = |before: Option<&ChangeFreeze>, after: Option<&ChangeFreeze>| {
        let why = match (before, after) {
            (None, _) => None,
            (Some(before), Some(after)) if wider(before, after) => None,
            (Some(_), None) => Some("a change freeze is gone"),
            (Some(_), Some(_)) => Some("a change freeze is another one"),
        };
        why.map(str::to_owned).or_else(|| rule.clone())
    };
    keyed("change_freezes", (old, new), |f| &f.name, text, loosens, found);
}

pub(super) fn hours(
    old: Option<&BusinessHours>,
    new: Option<&BusinessHours>,
    found: &mut Found<'_>,
) {
    let wider = |before: &BusinessHours, after: &BusinessHours| {
        let same = |h: &BusinessHours| (h.start.clone(), h.end.clone(), h.time_zone.clone());
        same(before) == same(after)
            && after.days.is_superset(&before.days)
            && after.holidays.is_subset(&before.holidays)
    };
    let why = match (old, new) {
        (None, _) => None,
        (Some(before), Some(after)) if wider(before, after) => None,
        (Some(_), None) => Some("people may be interrupted at any time"),
        (Some(_), Some(_)) => Some("people may be interrupted at other times"),
    };
    let why = why.map(str::to_owned).or_else(|| found.looks.at(&["in_business_hours"]));
    let text = |h: &Option<&BusinessHours>| {
        h.map(|h| {
            let (days, but) = (days_text(&h.days), but(&h.holidays));
            format!("{days} {}–{} {}{but}", h.start, h.end, h.time_zone)
        })
    };
    whole("business_hours", (&old, &new), text, why, found);
}

pub(super) fn two_person(
    old: &BTreeSet<ActionKind>,
    new: &BTreeSet<ActionKind>,
    found: &mut Found<'_>,
) {
    let gone: BTreeSet<ActionKind> = old.difference(new).copied().collect();
    let why = kinds_text(&gone).map(|kinds| format!("one person is enough for {kinds}"));
    whole("two_person", (old, new), kinds_text, why, found);
}

pub(super) fn urgent(
    old: &BTreeSet<ActionKind>,
    new: &BTreeSet<ActionKind>,
    found: &mut Found<'_>,
) {
    let why = Some("other people are asked at other times".to_owned());
    whole("urgent", (old, new), kinds_text, why, found);
}

pub(super) fn escalation(old: &[EscalationStep], new: &[EscalationStep], found: &mut Found<'_>) {
    let text = |steps: &[EscalationStep]| {
        listed(steps.iter().map(|s| {
            let who = match &s.ask {
                Ask::Role(role) => format!("role {role}"),
                Ask::Person(person) => format!("person {person}"),
                Ask::Relation(relation) => relation.words().to_owned(),
                Ask::Learned => "who decided most of the like".to_owned(),
            };
            format!("{who} for {} s", s.window_ms / 1_000)
        }))
    };
    whole("escalation", (old, new), text, Some("other people are asked".into()), found);
}

pub(super) fn regulated(old: &BTreeSet<DataMark>, new: &BTreeSet<DataMark>, found: &mut Found<'_>) {
    let words = |marks: &BTreeSet<DataMark>| listed(marks.iter().map(|m| m.words()));
    let gone: BTreeSet<DataMark> = old.difference(new).copied().collect();
    let why = words(&gone).map(|w| format!("no longer supervised for {w}"));
    let why = why.or_else(|| found.looks.at(&["regulated"]));
    whole("regulated", (old, new), words, why, found);
}

pub(super) fn scripts(
    old: &BTreeMap<String, ApprovedScript>,
    new: &BTreeMap<String, ApprovedScript>,
    found: &mut Found<'_>,
) {
    /// For no more clients than before; none named means all.
    fn narrower(before: &ApprovedScript, after: &ApprovedScript) -> bool {
        let fewer = before.clients.is_empty()
            || (!after.clients.is_empty() && after.clients.is_subset(&before.clients));
        fewer && before.sha256.eq_ignore_ascii_case(&after.sha256)
    }
    let text = |s: &ApprovedScript| {
        let clients = listed(s.clients.iter().map(ClientId::as_str));
        format!("sha256 {}, for {}", s.sha256, clients.unwrap_or_else(|| "every client".into()))
    };
    let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for id in ids {
        let (before, after) = (old.get(id), new.get(id));
        let why = match (before, after) {
            (_, None) => None,
            (Some(before), Some(after)) if narrower(before, after) => None,
            (None, Some(_)) => Some("one more script runs without a person".to_owned()),
            (Some(_), Some(_)) => Some("a script runs with other content or elsewhere".to_owned()),
        };
        if before != after {
            let path = format!("approved_script_ids.{id}");
            found.push(path, before.map(text), after.map(text), why);
        }
    }
}

/// A rule is covered when another one says at least the same: whatever its name and reason.
pub(super) fn rules(old: &[&CustomRule], new: &[&CustomRule], found: &mut Found<'_>) {
    fn text(r: &CustomRule) -> String {
        format!("{}: {} → {} ({})", r.action, r.condition, r.escalate_to, r.reason)
    }
    fn kinds(r: &CustomRule) -> BTreeSet<ActionKind> {
        let all = r.action.trim() == "*";
        let is_for = |k: &ActionKind| if all { k.is_write() } else { r.applies_to(k.name()) };
        ActionKind::ALL.iter().copied().filter(is_for).collect()
    }
    fn covers(new: &CustomRule, old: &CustomRule) -> bool {
        new.condition.trim() == old.condition.trim()
            && new.escalate_to >= old.escalate_to
            && kinds(new).is_superset(&kinds(old))
    }
    let mut names: BTreeMap<&str, (Vec<&CustomRule>, Vec<&CustomRule>)> = BTreeMap::new();
    for rule in old {
        names.entry(&rule.name).or_default().0.push(rule);
    }
    for rule in new {
        names.entry(&rule.name).or_default().1.push(rule);
    }
    for (name, (before, after)) in names {
        if before == after {
            continue;
        }
        let lost = before.iter().any(|old| !new.iter().any(|new| covers(new, old)));
        let why = lost.then(|| match after.is_empty() {
            true => "a custom rule is gone".to_owned(),
            false => "a custom rule matches less, or raises less".to_owned(),
        });
        let all = |rules: &[&CustomRule]| {
            let texts: Vec<String> = rules.iter().map(|r| text(r)).collect();
            (!texts.is_empty()).then(|| texts.join("; "))
        };
        found.push(format!("custom_rules.{name}"), all(&before), all(&after), why);
    }
}
