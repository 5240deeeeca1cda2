//! The only place that reads the clock or makes random ids. Everything else takes them as arguments.
#![allow(clippy::disallowed_methods)]

use domain::UnixMs;
use uuid::Uuid;

/// The time now, in UTC.
pub(crate) fn now() -> UnixMs {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UnixMs(since.ok().and_then(|d| i64::try_from(d.as_millis()).ok()).unwrap_or_default())
}

/// The time now, in nanoseconds since 1970: for spans alone, which may be short.
pub(crate) fn now_ns() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.ok().and_then(|d| u64::try_from(d.as_nanos()).ok()).unwrap_or_default()
}

/// A fresh, time-ordered id.
pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}
