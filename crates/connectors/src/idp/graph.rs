//! Microsoft Entra ID through Microsoft Graph v1.0, as an app with application permissions.
//!
//! INVARIANTS: the token and the client secret go to the configured hosts only; what the app may
//! not read of a role or group counts as administrative; reads that prove a change never use
//! Graph's eventually consistent index.

use crate::{CallError, Directory, Probe, ReadBack, account_read_back};
use async_trait::async_trait;
use domain::{Account, AccountQuery, AccountState, Action, ActionKind, Device, Group, UnixMs};
use gate::Grant;
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

mod config;
mod odata;
mod permissions;
mod session;
mod wire;

pub use config::GraphConfig;
pub use permissions::PERMISSIONS;
use permissions::{
    READ_DEVICES, READ_GROUPS, READ_ORGANISATION, READ_ROLES, READ_USERS, WRITE_MEMBERS,
    WRITE_PASSWORDS, WRITE_USERS,
};
use session::{Call, Session};
use wire::{DEVICE, GROUP, HOLDER, Holder, Id, Named, RawDevice, RawGroup, USER, User};

/// How many hits a search gives at most.
const HITS: usize = 10;

/// One Microsoft Entra tenant.
///
/// It has no unlock: Entra's smart lockout ends by itself and is not shown.
pub struct Graph {
    name: String,
    session: Session,
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Graph").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Graph {
    /// Checks the configuration; calls nobody. `name` is the connector's configured name.
    ///
    /// Fails with [`CallError::Rejected`] when an address, id or CA file cannot be used.
    pub fn new(name: impl Into<String>, config: &GraphConfig) -> Result<Graph, CallError> {
        Ok(Graph { name: name.into(), session: Session::new(config)? })
    }

    async fn all<T: DeserializeOwned>(
        &self,
        path: &[&str],
        select: &str,
        needs: &str,
    ) -> Result<Option<Vec<T>>, CallError> {
        let query = [("$select", select), ("$top", "999")];
        self.session.list(&Call::get(path, &query, needs), usize::MAX).await
    }

    /// The user with the password profile, or without it when the app may not read that.
    async fn user(&self, id: &str) -> Result<Option<User>, CallError> {
        let path = ["users", id];
        let select = format!("{USER},passwordProfile");
        let query = [("$select", select.as_str())];
        let call = Call::get(&path, &query, READ_USERS);
        let answer = self.session.call(&call).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::FORBIDDEN => {
                self.session.object(&Call::get(&path, &[("$select", USER)], READ_USERS)).await
            }
            s if s.is_success() => answer.json().map(Some),
            _ => Err(self.session.refused(&answer, &call)),
        }
    }

    async fn held_by(
        &self,
        collection: &str,
        id: &str,
    ) -> Result<Vec<domain::GroupRef>, CallError> {
        let path = [collection, id, "transitiveMemberOf"];
        let holders: Option<Vec<Holder>> = self.all(&path, HOLDER, READ_ROLES).await?;
        Ok(holders.unwrap_or_default().into_iter().filter_map(Holder::into_group).collect())
    }

    async fn fill_group(&self, raw: RawGroup) -> Result<Group, CallError> {
        let path = ["groups", raw.id.as_str(), "owners"];
        let (owners, holders) = tokio::try_join!(
            self.all::<Id>(&path, "id", READ_GROUPS),
            self.held_by("groups", &raw.id)
        )?;
        let owner_ids = owners.unwrap_or_default().into_iter().map(|o| o.id).collect();
        Ok(raw.into_group(owner_ids, holders))
    }

    async fn patch_user(&self, id: &str, body: &Value, needs: &str) -> Result<(), CallError> {
        let path = ["users", id];
        let call = Call { method: Method::PATCH, path: &path, query: &[], body: Some(body), needs };
        let answer = self.session.call(&call).await?;
        if answer.status.is_success() { Ok(()) } else { Err(self.session.refused(&answer, &call)) }
    }

    async fn add_member(&self, group: &str, account: &str) -> Result<(), CallError> {
        let path = ["groups", group, "members", "$ref"];
        let body = json!({ "@odata.id": self.session.reference(account)? });
        let call = Call {
            method: Method::POST,
            path: &path,
            query: &[],
            body: Some(&body),
            needs: WRITE_MEMBERS,
        };
        let answer = self.session.call(&call).await?;
        let there = answer.status == StatusCode::BAD_REQUEST
            && session::said(&answer).contains("already exist");
        if answer.status.is_success() || there {
            return Ok(());
        }
        Err(self.session.refused(&answer, &call))
    }

    async fn remove_member(&self, group: &str, account: &str) -> Result<(), CallError> {
        let path = ["groups", group, "members", account, "$ref"];
        let call = Call {
            method: Method::DELETE,
            path: &path,
            query: &[],
            body: None,
            needs: WRITE_MEMBERS,
        };
        let answer = self.session.call(&call).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        // Not a member already, unless it is the group that is not there.
        if answer.status == StatusCode::NOT_FOUND && self.raw_group(group).await?.is_some() {
            return Ok(());
        }
        Err(self.session.refused(&answer, &call))
    }

    async fn raw_group(&self, id: &str) -> Result<Option<RawGroup>, CallError> {
        let path = ["groups", id];
        self.session.object(&Call::get(&path, &[("$select", GROUP)], READ_GROUPS)).await
    }

    fn cannot(&self, action: &Action) -> CallError {
        let remedy = match action.kind() {
            ActionKind::UnlockAccount => {
                "Entra's lockout ends by itself, by default after a minute; a password reset helps at once"
            }
            _ => "send it to the system that it is about",
        };
        CallError::rejected(format!("Microsoft Entra has no {}", action.kind().name()), remedy)
    }
}

