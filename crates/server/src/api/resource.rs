//! A request as its brain sees it: the shape of what the API answers.

use domain::{Action, UnixMs};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Where a request or one of its actions stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// The platform is at it.
    Working,
    /// A person was asked. Wait; asking again is refused.
    Held,
    /// Done, and reading the system back showed it.
    Done,
    /// The gate refuses it: people only.
    Refused,
    /// It was tried and did not happen.
    Failed,
    /// People have to do it: nothing connected here can.
    HandedOver,
    /// The brain took it back.
    Withdrawn,
    /// Nobody decided in time. It stays expired.
    Expired,
    /// A person said no.
    Denied,
}

impl Status {
    /// The snake-case name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Status::Working => "working",
            Status::Held => "held",
            Status::Done => "done",
            Status::Refused => "refused",
            Status::Failed => "failed",
            Status::HandedOver => "handed_over",
            Status::Withdrawn => "withdrawn",
            Status::Expired => "expired",
            Status::Denied => "denied",
        }
    }

    /// Of several, what a brain has to know first.
    pub(super) fn weight(self) -> u8 {
        match self {
            Status::Done => 0,
            Status::Withdrawn => 1,
            Status::HandedOver => 2,
            Status::Expired => 3,
            Status::Denied => 4,
            Status::Refused => 5,
            Status::Failed => 6,
            Status::Held => 7,
            Status::Working => 8,
        }
    }
}

/// A request and how it stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RequestResource {
    /// Its id.
    #[schema(format = "uuid")]
    pub(crate) id: String,
    /// Whose systems.
    pub(crate) client: String,
    /// How it stands as a whole.
    pub(crate) status: Status,
    /// Grows with everything that happens to it.
    pub(crate) version: u64,
    /// Why, in the brain's own words.
    pub(crate) reason: String,
    /// The ticket that it is about, as `psa#id`.
    pub(crate) ticket: Option<String>,
    /// Each action, in the order of the request.
    pub(crate) actions: Vec<ActionResource>,
    /// When it came in.
    #[schema(format = "date-time")]
    pub(crate) created_at: String,
    /// When nothing more will happen to it.
    #[schema(format = "date-time")]
    pub(crate) settled_at: Option<String>,
    /// How it ended, in plain words.
    pub(crate) because: Option<String>,
}

/// One action and how it stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ActionResource {
    /// What was asked for.
    #[schema(value_type = Object)]
    pub(crate) action: Action,
    /// The sentence that people see for what runs.
    pub(crate) sentence: String,
    /// SHA-256 over kind, client, targets and parameters of what runs.
    pub(crate) digest: String,
    /// What a person put in its place, if one did.
    #[schema(value_type = Option<Object>)]
    pub(crate) changed_to: Option<Action>,
    /// How it stands.
    pub(crate) status: Status,
    /// Its risk: low, medium, high or critical. Absent until judged.
    pub(crate) tier: Option<&'static str>,
    /// What follows from the risk: run, run_and_notify, hold or refuse.
    pub(crate) follows: Option<&'static str>,
    /// Why it has that risk.
    pub(crate) findings: Vec<FindingResource>,
    /// Why it stands as it does, in plain words.
    pub(crate) because: Option<String>,
    /// What a read brought back.
    #[schema(value_type = Option<Object>)]
    pub(crate) result: Option<Value>,
    /// What reading the system back after the change showed.
    pub(crate) evidence: Option<String>,
    /// A person took the change back afterwards.
    pub(crate) undone: bool,
    /// What a person was asked, while they are.
    pub(crate) held: Option<Held>,
    /// Where a person decides.
    pub(crate) approval_link: Option<String>,
    /// When the question to a person expires.
    #[schema(format = "date-time")]
    pub(crate) expires_at: Option<String>,
    /// Where a person records what they did by hand.
    pub(crate) manual_link: Option<String>,
    /// What people did by hand.
    pub(crate) by_hand: Vec<ByHand>,
}

/// One assessor's answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FindingResource {
    /// Who says it.
    pub(crate) assessor: String,
    /// The risk is at least this.
    pub(crate) minimum: &'static str,
    /// Stable code.
    pub(crate) code: String,
    /// The fact behind it.
    pub(crate) because: String,
}

/// What a person is asked about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Held {
    /// Kind of action.
    pub(crate) action: &'static str,
    /// The devices, for actions on devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) device_ids: Option<Vec<String>>,
    /// The targets, for every other action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) targets: Option<Vec<String>>,
    /// Every parameter of what would run.
    #[schema(value_type = Object)]
    pub(crate) params: Value,
    /// Why, in the brain's own words.
    pub(crate) reason: String,
    /// low, medium, high or critical.
    pub(crate) risk_level: &'static str,
    /// What could go wrong, and what makes it risky here.
    pub(crate) risk_details: Vec<String>,
    /// Where a person decides.
    pub(crate) approval_link: String,
    /// When the question expires.
    #[schema(format = "date-time")]
    pub(crate) expires_at: String,
}

/// What a person did by hand.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ByHand {
    /// Who.
    pub(crate) by: String,
    /// What, in their words.
    pub(crate) text: String,
    /// When.
    #[schema(format = "date-time")]
    pub(crate) at: String,
}

/// Whether a person or time has to come first, or nothing more happens.
pub(crate) fn rests(resource: &RequestResource) -> bool {
    resource.status != Status::Working || resource.settled_at.is_some()
}

/// Times as the API writes them.
pub(crate) fn time(at: UnixMs) -> String {
    at.to_string()
}
