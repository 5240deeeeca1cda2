//! Canonical bytes of a journal entry, and the commitment to what stands beside it.

use domain::{Canon, Event};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Every public field of an entry. Its canonical bytes are the leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) client: String,
    pub(crate) seq: i64,
    pub(crate) at_ms: i64,
    pub(crate) case_id: String,
    pub(crate) actor: String,
    pub(crate) kind: String,
    pub(crate) digest: Option<Vec<u8>>,
    pub(crate) tier: Option<String>,
    /// `assessor:tier:code` of each finding, comma-separated. None of the three holds a comma or colon.
    pub(crate) findings: String,
    pub(crate) policy_version: Option<String>,
    pub(crate) outcome: Option<String>,
    pub(crate) commitment: Vec<u8>,
}

impl Leaf {
    /// Length-prefixed canonical bytes covering every field.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut canon = Canon::new("journeyman/entry/v1");
        canon
            .text(&self.client)
            .int(self.seq)
            .int(self.at_ms)
            .text(&self.case_id)
            .text(&self.actor)
            .text(&self.kind)
            .option(self.digest.as_deref())
            .option(self.tier.as_deref().map(str::as_bytes))
            .text(&self.findings)
            .option(self.policy_version.as_deref().map(str::as_bytes))
            .option(self.outcome.as_deref().map(str::as_bytes))
            .bytes(&self.commitment);
        canon.finish()
    }
}

/// The findings of an event, as they stand in the leaf.
pub(crate) fn findings(event: &Event) -> String {
    let texts: Vec<String> = event
        .findings()
        .iter()
        .map(|f| format!("{}:{}:{}", f.assessor, f.minimum, f.code))
        .collect();
    texts.join(",")
}

/// Keyed commitment: HMAC-SHA256 with the entry's own random salt. Without the salt nobody can
/// test a guess of the personal data.
pub(crate) fn commitment(salt: &[u8], body: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length, so this cannot fail; an empty commitment never verifies.
    match Hmac::<Sha256>::new_from_slice(salt) {
        Ok(mut mac) => {
            mac.update(body);
            mac.finalize().into_bytes().to_vec()
        }
        Err(_) => Vec::new(),
    }
}
