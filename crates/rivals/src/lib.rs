//! What the gate is held against: a second opinion on its law, the engines that others build gates
//! with, and a brain that is assumed hijacked.
//!
//! INVARIANT: nothing here decides anything for anybody. No crate imports this one; its examples are
//! benchmarks and its tests compare. The opinions (`opinion`, `hijack::oracle`) are written from the
//! law and read requests and facts; they call nothing of the gate that judges.

pub mod engines;
pub mod flat;
pub mod hijack;
pub mod law;
pub mod many;
pub mod policy;
pub mod world;

mod calendar;
mod render;
