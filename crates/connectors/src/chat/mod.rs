//! Chats in which people are told, asked and answered. One file or folder per vendor.
//!
//! INVARIANTS: what is shown is handed over as plain text, and only the vendor's folder makes markup of
//! it: nobody's text can become a mention, a link or a button; what comes in is believed only behind the
//! vendor's own proof ([`Chat::hear`]).

use crate::{CallError, Probe};
use async_trait::async_trait;
use domain::UnixMs;
use serde::{Deserialize, Serialize};
use std::time::Duration;

pub mod slack;

/// Where a message stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The vendor's id of the channel or conversation.
    pub conversation: String,
    /// The vendor's id of the message in it.
    pub message: String,
}

/// A message with its parts. All texts are plain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// What it is, in a few words; also what a phone shows.
    pub title: String,
    /// What it is about, in one sentence.
    pub sentence: String,
    /// Names with values.
    pub facts: Vec<(String, String)>,
    /// Headings with lines.
    pub lists: Vec<(String, Vec<String>)>,
    /// How it ended, once it did; stands first.
    pub ended: Option<String>,
    /// Small print.
    pub note: Option<String>,
    /// What can be done about it.
    pub buttons: Vec<Button>,
}

/// Something to press.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Button {
    /// Tells us.
    Press {
        /// What it does; comes back as [`Pressed::name`].
        name: String,
        /// What stands on it.
        label: String,
        /// Comes back as [`Pressed::value`]; at most 2000 bytes.
        value: String,
        /// How it looks.
        style: Style,
    },
    /// Opens an address.
    Link {
        /// What stands on it.
        label: String,
        /// Where it leads.
        url: String,
    },
}

/// How a button looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Like any other.
    Plain,
    /// What somebody agrees with.
    Yes,
    /// What somebody should think about.
    No,
}

/// A window that asks for a line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Comes back as [`Pressed::name`].
    pub name: String,
    /// Comes back as [`Pressed::value`].
    pub value: String,
    /// Comes back as [`Pressed::place`]: the message that it was opened from.
    pub place: Place,
    /// Its title, at most 24 characters.
    pub title: String,
    /// What it is about.
    pub sentence: String,
    /// What to write.
    pub label: String,
    /// The longest text, in characters.
    pub longest: u32,
    /// What stands on its button, at most 24 characters.
    pub submit: String,
}

/// A button that somebody pressed, or a form that they sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pressed {
    /// The vendor's id of who did.
    pub who: String,
    /// The message that it belongs to.
    pub place: Place,
    /// Which.
    pub name: String,
    /// What was put into it.
    pub value: String,
    /// Opens a form, for a few seconds.
    pub trigger: Option<String>,
    /// What was written into the form.
    pub text: Option<String>,
}

/// What a call of the vendor says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It wants to know whether we are here: this text is to be answered.
    Hello(String),
    /// Somebody pressed something.
    Pressed(Box<Pressed>),
    /// Nothing that we act on.
    Nothing,
}

/// Why a call is not believed, or not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotHeard {
    /// It carries no proof.
    #[error("the call is not signed")]
    Unsigned,
    /// Its proof is not the vendor's.
    #[error("the signature is wrong; compare the signing secret with the app's")]
    Forged,
    /// It is more than five minutes old, or ahead of our clock by as much.
    #[error("the call is more than five minutes off; check this machine's clock")]
    Old,
    /// The proof is right and the content makes no sense.
    #[error("the call is signed and not understood")]
    Senseless,
}

/// What an address of ours is for: nothing else is read from a call that arrives there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// What happened in the workspace; never a press.
    Events,
    /// What people pressed and sent.
    Interactions,
}

/// A call as it arrived.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Where it arrived.
    pub door: Door,
    /// The time that was signed, as it was sent.
    pub stamp: &'a str,
    /// The signature, as it was sent.
    pub signature: &'a str,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// What keeps somebody from being taken for the person whose address they have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: a full member of our own workspace with a confirmed address.
    Full,
    /// A guest.
    Guest,
    /// Deactivated.
    Deactivated,
    /// No human being.
    Bot,
    /// Of another workspace.
    Stranger,
    /// The workspace did not confirm the address.
    Unconfirmed,
}

/// Somebody in the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The vendor's id.
    pub id: String,
    /// The address that the workspace knows; `None` when it shows none.
    pub mail: Option<String>,
    /// Whether they count.
    pub standing: Standing,
}

/// How a call to the chat fails, by what to do next. The texts name cause and remedy, and no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    /// Nothing happened; the same call may succeed later.
    #[error("{what}; will try again")]
    Later {
        /// What happened.
        what: String,
        /// The vendor's own word on when, if it gave one.
        after: Option<Duration>,
    },
    /// Nobody knows whether it happened.
    #[error("{what}; whether it happened is not known")]
    Unknown {
        /// What happened.
        what: String,
    },
    /// Whom or what it was meant for is not there, or takes nothing from us.
    #[error("{what}")]
    Gone {
        /// What is not there.
        what: String,
    },
    /// The form came too late after the button.
    #[error("{what}")]
    TooLate {
        /// What happened.
        what: String,
    },
    /// It cannot work until somebody changes the set-up.
    #[error("{what} ({remedy})")]
    SetUp {
        /// What is wrong.
        what: String,
        /// What would be right.
        remedy: String,
    },
}

impl From<CallError> for ChatError {
    fn from(e: CallError) -> Self {
        match e {
            CallError::Rejected { what, remedy } => ChatError::SetUp { what, remedy },
            CallError::Retry { what, after } => ChatError::Later { what, after },
            CallError::Unknown { what } => ChatError::Unknown { what },
        }
    }
}

/// A chat.
#[async_trait]
pub trait Chat: std::fmt::Debug + Send + Sync {
    /// Its name for people.
    fn name(&self) -> &'static str;

    /// A harmless read that shows whether the set-up works.
    async fn probe(&self) -> Result<Probe, ChatError>;

    /// Believes a call, or not.
    ///
    /// # Errors
    /// [`NotHeard`]; nothing of the call may be used then.
    fn hear(&self, call: Call<'_>, now: UnixMs) -> Result<Heard, NotHeard>;

    /// Posts into a channel or conversation.
    async fn post(&self, conversation: &str, card: &Card) -> Result<Place, ChatError>;

    /// Puts another card in the place of one.
    async fn change(&self, place: &Place, card: &Card) -> Result<(), ChatError>;

    /// Says something that only this member sees, in this conversation.
    async fn whisper(&self, conversation: &str, who: &str, text: &str) -> Result<(), ChatError>;

    /// Opens a form before who just pressed a button.
    async fn ask(&self, trigger: &str, form: &Form) -> Result<(), ChatError>;

    /// Who this is.
    async fn member(&self, id: &str) -> Result<Member, ChatError>;

    /// Who has this address; `None` when nobody has.
    async fn find(&self, mail: &str) -> Result<Option<Member>, ChatError>;

    /// The conversation with one member.
    async fn conversation(&self, member: &str) -> Result<String, ChatError>;
}
