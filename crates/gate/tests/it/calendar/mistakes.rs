//! What is wrong in a calendar is told, with what would be right.

use super::{KIND, daily, freeze, office};
use gate::calendar::{BusinessHours, Calendar, ChangeFreeze, MaintenanceWindow, Weekday};
use std::collections::BTreeSet;

#[track_caller]
fn problems(
    windows: &[MaintenanceWindow],
    freezes: &[ChangeFreeze],
    hours: Option<&BusinessHours>,
) -> Vec<String> {
    Calendar::compile(windows, freezes, hours, "UTC").unwrap_err()
}

#[test]
fn every_mistake_is_named_with_what_would_be_right() {
    let bad = MaintenanceWindow {
        name: "Patch night".to_owned(),
        days: BTreeSet::new(),
        start: "25:00".to_owned(),
        end: "4am".to_owned(),
        time_zone: "Europe/Lodnon".to_owned(),
        except: BTreeSet::from(["24.12.2026".to_owned(), "2026-02-30".to_owned()]),
        actions: Some(BTreeSet::new()),
    };
    let told = problems(&[bad], &[], None).join("\n");
    for part in [
        "maintenance window \"Patch night\": `days` is empty, so it never starts; name at least one day",
        "`start` is \"25:00\"; write a time from \"00:00\" to \"23:59\"",
        "`end` is \"4am\"; write a time from \"00:00\" to \"24:00\"",
        "there is no time zone \"Europe/Lodnon\"; did you mean \"Europe/London\"",
        "`except` has \"24.12.2026\"; write a date such as \"2026-12-24\"",
        "`except` has \"2026-02-30\"; there is no such day",
        "`actions` is empty, so it is for nothing; leave it out for every action",
    ] {
        assert!(told.contains(part), "{part:?} is not in\n{told}");
    }
    assert_eq!(told.lines().count(), 7, "{told}");
}

#[test]
fn times_are_five_characters_in_range() {
    for start in ["24:00", "7:00", "07:60", "07:5", "+7:00", "07:00:00", "", "٠٧:٠٠", "-1:00"] {
        assert_eq!(problems(&[daily(start, "23:00", "UTC")], &[], None).len(), 1, "{start:?}");
    }
    for end in ["24:01", "99:99", " 4:00", "04:00 "] {
        assert_eq!(problems(&[daily("00:00", end, "UTC")], &[], None).len(), 1, "{end:?}");
    }
    for same in ["00:00", "07:00"] {
        let told = problems(&[daily(same, same, "UTC")], &[], None).join("\n");
        assert!(told.contains("write \"00:00\" to \"24:00\" for a whole day"), "{told}");
    }
}

#[test]
fn freezes_run_forwards_in_this_century() {
    let told = problems(&[], &[freeze("2027-01-02", "2026-12-20", "UTC")], None);
    assert_eq!(
        told,
        [
            "change freeze \"Year end\": `from` is \"2027-01-02\", after `until`, \"2026-12-20\"; swap them"
        ]
    );
    for date in ["1999-12-31", "2101-01-01", "9999-12-31", "0000-01-01"] {
        let told = problems(&[], &[freeze(date, date, "UTC")], None).join("\n");
        assert!(told.contains("years from 2000 to 2100 can be right"), "{told}");
    }
    for date in ["-2026-01-01", "20260101", "2026-01-01T00:00", "2026-1-1", "99999-01-01", ""] {
        assert_eq!(problems(&[], &[freeze(date, date, "UTC")], None).len(), 2, "{date:?}");
    }
    let edges = freeze("2000-01-01", "2100-12-31", "Pacific/Auckland");
    assert!(Calendar::compile(&[], &[edges], None, "UTC").is_ok());
}

#[test]
fn entries_without_a_name_or_with_the_same_are_told() {
    let mut nameless = daily("01:00", "02:00", "UTC");
    nameless.name = " ".to_owned();
    let twice = [daily("01:00", "02:00", "UTC"), daily("03:00", "04:00", "UTC"), nameless];
    let told = problems(&twice, &[], None);
    assert_eq!(
        told,
        [
            "two maintenance windows are called \"Nightly\"; rename one",
            "a maintenance window has no name; give it one that people will recognise",
        ]
    );
}

#[test]
fn unknown_zones_bring_near_names() {
    let told = |name: &str| Calendar::compile(&[], &[], None, name).unwrap_err().join("\n");
    assert!(told("London").contains("\"Europe/London\""), "{}", told("London"));
    assert!(told("America/New York").contains("\"America/New_York\""));
    assert!(told("Europe/Tokyo").contains("\"Asia/Tokyo\""), "{}", told("Europe/Tokyo"));
    for nonsense in ["", "../../etc/passwd", "\u{202e}UTC", &"x".repeat(1_000_000)] {
        let told = told(nonsense);
        assert!(told.starts_with("client: there is no time zone ") && told.len() < 300, "{told}");
        assert!(!told.contains('\u{202e}'));
    }
    assert!(Calendar::compile(&[], &[], None, "europe/london").is_ok(), "case is no matter");
}

#[test]
fn business_hours_are_checked_alike() {
    let mut hours = office("Mars/Olympus");
    hours.holidays.insert("soon".to_owned());
    let told = problems(&[], &[], Some(&hours)).join("\n");
    assert!(told.contains("business hours: `holidays` has \"soon\""), "{told}");
    assert!(told.contains("business hours: there is no time zone \"Mars/Olympus\""), "{told}");
}

#[test]
fn json_is_read_strictly_and_comes_back() {
    let read = |text: &str| serde_json::from_str::<MaintenanceWindow>(text);
    let short = r#"{"name":"N","days":["monday","sunday"],"start":"22:00","end":"04:00"}"#;
    let window = read(short).unwrap();
    assert_eq!(window.time_zone, "UTC");
    assert_eq!(window.days, BTreeSet::from([Weekday::Monday, Weekday::Sunday]));
    assert_eq!(read(&serde_json::to_string(&window).unwrap()).unwrap(), window);
    assert!(read(&short.replace("monday", "mon")).unwrap_err().to_string().contains("`monday`"));
    let extra = short.replace("\"name\"", "\"until\":1,\"name\"");
    assert!(read(&extra).unwrap_err().to_string().contains("unknown field `until`"));
    let kinds = short.replace("\"name\"", "\"actions\":[\"reset_password\"],\"name\"");
    assert_eq!(read(&kinds).unwrap().actions, Some(BTreeSet::from([KIND])));
}
