//! What an MSP allows, as the document that people write.

use crate::{
    calendar::{BusinessHours, ChangeFreeze, MaintenanceWindow},
    rules::CustomRule,
};
use domain::{
    ActionKind, Autonomy, BreakerMode, ClientId, DataMark, EscalationStep, Tier, UnixMs,
    Verification,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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
    /// A second-channel proof older than this counts as the address on file, in milliseconds.
    #[serde(default = "defaults::verification_ms")]
    pub max_verification_age_ms: i64,
    /// A question to a person expires after this, in milliseconds.
    #[serde(default = "defaults::ttl_ms")]
    pub approval_ttl_ms: i64,
    /// After an expired or denied question the same digest may not be asked again for this long,
    /// in milliseconds.
    #[serde(default = "defaults::cool_down_ms")]
    pub cool_down_ms: i64,
    /// How long a change can be taken back with one click, in milliseconds.
    #[serde(default = "defaults::undo_ms")]
    pub undo_period_ms: i64,
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
    /// A brain that says it is less sure than this, of a hundred, has a person asked.
    #[serde(default = "defaults::confidence")]
    pub min_confidence: u8,
    /// More than this per month, in the smallest unit of the currency, has a person asked.
    #[serde(default)]
    pub cost_limit_minor: i64,
    /// Above this rate of failures across clients (its lower confidence bound), of a hundred, the
    /// same change is one tier up.
    #[serde(default = "defaults::fleet")]
    pub fleet_failure_percent: u8,
    /// Window of the fleet's failure rate, in milliseconds.
    #[serde(default = "defaults::day_ms")]
    pub fleet_window_ms: i64,
    /// From this many requests of exactly the same digest within `window_ms` a brain is taken to run
    /// in a circle.
    #[serde(default = "defaults::repeats")]
    pub max_repeats: u32,
    /// IANA time zone of rules and business hours where the client has none of its own.
    #[serde(default = "defaults::zone")]
    pub time_zone: String,
    /// When disruptive changes are expected.
    #[serde(default)]
    pub maintenance_windows: Vec<MaintenanceWindow>,
    /// When nothing of the infrastructure changes without a person.
    #[serde(default)]
    pub change_freezes: Vec<ChangeFreeze>,
    /// When people work: disruptive changes inside them, and outside every window, are asked about.
    #[serde(default)]
    pub business_hours: Option<BusinessHours>,
    /// Scripts that may run without a person.
    #[serde(default)]
    pub approved_script_ids: BTreeMap<String, ApprovedScript>,
    /// Kinds that need two different people.
    #[serde(default)]
    pub two_person: BTreeSet<ActionKind>,
    /// Who is asked, in turn. Empty: everybody who may decide, at once.
    #[serde(default)]
    pub escalation: Vec<EscalationStep>,
    /// Kinds whose every window of the escalation is shortened to `urgent_window_ms`.
    #[serde(default)]
    pub urgent: BTreeSet<ActionKind>,
    /// Window of the escalation for urgent kinds, in milliseconds.
    #[serde(default = "defaults::urgent_ms")]
    pub urgent_window_ms: i64,
    /// The client, or its trade, is supervised: access and identity are always asked about.
    #[serde(default)]
    pub regulated: BTreeSet<DataMark>,
    /// Until then every write is at least `hypercare_floor`.
    #[serde(default)]
    pub hypercare_until: Option<UnixMs>,
    /// The least tier of a write under hypercare.
    #[serde(default = "defaults::hypercare")]
    pub hypercare_floor: Tier,
    /// When the platform opens a breaker by itself.
    #[serde(default)]
    pub breakers: BreakerLimits,
    /// Every client is only watched, unless it says otherwise: what would be done is judged and written down, and nothing is done.
    #[serde(default, skip_serializing_if = "is_false")]
    pub shadow: bool,
    /// Conditions that raise.
    #[serde(default)]
    pub custom_rules: Vec<CustomRule>,
    /// What is different for a client.
    #[serde(default)]
    pub clients: BTreeMap<ClientId, ClientPolicy>,
}

/// A script of the approved library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovedScript {
    /// SHA-256 of the approved content, 64 hexadecimal digits.
    pub sha256: String,
    /// Clients for whom it is approved; empty means all.
    #[serde(default)]
    pub clients: BTreeSet<ClientId>,
}

/// When the platform opens a breaker by itself. Rates are lower confidence bounds, of a hundred, over
/// `window_ms`, so that one failure of two says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakerLimits {
    /// Attempts that failed.
    #[serde(default = "defaults::error_percent")]
    pub error_percent: u8,
    /// Attempts that the system accepted and that never showed when reading back.
    #[serde(default = "defaults::unverified_percent")]
    pub unverified_percent: u8,
    /// Attempts that a person took back.
    #[serde(default = "defaults::reversal_percent")]
    pub reversal_percent: u8,
    /// An hour with more than this many times the usual number of attempts is an anomaly.
    #[serde(default = "defaults::anomaly")]
    pub anomaly_factor: u32,
    /// Window of the rates, in milliseconds.
    #[serde(default = "defaults::day_ms")]
    pub window_ms: i64,
    /// What a breaker does that opens by itself.
    #[serde(default = "defaults::breaker_mode")]
    pub mode: BreakerMode,
}

