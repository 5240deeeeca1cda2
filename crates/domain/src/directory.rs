//! What a client's directory says: accounts, groups, devices.

use crate::UnixMs;
use serde::{Deserialize, Serialize};

/// Points at exactly one account. The id is the directory's own immutable one (objectGUID in
/// Active Directory, `id` in Microsoft Graph); login and name are what people read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AccountRef {
    /// Immutable id in the client's directory.
    pub id: String,
    /// User principal name.
    pub login: String,
    /// Display name.
    pub name: String,
}

/// Points at exactly one group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupRef {
    /// Immutable id in the client's directory.
    pub id: String,
    /// Display name.
    pub name: String,
    /// The directory itself marks it as administrative, by well-known SID or as a directory role,
    /// whatever its name.
    pub privileged: bool,
}

/// Whether sign-in is locked after wrong passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lock {
    /// Locked now.
    Locked,
    /// Not locked.
    Unlocked,
    /// This directory does not show it (Microsoft Entra smart lockout).
    NotShown,
}

/// The part of an account that our actions change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountState {
    /// Sign-in allowed.
    pub enabled: bool,
    /// Lockout.
    pub lock: Lock,
    /// A new password must be chosen at the next sign-in, where the directory shows it.
    pub must_change: Option<bool>,
    /// When the password was last set, where the directory shows it.
    pub password_set_at: Option<UnixMs>,
}

/// One account as the directory shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Which account.
    pub account: AccountRef,
    /// Primary mail address on file, lower case.
    pub mail: Option<String>,
    /// Further addresses on file, lower case: private ones first (Active Directory's `otherMailbox`,
    /// Graph's `otherMails`), then aliases of the primary mailbox, each in the directory's own order.
    /// A one-time code goes to the first, because whoever is locked out cannot read the others.
    pub other_mails: Vec<String>,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub surname: Option<String>,
    /// Job title.
    pub title: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// The manager's account id.
    pub manager_id: Option<String>,
    /// What our actions change.
    pub state: AccountState,
    /// Every group and role that holds it, nested ones included.
    pub groups: Vec<GroupRef>,
    /// Marks of a service account that the directory shows (a service principal name, a
    /// service-account object class or folder); empty for people.
    pub service_marks: Vec<String>,
}

/// One group as the directory shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Which group.
    pub group: GroupRef,
    /// Description on file.
    pub description: Option<String>,
    /// Account ids of its owners.
    pub owner_ids: Vec<String>,
    /// Every group and role that this group is a member of, nested ones included.
    #[serde(default)]
    pub parents: Vec<GroupRef>,
    /// Names of those of them that the directory itself marks as administrative.
    pub privileged_parents: Vec<String>,
}

/// One device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Immutable id.
    pub id: String,
    /// Host name.
    pub name: String,
    /// Operating system and version, as text.
    pub os: String,
    /// Hardware model, where known.
    pub model: Option<String>,
    /// Last contact.
    pub last_seen: Option<UnixMs>,
}

/// Points at exactly one device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceRef {
    /// Immutable id in the system that manages it.
    pub id: String,
    /// Host name.
    pub name: String,
}

/// Points at exactly one mailbox.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailboxRef {
    /// Immutable id in the client's tenant.
    pub id: String,
    /// Primary address.
    pub address: String,
}

/// A right to somebody else's mailbox, as Exchange names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailboxRight {
    /// Read and manage everything in it.
    FullAccess,
    /// Send mail that seems to come from it.
    SendAs,
    /// Send mail on behalf of it.
    SendOnBehalf,
}

impl MailboxRight {
    /// The snake-case name.
    pub fn name(self) -> &'static str {
        match self {
            MailboxRight::FullAccess => "full_access",
            MailboxRight::SendAs => "send_as",
            MailboxRight::SendOnBehalf => "send_on_behalf",
        }
    }

    /// Plain words, as in "give her …".
    pub fn words(self) -> &'static str {
        match self {
            MailboxRight::FullAccess => "full access",
            MailboxRight::SendAs => "the right to send as it",
            MailboxRight::SendOnBehalf => "the right to send on its behalf",
        }
    }
}

/// Points at one product that is sold by the seat.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenceRef {
    /// The vendor's id of the product.
    pub sku: String,
    /// Its name for people.
    pub name: String,
}

/// Points at one script and one exact content of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptRef {
    /// Its id in the library.
    pub id: String,
    /// SHA-256 of its content, 64 hexadecimal digits.
    pub sha256: String,
}

/// How an account is looked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountQuery {
    /// Exactly this address, as primary or further address on file, or as login.
    Address(String),
    /// This display name, or given name and family name in either order, without regard to case.
    Name(String),
}
