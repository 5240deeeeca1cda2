//! The application permissions that Microsoft Graph asks for, least first.

use base64::Engine as _;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// Every application permission that Journeyman asks a tenant for. Setup texts name these and no
/// others.
pub const PERMISSIONS: [&str; 7] = [
    "User.Read.All",
    "User-PasswordProfile.ReadWrite.All",
    "User.EnableDisableAccount.All",
    "GroupMember.ReadWrite.All",
    "RoleManagement.Read.Directory",
    "Device.Read.All",
    "Organization.Read.All",
];

pub(super) const READ_USERS: &str = "User.Read.All";
pub(super) const READ_GROUPS: &str = "GroupMember.Read.All";
pub(super) const READ_ROLES: &str = "RoleManagement.Read.Directory and GroupMember.Read.All";
pub(super) const READ_DEVICES: &str = "Device.Read.All";
pub(super) const WRITE_USERS: &str = "User.ReadWrite.All or User.EnableDisableAccount.All";
pub(super) const WRITE_PASSWORDS: &str = "User-PasswordProfile.ReadWrite.All or User.ReadWrite.All";
pub(super) const WRITE_MEMBERS: &str = "GroupMember.ReadWrite.All";
pub(super) const READ_ORGANISATION: &str = "Organization.Read.All";

/// Permissions that our work needs and the token does not carry. An app-only token lists them;
/// where it cannot be read as such, nothing is said.
pub(super) fn missing(token: &SecretString) -> Vec<String> {
    #[derive(Deserialize)]
    struct Claims {
        roles: Vec<String>,
    }
    let claims = token.expose_secret().split('.').nth(1).and_then(|part| {
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice::<Claims>(&bytes).ok()
    });
    let Some(Claims { roles }) = claims else { return Vec::new() };
    let wanted: [(&str, &[&str]); 5] = [
        (
            "password resets",
            &[
                "User-PasswordProfile.ReadWrite.All",
                "User.ReadWrite.All",
                "Directory.ReadWrite.All",
            ],
        ),
        ("blocking and allowing sign-in", &["User.EnableDisableAccount.All", "User.ReadWrite.All"]),
        (
            "group changes",
            &["GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"],
        ),
        (
            "reading who holds an administrative role",
            &[
                "RoleManagement.Read.Directory",
                "RoleManagement.ReadWrite.Directory",
                "Directory.Read.All",
                "Directory.ReadWrite.All",
            ],
        ),
        (
            "device lists",
            &[
                "Device.Read.All",
                "Device.ReadWrite.All",
                "Directory.Read.All",
                "Directory.ReadWrite.All",
            ],
        ),
    ];
    let missing =
        wanted.into_iter().filter(|(_, any)| !any.iter().any(|p| roles.iter().any(|r| r == p)));
    missing
        .map(|(what, any)| {
            let first = any.first().copied().unwrap_or_default();
            format!(
                "{what} will be refused: grant the application permission {first} and consent to it"
            )
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_we_ask_for_is_enough_and_the_setup_text_names_exactly_that() {
        let claims = serde_json::json!({ "roles": PERMISSIONS }).to_string();
        let middle = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims);
        assert!(missing(&SecretString::from(format!("h.{middle}.s"))).is_empty());
        let needed = [READ_USERS, READ_DEVICES, WRITE_MEMBERS, READ_ORGANISATION];
        assert!(needed.iter().all(|p| PERMISSIONS.contains(p)));
        for any in [READ_ROLES, WRITE_USERS, WRITE_PASSWORDS] {
            assert!(PERMISSIONS.iter().any(|p| any.contains(p)), "{any}");
        }
        let text = include_str!("../../../../../docs/connect-microsoft-365.md");
        let mut named: Vec<&str> = text
            .split('`')
            .filter(|w| w.contains('.') && (w.ends_with(".All") || w.ends_with(".Directory")))
            .collect();
        let mut asked = PERMISSIONS.to_vec();
        named.sort_unstable();
        asked.sort_unstable();
        assert_eq!(named, asked);
    }
}
