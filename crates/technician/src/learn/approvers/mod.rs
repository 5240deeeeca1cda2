//! Who approves what, learned from closed tickets.
//!
//! What is learned is a *proposal for routing*: whom to ask first. It entitles nobody. The directory decides whether
//! that person exists and is active, the gate whether they may. INVARIANT: the same tickets and the same directory give
//! the same rules; the kind of each request is an argument.

mod change;
mod evidence;
mod own_words;
mod people;
mod phrases;
mod relations;
mod route;
mod rules;
mod said;
mod sentence;
#[cfg(test)]
mod tests;
mod yes;

pub use people::Directory;
pub use relations::Who;
pub use route::{Proposal, Router};
pub use rules::{Learner, Rule, Scope};
pub use yes::{Approval, Place, Yes, approval, reads_as_yes};
