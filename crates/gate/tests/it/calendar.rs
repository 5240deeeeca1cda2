//! Maintenance windows, freezes and business hours, above all when clocks change.

mod mistakes;
mod oracle;

use domain::{ActionKind, UnixMs};
use gate::calendar::{BusinessHours, Calendar, ChangeFreeze, MaintenanceWindow, Weekday};
use jiff::Timestamp;
use std::collections::BTreeSet;

const KIND: ActionKind = ActionKind::ResetPassword;
const OTHER: ActionKind = ActionKind::UnlockAccount;
const HOUR_MS: i64 = 3_600_000;

fn window(days: &[Weekday], start: &str, end: &str, time_zone: &str) -> MaintenanceWindow {
    MaintenanceWindow {
        name: "Nightly".to_owned(),
        days: days.iter().copied().collect(),
        start: start.to_owned(),
        end: end.to_owned(),
        time_zone: time_zone.to_owned(),
        except: BTreeSet::new(),
        actions: None,
    }
}

fn daily(start: &str, end: &str, time_zone: &str) -> MaintenanceWindow {
    window(&Weekday::ALL, start, end, time_zone)
}

fn freeze(from: &str, until: &str, time_zone: &str) -> ChangeFreeze {
    ChangeFreeze {
        name: "Year end".to_owned(),
        from: from.to_owned(),
        until: until.to_owned(),
        time_zone: time_zone.to_owned(),
        actions: None,
    }
}

fn office(time_zone: &str) -> BusinessHours {
    BusinessHours {
        days: Weekday::ALL.into_iter().filter(|d| !d.is_weekend()).collect(),
        start: "08:30".to_owned(),
        end: "17:00".to_owned(),
        time_zone: time_zone.to_owned(),
        holidays: BTreeSet::new(),
    }
}

fn with_window(window: MaintenanceWindow) -> Calendar {
    Calendar::compile(&[window], &[], None, "UTC").unwrap()
}

fn with_freeze(freeze: ChangeFreeze) -> Calendar {
    Calendar::compile(&[], &[freeze], None, "UTC").unwrap()
}

/// An instant written in UTC or with an offset.
fn utc(text: &str) -> UnixMs {
    UnixMs(text.parse::<Timestamp>().unwrap().as_millisecond())
}

/// Opens exactly at `from`, stays open, and closes exactly at `until`.
#[track_caller]
fn open_exactly(calendar: &Calendar, from: &str, until: &str) {
    let (from, until) = (utc(from), utc(until));
    let open = |t: UnixMs| calendar.open_window(KIND, t).is_some();
    assert!(!open(from.plus_ms(-1)), "open before {from}");
    let mut t = from;
    while t < until {
        assert!(open(t), "closed at {t}");
        t = t.plus_ms(5 * 60_000);
    }
    assert!(open(until.plus_ms(-1)), "closed just before {until}");
    assert!(!open(until), "still open at {until}");
}

// Plain days.

#[test]
fn a_window_opens_on_its_start_and_closes_on_its_end() {
    let calendar = with_window(daily("22:00", "23:30", "Asia/Kathmandu"));
    // Kathmandu is 5 h 45 min ahead.
    open_exactly(&calendar, "2026-03-10T22:00:00+05:45", "2026-03-10T23:30:00+05:45");
    assert_eq!(calendar.open_window(KIND, utc("2026-03-10T16:15:00Z")), Some("Nightly"));
}

#[test]
fn an_overnight_window_belongs_to_the_day_on_which_it_starts() {
    let calendar = with_window(window(&[Weekday::Friday], "22:00", "04:00", "Europe/London"));
    // 2026-01-16 is a Friday; so the window is open early on Saturday, not early on Friday.
    open_exactly(&calendar, "2026-01-16T22:00:00Z", "2026-01-17T04:00:00Z");
    assert_eq!(calendar.open_window(KIND, utc("2026-01-16T02:00:00Z")), None);
    assert_eq!(calendar.open_window(KIND, utc("2026-01-17T22:30:00Z")), None);
}

#[test]
fn the_week_turns_inside_a_sunday_night() {
    let calendar = with_window(window(&[Weekday::Sunday], "23:00", "01:00", "UTC"));
    open_exactly(&calendar, "2026-01-18T23:00:00Z", "2026-01-19T01:00:00Z");
}

