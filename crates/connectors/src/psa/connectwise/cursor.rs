//! Where reading changes goes on, so that none is lost.
//!
//! ConnectWise tells last-update times in whole seconds, so a page may end amid tickets of one
//! second, and a ticket may become visible a moment after its time. INVARIANTS: a sweep asks from a
//! time on, oldest first, and always for the first page, so a ticket that moves back while we read
//! shifts nothing past us; a second with more tickets than one page is read by ascending id; each
//! new sweep starts [`OVERLAP_S`] before the latest time seen.

use crate::CallError;

/// Seconds that a new sweep reads again.
pub(super) const OVERLAP_S: i64 = 30;

/// Where the next request reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Everything from this second on, oldest first.
    From(i64),
    /// Within this second, ids above this one.
    Within(i64, u64),
    /// Nothing is left; the next sweep starts before `high`.
    Rest,
}

/// A place, and the latest second seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) place: Place,
    pub(super) high: i64,
}

impl Cursor {
    /// From `now` on, in seconds.
    pub(super) fn start(now: i64) -> Cursor {
        Cursor { place: Place::Rest, high: now + OVERLAP_S }
    }

    /// Begins a new sweep if the last one is over.
    pub(super) fn awake(self) -> Cursor {
        match self.place {
            Place::Rest => Cursor { place: Place::From(self.high - OVERLAP_S), ..self },
            _ => self,
        }
    }

    /// Where to go on after a page of (second, id), read at this place. `full`: there may be more.
    pub(super) fn after(self, page: &[(i64, u64)], full: bool) -> Cursor {
        let high = page.iter().map(|(s, _)| *s).fold(self.high, i64::max);
        let (first, last) = match (page.first(), page.last()) {
            (Some(f), Some(l)) => (*f, *l),
            _ => (Default::default(), Default::default()),
        };
        let place = match self.place {
            Place::Within(second, _) if full => Place::Within(second, last.1),
            Place::Within(second, _) => Place::From(second + 1),
            _ if !full => Place::Rest,
            // The last second may be cut: read it again, whole.
            _ if last.0 > first.0 => Place::From(last.0),
            _ => Place::Within(first.0, 0),
        };
        Cursor { place, high }
    }

    pub(super) fn parse(text: &str) -> Result<Cursor, CallError> {
        let bad = || {
            CallError::rejected(
                format!("{text:?} is not a place in ConnectWise's changes"),
                "forget the stored cursor; reading then starts from now",
            )
        };
        let parts: Vec<&str> = text.split(';').collect();
        let number = |t: &str| t.parse::<i64>().map_err(|_| bad());
        let (place, high) = match parts.as_slice() {
            ["from", second, high] => (Place::From(number(second)?), high),
            ["within", second, id, high] => {
                (Place::Within(number(second)?, id.parse().map_err(|_| bad())?), high)
            }
            ["rest", high] => (Place::Rest, high),
            _ => return Err(bad()),
        };
        Ok(Cursor { place, high: number(high)? })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.place {
            Place::From(second) => write!(f, "from;{second};{}", self.high),
            Place::Within(second, id) => write!(f, "within;{second};{id};{}", self.high),
            Place::Rest => write!(f, "rest;{}", self.high),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Reads every ticket of a desk page by page; after each page one read ticket is touched again.
    fn sweep(tickets: &mut [(i64, u64)], size: usize, from: i64) -> (Vec<(i64, u64)>, Cursor) {
        let mut cursor = Cursor { place: Place::Rest, high: from + OVERLAP_S };
        let mut seen = Vec::new();
        loop {
            cursor = Cursor::parse(&cursor.awake().to_string()).unwrap();
            let mut page: Vec<(i64, u64)> = tickets.to_vec();
            match cursor.place {
                Place::From(s) => page.retain(|t| t.0 >= s),
                Place::Within(s, id) => page.retain(|t| t.0 == s && t.1 > id),
                Place::Rest => {}
            }
            page.sort_unstable();
            page.truncate(size);
            seen.extend(page.iter().copied());
            cursor = cursor.after(&page, page.len() == size);
            if cursor.place == Place::Rest {
                return (seen, cursor);
            }
            if let Some(read) = page.first().copied() {
                for ticket in tickets.iter_mut().filter(|t| **t == read && t.0 < 900) {
                    ticket.0 = 900;
                }
            }
        }
    }

    #[test]
    fn no_ticket_is_lost_however_the_seconds_fall_and_whatever_moves_meanwhile() {
        for per_second in [1_u64, 3, 4, 5, 9, 40] {
            for size in [2_usize, 3, 5, 10] {
                let mut tickets: Vec<(i64, u64)> =
                    (1..=40_u64).map(|id| (100 + (id / per_second) as i64, 41 - id)).collect();
                let (seen, cursor) = sweep(&mut tickets, size, 100);
                for id in 1..=40 {
                    assert!(
                        seen.iter().any(|(_, i)| *i == id),
                        "ticket {id} lost at {per_second} a second, pages of {size}"
                    );
                }
                assert!(cursor.high >= tickets.iter().map(|t| t.0).max().unwrap());
            }
        }
    }

    #[test]
    fn a_quiet_desk_does_not_drift_into_the_past() {
        let mut cursor = Cursor::start(1_000);
        for _ in 0..100 {
            cursor = cursor.awake().after(&[], false);
        }
        assert_eq!(cursor.awake().place, Place::From(1_000));
    }

    #[test]
    fn a_foreign_cursor_is_refused() {
        for text in ["", "from;x;1", "within;1;2", "42", "from;1;2;3;4"] {
            assert!(Cursor::parse(text).is_err(), "{text}");
        }
    }
}
