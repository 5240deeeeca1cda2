//! The only place that reads the clock or makes random ids. Everything else takes them as arguments.
#![allow(clippy::disallowed_methods)]

use domain::UnixMs;
use uuid::Uuid;

/// The time now, in UTC.
pub(crate) fn now() -> UnixMs {
    #[cfg(test)]
    if let Some(ms) = store::sim::now() {
        return UnixMs(ms);
    }
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
    #[cfg(test)]
    if let (Some(ms), Some(a), Some(b)) =
        (store::sim::now(), store::sim::random(), store::sim::random())
    {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&a.to_le_bytes());
        random[8..].copy_from_slice(&b.to_le_bytes()[..2]);
        let ms = u64::try_from(ms).unwrap_or_default();
        return uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid();
    }
    Uuid::now_v7()
}

/// Whether time, chance and the outside are a simulation's.
pub(crate) fn is_simulated() -> bool {
    #[cfg(test)]
    return store::sim::is_on();
    #[cfg(not(test))]
    false
}

/// A task to be spawned. In a simulation it belongs to the node that spawns it.
#[cfg(test)]
pub(crate) use store::sim::carry;

/// A task to be spawned.
#[cfg(not(test))]
pub(crate) fn carry<F>(task: F) -> F {
    task
}

/// How long to wait before looking again. A simulation looks less often, to live through more.
pub(crate) fn pace(usual: std::time::Duration) -> std::time::Duration {
    if is_simulated() { usual * 5 } else { usual }
}

/// A number from 0 to 1 by chance: to spread what would otherwise happen all at once.
pub(crate) fn chance() -> f64 {
    #[cfg(test)]
    if let Some(bits) = store::sim::random() {
        return (bits >> 11) as f64 / (1_u64 << 53) as f64;
    }
    getrandom::u64().map_or(0.5, |bits| (bits >> 11) as f64 / (1_u64 << 53) as f64)
}
