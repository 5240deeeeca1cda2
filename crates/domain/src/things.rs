//! Facts about things other than people: devices, patches, scripts, mailboxes, money, breakers.

use crate::{ActionKind, ClientId, Sensitivity, Tier, UnixMs};
use serde::{Deserialize, Serialize};

/// What kind of protected data stands behind a group or mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataMark {
    /// Protected health information (HIPAA).
    Phi,
    /// Personally identifiable information.
    Pii,
    /// Payment card data (PCI DSS).
    Payment,
}

impl DataMark {
    /// Every mark.
    pub const ALL: [DataMark; 3] = [DataMark::Phi, DataMark::Pii, DataMark::Payment];

    /// Plain words.
    pub fn words(self) -> &'static str {
        match self {
            DataMark::Phi => "health data",
            DataMark::Pii => "personal data",
            DataMark::Payment => "payment data",
        }
    }
}

/// The mailbox that an action would open or close.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxFacts {
    /// The mailbox exists in this client's tenant, under the address that the request gives it.
    pub exists: bool,
    /// How sensitive, from the client's policy and from whose it is.
    pub sensitivity: Sensitivity,
    /// Which mark decided.
    pub because: String,
    /// Marks of personal, health or payment data in it.
    #[serde(default)]
    pub marks: Vec<DataMark>,
}

/// What a device is for. The order is that of harm when it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceRole {
    /// One person's computer.
    Workstation,
    /// Serves many people.
    Server,
    /// Firewall, switch, access point.
    Network,
    /// Directory server: everybody's sign-in.
    DomainController,
    /// Nobody knows.
    Unknown,
}

impl DeviceRole {
    /// Every role.
    pub const ALL: [DeviceRole; 5] = [
        DeviceRole::Workstation,
        DeviceRole::Server,
        DeviceRole::Network,
        DeviceRole::DomainController,
        DeviceRole::Unknown,
    ];

    /// The snake-case name used in rules and files.
    pub fn name(self) -> &'static str {
        match self {
            DeviceRole::Workstation => "workstation",
            DeviceRole::Server => "server",
            DeviceRole::Network => "network",
            DeviceRole::DomainController => "domain_controller",
            DeviceRole::Unknown => "unknown",
        }
    }
}

/// How a device fares by its own monitoring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceHealth {
    /// Nothing reported.
    Good,
    /// Warnings.
    Degraded,
    /// A disk, a fan or memory is about to fail: it may not come back from a restart.
    Failing,
    /// Not monitored.
    Unknown,
}

impl DeviceHealth {
    /// Every state.
    pub const ALL: [DeviceHealth; 4] =
        [DeviceHealth::Good, DeviceHealth::Degraded, DeviceHealth::Failing, DeviceHealth::Unknown];
}

/// One device that an action would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceFacts {
    /// Immutable id.
    pub id: String,
    /// It is one of this client's devices, under the name that the request gives it.
    pub exists: bool,
    /// What it is for.
    pub role: DeviceRole,
    /// Whether somebody works on it now; `None` when that cannot be seen.
    pub user_active: Option<bool>,
    /// It answers now.
    pub online: bool,
    /// How it fares.
    pub health: DeviceHealth,
}

/// How bad it is not to have a patch, by its vendor's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatchSeverity {
    /// Low.
    Low,
    /// Moderate.
    Moderate,
    /// Important.
    Important,
    /// Critical.
    Critical,
    /// Not rated.
    Unknown,
}

impl PatchSeverity {
    /// Every severity.
    pub const ALL: [PatchSeverity; 5] = [
        PatchSeverity::Low,
        PatchSeverity::Moderate,
        PatchSeverity::Important,
        PatchSeverity::Critical,
        PatchSeverity::Unknown,
    ];

    /// The snake-case name used in rules and files.
    pub fn name(self) -> &'static str {
        match self {
            PatchSeverity::Low => "low",
            PatchSeverity::Moderate => "moderate",
            PatchSeverity::Important => "important",
            PatchSeverity::Critical => "critical",
            PatchSeverity::Unknown => "unknown",
        }
    }
}

/// The patches that an action would deploy, taken together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatchFacts {
    /// Every one of them is known to the catalogue.
    pub known: bool,
    /// The least severe of them: a harmless one is no reason to hurry the others.
    pub lowest: PatchSeverity,
    /// The most severe of them.
    pub highest: PatchSeverity,
    /// All of them are on the list of known exploited vulnerabilities (CISA KEV).
    pub known_exploited: bool,
}

/// How the same change fared across all clients within the window of the fleet rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetFacts {
    /// Attempts that ended.
    pub attempts: u32,
    /// Of these, failed.
    pub failures: u32,
}

/// What the platform's script library says about a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptFacts {
    /// In the approved library.
    pub in_library: bool,
    /// Its content is what was approved.
    pub hash_matches: bool,
    /// Approved for this client and these devices.
    pub in_scope: bool,
}

/// Whether the contract with the client covers a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contract {
    /// Covered.
    Covered,
    /// Outside the contract: somebody has to agree to pay.
    NotCovered,
    /// Nobody knows.
    Unknown,
}

impl Contract {
    /// Every answer.
    pub const ALL: [Contract; 3] = [Contract::Covered, Contract::NotCovered, Contract::Unknown];
}

/// What a change would cost the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostFacts {
    /// More per month, in the smallest unit of the client's currency (cents).
    pub monthly_minor: i64,
    /// Seats that are paid for and unused.
    pub free_seats: u32,
    /// Whether the contract covers it.
    pub contract: Contract,
}

/// What a breaker covers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerScope {
    /// Every write of every brain.
    Everything,
    /// One client.
    Client(ClientId),
    /// One kind of action for one client.
    Action(ClientId, ActionKind),
}

impl BreakerScope {
    /// Whether it covers this client and kind.
    pub fn covers(&self, client: &ClientId, kind: ActionKind) -> bool {
        match self {
            BreakerScope::Everything => true,
            BreakerScope::Client(c) => c == client,
            BreakerScope::Action(c, k) => c == client && *k == kind,
        }
    }
}

impl std::fmt::Display for BreakerScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BreakerScope::Everything => f.write_str("everything"),
            BreakerScope::Client(c) => write!(f, "client {c}"),
            BreakerScope::Action(c, k) => write!(f, "{} for client {c}", k.name()),
        }
    }
}

/// What an open breaker does with writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerMode {
    /// A person approves each one. What the platform does by itself.
    Ask,
    /// Nothing runs. What a person's stop does.
    Stop,
}

impl BreakerMode {
    /// The snake-case name.
    pub fn name(self) -> &'static str {
        match self {
            BreakerMode::Ask => "ask",
            BreakerMode::Stop => "stop",
        }
    }
}

/// An open breaker. Of several that cover a request, the strictest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerFacts {
    /// What it covers.
    pub scope: BreakerScope,
    /// What it does.
    pub mode: BreakerMode,
    /// Why it is open.
    pub reason: String,
    /// Since when.
    pub since: UnixMs,
}

/// What the journal and the system say about the attempt that an undo would take back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoFacts {
    /// The tier that the attempt ran at. Taking it back never asks for more than that.
    pub original: Tier,
    /// The attempt is done, was proven, and this action is exactly its opposite.
    pub matches: bool,
    /// The undo period is not over.
    pub in_time: bool,
    /// The system reads as the attempt left it: nobody changed it since.
    pub unchanged: bool,
    /// It was taken back before.
    pub undone: bool,
}
