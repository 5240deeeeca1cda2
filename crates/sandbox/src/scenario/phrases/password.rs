//! The sender's own password.

use super::Template;

pub(in crate::scenario) const FORGOTTEN: &[Template] = &[
    (
        "can't remember my login",
        "I came back from two weeks off and my mind is blank, I cannot recall my password any more. Could you give me a new one?",
    ),
    ("Password", "I have forgotten my password. Please reset it."),
    (
        "Need a new password please",
        "I wrote my new password on a sticky note and the note is gone. Can you set a fresh one for {app}?",
    ),
    (
        "Forgot pasword",
        "none of the passwords I try are right for my account, I must have mixed something up. please reset",
    ),
    (
        "Sign-in trouble",
        "The computer says the user name or password is incorrect. I think I simply don't remember what I changed it to last week. A reset would help.",
    ),
    (
        "password reset request",
        "Requesting a password reset for my account {login}. I no longer know the current one.",
    ),
    (
        "help - cannot log on to {app}",
        "I can't get into {app} because I don't know my password any more. Could somebody please set me a temporary one?",
    ),
    (
        "Lost my password",
        "my browser used to fill it in for me and after the update it does not. I never knew it by heart. Could I get a new password?",
    ),
    ("new pw", "pls reset my pw, forgot it over the weekend"),
    (
        "I feel silly but",
        "I changed my password on Friday afternoon and now I have no idea what I picked. Would you mind resetting it for me?",
    ),
    (
        "Unable to sign in since vacation",
        "Since my leave I am unable to sign in. I'm fairly sure it's my memory and not the machine. May I have a password reset?",
    ),
    (
        "Reset needed",
        "Please could I have my password reset, I do not recall it and the self-service page sends the code to a phone I don't own any more.",
    ),
    (
        "password help for {app}",
        "Trying to open {app} and it wants my password, which escapes me. Can someone on the desk issue another?",
    ),
    (
        "Account access - forgotten credentials",
        "I am writing to ask you to reset the password of my account. I have forgotten it and would like to start over with a temporary one.",
    ),
    (
        "re: my password",
        "hello it's {given} from {department}, i forgot what my password is. i need a new one please",
    ),
    (
        "Wrong password every time",
        "It keeps telling me wrong password. I honestly can't think of the right one. Reset it please and tell me how to pick a new one.",
    ),
];

pub(in crate::scenario) const EXPIRED: &[Template] = &[
    (
        "Password expired",
        "I get a message that my password has expired and it won't let me choose another. Please set a new one.",
    ),
    (
        "your password has expired message",
        "This morning the screen said my password ran out and must be changed, but the change fails every time. Can you reset it?",
    ),
    ("expired pw", "pw expired yesterday while i was on site, now nothing accepts it. reset pls"),
    (
        "Password past its date",
        "I ignored the reminders and now my password is past its expiry date. I need a temporary one to get going again.",
    ),
    (
        "cannot renew my password",
        "The page where I should renew my password just loops back to the start. The old one is expired. Would you reset it for me?",
    ),
    (
        "{app} says password no longer valid",
        "{app} tells me my password is no longer valid because it is older than 90 days. Could you give me a fresh one?",
    ),
    (
        "Ninety day thing",
        "It's the ninety day thing again - my password has run out and I missed the window. Please reset it.",
    ),
    (
        "Expired password after parental leave",
        "I am back from parental leave and of course the password expired while I was away. Please can I have a new one?",
    ),
    (
        "Pasword expird",
        "the laptop at home says my pasword expird and to contact the admin. so here i am, please reset it",
    ),
    (
        "Password expiry",
        "My password expired over the weekend. I am at home, so I can't change it on the office computer. Kindly reset.",
    ),
    (
        "Need temp password - old one expired",
        "Old password expired, need a temporary password to sign in to {app}.",
    ),
    (
        "Locked behind an expired password",
        "Windows insists that I change my expired password, and then refuses whatever I type. I'd like you to set one for me.",
    ),
    (
        "reset please (expired)",
        "please reset my password, it lapsed on the first of the month and I didn't notice until now",
    ),
];

pub(in crate::scenario) const MUST_CHANGE: &[Template] = &[
    (
        "make me change my password",
        "Could you set my account so that I have to pick a new password the next time I sign in?",
    ),
    (
        "typed my password while sharing my screen",
        "I typed my password in the wrong box while my screen was shared in a call. Please force me to choose another one at my next sign-in.",
    ),
    (
        "Force password change for me",
        "Please tick the box that makes me change my password at next logon. I would like to replace it.",
    ),
    (
        "password may have been seen",
        "A visitor stood behind me while I signed in. To be on the safe side, let me be asked for a new password next time I log in.",
    ),
    (
        "must change at next login",
        "please set 'must change password at next login' on my account {login}",
    ),
    (
        "change prompt",
        "I want to change my password but cannot find where. Can you make the system ask me to change it at the next sign in?",
    ),
    (
        "Shared screen oops",
        "Oops, my password was on the projector for a second during training. Have the system require a new one from me when I log on tomorrow.",
    ),
    (
        "Prompt me for a new password",
        "Would you prompt me for a new password at my next log-in please? The current one is my dog's name and everybody knows the dog.",
    ),
    (
        "password on shared pc",
        "i used the shared pc at the counter and i am not sure i signed out. can you require me to change my password on the next logon",
    ),
    (
        "Require a new password from me",
        "Kindly require a password change on my account at the next sign-in, I have had the same one for too long.",
    ),
    (
        "next sign in",
        "Please flag my account to change password at next sign in. I read it out loud on the phone and did not like that.",
    ),
    (
        "I said my password out loud",
        "I mumbled my password while typing and the whole room heard it. Could my account be set to ask for a new one next time?",
    ),
];
