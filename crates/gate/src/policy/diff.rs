//! What differs between two policies, and what of it loosens.

use super::Policy;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The key, such as `clients.acme.bulk_threshold`.
    pub path: String,
    /// The value before; `None` when it is new.
    pub before: Option<String>,
    /// The value after; `None` when it is gone.
    pub after: Option<String>,
    /// What it loosens, in words; `None` when it surely loosens nothing.
    pub loosens: Option<String>,
}

/// Every difference.
pub fn differences(_before: Option<&Policy>, _after: &Policy) -> Vec<Difference> {
    Vec::new()
}
