//! Windows, freezes and hours of a policy, and how they stand now.

use super::says::{Line, kinds};
use crate::web::{Web, bits::When, page};
use domain::{ActionKind, ClientId, UnixMs};
use gate::{
    Policy,
    calendar::{BusinessHours, Calendar, ChangeFreeze, MaintenanceWindow, Weekday},
    is_infrastructure,
};
use std::collections::{BTreeMap, BTreeSet};

/// More clients than this are not listed one by one.
const MOST: usize = 200;

/// The windows of clients for whom the same holds.
pub(super) struct Windows {
    pub(super) whose: String,
    pub(super) rows: Vec<Window>,
}

/// A window and how it stands now.
pub(super) struct Window {
    pub(super) name: String,
    pub(super) when: String,
    pub(super) kinds: String,
    pub(super) open: bool,
    pub(super) next: Option<When>,
    /// A freeze keeps it shut.
    pub(super) frozen: Option<String>,
}

/// The freezes of one client, or of all.
pub(super) struct Freezes {
    pub(super) whose: String,
    pub(super) rows: Vec<Freeze>,
}

/// A freeze and whether it is in force now.
pub(super) struct Freeze {
    pub(super) name: String,
    pub(super) when: String,
    pub(super) kinds: String,
    pub(super) now: bool,
}

/// Windows per client, those with the same ones together.
pub(super) fn windows(web: &Web, policy: &Policy, now: UnixMs) -> Vec<Windows> {
    let parts = web.app.parts();
    let mut ids: BTreeSet<&ClientId> = parts.clients.keys().collect();
    ids.extend(policy.clients.keys());
    // Clients with neither windows nor freezes of their own have the same calendar.
    let own = |id: &ClientId| {
        policy
            .clients
            .get(id)
            .is_some_and(|c| c.maintenance_windows.is_some() || !c.change_freezes.is_empty())
    };
    let (special, common): (Vec<&ClientId>, Vec<&ClientId>) =
        ids.into_iter().partition(|id| own(id));
    let mut out = Vec::new();
    if !common.is_empty() || special.is_empty() {
        let whose = match (special.is_empty(), common.len()) {
            (true, _) => "Every client".to_owned(),
            (false, n) if n > 8 => format!("{n} clients without windows of their own"),
            (false, _) => {
                common.iter().map(|id| page::client_name(web, id)).collect::<Vec<_>>().join(", ")
            }
        };
        let rows = rows(&policy.maintenance_windows, &policy.change_freezes, now);
        out.push(Windows { whose, rows });
    }
    for id in special.into_iter().take(MOST) {
        let Some(own) = policy.clients.get(id) else { continue };
        let windows = own.maintenance_windows.as_ref().unwrap_or(&policy.maintenance_windows);
        let freezes: Vec<ChangeFreeze> =
            policy.change_freezes.iter().chain(&own.change_freezes).cloned().collect();
        let whose = page::client_name(web, id);
        out.push(Windows { whose, rows: rows(windows, &freezes, now) });
    }
    out
}

fn rows(windows: &[MaintenanceWindow], freezes: &[ChangeFreeze], now: UnixMs) -> Vec<Window> {
    // As the gate reads them: a freeze that names no kinds is for infrastructure.
    let frozen: Vec<ChangeFreeze> = freezes.iter().map(named_kinds).collect();
    windows.iter().map(|window| row(window, &frozen, now)).collect()
}

fn row(window: &MaintenanceWindow, freezes: &[ChangeFreeze], now: UnixMs) -> Window {
    let kind = window
        .actions
        .as_ref()
        .and_then(|kinds| kinds.iter().next().copied())
        .unwrap_or(ActionKind::Reboot);
    let one = std::slice::from_ref(window);
    let calendar = Calendar::compile(one, freezes, None, &window.time_zone).ok();
    let next = calendar.as_ref().and_then(|c| c.next_opening(kind, now).map(|(at, _)| at));
    let stops = calendar.as_ref().and_then(|c| c.freeze(kind, now)).map(str::to_owned);
    Window {
        name: window.name.clone(),
        when: times(&window.days, (&window.start, &window.end), &window.time_zone, &window.except),
        kinds: window.actions.as_ref().map_or_else(|| "every action".into(), kinds),
        open: next == Some(now),
        next: next.filter(|at| *at != now).map(When),
        frozen: stops,
    }
}

fn named_kinds(freeze: &ChangeFreeze) -> ChangeFreeze {
    let infrastructure = || ActionKind::ALL.iter().copied().filter(|k| is_infrastructure(*k));
    ChangeFreeze {
        actions: freeze.actions.clone().or_else(|| Some(infrastructure().collect())),
        ..freeze.clone()
    }
}

fn times(
    days: &BTreeSet<Weekday>,
    (start, end): (&str, &str),
    zone: &str,
    except: &BTreeSet<String>,
) -> String {
    let names: Vec<String> = days
        .iter()
        .map(|d| crate::web::bits::capital(d.name()).chars().take(3).collect())
        .collect();
    let days = match days.len() {
        7 => "every day".to_owned(),
        _ => names.join(", "),
    };
    let but = match except.is_empty() {
        true => String::new(),
        false => {
            format!(", not on {}", except.iter().cloned().collect::<Vec<_>>().join(", "))
        }
    };
    format!("{days} {start}–{end} {zone}{but}")
}

/// Freezes of all, then of each client that has some of its own.
pub(super) fn freezes(web: &Web, policy: &Policy, now: UnixMs) -> Vec<Freezes> {
    let rows = |all: &[ChangeFreeze]| all.iter().map(|f| freeze(f, now)).collect::<Vec<_>>();
    let each = policy.clients.iter().map(|(id, own)| Freezes {
        whose: format!("{}, besides", page::client_name(web, id)),
        rows: rows(&own.change_freezes),
    });
    std::iter::once(Freezes { whose: "Every client".into(), rows: rows(&policy.change_freezes) })
        .chain(each)
        .filter(|f| !f.rows.is_empty())
        .collect()
}

fn freeze(freeze: &ChangeFreeze, now: UnixMs) -> Freeze {
    let stops = named_kinds(freeze);
    let kind = stops.actions.as_ref().and_then(|k| k.iter().next().copied());
    let calendar =
        Calendar::compile(&[], std::slice::from_ref(&stops), None, &freeze.time_zone).ok();
    Freeze {
        name: freeze.name.clone(),
        when: format!("{} to {} {}", freeze.from, freeze.until, freeze.time_zone),
        kinds: freeze
            .actions
            .as_ref()
            .map_or_else(|| "devices, servers, networks and security policy".into(), kinds),
        now: kind.is_some_and(|k| calendar.is_some_and(|c| c.freeze(k, now).is_some())),
    }
}

/// Business hours of all, then of each client that has its own.
pub(super) fn hours(web: &Web, policy: &Policy, now: UnixMs) -> Vec<Line> {
    let mut all: BTreeMap<String, &BusinessHours> = BTreeMap::new();
    for (id, own) in &policy.clients {
        if let Some(hours) = &own.business_hours {
            all.insert(page::client_name(web, id), hours);
        }
    }
    let common = policy.business_hours.as_ref().map(|h| ("Every client".to_owned(), h));
    common
        .into_iter()
        .chain(all)
        .map(|(name, h)| {
            let text = times(&h.days, (&h.start, &h.end), &h.time_zone, &h.holidays);
            let inside = Calendar::compile(&[], &[], Some(h), &h.time_zone)
                .is_ok_and(|c| c.at(now).in_business_hours);
            let now = if inside { "; people work now" } else { "" };
            Line { name, text: format!("{text}{now}") }
        })
        .collect()
}
