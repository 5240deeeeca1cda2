//! The calendar as people write it in a policy. Text stays text here, so that one reading names
//! every mistake at once; [`super::Calendar::compile`] checks it.

use domain::ActionKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A recurring span in which changes are expected.
///
/// The window belongs to the local day on which it starts: `days` and `except` look at that day,
/// also for the hours after midnight of an overnight window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceWindow {
    /// Named in findings; unique among the windows of one calendar.
    pub name: String,
    /// The local days on which it starts.
    pub days: BTreeSet<Weekday>,
    /// Local time at which it opens, `"00:00"` to `"23:59"`.
    pub start: String,
    /// Local time at which it closes, `"00:00"` to `"24:00"`; not later than `start` means on the
    /// next day. The closing minute itself is outside.
    pub end: String,
    /// IANA name of the zone whose wall clocks count.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// Local dates, `"2026-12-24"`, on which it does not start.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub except: BTreeSet<String>,
    /// The kinds of action it is for; left out: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<BTreeSet<ActionKind>>,
}

/// A span of whole local days in which changes are not expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeFreeze {
    /// Named in findings; unique among the freezes of one calendar.
    pub name: String,
    /// First local date, `"2026-12-20"`.
    pub from: String,
    /// Last local date, itself frozen.
    pub until: String,
    /// IANA name of the zone whose days count.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// The kinds of action it stops; left out: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<BTreeSet<ActionKind>>,
}

/// When the client works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusinessHours {
    /// The local days on which a working day starts.
    pub days: BTreeSet<Weekday>,
    /// Local time at which it starts, `"00:00"` to `"23:59"`.
    pub start: String,
    /// Local time at which it ends, `"00:00"` to `"24:00"`; not later than `start` means on the
    /// next day.
    pub end: String,
    /// IANA name of the zone whose wall clocks count.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// Local dates, `"2026-12-25"`, on which nobody works.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub holidays: BTreeSet<String>,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday, the first.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday, the last.
    Sunday,
}

impl Weekday {
    /// All seven, Monday first.
    pub const ALL: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    /// Its name as policies write it, for example `"monday"`.
    pub fn name(self) -> &'static str {
        match self {
            Weekday::Monday => "monday",
            Weekday::Tuesday => "tuesday",
            Weekday::Wednesday => "wednesday",
            Weekday::Thursday => "thursday",
            Weekday::Friday => "friday",
            Weekday::Saturday => "saturday",
            Weekday::Sunday => "sunday",
        }
    }

    /// Saturday or Sunday.
    pub fn is_weekend(self) -> bool {
        self >= Weekday::Saturday
    }

    /// The weekday of a day counted from 1970-01-01, which was a Thursday.
    pub(super) fn of_day(day: i32) -> Weekday {
        match (day.rem_euclid(7) + 3) % 7 {
            0 => Weekday::Monday,
            1 => Weekday::Tuesday,
            2 => Weekday::Wednesday,
            3 => Weekday::Thursday,
            4 => Weekday::Friday,
            5 => Weekday::Saturday,
            _ => Weekday::Sunday,
        }
    }

    /// Its bit in a set of days.
    pub(super) fn bit(self) -> u8 {
        1 << (self as u8)
    }
}
