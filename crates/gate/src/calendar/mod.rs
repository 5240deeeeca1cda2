//! When changes are expected: maintenance windows, change freezes and business hours.
//!
//! Policies write local times; judging needs an answer in nanoseconds. So everything that can be
//! known when a policy is saved is worked out then, and [`Calendar`] only compares numbers.
//! INVARIANTS: the same policy and instant give the same answer on every machine (zones are
//! compiled in); [`Calendar::at`], [`Calendar::open_window`] and [`Calendar::freeze`] do not
//! allocate; nothing here panics for any instant.
//!
//! When clocks are changed, a span is decided by instants, not by readings:
//! - it starts when the clock first shows its start; was that skipped, at the first instant after
//!   the gap;
//! - it ends when the clock has last shown less than its end, so it stays open through both passes
//!   of a repeated hour; was the end skipped, when that reading would have come had the clock not
//!   been put forward;
//! - on a day that was skipped altogether it does not start.

mod check;
mod data;
mod near;
mod schedule;
mod zone;

pub use data::{BusinessHours, ChangeFreeze, MaintenanceWindow, Weekday};

use check::Kinds;
use domain::{ActionKind, UnixMs};
use schedule::{Schedule, Written};
use std::collections::BTreeSet;
use std::sync::Arc;
use zone::{DAY_MS, Local, Zone};

/// How far [`Calendar::next_opening`] looks ahead, in days.
const LOOK_AHEAD_DAYS: i32 = 14;

/// The windows, freezes and hours of one client, ready to be asked.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: Arc<Zone>,
    windows: Box<[Window]>,
    freezes: Box<[Freeze]>,
    hours: Option<Schedule>,
}

#[derive(Clone, Debug)]
struct Window {
    name: Box<str>,
    kinds: Kinds,
    schedule: Schedule,
}

#[derive(Clone, Debug)]
struct Freeze {
    name: Box<str>,
    kinds: Kinds,
    from_ms: i64,
    until_ms: i64,
}

/// What the client's clocks show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// Day of the week.
    pub weekday: Weekday,
    /// Saturday or Sunday.
    pub weekend: bool,
    /// Inside the business hours; false also when none are written
    /// (see [`Calendar::has_business_hours`]).
    pub in_business_hours: bool,
}

impl Calendar {
    /// Checks and prepares a client's calendar. `time_zone` is the client's own, in which
    /// [`Calendar::at`] answers.
    ///
    /// # Errors
    /// Every mistake found, each naming the entry, what is wrong and what would be right.
    pub fn compile(
        windows: &[MaintenanceWindow],
        freezes: &[ChangeFreeze],
        hours: Option<&BusinessHours>,
        time_zone: &str,
    ) -> Result<Calendar, Vec<String>> {
        let mut wrong = Vec::new();
        let zone = Zone::named(time_zone).map_err(|why| wrong.push(format!("client: {why}"))).ok();
        names("maintenance window", windows.iter().map(|w| w.name.as_str()), &mut wrong);
        names("change freeze", freezes.iter().map(|f| f.name.as_str()), &mut wrong);
        let windows: Vec<Window> =
            windows.iter().filter_map(|written| window(written, &mut wrong)).collect();
        let freezes: Vec<Freeze> =
            freezes.iter().filter_map(|written| freeze(written, &mut wrong)).collect();
        let hours = hours.and_then(|written| business_hours(written, &mut wrong));
        match zone {
            Some(zone) if wrong.is_empty() => {
                Ok(Calendar { zone, windows: windows.into(), freezes: freezes.into(), hours })
            }
            _ => Err(wrong),
        }
    }

    /// What the client's clocks show at `now`.
    #[inline]
    pub fn at(&self, now: UnixMs) -> Moment {
        let t_ms = clamped(now);
        let local = self.zone.local(t_ms);
        let weekday = Weekday::of_day(local.day);
        let in_business_hours = self.hours.as_ref().is_some_and(|hours| {
            let same = Arc::ptr_eq(&hours.zone, &self.zone);
            hours.open(t_ms, if same { local } else { hours.zone.local(t_ms) })
        });
        Moment {
            hour: (local.ms_of_day / 3_600_000) as u8,
            minute: (local.ms_of_day / 60_000 % 60) as u8,
            weekday,
            weekend: weekday.is_weekend(),
            in_business_hours,
        }
    }

    /// Whether business hours are written at all.
    pub fn has_business_hours(&self) -> bool {
        self.hours.is_some()
    }

    /// Whether any window is written for this kind of action.
    pub fn has_window(&self, kind: ActionKind) -> bool {
        self.windows.iter().any(|window| window.kinds.has(kind))
    }

    /// The first window, in the order written, that is open for `kind` at `now`. Freezes are not
    /// looked at.
    #[inline]
    pub fn open_window(&self, kind: ActionKind, now: UnixMs) -> Option<&str> {
        let t_ms = clamped(now);
        let mut seen: Option<(&Arc<Zone>, Local)> = None;
        for window in self.windows.iter().filter(|window| window.kinds.has(kind)) {
            let zone = &window.schedule.zone;
            let local = match seen {
                Some((known, local)) if Arc::ptr_eq(known, zone) => local,
                _ => zone.local(t_ms),
            };
            seen = Some((zone, local));
            if window.schedule.open(t_ms, local) {
                return Some(&window.name);
            }
        }
        None
    }

