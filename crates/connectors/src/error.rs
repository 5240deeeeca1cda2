//! How a call to an outside system fails, by what to do next.

use std::time::Duration;

/// A failed call. The texts are for people: they name the cause and the remedy, and no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The system understood and said no, or the request cannot be made as configured. Nothing
    /// changed. Repeating it unchanged is useless.
    #[error("{what} ({remedy})")]
    Rejected {
        /// What was wrong.
        what: String,
        /// What would be right.
        remedy: String,
    },
    /// Nothing changed; the same call may succeed later: throttled, unreachable, busy.
    #[error("{what}; will try again")]
    Retry {
        /// What happened.
        what: String,
        /// The vendor's own word on when, if it gave one.
        after: Option<Duration>,
    },
    /// Nobody knows whether it happened: the answer was lost or made no sense. To be resolved by
    /// reading, never by repeating.
    #[error("{what}; whether it happened is not known yet")]
    Unknown {
        /// What happened.
        what: String,
    },
}

impl CallError {
    /// A [`CallError::Rejected`].
    pub fn rejected(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        CallError::Rejected { what: what.into(), remedy: remedy.into() }
    }

    /// A [`CallError::Retry`] without a time from the vendor.
    pub fn retry(what: impl Into<String>) -> Self {
        CallError::Retry { what: what.into(), after: None }
    }

    /// A [`CallError::Unknown`].
    pub fn unknown(what: impl Into<String>) -> Self {
        CallError::Unknown { what: what.into() }
    }
}
