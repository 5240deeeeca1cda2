//! Processor time of this process, all threads: on a busy machine the clock on the wall says little.

use std::time::Instant;

/// Begins with the clock and the processor time.
pub(crate) struct Watch {
    wall: Instant,
    ticks: u64,
}

/// The kernel counts in hundredths of a second (USER_HZ, the same on every Linux).
const TICKS_PER_S: f64 = 100.0;

/// User and system ticks so far; 0 where there is no /proc.
fn ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name, which may hold anything: state is field 3, the two are fields 14 and 15.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    fields.skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum()
}

impl Watch {
    pub(crate) fn start() -> Watch {
        Watch { wall: Instant::now(), ticks: ticks() }
    }

    /// Seconds on the wall.
    pub(crate) fn wall(&self) -> f64 {
        self.wall.elapsed().as_secs_f64()
    }

    /// Seconds of the processor, of all threads together.
    pub(crate) fn cpu(&self) -> f64 {
        ticks().saturating_sub(self.ticks).max(1) as f64 / TICKS_PER_S
    }
}
