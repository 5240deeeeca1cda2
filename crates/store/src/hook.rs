//! Tokens in the addresses that PSAs call back at.
//!
//! A call back carries nothing that is believed; its token only keeps strangers from waking intake.
//! It is derived from the vault key, so that it needs no storage and stays the same over restarts.

use crate::Store;

impl Store {
    /// The token of this PSA's call-back address: 128 bits, hexadecimal.
    pub fn hook_token(&self, psa: &str) -> String {
        // HMAC takes keys of any length, so this cannot fail.
        let mac = self.keys.derive("journeyman/hook/v1:", psa.as_bytes()).ok();
        mac.as_ref().and_then(|m| m.get(..16)).map(hex::encode).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::{Store, StoreOptions};

    #[tokio::test]
    async fn each_psa_and_each_installation_has_its_own_token() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let open = async |dir: &tempfile::TempDir| {
            Store::open(&StoreOptions::new(dir.path(), "test.example")).await.unwrap()
        };
        let (a, b) = (open(&one).await, open(&other).await);
        assert_eq!(a.hook_token("rt").len(), 32);
        assert_ne!(a.hook_token("rt"), a.hook_token("cw"));
        assert_ne!(a.hook_token("rt"), b.hook_token("rt"));
        let before = a.hook_token("rt");
        a.close().await;
        assert_eq!(open(&one).await.hook_token("rt"), before, "a restart changes no address");
    }
}
