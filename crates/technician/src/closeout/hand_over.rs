//! Handing over to people: why, in words for the user and for the technician.

use super::{greet, notes, sign};
use domain::{Account, Action, CaseOutcome, CaseView};

const TITLE: &str = "Handed over to a technician by Journeyman.";
const CODE: &str = "Reason code: ";
const WHY: &str = "Why: ";

macro_rules! whys {
    ($($(#[$doc:meta])* $name:ident => $code:literal, $sentence:literal, $next:literal;)*) => {
        /// Why a case goes to people.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Why {
            $($(#[$doc])* $name,)*
        }

        impl Why {
            /// Every reason.
            pub const ALL: &'static [Why] = &[$(Why::$name,)*];

            /// Stable snake-case code, for reports.
            pub fn code(self) -> &'static str {
                match self { $(Why::$name => $code,)* }
            }

            /// Plain words for the technician.
            pub fn sentence(self) -> &'static str {
                match self { $(Why::$name => $sentence,)* }
            }

            /// What a technician could do next.
            pub fn next_step(self) -> &'static str {
                match self { $(Why::$name => $next,)* }
            }
        }
    };
}

whys! {
    /// Words of a security incident.
    Incident => "security_incident", "this may be a security incident", "Follow the security incident procedure: contain first, then help.";
    /// The text gives orders.
    Orders => "orders_in_text", "the text tries to give the technician orders", "Read it with care: it may be an attack, or a person quoting one.";
    /// More than one request.
    SeveralRequests => "several_requests", "the ticket asks for more than one thing", "Split it into one ticket per request.";
    /// Another system's account.
    OtherSystem => "other_system", "it is about an account of another system than the directory", "Help the user in that system.";
    /// The client's playbook says so.
    Playbook => "playbook", "this client's playbook leaves requests like this to people", "Handle it as usual; the playbook's line can be changed on the console's page Learning.";
    /// Not a Level-1 request.
    OutOfScope => "out_of_scope", "this is not a request that Journeyman handles", "Handle it as usual.";
    /// The recogniser abstained.
    Unclear => "unclear", "it is not clear enough what is asked", "Ask the user what is needed.";
    /// Nobody in the directory has this address.
    UnknownSender => "unknown_sender", "the sender's address belongs to nobody in the directory", "Find out who wrote before anything is told or done.";
    /// Several accounts have this address.
    AmbiguousSender => "ambiguous_sender", "the sender's address belongs to more than one account", "Find out which account is the sender's, and clean up the directory.";
    /// The requester's own account is blocked.
    RequesterBlocked => "requester_blocked", "the requester's account is blocked, and somebody blocked it for a reason", "Find out who blocked the account and why.";
    /// The target's account is blocked.
    TargetBlocked => "target_blocked", "the account is blocked, and somebody blocked it for a reason", "Find out who blocked the account and why.";
    /// The directory does not answer.
    Unavailable => "directory_unavailable", "the directory could not be read", "Check the connector with `journeyman doctor`, then handle the request.";
    /// A question was answered, and it is still not clear.
    StillUnclear => "still_unclear", "it is still not clear after one question", "Talk to the user.";
    /// A question was not answered.
    NoAnswer => "no_answer", "the user did not answer the question in time", "Call the user, or close the ticket.";
    /// Somebody else answered.
    OtherWriter => "other_writer", "somebody other than the requester answered on the ticket", "Check who wrote before going on.";
    /// Somebody wrote while the work was going on.
    Interrupted => "wrote_meanwhile", "somebody wrote on the ticket while the work was going on", "Read the newest message before going on.";
    /// The connector cannot do it.
    NotSupported => "not_supported", "the connector of this client's directory does not perform this", "Make the change by hand.";
    /// Information on somebody else.
    NotOwnAccount => "not_own_account", "information about another person's account was asked for", "Decide whether the requester may know.";
    /// The gate refuses.
    Refused => "refused", "the gate refuses this action", "Decide whether it should be done at all, and do it by hand if so.";
    /// A person said no.
    Denied => "denied", "a person denied the approval", "Tell the user what they can do instead.";
    /// Nobody decided in time.
    ApprovalExpired => "approval_expired", "nobody approved or denied in time", "Decide, and make the change by hand if it is right.";
    /// Facts changed twice while waiting.
    ApprovalVoid => "approval_void", "the facts changed after the approval was asked for", "Look at the account and decide afresh.";
    /// It did not work.
    ActionFailed => "action_failed", "the change did not work", "Look at the cause and make the change by hand.";
    /// The temporary password cannot be shown any more.
    SecretLost => "secret_lost", "the password was reset, but the temporary one can no longer be shown", "Set another temporary password and hand it over.";
    /// The user could not be told.
    NotTold => "user_not_told", "the user could not be answered on the ticket", "Tell the user by another way.";
}