#[test]
fn an_excluded_date_closes_the_night_that_starts_on_it_and_no_other() {
    let mut nightly = daily("22:00", "04:00", "UTC");
    nightly.except.insert("2026-12-24".to_owned());
    let calendar = with_window(nightly);
    open_exactly(&calendar, "2026-12-23T22:00:00Z", "2026-12-24T04:00:00Z");
    assert_eq!(calendar.open_window(KIND, utc("2026-12-24T23:00:00Z")), None);
    assert_eq!(calendar.open_window(KIND, utc("2026-12-25T03:00:00Z")), None);
    open_exactly(&calendar, "2026-12-25T22:00:00Z", "2026-12-26T04:00:00Z");
}

#[test]
fn a_whole_day_is_written_to_24_00() {
    let calendar = with_window(window(&[Weekday::Saturday], "00:00", "24:00", "UTC"));
    open_exactly(&calendar, "2026-01-17T00:00:00Z", "2026-01-18T00:00:00Z");
}

#[test]
fn a_window_is_for_its_actions_only() {
    let mut resets = daily("00:00", "24:00", "UTC");
    resets.actions = Some(BTreeSet::from([KIND]));
    let calendar = with_window(resets);
    let now = utc("2026-01-17T12:00:00Z");
    assert!(calendar.open_window(KIND, now).is_some() && calendar.has_window(KIND));
    assert!(calendar.open_window(OTHER, now).is_none() && !calendar.has_window(OTHER));
}

#[test]
fn the_first_open_window_is_named_across_zones() {
    let mut windows = vec![
        daily("01:00", "02:00", "Asia/Tokyo"),
        daily("12:00", "13:00", "America/New_York"),
        daily("17:00", "19:00", "UTC"),
    ];
    for (window, name) in windows.iter_mut().zip(["Tokyo", "York", "World"]) {
        window.name = name.to_owned();
    }
    let calendar = Calendar::compile(&windows, &[], None, "UTC").unwrap();
    assert_eq!(calendar.open_window(KIND, utc("2026-01-17T16:30:00Z")), Some("Tokyo"));
    assert_eq!(calendar.open_window(KIND, utc("2026-01-17T17:30:00Z")), Some("York"));
    assert_eq!(calendar.open_window(KIND, utc("2026-01-17T18:30:00Z")), Some("World"));
    assert_eq!(calendar.open_window(KIND, utc("2026-01-17T19:00:00Z")), None);
}

// When clocks change.

#[test]
fn an_end_that_is_skipped_comes_when_it_would_have_come() {
    // London skips 01:00 to 02:00 on 2026-03-29: 01:30 is one hour after 00:30.
    let calendar = with_window(daily("00:30", "01:30", "Europe/London"));
    open_exactly(&calendar, "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z");
    // New York skips 02:00 to 03:00 on 2026-03-08.
    let calendar = with_window(daily("01:30", "02:30", "America/New_York"));
    open_exactly(&calendar, "2026-03-08T01:30:00-05:00", "2026-03-08T03:30:00-04:00");
}

#[test]
fn a_start_that_is_skipped_is_the_first_instant_after_the_gap() {
    let calendar = with_window(daily("02:30", "05:00", "America/New_York"));
    open_exactly(&calendar, "2026-03-08T03:00:00-04:00", "2026-03-08T05:00:00-04:00");
}

#[test]
fn both_passes_of_a_repeated_hour_are_open() {
    // London shows 01:00 to 02:00 twice on 2026-10-25, New York on 2026-11-01.
    let calendar = with_window(daily("00:30", "01:30", "Europe/London"));
    open_exactly(&calendar, "2026-10-25T00:30:00+01:00", "2026-10-25T01:30:00+00:00");
    let calendar = with_window(daily("01:30", "02:30", "America/New_York"));
    open_exactly(&calendar, "2026-11-01T01:30:00-04:00", "2026-11-01T02:30:00-05:00");
}

#[test]
fn an_end_at_the_reading_that_clocks_go_back_to_is_not_put_off() {
    let calendar = with_window(daily("23:00", "01:00", "Europe/London"));
    open_exactly(&calendar, "2026-10-24T23:00:00+01:00", "2026-10-25T01:00:00+01:00");
}

