//! What an MSP allows, as data.

use domain::{ActionKind, Autonomy, ClientId, Verification};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The rules by which requests are judged. No policy at all means Critical for every request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Named in every verdict.
    pub version: String,
    /// Above this many targets within `window_ms`: one tier up.
    #[serde(default = "defaults::bulk")]
    pub bulk_threshold: u32,
    /// From this many targets within `window_ms`: Critical.
    #[serde(default = "defaults::critical")]
    pub critical_threshold: u32,
    /// Sliding window over which targets are counted, in milliseconds.
    #[serde(default = "defaults::window_ms")]
    pub window_ms: i64,
    /// A fact older than this counts as missing, in milliseconds.
    #[serde(default = "defaults::fact_age_ms")]
    pub max_fact_age_ms: i64,
    /// A question to a person expires after this, in milliseconds.
    #[serde(default = "defaults::ttl_ms")]
    pub approval_ttl_ms: i64,
    /// After an expired or denied question the same digest may not be asked again for this long,
    /// in milliseconds.
    #[serde(default = "defaults::cool_down_ms")]
    pub cool_down_ms: i64,
    /// Autonomy where neither client nor action says otherwise.
    #[serde(default = "defaults::autonomy")]
    pub default_autonomy: Autonomy,
    /// Autonomy per client and kind of action; `*` as client means every client.
    #[serde(default)]
    pub autonomy: BTreeMap<String, BTreeMap<ActionKind, Autonomy>>,
    /// How surely the requester must be known before the kind of action runs without a person.
    /// Unlisted kinds need the address on file.
    #[serde(default)]
    pub identity: BTreeMap<ActionKind, Verification>,
}

mod defaults {
    use domain::Autonomy;
    pub(super) fn bulk() -> u32 {
        5
    }
    pub(super) fn critical() -> u32 {
        100
    }
    pub(super) fn window_ms() -> i64 {
        3_600_000
    }
    pub(super) fn fact_age_ms() -> i64 {
        300_000
    }
    pub(super) fn ttl_ms() -> i64 {
        4 * 3_600_000
    }
    pub(super) fn cool_down_ms() -> i64 {
        24 * 3_600_000
    }
    pub(super) fn autonomy() -> Autonomy {
        Autonomy::AlwaysAsk
    }
}

/// Why a policy cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError(String);

impl std::fmt::Display for PolicyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PolicyError {}

impl Policy {
    /// A policy with the default thresholds, under which every write is asked about.
    pub fn cautious(version: impl Into<String>) -> Policy {
        Policy {
            version: version.into(),
            bulk_threshold: defaults::bulk(),
            critical_threshold: defaults::critical(),
            window_ms: defaults::window_ms(),
            max_fact_age_ms: defaults::fact_age_ms(),
            approval_ttl_ms: defaults::ttl_ms(),
            cool_down_ms: defaults::cool_down_ms(),
            default_autonomy: defaults::autonomy(),
            autonomy: BTreeMap::new(),
            identity: BTreeMap::new(),
        }
    }

    /// Refuses values that would make the policy meaningless.
    pub fn check(&self) -> Result<(), PolicyError> {
        let fail = |text: String| Err(PolicyError(text));
        if self.version.trim().is_empty() {
            return fail(
                "policy: `version` is empty; give it a name such as \"2026-11-21\"".into(),
            );
        }
        if self.bulk_threshold == 0 || self.critical_threshold <= self.bulk_threshold {
            return fail(format!(
                "policy: `critical_threshold` ({}) must be above `bulk_threshold` ({}), and both above 0",
                self.critical_threshold, self.bulk_threshold
            ));
        }
        for (name, value) in [
            ("window_ms", self.window_ms),
            ("max_fact_age_ms", self.max_fact_age_ms),
            ("approval_ttl_ms", self.approval_ttl_ms),
        ] {
            if value <= 0 {
                return fail(format!("policy: `{name}` is {value}; it must be above 0"));
            }
        }
        if self.cool_down_ms < 0 {
            return fail("policy: `cool_down_ms` is below 0".into());
        }
        for client in self.autonomy.keys().filter(|c| *c != "*") {
            if let Err(e) = ClientId::new(client.clone()) {
                return fail(format!("policy: `autonomy` names a client that cannot be: {e}"));
            }
        }
        Ok(())
    }

    /// What the MSP allows for this client and kind: the client's own word, else that for every
    /// client, else the default.
    pub fn autonomy(&self, client: &ClientId, kind: ActionKind) -> Autonomy {
        let of = |key: &str| self.autonomy.get(key).and_then(|m| m.get(&kind)).copied();
        of(client.as_str()).or_else(|| of("*")).unwrap_or(self.default_autonomy)
    }

    /// How surely the requester must be known for this kind.
    pub fn identity(&self, kind: ActionKind) -> Verification {
        // INVARIANT: nothing in a policy makes an unverified requester count as verified.
        self.identity
            .get(&kind)
            .copied()
            .unwrap_or(Verification::AddressOnFile)
            .max(Verification::AddressOnFile)
    }
}
