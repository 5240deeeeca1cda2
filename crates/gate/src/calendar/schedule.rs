//! A span that recurs on days of the week, in the wall time of one zone.
//!
//! INVARIANT: `start_ms < DAY_MS` and `start_ms < end_ms <= start_ms + DAY_MS`; `except` ascends.
//! A span belongs to the day on which it starts, is decided by instants (see
//! [`Zone::start_of`] and [`Zone::end_of`]), and does not start on a day that no clock showed.

use super::check;
use super::data::Weekday;
use super::zone::{DAY_MS, Local, Zone};
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pub(super) zone: Arc<Zone>,
    days: u8,
    start_ms: i64,
    /// Counted from the midnight before the start; beyond [`DAY_MS`] when overnight.
    end_ms: i64,
    /// Days since 1970-01-01 on which it does not start.
    except: Box<[i32]>,
}

/// A schedule as written.
pub(super) struct Written<'a> {
    pub(super) days: &'a BTreeSet<Weekday>,
    pub(super) start: &'a str,
    pub(super) end: &'a str,
    pub(super) time_zone: &'a str,
    pub(super) except: &'a BTreeSet<String>,
    /// What the policy calls the field of excluded dates.
    pub(super) except_field: &'a str,
}

impl Schedule {
    /// Reads a schedule; every mistake is told to `wrong`, and any makes it `None`.
    pub(super) fn read(written: &Written<'_>, wrong: &mut impl FnMut(String)) -> Option<Schedule> {
        let mut except = Vec::with_capacity(written.except.len());
        let mut sound = true;
        for date in written.except {
            match check::date(written.except_field, date) {
                Ok(day) => except.push(day),
                Err(why) => {
                    sound = false;
                    wrong(why);
                }
            }
        }
        except.sort_unstable();
        let zone = Zone::named(written.time_zone).map_err(&mut *wrong).ok();
        let days = check::days(written.days).map_err(&mut *wrong).ok();
        let start = check::start(written.start).map_err(&mut *wrong).ok();
        let end = check::end(written.end).map_err(&mut *wrong).ok();
        let span = match (start, end) {
            (Some(start), Some(end)) => span(start, end).map_err(&mut *wrong).ok(),
            _ => None,
        };
        let ((start_ms, end_ms), zone, days) = (span?, zone?, days?);
        sound.then(|| Schedule { zone, days, start_ms, end_ms, except: except.into_boxed_slice() })
    }

    /// Whether it is open at `t_ms`, at which its zone shows `local`.
    #[inline]
    pub(super) fn open(&self, t_ms: i64, local: Local) -> bool {
        if !local.calm {
            return self.open_near_a_change(t_ms, local.day);
        }
        let ms = i64::from(local.ms_of_day);
        (self.start_ms <= ms && ms < self.end_ms && self.starts_on(local.day))
            || (ms + DAY_MS < self.end_ms && self.starts_on(local.day - 1))
    }

    /// Two days back, because an overnight span may lie around a day that was skipped; one ahead,
    /// because a clock put back over midnight shows the day before once more.
    #[cold]
    fn open_near_a_change(&self, t_ms: i64, day: i32) -> bool {
        (day - 2..=day + 1)
            .filter(|day| {
                self.instants(*day).is_some_and(|(start, end)| start <= t_ms && t_ms < end)
            })
            .any(|day| self.zone.has_day(day))
    }

    /// The instants between which it is open when it starts on `day`; `None` when it does not.
    pub(super) fn on_day(&self, day: i32) -> Option<(i64, i64)> {
        let (start, end) = self.instants(day)?;
        (start < end && self.zone.has_day(day)).then_some((start, end))
    }

    fn instants(&self, day: i32) -> Option<(i64, i64)> {
        let midnight = i64::from(day) * DAY_MS;
        self.starts_on(day).then(|| {
            let start = self.zone.start_of(midnight + self.start_ms);
            (start, self.zone.end_of(midnight + self.end_ms))
        })
    }

    #[inline]
    fn starts_on(&self, day: i32) -> bool {
        self.days & Weekday::of_day(day).bit() != 0 && self.except.binary_search(&day).is_err()
    }
}

fn span(start: i64, end: i64) -> Result<(i64, i64), String> {
    match end {
        _ if start == end => Err("`start` and `end` are the same time; \
            write \"00:00\" to \"24:00\" for a whole day"
            .to_owned()),
        _ if start < end => Ok((start, end)),
        _ => Ok((start, end + DAY_MS)),
    }
}
