//! A question about the state of an account is no request to change it.
//!
//! "Do I have to choose a new password?" and "Have me choose a new password" share nearly all their
//! words, so the recogniser alone cannot be trusted to tell them apart. Reading is the lesser act:
//! in doubt the user is told, and may then ask for the change.

use super::pattern::Patterns;
use domain::Intent;
use std::sync::LazyLock;

/// Words that ask how things stand.
static ASKS_HOW_IT_STANDS: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        "whether|if ~1 i|my|we|it|the|hers|his|their",
        "do|must|should|will|am i ~2 have|need|required|supposed|choose|change|pick|set|be",
        "is|was my|the|her|his|their ~4 due|set|expired|expiring|required|marked|flagged",
        "when ~1 did|was|does|will|do|must|is",
        "how long|soon|often|old",
        "do|can|could|would you ~1 see|tell|know|say",
        "ob ~1 ich|mein|meine",
        "muss ich",
        "wann",
    ])
});

/// Words that ask for the change itself.
static ASKS_FOR_IT: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        "please|can|could|would|will|kindly ~3 force|require|set|make|have|tick|enforce|prompt|expire|let|mark|flag|change|oblige",
        "need|want|like ~1 to choose|set|pick|change|be|force|require",
        "force|require|make|have|let|oblige|prompt me|him|her|them|us|this|that|the",
        "tick|set|enforce|mark|flag ~3 change|flag|option|box|password|account",
        "force|require|enforce|oblige|demand ~2 password|change|reset",
        "bitte",
    ])
});

/// What a text of these folded words asks, when the recogniser takes it for `intent`.
pub(super) fn asked(intent: Intent, words: &[&str]) -> Intent {
    let only_asks = intent == Intent::RequirePasswordChange
        && ASKS_HOW_IT_STANDS.hit(words)
        && !ASKS_FOR_IT.hit(words);
    if only_asks { Intent::AccountStatus } else { intent }
}

/// Trouble that began with a new password: "cannot find my drives after the password reset".
static SINCE_A_RESET: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        "after|since|nach ~3 reset|resetting|changing|changed|change|zurucksetzen|anderung",
        "password ~2 is|was working|works|reset|changed",
    ])
});

/// What somebody says who wants a new one all the same.
static WANTS_ONE: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        "please|bitte|pls|kindly|can|could|need|want|again|another|new|forgot*|vergessen|wrong|expired|abgelaufen|unknown|lost|dont|cannot ~6",
        "reset my|the|his|her|it",
    ])
});

/// Whether a text of these folded words is about what came after a reset, and asks for none.
pub(super) fn is_after_one(words: &[&str]) -> bool {
    SINCE_A_RESET.hit(words) && !WANTS_ONE.hit(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::understand::{clean::fold, pattern::words};

    fn read(text: &str) -> Intent {
        asked(Intent::RequirePasswordChange, &words(&fold(text)))
    }

    #[test]
    fn trouble_since_a_reset_is_no_wish_for_another() {
        let after = |text: &str| is_after_one(&words(&fold(text)));
        assert!(after("unable to find network drives after password reset"));
        assert!(after("She has confirmed that the password is working after reset."));
        assert!(!after("My password was reset yesterday and I forgot it, a new one please"));
        assert!(!after("Please reset my password after lunch"));
    }

    #[test]
    fn a_question_changes_nothing_and_a_request_does() {
        for question in [
            "Do I have to choose a new password the next time I log on?",
            "Is my password due for a change soon? Just curious.",
            "Could you tell me whether I will be asked for a new password tomorrow",
            "When did I last change my password, and must I choose another one?",
        ] {
            assert_eq!(read(question), Intent::AccountStatus, "{question}");
        }
        for request in [
            "Please make me choose a new password at my next logon.",
            "Can you set my account so that I must change the password next time?",
            "I want to choose a new password at the next sign-in, I typed mine in a shared document",
            "Force a password change for me on the next login please, tell me when it is done",
        ] {
            assert_eq!(read(request), Intent::RequirePasswordChange, "{request}");
        }
    }
}
