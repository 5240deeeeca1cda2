//! Readers of times, dates, days and kinds as policies write them. Each says what was wrong and
//! what would be right.

use super::data::Weekday;
use domain::ActionKind;
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// Years in which a date of a policy may lie; anything else is a slip.
const YEARS: RangeInclusive<i16> = 2000..=2100;
const MINUTE_MS: i64 = 60_000;

/// The text in quotes, with odd characters spelt out and cut short.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((cut, _)) => format!("{:?}…", text.get(..cut).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

/// Milliseconds since midnight of an opening time.
pub(super) fn start(text: &str) -> Result<i64, String> {
    hours_and_minutes(text).filter(|ms| *ms < super::zone::DAY_MS).ok_or_else(|| {
        format!("`start` is {}; write a time from \"00:00\" to \"23:59\"", quoted(text))
    })
}

/// Milliseconds since midnight of a closing time; `"24:00"` is the day's end.
pub(super) fn end(text: &str) -> Result<i64, String> {
    hours_and_minutes(text).ok_or_else(|| {
        format!("`end` is {}; write a time from \"00:00\" to \"24:00\"", quoted(text))
    })
}

fn hours_and_minutes(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let ms = (digits(hours, 2)? * 60 + digits(minutes, 2).filter(|m| *m < 60)?) * MINUTE_MS;
    (ms <= super::zone::DAY_MS).then_some(ms)
}

/// Days from 1970-01-01 to a date of `field`.
pub(super) fn date(field: &str, text: &str) -> Result<i32, String> {
    let wrong = || format!("`{field}` has {}; write a date such as \"2026-12-24\"", quoted(text));
    let mut parts = text.split('-');
    let (Some(y), Some(m), Some(d), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(wrong());
    };
    let (Some(y), Some(m), Some(d)) = (digits(y, 4), digits(m, 2), digits(d, 2)) else {
        return Err(wrong());
    };
    let (Ok(y), Ok(m), Ok(d)) = (i16::try_from(y), i8::try_from(m), i8::try_from(d)) else {
        return Err(wrong());
    };
    let Ok(date) = Date::new(y, m, d) else {
        return Err(format!("`{field}` has {}; there is no such day", quoted(text)));
    };
    if !YEARS.contains(&y) {
        return Err(format!(
            "`{field}` has {}; years from {} to {} can be right",
            quoted(text),
            YEARS.start(),
            YEARS.end()
        ));
    }
    i32::try_from(date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24)
        .map_err(|_| wrong())
}

fn digits(text: &str, count: usize) -> Option<i64> {
    let plain = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// The days as bits of [`Weekday::bit`].
pub(super) fn days(days: &BTreeSet<Weekday>) -> Result<u8, String> {
    match days.is_empty() {
        true => Err("`days` is empty, so it never starts; name at least one day".to_owned()),
        false => Ok(days.iter().fold(0, |bits, day| bits | day.bit())),
    }
}

/// Kinds of action as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kinds(u128);

const _: () = assert!(ActionKind::ALL.len() <= 128, "Kinds needs a wider set of bits");

impl Kinds {
    /// The kinds named; every kind when none are asked for.
    pub(super) fn read(kinds: Option<&BTreeSet<ActionKind>>) -> Result<Kinds, String> {
        match kinds {
            None => Ok(Kinds(u128::MAX)),
            Some(kinds) if kinds.is_empty() => {
                Err("`actions` is empty, so it is for nothing; leave it out for every action"
                    .to_owned())
            }
            Some(kinds) => Ok(Kinds(kinds.iter().fold(0, |bits, kind| bits | bit(*kind)))),
        }
    }

    #[inline]
    pub(super) fn has(self, kind: ActionKind) -> bool {
        self.0 & bit(kind) != 0
    }
}

#[inline]
fn bit(kind: ActionKind) -> u128 {
    1 << (kind as u32)
}