impl Default for BreakerLimits {
    fn default() -> Self {
        BreakerLimits {
            error_percent: defaults::error_percent(),
            unverified_percent: defaults::unverified_percent(),
            reversal_percent: defaults::reversal_percent(),
            anomaly_factor: defaults::anomaly(),
            window_ms: defaults::day_ms(),
            mode: defaults::breaker_mode(),
        }
    }
}

/// What is different for one client. Absent: as for every client. Lists of windows and hours replace
/// the common ones; rules, freezes, marks and two-person kinds are added to them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientPolicy {
    /// See [`Policy::bulk_threshold`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bulk_threshold: Option<u32>,
    /// See [`Policy::critical_threshold`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critical_threshold: Option<u32>,
    /// See [`Policy::approval_ttl_ms`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_ttl_ms: Option<i64>,
    /// See [`Policy::min_confidence`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_confidence: Option<u8>,
    /// See [`Policy::cost_limit_minor`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_limit_minor: Option<i64>,
    /// See [`Policy::time_zone`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Replaces [`Policy::maintenance_windows`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintenance_windows: Option<Vec<MaintenanceWindow>>,
    /// Added to [`Policy::change_freezes`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub change_freezes: Vec<ChangeFreeze>,
    /// Replaces [`Policy::business_hours`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_hours: Option<BusinessHours>,
    /// Added to [`Policy::two_person`].
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub two_person: BTreeSet<ActionKind>,
    /// Replaces [`Policy::escalation`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Vec<EscalationStep>>,
    /// Added to [`Policy::regulated`].
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub regulated: BTreeSet<DataMark>,
    /// See [`Policy::hypercare_until`]; the later of the two counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hypercare_until: Option<UnixMs>,
    /// See [`Policy::shadow`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<bool>,
    /// Added to [`Policy::custom_rules`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub custom_rules: Vec<CustomRule>,
}

fn is_false(value: &bool) -> bool {
    !*value
}

pub(super) mod defaults {
    use domain::{Autonomy, BreakerMode, Tier};
    pub(in crate::policy) fn bulk() -> u32 {
        5
    }
    pub(in crate::policy) fn critical() -> u32 {
        100
    }
    pub(in crate::policy) fn window_ms() -> i64 {
        3_600_000
    }
    pub(in crate::policy) fn fact_age_ms() -> i64 {
        300_000
    }
    pub(in crate::policy) fn verification_ms() -> i64 {
        15 * 60_000
    }
    pub(in crate::policy) fn ttl_ms() -> i64 {
        4 * 3_600_000
    }
    pub(in crate::policy) fn cool_down_ms() -> i64 {
        24 * 3_600_000
    }
    pub(in crate::policy) fn undo_ms() -> i64 {
        24 * 3_600_000
    }
    pub(in crate::policy) fn day_ms() -> i64 {
        24 * 3_600_000
    }
    pub(in crate::policy) fn urgent_ms() -> i64 {
        5 * 60_000
    }
    pub(in crate::policy) fn autonomy() -> Autonomy {
        Autonomy::AlwaysAsk
    }
    pub(in crate::policy) fn confidence() -> u8 {
        80
    }
    pub(in crate::policy) fn fleet() -> u8 {
        15
    }
    pub(in crate::policy) fn repeats() -> u32 {
        5
    }
    pub(in crate::policy) fn zone() -> String {
        "UTC".into()
    }
    pub(in crate::policy) fn hypercare() -> Tier {
        Tier::Medium
    }
    pub(in crate::policy) fn error_percent() -> u8 {
        30
    }
    pub(in crate::policy) fn unverified_percent() -> u8 {
        10
    }
    pub(in crate::policy) fn reversal_percent() -> u8 {
        10
    }
    pub(in crate::policy) fn anomaly() -> u32 {
        10
    }
    pub(in crate::policy) fn breaker_mode() -> BreakerMode {
        BreakerMode::Ask
    }
}

impl Policy {
    /// A policy with the default thresholds, under which every write is asked about.
    pub fn cautious(version: impl Into<String>) -> Policy {
        Policy {
            version: version.into(),
            bulk_threshold: defaults::bulk(),
            critical_threshold: defaults::critical(),
            window_ms: defaults::window_ms(),
            max_fact_age_ms: defaults::fact_age_ms(),
            max_verification_age_ms: defaults::verification_ms(),
            approval_ttl_ms: defaults::ttl_ms(),
            cool_down_ms: defaults::cool_down_ms(),
            undo_period_ms: defaults::undo_ms(),
            default_autonomy: defaults::autonomy(),
            autonomy: BTreeMap::new(),
            identity: BTreeMap::new(),
            min_confidence: defaults::confidence(),
            cost_limit_minor: 0,
            fleet_failure_percent: defaults::fleet(),
            fleet_window_ms: defaults::day_ms(),
            max_repeats: defaults::repeats(),
            time_zone: defaults::zone(),
            maintenance_windows: Vec::new(),
            change_freezes: Vec::new(),
            business_hours: None,
            approved_script_ids: BTreeMap::new(),
            two_person: BTreeSet::new(),
            escalation: Vec::new(),
            urgent: BTreeSet::new(),
            urgent_window_ms: defaults::urgent_ms(),
            regulated: BTreeSet::new(),
            hypercare_until: None,
            hypercare_floor: defaults::hypercare(),
            breakers: BreakerLimits::default(),
            shadow: false,
            custom_rules: Vec::new(),
            clients: BTreeMap::new(),
        }
    }
}
