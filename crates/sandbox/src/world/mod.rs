//! The three client companies and their directories: the one truth behind every stand-in.
//!
//! INVARIANT: the world is a function of the seed, apart from the moment that ages are counted
//! from. Every change after the start goes through [`WorldHandle`], which records it as an effect.

mod build;
mod equipment;
mod handle;
mod names;
mod text;

pub(crate) use build::{LEAVER, guid, pick};
pub use handle::{MemberError, WorldHandle, WriteKind};

use crate::Secret;
use domain::{ClientId, UnixMs};

/// Which vendor's directory a company uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectoryKind {
    /// Microsoft Entra, through Microsoft Graph.
    Graph,
    /// Active Directory, through LDAP.
    ActiveDirectory,
}

/// Every company, as it stands.
#[derive(Clone, Debug)]
pub struct World {
    /// The companies, in a fixed order.
    pub companies: Vec<Company>,
}

/// One client company.
#[derive(Clone, Debug)]
pub struct Company {
    /// The MSP's id of the client.
    pub id: ClientId,
    /// Name as people write it.
    pub name: String,
    /// Mail and login domain.
    pub domain: String,
    /// Which directory.
    pub kind: DirectoryKind,
    /// Tenant id; for Active Directory the domain's GUID.
    pub tenant: String,
    /// People, service and emergency accounts.
    pub people: Vec<Person>,
    /// Groups and directory roles.
    pub groups: Vec<Group>,
    /// Computers and phones.
    pub devices: Vec<Device>,
    /// Licences.
    pub licences: Vec<Licence>,
}

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonKind {
    /// A human being.
    Human,
    /// Runs a program.
    Service,
    /// Kept for emergencies.
    BreakGlass,
}

/// One account.
#[derive(Clone, Debug)]
pub struct Person {
    /// Immutable id (object id, or `objectGUID`).
    pub id: String,
    /// What it is for.
    pub kind: PersonKind,
    /// User principal name, lower case.
    pub login: String,
    /// Short logon name of Active Directory (`sAMAccountName`), at most 20 characters.
    pub short_name: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub surname: String,
    /// Display name.
    pub display_name: String,
    /// Primary mail address; empty for accounts without a mailbox.
    pub mail: String,
    /// Private addresses on file.
    pub other_mails: Vec<String>,
    /// Job title.
    pub title: String,
    /// Department.
    pub department: String,
    /// The manager's id.
    pub manager: Option<String>,
    /// Mobile number.
    pub phone: String,
    /// Sign-in allowed.
    pub enabled: bool,
    /// Locked after wrong passwords. Only Active Directory shows and clears it.
    pub locked_at: Option<UnixMs>,
    /// A new password must be chosen at the next sign-in.
    pub must_change: bool,
    /// When the password was last set.
    pub password_set_at: UnixMs,
    /// The password itself, so that a stand-in can let its owner sign in.
    pub password: Secret,
    /// Service principal names; service accounts only.
    pub service_names: Vec<String>,
    /// When the account was made.
    pub created_at: UnixMs,
}

impl Person {
    /// Locked now.
    pub fn locked(&self) -> bool {
        self.locked_at.is_some()
    }

    /// Whether `address` is on file for this account, without regard to case.
    pub fn has_address(&self, address: &str) -> bool {
        self.login.eq_ignore_ascii_case(address)
            || (!self.mail.is_empty() && self.mail.eq_ignore_ascii_case(address))
            || self.other_mails.iter().any(|m| m.eq_ignore_ascii_case(address))
    }
}

/// What a group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    /// A security group.
    Security,
    /// A group with a mailbox (Microsoft 365 group, distribution list).
    Mail,
    /// A directory role of Microsoft Entra.
    Role,
}

