//! What the technician made of a ticket's prose. Data for the plan; the gate never reads it.

use serde::{Deserialize, Serialize};

/// What is asked. One class of the recogniser each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Locked out after wrong passwords.
    UnlockAccount,
    /// Password forgotten, expired or to be replaced.
    ResetPassword,
    /// Asks to be made to choose a new password at the next sign-in.
    RequirePasswordChange,
    /// A blocked account should work again.
    EnableAccount,
    /// Someone left or must be blocked.
    DisableAccount,
    /// Access through a group or team.
    AddToGroup,
    /// Take that access away.
    RemoveFromGroup,
    /// Which devices are mine.
    ListDevices,
    /// What state is my account in.
    AccountStatus,
    /// Thanks, it works again.
    Thanks,
    /// Phishing, malware, a stolen device, a suspicious sign-in: always to people.
    SecurityIncident,
    /// Anything else: to people.
    Other,
}

impl Intent {
    /// Every intent, in the order of the model's classes.
    pub const ALL: [Intent; 12] = [
        Intent::UnlockAccount,
        Intent::ResetPassword,
        Intent::RequirePasswordChange,
        Intent::EnableAccount,
        Intent::DisableAccount,
        Intent::AddToGroup,
        Intent::RemoveFromGroup,
        Intent::ListDevices,
        Intent::AccountStatus,
        Intent::Thanks,
        Intent::SecurityIncident,
        Intent::Other,
    ];

    /// The snake-case name used in history files.
    pub fn name(self) -> &'static str {
        match self {
            Intent::UnlockAccount => "unlock_account",
            Intent::ResetPassword => "reset_password",
            Intent::RequirePasswordChange => "require_password_change",
            Intent::EnableAccount => "enable_account",
            Intent::DisableAccount => "disable_account",
            Intent::AddToGroup => "add_to_group",
            Intent::RemoveFromGroup => "remove_from_group",
            Intent::ListDevices => "list_devices",
            Intent::AccountStatus => "account_status",
            Intent::Thanks => "thanks",
            Intent::SecurityIncident => "security_incident",
            Intent::Other => "other",
        }
    }
}

/// Something in the text that sends a ticket to people whatever else it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Words of a security incident.
    Incident(String),
    /// The text tries to give the technician orders.
    Orders(String),
    /// The text claims that somebody approved. Never counts as an approval; told to the approver.
    ClaimedApproval(String),
    /// More than one thing is asked.
    SeveralRequests(String),
    /// It is about an account or password of another system than the directory.
    OtherSystem(String),
}

/// A person or group named in the text. Only a candidate: the directory decides who it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mention {
    /// An address or login.
    Address(String),
    /// A name.
    Name(String),
}

/// What the technician made of a ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Understanding {
    /// The likeliest intent.
    pub intent: Intent,
    /// Calibrated probability of `intent`, 0 to 1.
    pub confidence: f64,
    /// Below the model's threshold: the technician does not act on it.
    pub abstained: bool,
    /// The second likeliest intent and its probability.
    pub runner_up: Option<(Intent, f64)>,
    /// The person on whose account something is to be done, when it is not the sender.
    pub about: Option<Mention>,
    /// The group named.
    pub group: Option<String>,
    /// What sends it to people or is told to the approver.
    pub signals: Vec<Signal>,
}
