//! How far an MSP lets a class of actions go for a client.

use serde::{Deserialize, Serialize};

/// What the MSP allows for one client and one kind of action. Applies to writes; reads are Low by
/// nature and are limited by the brain's scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Autonomy {
    /// Never by a brain.
    Deny,
    /// Level 0: a person approves each one.
    AlwaysAsk,
    /// Level 1: alone when the requester is verified and acts on their own account; else a person is asked.
    AskIfUncertain,
    /// Level 2: alone, a person is told of each one and can undo it.
    AutoWithGuardrails,
    /// Level 3: alone, and the ticket is closed without anyone looking.
    AutoAndClose,
}

impl Autonomy {
    /// Every level, strictest first.
    pub const ALL: [Autonomy; 5] = [
        Autonomy::Deny,
        Autonomy::AlwaysAsk,
        Autonomy::AskIfUncertain,
        Autonomy::AutoWithGuardrails,
        Autonomy::AutoAndClose,
    ];

    /// The snake-case name used in configuration and on pages.
    pub fn name(self) -> &'static str {
        match self {
            Autonomy::Deny => "deny",
            Autonomy::AlwaysAsk => "always_ask",
            Autonomy::AskIfUncertain => "ask_if_uncertain",
            Autonomy::AutoWithGuardrails => "auto_with_guardrails",
            Autonomy::AutoAndClose => "auto_and_close",
        }
    }
}

impl std::fmt::Display for Autonomy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