/// One group or directory role.
#[derive(Clone, Debug)]
pub struct Group {
    /// Immutable id.
    pub id: String,
    /// What it is.
    pub kind: GroupKind,
    /// Name.
    pub name: String,
    /// Description on file.
    pub description: String,
    /// Ids of accounts and of groups that are members.
    pub members: Vec<String>,
    /// Ids of the accounts that own it. Active Directory shows the first as `managedBy`.
    pub owners: Vec<String>,
    /// The last part of a well-known SID, such as 512 for Domain Admins.
    pub rid: Option<u32>,
    /// May hold directory roles (Microsoft Entra).
    pub role_assignable: bool,
    /// Money, personal data, management or remote access. Ground truth; no vendor API shows it.
    pub sensitive: bool,
    /// Gives administrative rights, by itself or through nesting. Ground truth.
    pub privileged: bool,
}

/// One computer or phone.
#[derive(Clone, Debug)]
pub struct Device {
    /// Immutable id.
    pub id: String,
    /// Host name.
    pub name: String,
    /// Operating system.
    pub os: String,
    /// Its version.
    pub os_version: String,
    /// Maker.
    pub maker: String,
    /// Model.
    pub model: String,
    /// The account that owns it.
    pub owner: String,
    /// Last contact.
    pub last_seen: UnixMs,
}

/// One product that seats were bought of.
#[derive(Clone, Debug)]
pub struct Licence {
    /// Vendor's id of the product.
    pub sku_id: String,
    /// Vendor's short name.
    pub part_number: String,
    /// Seats bought.
    pub total: u32,
    /// Seats in use.
    pub used: u32,
}

impl World {
    /// The company with this id.
    pub fn company(&self, id: &str) -> Option<&Company> {
        self.companies.iter().find(|c| c.id.as_str() == id)
    }

    /// Clients, people, groups, devices and licences, readable in a terminal.
    pub fn text(&self) -> String {
        text::world_text(self)
    }

    pub(crate) fn company_mut(&mut self, id: &str) -> Option<&mut Company> {
        self.companies.iter_mut().find(|c| c.id.as_str() == id)
    }

    /// The company with this tenant id.
    pub fn tenant(&self, tenant: &str) -> Option<&Company> {
        self.companies.iter().find(|c| c.tenant.eq_ignore_ascii_case(tenant))
    }
}

impl Company {
    /// An account by immutable id.
    pub fn person(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.id.eq_ignore_ascii_case(id))
    }

    /// An account by login.
    pub fn by_login(&self, login: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.login.eq_ignore_ascii_case(login))
    }

    /// An account by any address on file.
    pub fn by_address(&self, address: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.has_address(address))
    }

    pub(crate) fn person_mut(&mut self, id: &str) -> Option<&mut Person> {
        self.people.iter_mut().find(|p| p.id.eq_ignore_ascii_case(id))
    }

    /// A group or role by immutable id.
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.groups.iter().find(|g| g.id.eq_ignore_ascii_case(id))
    }

    /// A group or role by name.
    pub fn group_named(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|g| g.name.eq_ignore_ascii_case(name))
    }

    pub(crate) fn group_mut(&mut self, id: &str) -> Option<&mut Group> {
        self.groups.iter_mut().find(|g| g.id.eq_ignore_ascii_case(id))
    }

    /// Groups and roles that list this account or group themselves.
    pub fn direct_parents(&self, id: &str) -> Vec<&Group> {
        self.groups.iter().filter(|g| g.members.iter().any(|m| m == id)).collect()
    }

    /// Groups and roles that hold this account or group, nested ones included, each once.
    pub fn all_parents(&self, id: &str) -> Vec<&Group> {
        let mut found: Vec<&Group> = self.direct_parents(id);
        let mut next = 0;
        while let Some(group) = found.get(next).copied() {
            for parent in self.direct_parents(&group.id) {
                if !found.iter().any(|g| g.id == parent.id) {
                    found.push(parent);
                }
            }
            next += 1;
        }
        found
    }

    /// Devices of one account.
    pub fn devices_of(&self, id: &str) -> Vec<&Device> {
        self.devices.iter().filter(|d| d.owner == id).collect()
    }

    /// Whether the account has administrative rights, directly or by nesting.
    pub fn is_privileged(&self, id: &str) -> bool {
        self.all_parents(id).iter().any(|g| g.privileged)
    }
}
