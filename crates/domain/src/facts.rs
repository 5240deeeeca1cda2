//! What the platform read about an action before it is judged: value, source, time.
//!
//! INVARIANT: nothing here comes from ticket prose or from a brain's words; a fact that could not
//! be read is [`Fact::Missing`] with the reason, never a guess.

use crate::{
    BreakerFacts, CostFacts, DataMark, DeviceFacts, FleetFacts, MailboxFacts, PatchFacts,
    ScriptFacts, Tier, UndoFacts, UnixMs,
};
use serde::{Deserialize, Serialize};

/// A value that the platform read, or the reason why it has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact<T> {
    /// Read.
    Known(Known<T>),
    /// Not read; the text says why.
    Missing(String),
}

/// A value with its source and time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known<T> {
    /// The value.
    pub value: T,
    /// Where it was read: connector name or `platform`.
    pub source: String,
    /// When it was read.
    pub read_at: UnixMs,
}

/// Nobody read it.
impl<T> Default for Fact<T> {
    fn default() -> Self {
        Fact::Missing("not read".into())
    }
}

impl<T> Fact<T> {
    /// A known fact.
    pub fn known(value: T, source: impl Into<String>, read_at: UnixMs) -> Self {
        Fact::Known(Known { value, source: source.into(), read_at })
    }

    /// The value, if it is known.
    pub fn value(&self) -> Option<&T> {
        match self {
            Fact::Known(k) => Some(&k.value),
            Fact::Missing(_) => None,
        }
    }
}

/// How surely we know who is asking, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verification {
    /// Nothing in the directory matches the sender.
    Unverified,
    /// The sender's address is the address on file of exactly one active account.
    AddressOnFile,
    /// Proven over a second channel on file.
    SecondChannel,
}

impl Verification {
    /// Every strength, weakest first.
    pub const ALL: [Verification; 3] =
        [Verification::Unverified, Verification::AddressOnFile, Verification::SecondChannel];

    /// The snake-case name used in rules and files.
    pub fn name(self) -> &'static str {
        match self {
            Verification::Unverified => "unverified",
            Verification::AddressOnFile => "address_on_file",
            Verification::SecondChannel => "second_channel",
        }
    }

    /// Plain words.
    pub fn words(self) -> &'static str {
        match self {
            Verification::Unverified => "not verified",
            Verification::AddressOnFile => "verified by the address on file",
            Verification::SecondChannel => "verified by a second channel",
        }
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requester {
    /// The directory account, when exactly one matches.
    pub account_id: Option<String>,
    /// Address that the request came from.
    pub address: String,
    /// Every login and address of the accounts that the address belongs to, lower case.
    #[serde(default)]
    pub identities: Vec<String>,
    /// How surely.
    pub verification: Verification,
    /// When the second channel was proven, where one was; an old proof counts as the address only.
    #[serde(default)]
    pub verified_at: Option<UnixMs>,
}

/// What the requester is to the target, from the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The target is the requester's own account.
    Oneself,
    /// The requester is the target's manager.
    Manager,
    /// The requester owns the group or the mailbox.
    GroupOwner,
    /// The client named the requester as somebody who may ask for others.
    AuthorisedContact,
    /// None of these.
    Unrelated,
}

impl Relation {
    /// Every relation.
    pub const ALL: [Relation; 5] = [
        Relation::Oneself,
        Relation::Manager,
        Relation::GroupOwner,
        Relation::AuthorisedContact,
        Relation::Unrelated,
    ];

    /// The snake-case name used in rules and files.
    pub fn name(self) -> &'static str {
        match self {
            Relation::Oneself => "oneself",
            Relation::Manager => "manager",
            Relation::GroupOwner => "group_owner",
            Relation::AuthorisedContact => "authorised_contact",
            Relation::Unrelated => "unrelated",
        }
    }

    /// Plain words, as in "the requester is …".
    pub fn words(self) -> &'static str {
        match self {
            Relation::Oneself => "the account's own user",
            Relation::Manager => "the user's manager",
            Relation::GroupOwner => "the group's owner",
            Relation::AuthorisedContact => "a contact whom the client named for this",
            Relation::Unrelated => "unrelated to the target",
        }
    }
}

/// The account that an action would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetFacts {
    /// The account exists in this client's directory.
    pub exists: bool,
    /// Its every login and address, lower case.
    #[serde(default)]
    pub identities: Vec<String>,
    /// Names of administrative groups and roles that hold it, nested ones included.
    pub privileged: Vec<String>,
    /// Why it is taken for a service account; empty for people.
    pub service: Vec<String>,
    /// On the client's list of emergency accounts.
    pub break_glass: bool,
    /// Login and name in the request are those of the account with that id. A brain that names one
    /// account and points at another shows the approver something else than what would run.
    #[serde(default = "yes")]
    pub as_named: bool,
}

