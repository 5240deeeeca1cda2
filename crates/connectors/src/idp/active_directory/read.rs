//! What the directory shows: people, groups, devices.

pub(super) mod shape;

use super::ActiveDirectory;
use super::entry::{Entry, escape, escape_bytes, guid_filter};
use crate::{CallError, Probe};
use domain::{Account, AccountQuery, Device, Group, GroupRef};
use ldap3::Scope;
use shape::{
    account_ref, address_filter, further_addresses, group_ref, has_address, has_name, name_filter,
    protected, protection, same, service_marks, squeeze, state, to_device,
};

/// At most this many accounts or groups come back from a question.
const MAX_ANSWERS: usize = 10;
/// Matches a value anywhere up the chain of nesting.
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";
/// People and managed service accounts; not computers.
const PERSON: &str = "(objectClass=user)(|(objectCategory=person)(objectClass=msDS-GroupManagedServiceAccount)(objectClass=msDS-ManagedServiceAccount))";

const ACCOUNT_ATTRS: &[&str] = &[
    "objectGUID",
    "objectSid",
    "objectClass",
    "userPrincipalName",
    "sAMAccountName",
    "displayName",
    "cn",
    "givenName",
    "sn",
    "title",
    "department",
    "mail",
    "proxyAddresses",
    "otherMailbox",
    "manager",
    "userAccountControl",
    "lockoutTime",
    "msDS-User-Account-Control-Computed",
    "pwdLastSet",
    "primaryGroupID",
    "servicePrincipalName",
    "adminCount",
];
const GROUP_ATTRS: &[&str] = &[
    "objectGUID",
    "objectSid",
    "cn",
    "sAMAccountName",
    "displayName",
    "description",
    "managedBy",
    "adminCount",
];

impl ActiveDirectory {
    /// The entry of one account; `None` when the id names none, or names something else.
    pub(super) async fn account_entry(&self, id: &str) -> Result<Option<Entry>, CallError> {
        let Some(guid) = guid_filter(id) else { return Ok(None) };
        let filter = format!("(&{PERSON}{guid})");
        let found =
            self.session.search(&self.base_dn, Scope::Subtree, &filter, ACCOUNT_ATTRS).await?;
        Ok(found.into_iter().next())
    }

    /// The entry of one group.
    pub(super) async fn group_entry(&self, id: &str) -> Result<Option<Entry>, CallError> {
        let Some(guid) = guid_filter(id) else { return Ok(None) };
        let filter = format!("(&(objectClass=group){guid})");
        let found =
            self.session.search(&self.base_dn, Scope::Subtree, &filter, GROUP_ATTRS).await?;
        Ok(found.into_iter().next())
    }

    pub(super) async fn read_account(&self, id: &str) -> Result<Option<Account>, CallError> {
        match self.account_entry(id).await? {
            Some(entry) => self.to_account(&entry).await.map(Some),
            None => Ok(None),
        }
    }

    pub(super) async fn search_accounts(
        &self,
        query: &AccountQuery,
    ) -> Result<Vec<Account>, CallError> {
        let wanted = match query {
            AccountQuery::Address(text) | AccountQuery::Name(text) => squeeze(text),
        };
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let condition = match query {
            AccountQuery::Address(_) => address_filter(&wanted),
            AccountQuery::Name(_) => name_filter(&wanted),
        };
        let filter = format!("(&{PERSON}{condition})");
        let found =
            self.session.search(&self.people_base, Scope::Subtree, &filter, ACCOUNT_ATTRS).await?;
        let mut accounts = Vec::new();
        // The directory compares without regard to accents; an address or name must match exactly.
        let exact = found.iter().filter(|e| match query {
            AccountQuery::Address(_) => has_address(e, &wanted),
            AccountQuery::Name(_) => has_name(e, &wanted),
        });
        for entry in exact.take(MAX_ANSWERS) {
            accounts.push(self.to_account(entry).await?);
        }
        Ok(accounts)
    }