#[async_trait]
impl Directory for Graph {
    fn name(&self) -> &str {
        &self.name
    }

    fn vendor(&self) -> &'static str {
        "microsoft_graph"
    }

    fn capabilities(&self) -> &'static [ActionKind] {
        &[
            ActionKind::ResetPassword,
            ActionKind::RequirePasswordChange,
            ActionKind::EnableAccount,
            ActionKind::DisableAccount,
            ActionKind::AddGroupMember,
            ActionKind::RemoveGroupMember,
        ]
    }

    async fn probe(&self) -> Result<Probe, CallError> {
        let token = self.session.token().await?;
        let query = [("$select", "id"), ("$top", "1")];
        self.session.list::<Id>(&Call::get(&["users"], &query, READ_USERS), 1).await?;
        self.session.list::<Id>(&Call::get(&["groups"], &query, READ_GROUPS), 1).await?;
        let named = [("$select", "id,displayName")];
        // The organisation's name is only for the message; not being allowed to read it is fine.
        let org = Call::get(&["organization"], &named, READ_ORGANISATION);
        let title = match self.session.list::<Named>(&org, 1).await {
            Ok(Some(list)) => list.into_iter().find_map(|o| o.name),
            _ => None,
        };
        let (tenant, app) = self.session.identity();
        let title = title.map_or_else(|| tenant.to_owned(), |t| format!("{t} ({tenant})"));
        Ok(Probe {
            detail: format!(
                "Microsoft Graph at {}, tenant {title}, as app {app}",
                self.session.host()
            ),
            warnings: permissions::missing(&token),
        })
    }

    async fn find_accounts(&self, query: &AccountQuery) -> Result<Vec<Account>, CallError> {
        let (filter, wanted) = match query {
            AccountQuery::Address(a) => (odata::by_address(a.trim()), a.trim().to_lowercase()),
            AccountQuery::Name(n) => (odata::by_name(n.trim()), n.trim().to_lowercase()),
        };
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        // The index finds; each hit is then read by id, because the index may lag behind.
        let pairs =
            [("$filter", filter.as_str()), ("$select", "id"), ("$count", "true"), ("$top", "10")];
        let hits: Option<Vec<Id>> =
            self.session.list(&Call::get(&["users"], &pairs, READ_USERS), HITS).await?;
        let mut accounts = Vec::new();
        for hit in hits.unwrap_or_default() {
            if let Some(account) = self.account(&hit.id).await?
                && fits(&account, query, &wanted)
            {
                accounts.push(account);
            }
        }
        Ok(accounts)
    }

    async fn account(&self, id: &str) -> Result<Option<Account>, CallError> {
        let path = ["users", id, "manager"];
        let only_id = [("$select", "id")];
        let call = Call::get(&path, &only_id, READ_USERS);
        let (user, manager, groups) = tokio::try_join!(
            self.user(id),
            self.session.object::<Id>(&call),
            self.held_by("users", id)
        )?;
        Ok(user.map(|u| u.into_account(manager.map(|m| m.id), groups)))
    }

    async fn find_groups(&self, name: &str) -> Result<Vec<Group>, CallError> {
        let name = name.trim();
        if name.is_empty() {
            return Ok(Vec::new());
        }
        let filter = format!("displayName eq {}", odata::quoted(name));
        let pairs = [("$filter", filter.as_str()), ("$select", GROUP), ("$top", "10")];
        let raws: Option<Vec<RawGroup>> =
            self.session.list(&Call::get(&["groups"], &pairs, READ_GROUPS), HITS).await?;
        let mut groups = Vec::new();
        for raw in raws.unwrap_or_default() {
            groups.push(self.fill_group(raw).await?);
        }
        Ok(groups)
    }

    async fn group(&self, id: &str) -> Result<Option<Group>, CallError> {
        match self.raw_group(id).await? {
            Some(raw) => self.fill_group(raw).await.map(Some),
            None => Ok(None),
        }
    }

    async fn is_direct_member(&self, group_id: &str, account_id: &str) -> Result<bool, CallError> {
        // From the user's side: the list is short even where a group has a hundred thousand members.
        let held: Option<Vec<Id>> =
            self.all(&["users", account_id, "memberOf"], "id", READ_GROUPS).await?;
        Ok(held.unwrap_or_default().iter().any(|g| g.id == group_id))
    }

    async fn devices(&self, account_id: &str) -> Result<Vec<Device>, CallError> {
        let owned = ["users", account_id, "ownedDevices"];
        let registered = ["users", account_id, "registeredDevices"];
        let (owned, registered) = tokio::try_join!(
            self.all::<RawDevice>(&owned, DEVICE, READ_DEVICES),
            self.all::<RawDevice>(&registered, DEVICE, READ_DEVICES)
        )?;
        let mut devices: Vec<Device> = Vec::new();
        for raw in owned.into_iter().chain(registered).flatten().filter(RawDevice::is_device) {
            if devices.iter().all(|d| d.id != raw.id) {
                devices.push(raw.into_device());
            }
        }
        Ok(devices)
    }

    async fn perform(&self, grant: Grant, secret: Option<&SecretString>) -> Result<(), CallError> {
        match grant.action() {
            Action::ResetPassword(a) => {
                let secret = secret.ok_or_else(|| {
                    CallError::rejected("no temporary password was given", "generate one first")
                })?;
                let body = json!({ "passwordProfile": {
                    "password": secret.expose_secret(),
                    "forceChangePasswordNextSignIn": a.must_change,
                }});
                self.patch_user(&a.account.id, &body, WRITE_PASSWORDS).await
            }
            Action::RequirePasswordChange(a) => {
                let body = json!({ "passwordProfile": { "forceChangePasswordNextSignIn": true } });
                self.patch_user(&a.account.id, &body, WRITE_PASSWORDS).await
            }
            Action::EnableAccount(a) => {
                self.patch_user(&a.account.id, &json!({ "accountEnabled": true }), WRITE_USERS)
                    .await
            }
            Action::DisableAccount(a) => {
                self.patch_user(&a.account.id, &json!({ "accountEnabled": false }), WRITE_USERS)
                    .await
            }
            Action::AddGroupMember(a) => self.add_member(&a.group.id, &a.account.id).await,
            Action::RemoveGroupMember(a) => self.remove_member(&a.group.id, &a.account.id).await,
            other => Err(self.cannot(other)),
        }
    }

    async fn read_back(
        &self,
        action: &Action,
        before: Option<&AccountState>,
        started_at: UnixMs,
        _secret: Option<&SecretString>,
    ) -> Result<ReadBack, CallError> {
        let Some(target) = action.account() else { return Err(self.cannot(action)) };
        let member = match action.group() {
            Some(group) => Some(self.is_direct_member(&group.id, &target.id).await?),
            None => None,
        };
        let now = self.account(&target.id).await?;
        Ok(account_read_back(action, now.as_ref(), before, started_at, member))
    }
}

/// Checks a hit by our own measure: what the server calls equal may be wider.
fn fits(account: &Account, query: &AccountQuery, wanted: &str) -> bool {
    let same = |text: &str| text.to_lowercase() == wanted;
    match query {
        AccountQuery::Address(_) => {
            same(&account.account.login)
                || account.mail.as_deref().is_some_and(same)
                || account.other_mails.iter().any(|m| same(m))
        }
        AccountQuery::Name(_) => {
            let given = account.given_name.as_deref().unwrap_or_default().to_lowercase();
            let family = account.surname.as_deref().unwrap_or_default().to_lowercase();
            same(&account.account.name)
                || odata::splits(wanted)
                    .into_iter()
                    .any(|(a, b)| (a == given && b == family) || (a == family && b == given))
        }
    }
}
