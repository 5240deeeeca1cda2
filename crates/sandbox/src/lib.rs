//! An MSP in a box: stateful stand-ins for vendor APIs over real HTTP, for the demo and for tests.
//!
//! Three client companies, their directories and the help desk that serves them, drawn from a
//! seed. INVARIANT: every change that an API makes is recorded as an [`Effect`], so that after a
//! run [`Sandbox::audit`] can say which of them no ticket's ground truth allows. Everything listens
//! on loopback only and keeps its state in memory.

mod access;
mod clock;
mod connectwise;
mod effect;
mod fault;
mod graph;
mod http;
mod keys;
mod ldap;
mod mail;
pub mod past;
mod sandbox;
pub mod scenario;
mod secret;
pub mod slack;
mod smtp;
pub mod world;

pub use access::{Access, ClientAccess, ConnectwiseAccess, DirectoryAccess};
pub use effect::{Effect, EffectRecord, System, WrongEffect};
pub use fault::{Fault, FaultKind};
pub use mail::Mail;
pub use sandbox::{Options, Sandbox, StartError, TicketView};
pub use scenario::{OwnTicketError, Preparation, ScenarioTicket, parse_own, scenario};
pub use secret::Secret;
pub use world::WriteKind;

pub(crate) use clock::{fresh_id, now};
