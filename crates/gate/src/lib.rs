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
#[cfg(doctest)]
mod forgery;
mod fresh;
mod grant;
mod judge;
mod policy;

pub use approval::{DecisionError, decide, expire};
pub use grant::{Grant, GrantError, grant};
pub use judge::{Request, Verdict, judge};
pub use policy::{Policy, PolicyError};
