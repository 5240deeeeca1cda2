//! The outside world: help desks (PSA), directories (IdP), mail and chats. One file per vendor.
//!
//! INVARIANTS: vendor types never leave their file; a write takes a [`gate::Grant`] by value, so no
//! call is made that the gate did not permit, and none is made twice with one permission; errors
//! say what to do next and never carry a secret.

pub mod chat;
mod error;
mod http;
pub mod idp;
pub mod mail;
mod pace;
pub mod psa;
mod read_back;
mod secret;
mod tls;

pub use chat::{Chat, ChatError};
pub use error::CallError;
pub use idp::Directory;
pub use pace::{Pace, Paced};
pub use psa::{Change, Changes, PastPage, Psa};
pub use read_back::{ReadBack, account_read_back};
pub use secret::{SecretError, SecretSource};
pub use tls::{TlsError, install_crypto_provider};

/// What a harmless read of a configured system showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// What answered, in one line: product, version, signed in as whom.
    pub detail: String,
    /// What works but should be mended, each with its remedy.
    pub warnings: Vec<String>,
}
