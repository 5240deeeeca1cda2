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

/// The same, of values that stand elsewhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    pub(crate) client: &'a str,
    pub(crate) seq: i64,
    pub(crate) at_ms: i64,
    pub(crate) case_id: &'a str,
    pub(crate) actor: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) digest: Option<&'a [u8]>,
    pub(crate) tier: Option<&'a str>,
    pub(crate) findings: &'a str,
    pub(crate) policy_version: Option<&'a str>,
    pub(crate) outcome: Option<&'a str>,
    pub(crate) commitment: &'a [u8],
}

impl Leaf {
    fn fields(&self) -> Fields<'_> {
        Fields {
            client: &self.client,
            seq: self.seq,
            at_ms: self.at_ms,
            case_id: &self.case_id,
            actor: &self.actor,
            kind: &self.kind,
            digest: self.digest.as_deref(),
            tier: self.tier.as_deref(),
            findings: &self.findings,
            policy_version: self.policy_version.as_deref(),
            outcome: self.outcome.as_deref(),
            commitment: &self.commitment,
        }
    }

    /// Length-prefixed canonical bytes covering every field.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.fields().bytes(Vec::new())
    }
}

impl Fields<'_> {
    /// The canonical bytes, in memory that is there already.
    pub(crate) fn bytes(&self, room: Vec<u8>) -> Vec<u8> {
        let mut canon = Canon::within(room, "journeyman/entry/v1");
        canon
            .text(self.client)
            .int(self.seq)
            .int(self.at_ms)
            .text(self.case_id)
            .text(self.actor)
            .text(self.kind)
            .option(self.digest)
            .option(self.tier.map(str::as_bytes))
            .text(self.findings)
            .option(self.policy_version.map(str::as_bytes))
            .option(self.outcome.map(str::as_bytes))
            .bytes(self.commitment);
        canon.into_bytes()
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
    keyed(salt, body).map_or_else(Vec::new, Vec::from)
}

/// Whether the commitment is to this body under this salt.
pub(crate) fn commits(salt: &[u8], body: &[u8], commitment: &[u8]) -> bool {
    keyed(salt, body).is_some_and(|is| is == commitment)
}

fn keyed(salt: &[u8], body: &[u8]) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(salt).ok()?;
    mac.update(body);
    Some(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn leaf_bytes_are_the_canonical_ones(
            texts in prop::array::uniform5(".*"),
            numbers in any::<(i64, i64)>(),
            digest in prop::option::of(prop::collection::vec(any::<u8>(), 0..40)),
            maybe in prop::array::uniform3(prop::option::of(".*")),
            commitment in prop::collection::vec(any::<u8>(), 0..700),
        ) {
            let [client, case_id, actor, kind, findings] = texts;
            let [tier, policy_version, outcome] = maybe;
            let (seq, at_ms) = numbers;
            let leaf = Leaf {
                client, seq, at_ms, case_id, actor, kind, digest, tier, findings, policy_version,
                outcome, commitment,
            };
            let bytes = |text: &Option<String>| text.clone().map(String::into_bytes);
            let canon = Canon::new("journeyman/entry/v1")
                .text(&leaf.client)
                .int(seq)
                .int(at_ms)
                .text(&leaf.case_id)
                .text(&leaf.actor)
                .text(&leaf.kind)
                .option(leaf.digest.as_deref())
                .option(bytes(&leaf.tier).as_deref())
                .text(&leaf.findings)
                .option(bytes(&leaf.policy_version).as_deref())
                .option(bytes(&leaf.outcome).as_deref())
                .bytes(&leaf.commitment)
                .finish();
            prop_assert_eq!(leaf.bytes(), canon);
        }
    }
}
