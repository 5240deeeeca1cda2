//! The application permissions that Microsoft Graph asks for, least first.

use base64::Engine as _;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

pub(super) const READ_USERS: &str = "User.Read.All";
pub(super) const READ_GROUPS: &str = "GroupMember.Read.All";
pub(super) const READ_ROLES: &str = "RoleManagement.Read.Directory and GroupMember.Read.All";
pub(super) const READ_DEVICES: &str = "Device.Read.All";
pub(super) const WRITE_USERS: &str = "User.ReadWrite.All or User.EnableDisableAccount.All";
pub(super) const WRITE_PASSWORDS: &str = "User-PasswordProfile.ReadWrite.All or User.ReadWrite.All";
pub(super) const WRITE_MEMBERS: &str = "GroupMember.ReadWrite.All";
pub(super) const READ_ORGANISATION: &str = "Organization.Read.All";

/// Permissions that our writes need and the token does not carry. An app-only token lists them;
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
    let wanted: [(&str, &[&str]); 4] = [
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