    pub(super) async fn search_groups(&self, name: &str) -> Result<Vec<Group>, CallError> {
        let name = squeeze(name);
        if name.is_empty() {
            return Ok(Vec::new());
        }
        let v = escape(&name);
        let filter =
            format!("(&(objectClass=group)(|(cn={v})(sAMAccountName={v})(displayName={v})))");
        let found =
            self.session.search(&self.base_dn, Scope::Subtree, &filter, GROUP_ATTRS).await?;
        let exact = found.iter().filter(|e| {
            ["cn", "sAMAccountName", "displayName"].iter().any(|a| same(e.text(a), &name))
        });
        let mut groups = Vec::new();
        for entry in exact.take(MAX_ANSWERS) {
            groups.push(self.to_group(entry).await?);
        }
        Ok(groups)
    }

    pub(super) async fn read_group(&self, id: &str) -> Result<Option<Group>, CallError> {
        match self.group_entry(id).await? {
            Some(entry) => self.to_group(&entry).await.map(Some),
            None => Ok(None),
        }
    }

    pub(super) async fn lists_member(
        &self,
        group_id: &str,
        account_id: &str,
    ) -> Result<bool, CallError> {
        let (Some(group), Some(account)) =
            (guid_filter(group_id), self.account_entry(account_id).await?)
        else {
            return Ok(false);
        };
        let filter = format!("(&(objectClass=group){group}(member={}))", escape(account.dn()));
        let found = self.session.search(&self.base_dn, Scope::Subtree, &filter, &["cn"]).await?;
        Ok(!found.is_empty())
    }

    pub(super) async fn read_devices(&self, account_id: &str) -> Result<Vec<Device>, CallError> {
        let Some(account) = self.account_entry(account_id).await? else { return Ok(Vec::new()) };
        let filter = format!("(&(objectCategory=computer)(managedBy={}))", escape(account.dn()));
        let attrs =
            ["objectGUID", "cn", "operatingSystem", "operatingSystemVersion", "lastLogonTimestamp"];
        let found = self.session.search(&self.base_dn, Scope::Subtree, &filter, &attrs).await?;
        let mut devices: Vec<Device> = found.iter().filter_map(to_device).collect();
        devices.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(devices)
    }

    pub(super) async fn look_around(&self) -> Result<Probe, CallError> {
        let host = self.session.host();
        let root =
            self.session.search("", Scope::Base, "(objectClass=*)", &["dnsHostName"]).await?;
        let server = root.first().and_then(|e| e.owned("dnsHostName"));
        for (key, dn) in [("base_dn", &self.base_dn), ("people_base", &self.people_base)] {
            if self.session.search(dn, Scope::Base, "(objectClass=*)", &["cn"]).await?.is_empty() {
                return Err(CallError::rejected(
                    format!("directory {}: there is no {dn} at {host}", self.name),
                    format!("correct `{key}`"),
                ));
            }
        }
        Ok(Probe {
            detail: format!(
                "Active Directory {} at {}, signed in as {}",
                self.base_dn,
                server.unwrap_or_else(|| host.to_owned()),
                self.session.bind_dn()
            ),
            warnings: self.excess_rights().await?,
        })
    }

