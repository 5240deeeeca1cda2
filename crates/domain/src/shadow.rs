//! What would have become of a ticket, and what did: the words of backtest and shadow mode.

use crate::ActionKind;
use serde::{Deserialize, Serialize};

/// How a ticket would have gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Would {
    /// Done, told and closed without a person.
    CloseAlone,
    /// Closed after a person said yes.
    CloseAfterYes,
    /// The user is asked something first.
    AskUser,
    /// Handed to people.
    HandOver,
}

impl Would {
    /// All, the most autonomous first.
    pub const ALL: [Would; 4] =
        [Would::CloseAlone, Would::CloseAfterYes, Would::AskUser, Would::HandOver];

    /// The snake-case name.
    pub fn name(self) -> &'static str {
        match self {
            Would::CloseAlone => "close_alone",
            Would::CloseAfterYes => "close_after_yes",
            Would::AskUser => "ask_user",
            Would::HandOver => "hand_over",
        }
    }

    /// Reads [`Would::name`].
    pub fn parse(text: &str) -> Option<Would> {
        Would::ALL.into_iter().find(|w| w.name() == text)
    }

    /// Plain words, as in "… tickets would have been …".
    pub fn words(self) -> &'static str {
        match self {
            Would::CloseAlone => "closed alone",
            Would::CloseAfterYes => "closed after a person's yes",
            Would::AskUser => "asked back to the user",
            Would::HandOver => "handed to people",
        }
    }
}

/// What the desk's record says about a ticket that would have been closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// The desk's words name the same change.
    Same,
    /// No words on it, but the first level closed it, as it would have.
    FirstLevel,
    /// The record speaks against it; in words.
    Differs(String),
    /// The record says nothing.
    Unknown,
}

impl Agreement {
    /// The snake-case name.
    pub fn name(&self) -> &'static str {
        match self {
            Agreement::Same => "same",
            Agreement::FirstLevel => "first_level",
            Agreement::Differs(_) => "differs",
            Agreement::Unknown => "unknown",
        }
    }

    /// Whether it would have been right; `None` when nobody can tell.
    pub fn right(&self) -> Option<bool> {
        match self {
            Agreement::Same | Agreement::FirstLevel => Some(true),
            Agreement::Differs(_) => Some(false),
            Agreement::Unknown => None,
        }
    }
}

/// What people did about a ticket that was only watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handled {
    /// Changes that the desk's own words name.
    pub did: Vec<ActionKind>,
    /// Group or board that closed it; empty when the desk has none.
    pub group: String,
    /// Minutes of recorded work.
    pub minutes: Option<u32>,
    /// How often it was opened again; `None` when the desk does not say.
    pub reopened: Option<u32>,
}
