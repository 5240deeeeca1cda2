//! Questions to the user, and news while something waits.

use super::{greet, sign};
use domain::{Account, Group};

/// Stands in every question, so that one that was asked is recognised.
const QUESTION: &str = "Just answer this message and I will go on.";

/// Stands in the news that an approval is waited for.
const WAITING: &str = "it needs the approval of a person before I may carry it out.";

/// Whether a reply was the news that an approval is waited for.
pub fn is_waiting(text: &str) -> bool {
    text.contains(WAITING)
}

/// Whether a reply was a question to the user.
pub fn is_question(text: &str) -> bool {
    text.contains(QUESTION)
}

/// Nobody was named: whose account is it?
pub fn ask_person(requester: &Account, msp_name: &str) -> String {
    let text = format!(
        "{}I am glad to help. Whose account is this about? Please send me the person's login or \
         mail address, so that I change the right account.\n\n{QUESTION}",
        greet(Some(requester))
    );
    sign(&text, msp_name)
}

/// The person named was not found, or is not the only one of that name.
pub fn ask_person_again(requester: &Account, named: &str, msp_name: &str) -> String {
    let text = format!(
        "{}I want to be sure that I change the right account, and \"{named}\" is not clear enough \
         for that. Please send me the person's login or mail address.\n\n{QUESTION}",
        greet(Some(requester))
    );
    sign(&text, msp_name)
}

/// No group was named.
pub fn ask_group(requester: &Account, msp_name: &str) -> String {
    let text = format!(
        "{}I am glad to help. Which group or team is it? Please send me its exact name.\n\n{QUESTION}",
        greet(Some(requester))
    );
    sign(&text, msp_name)
}

/// The group named was not found, or is not the only one of that name.
pub fn ask_group_again(
    requester: &Account,
    named: &str,
    found: &[Group],
    msp_name: &str,
) -> String {
    let why = if found.is_empty() {
        format!("I could not find a group named \"{named}\".")
    } else {
        format!("There is more than one group named \"{named}\".")
    };
    let text = format!(
        "{}{why} Please send me the group's exact name as you see it in Outlook or Teams.\n\n{QUESTION}",
        greet(Some(requester))
    );
    sign(&text, msp_name)
}

/// Locked out, says the user; not locked, says the directory.
pub fn not_locked_offer(requester: &Account, msp_name: &str) -> String {
    let text = format!(
        "{}I looked at your account: it is active and not locked right now. A lock after wrong \
         passwords goes away by itself after a while, so please try once more, slowly and with caps \
         lock off.\n\nIf your password is still not accepted, I can set a temporary one for you: \
         answer \"yes\" if you want that.\n\n{QUESTION}",
        greet(Some(requester))
    );
    sign(&text, msp_name)
}

/// Blocked, says the user; active, says the directory.
pub fn not_blocked_offer(requester: &Account, msp_name: &str) -> String {
    let text = format!(
        "{}I looked at your account: it is active, neither blocked nor locked. If you still cannot \
         sign in, the password is the likeliest reason. I can set a temporary one for you: answer \
         \"yes\" if you want that, or tell me what you see on the screen.\n\n{QUESTION}",
        greet(Some(requester))
    );
    sign(&text, msp_name)
}

/// The offer stayed without an answer.
pub fn closing_unanswered(requester: &Account, msp_name: &str) -> String {
    let text = format!(
        "{}I have not heard back from you and your account looked fine when I checked it, so I \
         close this ticket. If you still cannot sign in, answer here or write to us at any time.",
        greet(Some(requester))
    );
    sign(&text, msp_name)
}

/// A person has to approve first.
pub fn waiting_for_approval(requester: &Account, msp_name: &str) -> String {
    let text = format!(
        "{}Your request is ready, but {WAITING} \
         You will hear from us as soon as that is decided; there is nothing you need to do.",
        greet(Some(requester))
    );
    sign(&text, msp_name)
}
