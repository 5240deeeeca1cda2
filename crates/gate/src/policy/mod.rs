//! What an MSP allows: the document, its checked and prepared form, and what differs between two.
//!
//! INVARIANT: only [`Policy::compile`] makes a [`CompiledPolicy`], and only a document without a
//! single problem compiles. What does not compile judges nothing: every request is Critical.

mod clients;
mod compiled;
mod data;
mod diff;
mod kinds;
mod rule_set;

pub(crate) use compiled::ClientRules;
pub use compiled::CompiledPolicy;
pub use data::{ApprovedScript, BreakerLimits, ClientPolicy, Policy};
pub use diff::{Difference, differences};
pub(crate) use kinds::Traits;
pub use kinds::is_infrastructure;
pub(crate) use rule_set::RuleSet;

/// Why a policy cannot be used: every problem, each with the key and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError(pub Vec<String>);

impl std::fmt::Display for PolicyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "policy: {}", self.0.join("; "))
    }
}

impl std::error::Error for PolicyError {}
