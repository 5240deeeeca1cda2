//! Microsoft Graph's own words, and what they mean in ours. These types never leave this folder.

use crate::http::utc;
use domain::{Account, AccountRef, AccountState, Device, Group, GroupRef, Lock};
use serde::Deserialize;

/// What is read of a user, apart from the password profile.
pub(super) const USER: &str = "id,userPrincipalName,displayName,givenName,surname,mail,otherMails,jobTitle,department,accountEnabled,lastPasswordChangeDateTime";

/// What is read of what holds a user or a group.
pub(super) const HOLDER: &str = "id,displayName,isAssignableToRole";

/// What is read of a group.
pub(super) const GROUP: &str = "id,displayName,description,isAssignableToRole";

/// What is read of a device.
pub(super) const DEVICE: &str =
    "id,displayName,operatingSystem,operatingSystemVersion,model,approximateLastSignInDateTime";

#[derive(Deserialize)]
pub(super) struct Id {
    pub(super) id: String,
}

#[derive(Deserialize)]
pub(super) struct Named {
    #[serde(rename = "displayName")]
    pub(super) name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    id: String,
    user_principal_name: String,
    display_name: Option<String>,
    given_name: Option<String>,
    surname: Option<String>,
    mail: Option<String>,
    #[serde(default)]
    other_mails: Option<Vec<String>>,
    job_title: Option<String>,
    department: Option<String>,
    account_enabled: Option<bool>,
    last_password_change_date_time: Option<String>,
    password_profile: Option<PasswordProfile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PasswordProfile {
    force_change_password_next_sign_in: Option<bool>,
}

impl User {
    pub(super) fn into_account(self, manager_id: Option<String>, groups: Vec<GroupRef>) -> Account {
        let lower = |text: String| text.to_lowercase();
        let filled = |text: &String| !text.is_empty();
        let mail = self.mail.filter(filled).map(lower);
        let mut other_mails: Vec<String> =
            self.other_mails.unwrap_or_default().into_iter().filter(filled).map(lower).collect();
        other_mails.retain(|m| Some(m) != mail.as_ref());
        Account {
            account: AccountRef {
                id: self.id,
                name: self.display_name.unwrap_or_else(|| self.user_principal_name.clone()),
                login: self.user_principal_name,
            },
            mail,
            other_mails,
            given_name: self.given_name.filter(filled),
            surname: self.surname.filter(filled),
            title: self.job_title.filter(filled),
            department: self.department.filter(filled),
            manager_id,
            state: AccountState {
                // Not shown counts as blocked: nobody is verified by such an account.
                enabled: self.account_enabled.unwrap_or(false),
                lock: Lock::NotShown,
                must_change: self
                    .password_profile
                    .and_then(|p| p.force_change_password_next_sign_in),
                password_set_at: self.last_password_change_date_time.as_deref().and_then(utc),
            },
            groups,
            service_marks: Vec::new(),
        }
    }
}

/// A group, role or administrative unit that holds something.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Holder {
    #[serde(rename = "@odata.type")]
    kind: Option<String>,
    id: String,
    display_name: Option<String>,
    is_assignable_to_role: Option<bool>,
}

impl Holder {
    /// `None` for what gives no access, such as an administrative unit.
    pub(super) fn into_group(self) -> Option<GroupRef> {
        let kind = self.kind.as_deref().unwrap_or_default();
        if kind.ends_with(".administrativeUnit") {
            return None;
        }
        // Graph sends an entry without its name when the app may not read it. What cannot be
        // looked at counts as administrative.
        let readable = self.display_name.is_some();
        let privileged = kind.ends_with(".directoryRole")
            || self.is_assignable_to_role == Some(true)
            || !readable;
        let name = self
            .display_name
            .unwrap_or_else(|| format!("a group or role that this app may not read ({})", self.id));
        Some(GroupRef { id: self.id, name, privileged })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawGroup {
    pub(super) id: String,
    display_name: Option<String>,
    description: Option<String>,
    is_assignable_to_role: Option<bool>,
}

impl RawGroup {
    pub(super) fn into_group(self, owner_ids: Vec<String>, holders: Vec<GroupRef>) -> Group {
        Group {
            group: GroupRef {
                name: self.display_name.unwrap_or_else(|| self.id.clone()),
                id: self.id,
                privileged: self.is_assignable_to_role == Some(true),
            },
            description: self.description.filter(|d| !d.is_empty()),
            owner_ids,
            privileged_parents: holders
                .iter()
                .filter(|h| h.privileged)
                .map(|h| h.name.clone())
                .collect(),
            parents: holders,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawDevice {
    #[serde(rename = "@odata.type")]
    kind: Option<String>,
    pub(super) id: String,
    display_name: Option<String>,
    operating_system: Option<String>,
    operating_system_version: Option<String>,
    model: Option<String>,
    approximate_last_sign_in_date_time: Option<String>,
}

impl RawDevice {
    pub(super) fn is_device(&self) -> bool {
        self.kind.as_deref().is_none_or(|k| k.ends_with(".device"))
    }

    pub(super) fn into_device(self) -> Device {
        let os = [self.operating_system, self.operating_system_version];
        Device {
            name: self.display_name.unwrap_or_else(|| self.id.clone()),
            id: self.id,
            os: os.into_iter().flatten().collect::<Vec<_>>().join(" "),
            model: self.model.filter(|m| !m.is_empty()),
            last_seen: self.approximate_last_sign_in_date_time.as_deref().and_then(utc),
        }
    }
}
