//! Deliberate crashes for tests: `JOURNEYMAN_CRASH=write:3` kills the process right after its third
//! journal write. `JOURNEYMAN_LEASE_MS=5000` shortens leases, for tests that outlast one. Compiled
//! into debug builds only.

use std::time::Duration;

/// Where a crash can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// Right after a journal write was committed.
    Write,
    /// Right before an outside call that changes something.
    BeforeCall,
    /// Right after such a call, before its outcome is written down.
    AfterCall,
}

#[cfg(debug_assertions)]
pub(crate) fn hit(point: Point) {
    use std::sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    };
    static PLAN: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static COUNTS: [AtomicU64; 3] = [AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0)];
    let plan = PLAN.get_or_init(|| {
        let text = std::env::var("JOURNEYMAN_CRASH").ok()?;
        let (name, n) = text.split_once(':')?;
        Some((name.to_owned(), n.parse().ok()?))
    });
    let (slot, name) = match point {
        Point::Write => (&COUNTS[0], "write"),
        Point::BeforeCall => (&COUNTS[1], "before_call"),
        Point::AfterCall => (&COUNTS[2], "after_call"),
    };
    let n = slot.fetch_add(1, Ordering::SeqCst) + 1;
    if plan.as_ref().is_some_and(|(wanted, at)| wanted == name && *at == n) {
        // As kill -9 does: no destructor, no flush, no answer.
        std::process::abort();
    }
}

#[cfg(not(debug_assertions))]
pub(crate) fn hit(_: Point) {}

/// How long to wait for a change to show; tests that crash often wait for less.
pub(crate) fn patience(usual: std::time::Duration) -> std::time::Duration {
    #[cfg(debug_assertions)]
    if let Some(ms) = std::env::var("JOURNEYMAN_TEST_PATIENCE_MS").ok().and_then(|t| t.parse().ok())
    {
        return std::time::Duration::from_millis(ms);
    }
    usual
}

/// How long a case stays leased, when a test wants it otherwise.
#[cfg(debug_assertions)]
pub(crate) fn lease() -> Option<Duration> {
    static LEASE: std::sync::OnceLock<Option<u64>> = std::sync::OnceLock::new();
    let ms = LEASE.get_or_init(|| std::env::var("JOURNEYMAN_LEASE_MS").ok()?.parse().ok());
    ms.map(Duration::from_millis)
}

#[cfg(not(debug_assertions))]
pub(crate) fn lease() -> Option<Duration> {
    None
}
