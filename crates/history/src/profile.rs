//! What the values of a column look like, counted over the sample.

use crate::{
    dates::{Dates, Told, told},
    ticket::blank,
};
use std::collections::HashSet;

/// Counts over a column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profile {
    pub(crate) rows: usize,
    pub(crate) filled: usize,
    pub(crate) distinct: usize,
    pub(crate) letters: usize,
    pub(crate) numbers: usize,
    pub(crate) fractions: usize,
    pub(crate) sixties: usize,
    pub(crate) clocks: usize,
    pub(crate) flags: usize,
    pub(crate) addresses: usize,
    pub(crate) clear: usize,
    pub(crate) day: usize,
    pub(crate) month: usize,
    pub(crate) either: usize,
    pub(crate) seconds: usize,
    pub(crate) ms: usize,
    pub(crate) example: String,
}

impl Profile {
    pub(crate) fn of<'a>(cells: impl Iterator<Item = &'a str>) -> Profile {
        let mut p = Profile::default();
        let mut seen: HashSet<&str> = HashSet::new();
        for cell in cells {
            p.rows += 1;
            let cell = cell.trim();
            if blank(cell) {
                continue;
            }
            p.filled += 1;
            seen.insert(cell);
            p.letters += cell.chars().take(2000).count();
            if p.example.is_empty() {
                p.example = cell.chars().take(80).collect();
            }
            let number = cell.replacen(',', ".", 1).parse::<f64>().ok().filter(|n| n.is_finite());
            if let Some(number) = number {
                p.numbers += 1;
                p.fractions += usize::from(number.fract() != 0.0);
                p.sixties += usize::from(number != 0.0 && number % 60.0 == 0.0);
            }
            let lower = cell.to_ascii_lowercase();
            p.clocks += usize::from(crate::ticket::minutes(cell, Default::default()).is_some());
            p.flags += usize::from(
                ["true", "false", "yes", "no", "ja", "nein", "0", "1"].contains(&lower.as_str()),
            );
            p.addresses += usize::from(cell.contains('@') && !cell.contains(char::is_whitespace));
            match told(cell) {
                Some(Told::Clear) => p.clear += 1,
                Some(Told::Day) => p.day += 1,
                Some(Told::Month) => p.month += 1,
                Some(Told::Either) => p.either += 1,
                Some(Told::Seconds) => p.seconds += 1,
                Some(Told::Ms) => p.ms += 1,
                None => {}
            }
        }
        p.distinct = seen.len();
        p
    }

    fn share(&self, count: usize) -> f64 {
        if self.filled == 0 { 0.0 } else { count as f64 / self.filled as f64 }
    }

    /// Characters of a filled cell, on average.
    pub(crate) fn length(&self) -> f64 {
        self.share(self.letters)
    }

    /// Share of filled cells.
    pub(crate) fn fill(&self) -> f64 {
        if self.rows == 0 { 0.0 } else { self.filled as f64 / self.rows as f64 }
    }

    /// Different values among the filled ones.
    pub(crate) fn spread(&self) -> f64 {
        self.share(self.distinct)
    }

    pub(crate) fn is_number(&self) -> bool {
        self.share(self.numbers) > 0.95
    }

    pub(crate) fn is_flag(&self) -> bool {
        self.filled > 0 && self.flags == self.filled
    }

    pub(crate) fn is_clock(&self) -> bool {
        self.share(self.clocks) > 0.95
    }

    pub(crate) fn is_address(&self) -> bool {
        self.share(self.addresses) > 0.6
    }

    /// Share of dates; epoch numbers count only where the name says that it is a date.
    pub(crate) fn dates(&self, with_epoch: bool) -> f64 {
        let epoch = if with_epoch { self.seconds.max(self.ms) } else { 0 };
        self.share(self.clear + self.day + self.month + self.either + epoch)
    }

    /// The form of its dates by its own values; `None` when nothing tells day and month apart.
    pub(crate) fn form(&self) -> Option<Dates> {
        let slashed = self.day + self.month + self.either;
        if self.seconds.max(self.ms) > self.clear + slashed {
            let seconds = self.seconds >= self.ms;
            return Some(if seconds { Dates::EpochSeconds } else { Dates::EpochMs });
        }
        match (self.day, self.month) {
            (0, 0) if self.either == 0 => Some(Dates::Iso),
            (0, 0) => None,
            // A slip of a few cells does not turn a column around; they are put aside.
            (d, m) if d >= m * 20 => Some(Dates::DayFirst),
            (d, m) if m >= d * 20 => Some(Dates::MonthFirst),
            _ => None,
        }
    }
}