    /// The first freeze, in the order written, that stops `kind` at `now`.
    #[inline]
    pub fn freeze(&self, kind: ActionKind, now: UnixMs) -> Option<&str> {
        self.frozen(kind, clamped(now)).map(|freeze| &*freeze.name)
    }

    /// The earliest instant from `now` on, at most 14 days ahead, at which a window for `kind` is
    /// open and no freeze stops it, with that window's name. It is `now` itself when that is so
    /// already.
    pub fn next_opening(&self, kind: ActionKind, now: UnixMs) -> Option<(UnixMs, &str)> {
        let now_ms = clamped(now);
        let last_ms = now_ms + i64::from(LOOK_AHEAD_DAYS) * DAY_MS;
        let mut best: Option<(i64, &str)> = None;
        for window in self.windows.iter().filter(|window| window.kinds.has(kind)) {
            let today = window.schedule.zone.local(now_ms).day;
            let found = (today - 2..=today + LOOK_AHEAD_DAYS + 1)
                .filter_map(|day| window.schedule.on_day(day))
                .filter_map(|(start, end)| self.thawed(kind, start.max(now_ms), end))
                .min();
            if let Some(t) = found
                && t <= last_ms
                && best.is_none_or(|(earliest, _)| t < earliest)
            {
                best = Some((t, &window.name));
            }
        }
        best.map(|(t, name)| (UnixMs(t), name))
    }

    fn frozen(&self, kind: ActionKind, t_ms: i64) -> Option<&Freeze> {
        self.freezes.iter().find(|f| f.from_ms <= t_ms && t_ms < f.until_ms && f.kinds.has(kind))
    }

    /// The first instant in `from_ms..end_ms` that no freeze covers. Ends: each step leaves a
    /// freeze behind for good.
    fn thawed(&self, kind: ActionKind, from_ms: i64, end_ms: i64) -> Option<i64> {
        let mut t_ms = from_ms;
        while let Some(freeze) = self.frozen(kind, t_ms) {
            t_ms = freeze.until_ms;
        }
        (t_ms < end_ms).then_some(t_ms)
    }
}

/// Far beyond any date, and far from overflow.
#[inline]
fn clamped(now: UnixMs) -> i64 {
    const FAR_MS: i64 = 8_000_000_000_000_000;
    now.0.clamp(-FAR_MS, FAR_MS)
}

fn names<'a>(what: &str, names: impl Iterator<Item = &'a str>, wrong: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for name in names {
        if name.trim().is_empty() {
            wrong.push(format!("a {what} has no name; give it one that people will recognise"));
        } else if !seen.insert(name) {
            wrong.push(format!("two {what}s are called {}; rename one", check::quoted(name)));
        }
    }
}

fn window(written: &MaintenanceWindow, wrong: &mut Vec<String>) -> Option<Window> {
    let mut wrong = told("maintenance window", &written.name, wrong);
    let kinds = Kinds::read(written.actions.as_ref()).map_err(&mut wrong).ok();
    let schedule = Schedule::read(
        &Written {
            days: &written.days,
            start: &written.start,
            end: &written.end,
            time_zone: &written.time_zone,
            except: &written.except,
            except_field: "except",
        },
        &mut wrong,
    );
    Some(Window { name: written.name.as_str().into(), kinds: kinds?, schedule: schedule? })
}

fn freeze(written: &ChangeFreeze, wrong: &mut Vec<String>) -> Option<Freeze> {
    let mut wrong = told("change freeze", &written.name, wrong);
    let kinds = Kinds::read(written.actions.as_ref()).map_err(&mut wrong).ok();
    let zone = Zone::named(&written.time_zone).map_err(&mut wrong).ok();
    let from = check::date("from", &written.from).map_err(&mut wrong).ok();
    let until = check::date("until", &written.until).map_err(&mut wrong).ok();
    let (from, until) = (from?, until?);
    if from > until {
        wrong(format!(
            "`from` is {}, after `until`, {}; swap them",
            check::quoted(&written.from),
            check::quoted(&written.until)
        ));
        return None;
    }
    let (kinds, zone) = (kinds?, zone?);
    Some(Freeze {
        name: written.name.as_str().into(),
        kinds,
        from_ms: zone.start_of(i64::from(from) * DAY_MS),
        until_ms: zone.end_of((i64::from(until) + 1) * DAY_MS),
    })
}

fn business_hours(written: &BusinessHours, wrong: &mut Vec<String>) -> Option<Schedule> {
    Schedule::read(
        &Written {
            days: &written.days,
            start: &written.start,
            end: &written.end,
            time_zone: &written.time_zone,
            except: &written.holidays,
            except_field: "holidays",
        },
        &mut |why| wrong.push(format!("business hours: {why}")),
    )
}

/// Collects mistakes under the name of the entry that they are in.
fn told<'a>(what: &'a str, name: &'a str, wrong: &'a mut Vec<String>) -> impl FnMut(String) + 'a {
    move |why| wrong.push(format!("{what} {}: {why}", check::quoted(name)))
}