fn yes() -> bool {
    true
}

/// How much harm a wrong member could do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// Ordinary.
    Normal,
    /// Money, personal or health data, management, remote access.
    Sensitive,
    /// Gives administrative rights, directly or through nesting.
    Privileged,
}

impl Sensitivity {
    /// Every sensitivity, lowest first.
    pub const ALL: [Sensitivity; 3] =
        [Sensitivity::Normal, Sensitivity::Sensitive, Sensitivity::Privileged];

    /// The snake-case name used in rules and files.
    pub fn name(self) -> &'static str {
        match self {
            Sensitivity::Normal => "normal",
            Sensitivity::Sensitive => "sensitive",
            Sensitivity::Privileged => "privileged",
        }
    }
}

/// The group that an action would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupFacts {
    /// The group exists in this client's directory.
    pub exists: bool,
    /// How sensitive, from the client's policy and the directory's own marks.
    pub sensitivity: Sensitivity,
    /// Which mark decided.
    pub because: String,
    /// Marks of personal, health or payment data behind it.
    #[serde(default)]
    pub marks: Vec<DataMark>,
    /// The name in the request is that of the group with that id.
    #[serde(default = "yes")]
    pub as_named: bool,
}

/// How many things this kind of action has touched lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Distinct targets of started actions of this kind, by this brain, for this client, inside the
    /// policy's window, this request's own targets included.
    pub targets: u32,
}

/// What the brain may request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrainFacts {
    /// Client and kind of action are in its scopes.
    pub in_scope: bool,
    /// A verdict above this tier is for people only.
    pub ceiling: Tier,
    /// Writes that it requested within the last minute, this one included.
    #[serde(default)]
    pub requests: u32,
    /// Writes that it may request within a minute; 0 means that no rate is set.
    #[serde(default)]
    pub rate: u32,
    /// How often it requested exactly this digest within the policy's window, this time included.
    #[serde(default)]
    pub repeats: u32,
}

/// How sure a brain says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confidence {
    /// Of a hundred.
    pub percent: u8,
}

/// The ticket that a close-out action would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketFacts {
    /// The ticket belongs to the case that asks, so nothing is written into a foreign one.
    pub of_this_case: bool,
}

/// Every fact that a judgement rests on. Facts that an action does not need may be missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Who asks.
    pub requester: Fact<Requester>,
    /// What they are to the target.
    pub relation: Fact<Relation>,
    /// The account that would change.
    pub target: Fact<TargetFacts>,
    /// The group that would change.
    pub group: Fact<GroupFacts>,
    /// The mailbox that would change.
    #[serde(default)]
    pub mailbox: Fact<MailboxFacts>,
    /// The devices that would change.
    #[serde(default)]
    pub devices: Fact<Vec<DeviceFacts>>,
    /// The patches that would be deployed.
    #[serde(default)]
    pub patch: Fact<PatchFacts>,
    /// How the same change fared across clients lately.
    #[serde(default)]
    pub fleet: Fact<FleetFacts>,
    /// The script that would run.
    #[serde(default)]
    pub script: Fact<ScriptFacts>,
    /// What the change would cost.
    #[serde(default)]
    pub cost: Fact<CostFacts>,
    /// How much has been touched lately.
    pub volume: Fact<Volume>,
    /// What the brain may request.
    pub brain: Fact<BrainFacts>,
    /// How sure the brain says it is of having understood. Its own word, so it can only raise.
    #[serde(default)]
    pub confidence: Fact<Confidence>,
    /// The ticket that would change.
    pub ticket: Fact<TicketFacts>,
    /// Whether a person denied exactly this, or nobody answered in time, inside the policy's
    /// cool-down: a brain may not ask again (DESIGN §3, law 5).
    pub cooling_down: Fact<bool>,
    /// The open breaker that covers this, if one is.
    #[serde(default)]
    pub breaker: Fact<Option<BreakerFacts>>,
    /// What an undo would take back; missing for everything else.
    #[serde(default)]
    pub undo: Fact<UndoFacts>,
}

impl Facts {
    /// No fact known, for the reason given.
    pub fn none(why: &str) -> Self {
        fn gap<T>(why: &str) -> Fact<T> {
            Fact::Missing(why.into())
        }
        Facts {
            requester: gap(why),
            relation: gap(why),
            target: gap(why),
            group: gap(why),
            mailbox: gap(why),
            devices: gap(why),
            patch: gap(why),
            fleet: gap(why),
            script: gap(why),
            cost: gap(why),
            volume: gap(why),
            brain: gap(why),
            confidence: gap(why),
            ticket: gap(why),
            cooling_down: gap(why),
            breaker: gap(why),
            undo: gap(why),
        }
    }
}