    /// Our own account should hold no administrative group.
    async fn excess_rights(&self) -> Result<Vec<String>, CallError> {
        let me = escape(self.session.bind_dn());
        let filter = format!("(&{PERSON}(|(userPrincipalName={me})(distinguishedName={me})))");
        let found =
            self.session.search(&self.base_dn, Scope::Subtree, &filter, ACCOUNT_ATTRS).await?;
        let Some(entry) = found.first() else { return Ok(Vec::new()) };
        let groups = self.groups_of(entry).await?;
        let held: Vec<String> =
            groups.into_iter().filter(|g| g.privileged).map(|g| g.name).collect();
        if held.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![format!(
            "{} is an administrator ({}); give it only the delegated rights it needs, see labs/samba/delegate.sh",
            self.session.bind_dn(),
            held.join(", ")
        )])
    }

    async fn to_account(&self, entry: &Entry) -> Result<Account, CallError> {
        let incomplete = |what: &str| {
            CallError::rejected(
                format!("directory {}: {what} of {} cannot be read", self.name, entry.dn()),
                format!("let {} read it", self.session.bind_dn()),
            )
        };
        let account = account_ref(entry).ok_or_else(|| incomplete("objectGUID"))?;
        let state = state(entry).ok_or_else(|| incomplete("userAccountControl"))?;
        let manager_id = match entry.text("manager") {
            Some(dn) => self.guid_of(dn, "(objectClass=user)").await?,
            None => None,
        };
        let mail = entry.text("mail").map(str::to_lowercase);
        Ok(Account {
            account,
            mail,
            other_mails: further_addresses(entry),
            given_name: entry.owned("givenName"),
            surname: entry.owned("sn"),
            title: entry.owned("title"),
            department: entry.owned("department"),
            manager_id,
            state,
            groups: self.groups_of(entry).await?,
            service_marks: service_marks(entry),
        })
    }

    /// Every group that holds the account, by membership, nesting or as its primary group, and the
    /// directory's own guard of administrators.
    async fn groups_of(&self, entry: &Entry) -> Result<Vec<GroupRef>, CallError> {
        let primary = entry
            .number("primaryGroupID")
            .and_then(|rid| entry.sid()?.sibling(u32::try_from(rid).ok()?))
            .map(|sid| format!("(objectSid={})", escape_bytes(sid.bytes())))
            .unwrap_or_default();
        let mut entries = self.chain(entry.dn(), &primary).await?;
        let primary_dn = match primary.is_empty() {
            true => None,
            false => {
                let filter = format!("(&(objectClass=group){primary})");
                let found =
                    self.session.search(&self.base_dn, Scope::Subtree, &filter, &["cn"]).await?;
                found.first().map(|e| e.dn().to_owned())
            }
        };
        if let Some(dn) = primary_dn {
            entries.extend(self.chain(&dn, "").await?);
        }
        let mut groups: Vec<GroupRef> = entries.iter().filter_map(group_ref).collect();
        groups.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        groups.dedup();
        if protected(entry) {
            groups.push(protection());
        }
        Ok(groups)
    }

    /// Groups above `dn`, nested ones included, or matching `also`.
    async fn chain(&self, dn: &str, also: &str) -> Result<Vec<Entry>, CallError> {
        let filter = format!("(&(objectClass=group)(|(member:{IN_CHAIN}:={}){also}))", escape(dn));
        self.session.search(&self.base_dn, Scope::Subtree, &filter, GROUP_ATTRS).await
    }

    async fn to_group(&self, entry: &Entry) -> Result<Group, CallError> {
        let group = group_ref(entry).ok_or_else(|| {
            CallError::rejected(
                format!("directory {}: objectGUID of {} cannot be read", self.name, entry.dn()),
                format!("let {} read it", self.session.bind_dn()),
            )
        })?;
        let owner = match entry.text("managedBy") {
            Some(dn) => self.guid_of(dn, "(objectCategory=person)").await?,
            None => None,
        };
        let above = self.chain(entry.dn(), "").await?;
        let mut parents: Vec<GroupRef> =
            above.iter().filter_map(group_ref).filter(|g| g.id != group.id).collect();
        parents.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        parents.dedup();
        let privileged = parents.iter().filter(|g| g.privileged);
        let privileged_parents = privileged.map(|g| g.name.clone()).collect();
        Ok(Group {
            group,
            description: entry.owned("description"),
            owner_ids: owner.into_iter().collect(),
            parents,
            privileged_parents,
        })
    }

    async fn guid_of(&self, dn: &str, filter: &str) -> Result<Option<String>, CallError> {
        let found = self.session.search(dn, Scope::Base, filter, &["objectGUID"]).await?;
        Ok(found.first().and_then(Entry::guid))
    }
}
