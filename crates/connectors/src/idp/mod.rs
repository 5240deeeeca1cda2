//! Directories: who exists, what state they are in, and the changes that the gate permits.

use crate::{CallError, Probe, ReadBack};
use async_trait::async_trait;
use domain::{Account, AccountQuery, AccountState, Action, ActionKind, Device, Group, UnixMs};
use gate::Grant;
use secrecy::SecretString;

pub mod active_directory;
pub mod graph;

/// A client's directory. One instance serves one client's directory.
#[async_trait]
pub trait Directory: Send + Sync + std::fmt::Debug {
    /// The configured name, for facts and messages.
    fn name(&self) -> &str;

    /// The kind of system, in snake case: for traces.
    fn vendor(&self) -> &'static str;

    /// The writes that [`Directory::perform`] can do here.
    fn capabilities(&self) -> &'static [ActionKind];

    /// Whether a call would be let through now; a [`crate::Paced`] one may have to be left alone for a
    /// while.
    ///
    /// # Errors
    /// [`CallError::Retry`] with the time that is left.
    fn ready(&self) -> Result<(), CallError> {
        Ok(())
    }

    /// A harmless read that shows whether address, certificate, credentials and rights are right.
    async fn probe(&self) -> Result<Probe, CallError>;

    /// Accounts that match, at most 10. An address matches exactly (login, primary or further
    /// address on file); a name matches display name or given and family name in either order.
    async fn find_accounts(&self, query: &AccountQuery) -> Result<Vec<Account>, CallError>;

    /// One account by immutable id; `None` when there is none.
    async fn account(&self, id: &str) -> Result<Option<Account>, CallError>;

    /// Groups whose name is this, without regard to case, at most 10.
    async fn find_groups(&self, name: &str) -> Result<Vec<Group>, CallError>;

    /// One group by immutable id; `None` when there is none.
    async fn group(&self, id: &str) -> Result<Option<Group>, CallError>;

    /// Whether the group lists the account itself as a member (not by nesting).
    async fn is_direct_member(&self, group_id: &str, account_id: &str) -> Result<bool, CallError>;

    /// Devices of this account.
    async fn devices(&self, account_id: &str) -> Result<Vec<Device>, CallError>;

    /// Performs exactly what the grant permits. `secret` is the temporary password of a reset.
    /// A change that is already there counts as performed.
    async fn perform(&self, grant: Grant, secret: Option<&SecretString>) -> Result<(), CallError>;

    /// Reads the system back and says whether the change is there.
    async fn read_back(
        &self,
        action: &Action,
        before: Option<&AccountState>,
        started_at: UnixMs,
        secret: Option<&SecretString>,
    ) -> Result<ReadBack, CallError>;
}
