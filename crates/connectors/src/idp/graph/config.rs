//! What an MSP writes down to connect one Microsoft Entra tenant.

use crate::{CallError, SecretSource, http};
use reqwest::Url;
use serde::Deserialize;
use std::path::PathBuf;

/// How to reach one Microsoft Entra tenant: an app registration with a client secret and
/// application permissions that an administrator consented to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphConfig {
    /// Address of Microsoft Graph; differs in national clouds.
    #[serde(default = "defaults::base_url")]
    pub base_url: String,
    /// Address of the sign-in service; differs in national clouds.
    #[serde(default = "defaults::login_url")]
    pub login_url: String,
    /// Tenant id or one of its verified domains.
    pub tenant: String,
    /// Application (client) id of the app registration.
    pub client_id: String,
    /// Where the client secret's value is kept.
    pub client_secret: SecretSource,
    /// PEM file of the only certificates to trust, in place of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Milliseconds that one call may take.
    #[serde(default = "defaults::timeout_ms")]
    pub timeout_ms: u64,
}

mod defaults {
    pub(super) fn base_url() -> String {
        "https://graph.microsoft.com/v1.0".into()
    }
    pub(super) fn login_url() -> String {
        "https://login.microsoftonline.com".into()
    }
    pub(super) fn timeout_ms() -> u64 {
        20_000
    }
}

/// The addresses of a configuration that makes sense.
pub(super) struct Addresses {
    /// Microsoft Graph.
    pub(super) base: Url,
    /// The token endpoint of the tenant.
    pub(super) token: Url,
    /// What the token is asked for.
    pub(super) scope: String,
}

impl GraphConfig {
    pub(super) fn check(&self) -> Result<Addresses, CallError> {
        let base = http::base_url("base_url", &self.base_url)?;
        let login = http::base_url("login_url", &self.login_url)?;
        let word = |field: &str, text: &str, what: &str| {
            let ok = !text.is_empty()
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
            if ok {
                return Ok(());
            }
            Err(CallError::rejected(
                format!("`{field}` is {text:?}"),
                format!("give the {what}, as the app registration's overview page shows it"),
            ))
        };
        word("tenant", &self.tenant, "directory (tenant) id or a verified domain")?;
        word("client_id", &self.client_id, "application (client) id")?;
        if self.timeout_ms == 0 {
            return Err(CallError::rejected(
                "`timeout_ms` is 0",
                "give milliseconds, such as 20000",
            ));
        }
        let token = http::join(&login, &[&self.tenant, "oauth2", "v2.0", "token"])?;
        let scope = format!("{}/.default", base.origin().ascii_serialization());
        Ok(Addresses { base, token, scope })
    }
}
