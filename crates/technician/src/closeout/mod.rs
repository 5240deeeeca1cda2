//! Words for the user and for the technician who looks at the ticket later.
//!
//! Plain, short and friendly; one function per occasion. INVARIANT: the same case gives the same
//! text, so that a text that was sent is recognised after a crash; and no text to a user tells
//! anything about an account other than what its recipient may know.

mod ask;
mod done;
mod hand_over;
mod notes;

pub use ask::{
    ask_group, ask_group_again, ask_person, ask_person_again, closing_unanswered, is_question,
    is_waiting, not_blocked_offer, not_locked_offer, waiting_for_approval,
};
pub use done::{account_status, already, devices, done};
pub use hand_over::{Sealed, Why, hand_over_note, hand_over_reply, sealed};
pub use notes::{closed_note, duplicate_note, time_text};

use domain::Account;

/// Stands in a reply's template where the address of the one-time page goes. A proposed reply never
/// contains it.
pub const SECRET_LINK: &str = "{secret_link}";

/// Ends a text to the user: who wrote it.
pub(crate) fn sign(text: &str, msp_name: &str) -> String {
    format!("{text}\n\nJourneyman, for {msp_name}")
}

/// Opens a text to the user by given name.
pub(crate) fn greet(person: Option<&Account>) -> String {
    match person {
        Some(account) => format!("Hello {},\n\n", given_name(account)),
        None => "Hello,\n\n".into(),
    }
}

/// The name a person is called by.
pub(crate) fn given_name(account: &Account) -> &str {
    let first_word = || account.account.name.split_whitespace().next();
    account.given_name.as_deref().filter(|n| !n.is_empty()).or_else(first_word).unwrap_or("there")
}

/// Whether `text` is `template` with something in place of [`SECRET_LINK`].
pub fn is_filled(template: &str, text: &str) -> bool {
    match template.split_once(SECRET_LINK) {
        Some((head, tail)) => {
            text.len() >= head.len() + tail.len() && text.starts_with(head) && text.ends_with(tail)
        }
        None => template == text,
    }
}