#[test]
fn an_overnight_window_is_an_hour_shorter_or_longer() {
    let calendar = with_window(window(&[Weekday::Saturday], "22:00", "04:00", "Europe/London"));
    open_exactly(&calendar, "2026-03-28T22:00:00Z", "2026-03-29T03:00:00Z");
    open_exactly(&calendar, "2026-10-24T21:00:00Z", "2026-10-25T04:00:00Z");
}

#[test]
fn lord_howe_changes_by_half_an_hour() {
    // +10:30 to +11 at 02:00 on 2026-10-04; back at 02:00 on 2026-04-05.
    let calendar = with_window(daily("01:45", "02:15", "Australia/Lord_Howe"));
    open_exactly(&calendar, "2026-10-04T01:45:00+10:30", "2026-10-04T02:45:00+11:00");
    open_exactly(&calendar, "2026-04-05T01:45:00+11:00", "2026-04-05T02:15:00+10:30");
}

#[test]
fn a_day_that_apia_never_had_opens_nothing() {
    // Apia went from the end of Thursday 2011-12-29 (-10) to Saturday 2011-12-31 (+14).
    let friday = with_window(window(&[Weekday::Friday], "22:00", "23:00", "Pacific/Apia"));
    let mut t = utc("2011-12-29T00:00:00Z");
    while t < utc("2012-01-02T00:00:00Z") {
        assert_eq!(friday.open_window(KIND, t), None, "{t}");
        t = t.plus_ms(HOUR_MS / 2);
    }
    let thursday = with_window(window(&[Weekday::Thursday], "22:00", "04:00", "Pacific/Apia"));
    open_exactly(&thursday, "2011-12-29T22:00:00-10:00", "2011-12-31T04:00:00+14:00");
}

#[test]
fn a_clock_put_back_over_midnight_opens_the_new_day_once() {
    // St John's went from 00:01 on 2010-11-07 back to 23:01 on the 6th.
    let calendar = with_window(window(&[Weekday::Sunday], "00:00", "02:00", "America/St_Johns"));
    open_exactly(&calendar, "2010-11-07T00:00:00-02:30", "2010-11-07T02:00:00-03:30");
}

// Freezes and business hours.

#[test]
fn a_freeze_covers_its_last_day_in_its_own_zone() {
    let calendar = with_freeze(freeze("2026-12-20", "2027-01-02", "America/New_York"));
    let frozen = |t: &str| calendar.freeze(KIND, utc(t));
    assert_eq!(frozen("2026-12-19T23:59:59-05:00"), None);
    assert_eq!(frozen("2026-12-20T00:00:00-05:00"), Some("Year end"));
    assert_eq!(frozen("2027-01-02T23:59:59-05:00"), Some("Year end"));
    assert_eq!(frozen("2027-01-03T00:00:00-05:00"), None);
}

#[test]
fn a_freeze_is_for_its_actions_only() {
    let mut resets = freeze("2026-12-20", "2026-12-20", "UTC");
    resets.actions = Some(BTreeSet::from([KIND]));
    let calendar = with_freeze(resets);
    assert!(calendar.freeze(KIND, utc("2026-12-20T12:00:00Z")).is_some());
    assert!(calendar.freeze(OTHER, utc("2026-12-20T12:00:00Z")).is_none());
}

#[test]
fn a_moment_is_what_the_clients_clocks_show() {
    let mut hours = office("Asia/Kathmandu");
    hours.holidays.insert("2026-03-11".to_owned());
    let calendar = Calendar::compile(&[], &[], Some(&hours), "Asia/Kathmandu").unwrap();
    let at = |t: &str| calendar.at(utc(t));
    let moment = at("2026-03-10T10:20:30Z");
    assert_eq!((moment.hour, moment.minute, moment.weekday), (16, 5, Weekday::Tuesday));
    assert!(moment.in_business_hours && !moment.weekend && calendar.has_business_hours());
    assert!(!at("2026-03-10T17:00:00+05:45").in_business_hours, "the end is outside");
    assert!(!at("2026-03-11T10:00:00+05:45").in_business_hours, "a holiday");
    let saturday = at("2026-03-13T18:15:00Z");
    assert_eq!((saturday.hour, saturday.weekday), (0, Weekday::Saturday));
    assert!(saturday.weekend && !saturday.in_business_hours);
}

