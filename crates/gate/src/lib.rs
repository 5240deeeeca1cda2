//! The gate: a pure judgement of one request from facts, and the only maker of grants.
//!
//! `judge` asks every assessor and takes the maximum. INVARIANTS:
//! - an assessor can only raise: a verdict is the maximum of findings, so order never matters and
//!   adding one never loosens anything;
//! - what is missing, stale or unreadable raises, with the reason named;
//! - a [`Verdict`] comes only from [`judge`], a [`Grant`] only from [`grant`]; neither can be
//!   cloned or deserialised, and both are used up by use;
//! - this crate knows no clock, randomness, prose or model output.

mod approval;
mod assess;
pub mod breaker;
pub mod calendar;
pub mod directory;
#[cfg(doctest)]
mod forgery;
mod grant;
mod judge;
mod policy;
pub mod rules;
pub mod stats;

pub use approval::{ChangeError, DecisionError, asked, change, decide, expire, next_turn};
pub use grant::{Grant, GrantError, grant};
pub use judge::{Request, Verdict, judge, tier};
pub use policy::{
    ApprovedScript, BreakerLimits, ClientPolicy, CompiledPolicy, Difference, Policy, PolicyError,
    differences, is_infrastructure,
};
