//! Dates as exports write them. Which number is the day is a matter of the column, not of the cell.
//!
//! Year first, a month's name, and dots (3.5.2026 is a day first everywhere) decide for themselves.

use domain::UnixMs;
use jiff::{civil, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// How a column writes its dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dates {
    /// Only what decides for itself: 2026-05-03, 3 May 2026, 3.5.2026.
    Iso,
    /// 03/05/2026 is the third of May.
    DayFirst,
    /// 03/05/2026 is the fifth of March.
    MonthFirst,
    /// Seconds since 1970.
    EpochSeconds,
    /// Milliseconds since 1970.
    EpochMs,
}

impl Dates {
    /// The form in words.
    pub fn words(self) -> &'static str {
        match self {
            Dates::Iso => "dates that decide for themselves",
            Dates::DayFirst => "dates, day first",
            Dates::MonthFirst => "dates, month first",
            Dates::EpochSeconds => "seconds since 1970",
            Dates::EpochMs => "milliseconds since 1970",
        }
    }
}

/// What one value says about its column's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Clear,
    Day,
    Month,
    Either,
    Seconds,
    Ms,
}

/// Years that a ticket can have.
const YEARS: std::ops::RangeInclusive<i64> = 1990..=2100;

/// The form that a value shows; `None` when it is no date.
pub(crate) fn told(text: &str) -> Option<Told> {
    let utc = TimeZone::UTC;
    if parse(text, Dates::Iso, &utc).is_some() {
        return Some(Told::Clear);
    }
    let day = parse(text, Dates::DayFirst, &utc);
    let month = parse(text, Dates::MonthFirst, &utc);
    match (day, month) {
        (Some(a), Some(b)) if a == b => Some(Told::Clear),
        (Some(_), Some(_)) => Some(Told::Either),
        (Some(_), None) => Some(Told::Day),
        (None, Some(_)) => Some(Told::Month),
        (None, None) if parse(text, Dates::EpochSeconds, &utc).is_some() => Some(Told::Seconds),
        (None, None) => parse(text, Dates::EpochMs, &utc).map(|_| Told::Ms),
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Token<'a> {
    number: Option<i64>,
    text: &'a str,
    /// The character before it; a space at the beginning.
    before: char,
}

const MOST: usize = 16;

fn tokens(text: &str) -> Option<([Token<'_>; MOST], usize)> {
    let mut found = [Token::default(); MOST];
    let mut count = 0;
    let mut before = ' ';
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let same: fn(char) -> bool = match c {
            c if c.is_ascii_digit() => |c| c.is_ascii_digit(),
            c if c.is_alphabetic() => |c| c.is_alphabetic(),
            _ => {
                before = c;
                rest = &rest[c.len_utf8()..];
                continue;
            }
        };
        let end = rest.find(|c| !same(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let number = match c.is_ascii_digit() {
            true => Some(word.get(..12).unwrap_or(word).parse().ok()?),
            false => None,
        };
        *found.get_mut(count)? = Token { number, text: word, before };
        count += 1;
        before = '\0';
        rest = after;
    }
    Some((found, count))
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

fn month(word: &str) -> Option<i64> {
    let lower = word.to_lowercase();
    let short: String = lower.chars().take(3).collect();
    let short = match short.as_str() {
        "mär" | "mrz" => "mar",
        "mai" => "may",
        "okt" => "oct",
        "dez" => "dec",
        "maj" => "may",
        other => other,
    };
    let at = MONTHS.iter().position(|m| *m == short)?;
    let known = lower.len() <= 4
        || [
            "january",
            "february",
            "march",
            "april",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
            "januar",
            "februar",
            "märz",
            "juni",
            "juli",
            "oktober",
            "dezember",
            "sept",
        ]
        .contains(&lower.as_str());
    known.then_some(at as i64 + 1)
}

/// Minutes east of UTC that a word stands for.
fn named_offset(word: &str) -> Option<i64> {
    Some(match word {
        "Z" | "z" | "UTC" | "GMT" | "WET" => 0,
        "CET" | "MEZ" | "BST" | "WEST" => 60,
        "CEST" | "MESZ" | "EET" => 120,
        "EEST" => 180,
        "EDT" => -240,
        "EST" | "CDT" => -300,
        "CST" | "MDT" => -360,
        "MST" | "PDT" => -420,
        "PST" => -480,
        _ => return None,
    })
}

fn is_filler(word: &str) -> bool {
    let lower = word.to_lowercase();
    [
        "t",
        "at",
        "um",
        "uhr",
        "den",
        "the",
        "of",
        "rd",
        "th",
        "st",
        "nd",
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
        "sat",
        "sun",
        "mo",
        "di",
        "mi",
        "do",
        "fr",
        "sa",
        "so",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "montag",
        "dienstag",
        "mittwoch",
        "donnerstag",
        "freitag",
        "samstag",
        "sonntag",
    ]
    .contains(&lower.as_str())
}

#[derive(Default)]
struct Clock {
    hour: i64,
    minute: i64,
    second: i64,
    milli: i64,
    offset: Option<i64>,
}

/// The moment that a text names, in `zone` where it names none.
pub(crate) fn parse(text: &str, dates: Dates, zone: &TimeZone) -> Option<UnixMs> {
    let text = text.trim();
    if text.len() < 6 || text.len() > 64 {
        return None;
    }
    match dates {
        Dates::EpochSeconds => return epoch(text, 1000),
        Dates::EpochMs => return epoch(text, 1),
        _ => {}
    }
    let (all, count) = tokens(text)?;
    let all = &all[..count];
    let colon = (1..count).find(|i| {
        all[*i].before == ':' && all[*i].number.is_some() && all[*i - 1].number.is_some()
    });
    let starts = colon.map_or(count, |i| i - 1);
    let mut clock = Clock::default();
    let mut day_part = [Token::default(); MOST];
    let mut parts = 0;
    for token in &all[..starts] {
        day_part[parts] = *token;
        parts += 1;
    }
    if colon.is_some() {
        read_clock(&all[starts..], &mut clock, &mut day_part, &mut parts)?;
    }
    let (year, month, day) = read_day(&day_part[..parts], dates)?;
    let date = civil::Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()?;
    let time = civil::Time::new(
        i8::try_from(clock.hour).ok()?,
        i8::try_from(clock.minute).ok()?,
        i8::try_from(clock.second.min(59)).ok()?,
        i32::try_from(clock.milli).ok()? * 1_000_000,
    )
    .ok()?;
    let here = date.to_datetime(time);
    let in_utc = |at: civil::DateTime| at.to_zoned(TimeZone::UTC).ok();
    let ms = match clock.offset {
        Some(minutes) => in_utc(here)?.timestamp().as_millisecond() - minutes * 60_000,
        None => here.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond(),
    };
    Some(UnixMs(ms))
}

fn epoch(text: &str, scale: i64) -> Option<UnixMs> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let value: i64 = whole.parse().ok()?;
    let ms = value.checked_mul(scale)?;
    // 1990 to 2100.
    (631_152_000_000..4_102_444_800_000).contains(&ms).then_some(UnixMs(ms))
}

/// Reads hours to offset; what belongs to the day (a year at the end) goes over to `day_part`.
fn read_clock<'a>(
    tokens: &[Token<'a>],
    clock: &mut Clock,
    day_part: &mut [Token<'a>; MOST],
    parts: &mut usize,
) -> Option<()> {
    clock.hour = tokens[0].number?;
    clock.minute = tokens[1].number?;
    let mut i = 2;
    if let Some(t) = tokens.get(i).filter(|t| t.before == ':') {
        clock.second = t.number?;
        i += 1;
        if let Some(t) = tokens.get(i).filter(|t| ['.', ','].contains(&t.before)) {
            let digits: String = t.text.chars().chain("00".chars()).take(3).collect();
            clock.milli = digits.parse().ok()?;
            i += 1;
        }
    }
    while let Some(token) = tokens.get(i) {
        i += 1;
        match (token.number, token.before) {
            (Some(value), '+' | '-') if clock.offset.is_none_or(|o| o == 0) => {
                let sign = if token.before == '-' { -1 } else { 1 };
                let minutes = match tokens.get(i).filter(|t| t.before == ':') {
                    Some(t) => {
                        i += 1;
                        value * 60 + t.number?
                    }
                    None if token.text.len() == 4 => value / 100 * 60 + value % 100,
                    None if token.text.len() <= 2 => value * 60,
                    None => return None,
                };
                clock.offset = (minutes <= 15 * 60).then_some(sign * minutes);
                clock.offset?;
            }
            (Some(_), _) => {
                *day_part.get_mut(*parts)? = *token;
                *parts += 1;
            }
            (None, _) => match token.text {
                "AM" | "am" | "Am" | "a" => clock.hour %= 12,
                "PM" | "pm" | "Pm" | "p" => clock.hour = clock.hour % 12 + 12,
                "m" => {}
                word => match named_offset(word) {
                    Some(minutes) => clock.offset = Some(minutes),
                    None if is_filler(word) => {}
                    None => {
                        month(word)?;
                        *day_part.get_mut(*parts)? = *token;
                        *parts += 1;
                    }
                },
            },
        }
    }
    (clock.hour < 24 && clock.minute < 60 && clock.second < 62).then_some(())
}

fn read_day(tokens: &[Token<'_>], dates: Dates) -> Option<(i64, i64, i64)> {
    let mut numbers = [Token::default(); 3];
    let (mut count, mut named) = (0, None);
    for token in tokens {
        match token.number {
            Some(_) => {
                *numbers.get_mut(count)? = *token;
                count += 1;
            }
            None => match month(token.text) {
                Some(m) if named.is_none() => named = Some(m),
                _ if is_filler(token.text) => {}
                _ => return None,
            },
        }
    }
    let value = |i: usize| numbers[i].number.unwrap_or_default();
    let digits = |i: usize| numbers[i].text.len();
    let year = |i: usize| match digits(i) {
        4 => Some(value(i)),
        2 => Some(value(i) + if value(i) < 70 { 2000 } else { 1900 }),
        _ => None,
    };
    let (y, m, d) = match (count, named) {
        (2, Some(m)) if digits(0) == 4 => (value(0), m, value(1)),
        (2, Some(m)) => (year(1)?, m, value(0)),
        (3, None) if digits(0) == 4 => (value(0), value(1), value(2)),
        (3, None) if numbers[1].before == '.' && numbers[2].before == '.' => {
            (year(2)?, value(1), value(0))
        }
        (3, None) if dates == Dates::DayFirst => (year(2)?, value(1), value(0)),
        (3, None) if dates == Dates::MonthFirst => (year(2)?, value(0), value(1)),
        (1, None) if digits(0) == 8 => (value(0) / 10_000, value(0) / 100 % 100, value(0) % 100),
        _ => return None,
    };
    YEARS.contains(&y).then_some((y, m, d))
}
