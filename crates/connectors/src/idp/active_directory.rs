//! Active Directory over LDAPS.
//!
//! INVARIANTS: passwords and directory data only travel encrypted (`ldaps`; plain `ldap` to this
//! machine alone); every value in a filter is escaped; accounts and groups are addressed by
//! objectGUID and their distinguished name is read anew before each change; what is administrative
//! is told by well-known SID, never by name. The service account needs five delegated rights and no
//! more (see `labs/samba/delegate.sh`); rights above those are reported as a warning.

mod entry;
mod read;
mod session;
mod write;

use super::Directory;
use crate::{CallError, Probe, ReadBack, SecretSource};
use async_trait::async_trait;
use domain::{Account, AccountQuery, AccountState, Action, ActionKind, Device, Group, UnixMs};
use gate::Grant;
use secrecy::SecretString;
use serde::Deserialize;
use session::Session;
use std::path::PathBuf;

/// How to reach one client's domain.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActiveDirectoryConfig {
    /// `ldaps://dc1.client.example` with an optional port; the name must stand in the certificate.
    pub url: String,
    /// The domain, such as `DC=client,DC=example`.
    pub base_dn: String,
    /// Whom to sign in as: user principal name or distinguished name.
    pub bind_dn: String,
    /// Where that account's password is kept.
    pub password: SecretSource,
    /// PEM file with the authority that signed the certificate; the system's authorities without it.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Longest wait for a connection or an answer, in milliseconds.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
    /// Where people are looked for, when not in the whole domain.
    #[serde(default)]
    pub people_base: Option<String>,
}

fn default_timeout_ms() -> u64 {
    10_000
}

/// One client's Active Directory.
#[derive(Debug)]
pub struct ActiveDirectory {
    name: String,
    base_dn: String,
    people_base: String,
    session: Session,
}

impl ActiveDirectory {
    /// Checks the configuration and reads the CA file. Opens no connection and reads no password.
    pub fn new(name: impl Into<String>, config: ActiveDirectoryConfig) -> Result<Self, CallError> {
        let name = name.into();
        for (key, value) in [("base_dn", &config.base_dn), ("bind_dn", &config.bind_dn)] {
            if value.trim().is_empty() {
                return Err(CallError::rejected(
                    format!("directory {name}: `{key}` is empty"),
                    "give it, for example DC=client,DC=example and svc-journeyman@client.example",
                ));
            }
        }
        let people_base = config.people_base.clone().unwrap_or_else(|| config.base_dn.clone());
        let base_dn = config.base_dn.clone();
        let session = Session::new(&name, config)?;
        Ok(Self { name, base_dn, people_base, session })
    }
}

/// The changes that it makes.
pub const CAPABILITIES: &[ActionKind] = &[
    ActionKind::UnlockAccount,
    ActionKind::ResetPassword,
    ActionKind::RequirePasswordChange,
    ActionKind::EnableAccount,
    ActionKind::DisableAccount,
    ActionKind::AddGroupMember,
    ActionKind::RemoveGroupMember,
];

#[async_trait]
impl Directory for ActiveDirectory {
    fn name(&self) -> &str {
        &self.name
    }

    fn vendor(&self) -> &'static str {
        "active_directory"
    }

    fn capabilities(&self) -> &'static [ActionKind] {
        CAPABILITIES
    }

    async fn probe(&self) -> Result<Probe, CallError> {
        self.look_around().await
    }

    async fn find_accounts(&self, query: &AccountQuery) -> Result<Vec<Account>, CallError> {
        self.search_accounts(query).await
    }

    async fn account(&self, id: &str) -> Result<Option<Account>, CallError> {
        self.read_account(id).await
    }

    async fn find_groups(&self, name: &str) -> Result<Vec<Group>, CallError> {
        self.search_groups(name).await
    }

    async fn group(&self, id: &str) -> Result<Option<Group>, CallError> {
        self.read_group(id).await
    }

    async fn is_direct_member(&self, group_id: &str, account_id: &str) -> Result<bool, CallError> {
        self.lists_member(group_id, account_id).await
    }

    async fn devices(&self, account_id: &str) -> Result<Vec<Device>, CallError> {
        self.read_devices(account_id).await
    }

    async fn perform(&self, grant: Grant, secret: Option<&SecretString>) -> Result<(), CallError> {
        self.change(grant.action(), secret).await
    }

    async fn read_back(
        &self,
        action: &Action,
        before: Option<&AccountState>,
        started_at: UnixMs,
        secret: Option<&SecretString>,
    ) -> Result<ReadBack, CallError> {
        self.verify(action, before, started_at, secret).await
    }
}

#[cfg(test)]
mod tests;