impl Why {
    /// How the case ends.
    pub fn outcome(self) -> CaseOutcome {
        match self {
            Why::Refused | Why::Denied => CaseOutcome::Refused,
            _ => CaseOutcome::Dispatched,
        }
    }

    fn from_code(code: &str) -> Option<Why> {
        Why::ALL.iter().copied().find(|w| w.code() == code)
    }
}

/// A hand-over whose note is written: it stands, whatever comes in afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Why.
    pub why: Why,
    /// In words.
    pub reason: String,
}

/// The hand-over that a case is in the middle of, read back from its note.
pub fn sealed(case: &CaseView) -> Option<Sealed> {
    case.attempts.iter().find_map(|attempt| {
        attempt.evidence()?;
        let Action::AddNote(note) = &attempt.action else { return None };
        let mut lines = note.text.lines();
        if lines.next() != Some(TITLE) {
            return None;
        }
        let why = lines.next()?.strip_prefix(CODE).and_then(Why::from_code)?;
        Some(Sealed { why, reason: lines.next()?.strip_prefix(WHY)?.to_string() })
    })
}

/// The note: what was asked, what is known, why people take over, what to do next.
pub fn hand_over_note(
    case: &CaseView,
    why: Why,
    reason: &str,
    requester: Option<&Account>,
) -> String {
    let mut lines =
        vec![TITLE.to_string(), format!("{CODE}{}", why.code()), format!("{WHY}{reason}")];
    lines.extend(notes::asked(case, requester));
    let mut told: Vec<&Action> = Vec::new();
    for (action, verdict) in case.judged.iter().filter(|(a, _)| a.account().is_some()) {
        if told.contains(&action) {
            continue;
        }
        told.push(action);
        if case.done(action).is_some() {
            lines.extend(notes::performed(case, action));
        } else {
            lines.push(format!(
                "Proposed, not done: {} (tier {})",
                action.sentence(),
                verdict.tier
            ));
            lines.extend(notes::judged(case, action));
        }
    }
    lines.extend(notes::flags(case));
    lines.push(format!("Suggested next step: {}", why.next_step()));
    lines.join("\n")
}

/// What the user is told. `requester` is `None` for a sender whom the directory does not know: then
/// the text says nothing about any account.
pub fn hand_over_reply(why: Why, requester: Option<&Account>, msp_name: &str) -> String {
    let takes_over = "A technician will take over from here and get back to you.";
    let text = match (requester, why) {
        (None, Why::Incident) => format!(
            "thank you for reporting this. {takes_over} Until then please do not click on anything in the message, and keep it."
        ),
        (None, _) => {
            "thank you, your message has reached the service desk. A technician will look at it."
                .into()
        }
        (Some(_), Why::Incident) => format!(
            "thank you for telling us, that was the right thing to do. {takes_over} Until then please do not click on \
             anything, do not answer the message, and keep it: it helps us to find out what happened."
        ),
        (Some(_), Why::Refused) => {
            format!("this is something that I am not allowed to do on my own. {takes_over}")
        }
        (Some(_), Why::Denied) => {
            format!("your request was not approved, so I have not carried it out. {takes_over}")
        }
        (Some(_), Why::ApprovalExpired) => {
            format!(
                "your request needs an approval that has not come in time, so nothing was changed yet. {takes_over}"
            )
        }
        (Some(_), Why::NoAnswer) => format!(
            "I have not heard back from you, so I could not finish this on my own. {takes_over}"
        ),
        (Some(_), Why::SecretLost) => format!(
            "the password was reset, but the page with the temporary one is no longer available. {takes_over}"
        ),
        (Some(_), Why::ActionFailed | Why::Unavailable) => {
            format!(
                "I tried to do this for you, but it did not work on the technical side. {takes_over}"
            )
        }
        (Some(_), _) => format!("thank you for your message. {takes_over}"),
    };
    let mut chars = text.chars();
    let text: String = chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect();
    sign(&format!("{}{text}", greet(requester)), msp_name)
}
