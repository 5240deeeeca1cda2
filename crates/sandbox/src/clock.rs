//! The sandbox's clock and fresh ids: a stand-in of an outside system lives in its own time.
#![allow(clippy::disallowed_methods)]

use domain::UnixMs;

/// Now.
pub(crate) fn now() -> UnixMs {
    UnixMs(jiff::Timestamp::now().as_millisecond())
}

/// An id that was never used, for requests, messages and tokens.
pub(crate) fn fresh_id() -> uuid::Uuid {
    uuid::Uuid::now_v7()
}
