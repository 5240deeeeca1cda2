//! The built-in brain: reads a ticket, decides the next step, words the close-out.
//!
//! To the gate it is one more brain; it has no side door. INVARIANTS:
//! - pure: no clock, randomness, file, socket or environment; times and texts come in as arguments;
//! - [`next`] looks only at the folded case, so that after a crash it gives the same next step;
//! - an account or group that an action names came out of a directory read of this case, never out
//!   of prose.

pub mod closeout;
pub mod learn;
pub mod plan;
pub mod playbook;
pub mod understand;

pub use learn::{
    Labelled, LearnError, Model, ModelError, TrainOptions, starter_history, starter_mark, train,
};
pub use plan::{Context, Profile, Step, WaitFor, next, requester_texts};
pub use understand::{is_thanks, understand};