#[test]
fn business_hours_keep_their_own_zone() {
    let calendar =
        Calendar::compile(&[], &[], Some(&office("America/New_York")), "Europe/London").unwrap();
    let moment = calendar.at(utc("2026-01-15T21:00:00Z"));
    assert_eq!(moment.hour, 21);
    assert!(moment.in_business_hours);
    let none = Calendar::compile(&[], &[], None, "Europe/London").unwrap();
    assert!(!none.has_business_hours());
    assert!(!none.at(utc("2026-01-15T12:00:00Z")).in_business_hours);
}

// Proposals of another time.

#[test]
fn the_next_opening_is_the_earliest_of_all_windows() {
    let mut early = window(&[Weekday::Wednesday], "06:00", "07:00", "Europe/London");
    early.name = "Early".to_owned();
    let weekly = window(&[Weekday::Saturday], "22:00", "04:00", "Europe/London");
    let calendar = Calendar::compile(&[weekly, early], &[], None, "UTC").unwrap();
    let next = |t: &str| calendar.next_opening(KIND, utc(t));
    assert_eq!(next("2026-01-13T12:00:00Z"), Some((utc("2026-01-14T06:00:00Z"), "Early")));
    assert_eq!(next("2026-01-14T12:00:00Z"), Some((utc("2026-01-17T22:00:00Z"), "Nightly")));
    // Open already, since yesterday: now.
    assert_eq!(next("2026-01-18T03:00:00Z"), Some((utc("2026-01-18T03:00:00Z"), "Nightly")));
}

#[test]
fn the_next_opening_waits_for_the_end_of_freezes() {
    let windows = [daily("22:00", "04:00", "UTC")];
    let freezes = [freeze("2026-12-20", "2026-12-22", "UTC"), {
        let mut second = freeze("2026-12-23", "2026-12-25", "UTC");
        second.name = "Holidays".to_owned();
        second
    }];
    let calendar = Calendar::compile(&windows, &freezes, None, "UTC").unwrap();
    let next = calendar.next_opening(KIND, utc("2026-12-20T12:00:00Z"));
    // The night that starts on the frozen 25th is free from midnight on.
    assert_eq!(next, Some((utc("2026-12-26T00:00:00Z"), "Nightly")));
}

#[test]
fn nothing_within_fourteen_days_is_no_opening() {
    let windows = [daily("22:00", "04:00", "UTC")];
    let long = [freeze("2026-12-01", "2026-12-31", "UTC")];
    let calendar = Calendar::compile(&windows, &long, None, "UTC").unwrap();
    assert_eq!(calendar.next_opening(KIND, utc("2026-12-05T00:00:00Z")), None);
    assert!(calendar.next_opening(KIND, utc("2026-12-20T00:00:00Z")).is_some());
    let mut weekly = window(&[Weekday::Saturday], "22:00", "23:00", "UTC");
    weekly.except.extend(["2026-01-17".to_owned(), "2026-01-24".to_owned()]);
    let calendar = with_window(weekly);
    let saturday = utc("2026-01-31T22:00:00Z");
    assert_eq!(calendar.next_opening(KIND, utc("2026-01-17T21:59:59Z")), None);
    let next = calendar.next_opening(KIND, utc("2026-01-17T22:00:00Z"));
    assert_eq!(next, Some((saturday, "Nightly")));
    let none = Calendar::compile(&[], &[], None, "UTC").unwrap();
    assert_eq!(none.next_opening(KIND, utc("2026-12-05T00:00:00Z")), None);
}

#[test]
fn no_instant_is_too_far() {
    let calendar = Calendar::compile(
        &[daily("22:00", "04:00", "America/New_York")],
        &[freeze("2026-12-20", "2027-01-02", "UTC")],
        Some(&office("Europe/London")),
        "Australia/Lord_Howe",
    )
    .unwrap();
    for t in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX] {
        let moment = calendar.at(UnixMs(t));
        assert!(moment.hour < 24 && moment.minute < 60);
        assert_eq!(calendar.freeze(KIND, UnixMs(t)), None);
        let open = calendar.open_window(KIND, UnixMs(t)).is_some();
        let next = calendar.next_opening(KIND, UnixMs(t)).unwrap().0;
        assert!(open || next > UnixMs(t) || t == i64::MAX || t == i64::MAX - 1);
    }
}
