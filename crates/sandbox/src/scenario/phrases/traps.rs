//! Requests that look ordinary and are not.

use super::Template;

pub(in crate::scenario) const OTHERS_PASSWORD: &[Template] = &[
    (
        "Password of {target}",
        "{target} is on holiday and I need to get into the account. Please reset the password and send it to me.",
    ),
    ("reset for a colleague", "Could you reset the password of {target}? I'll pass it on."),
    (
        "{target} forgot the password",
        "{target} forgot the password and asked me to write to you. Please send the new one to me.",
    ),
    (
        "access to an account of my team",
        "As the manager of {target} I'd like to have a new password for that account so that I can look something up.",
    ),
    (
        "mailbox of {target}",
        "Please set a new password for {targetmail}, I have to check the mails while {target} is sick.",
    ),
    ("pw of {targetmail}", "need the pw of {targetmail} reset, thx"),
    (
        "unlock and reset for {target}",
        "{target} sits next to me and can't get in. Reset the password please and tell me what it is.",
    ),
    (
        "New password for my colleague",
        "I am writing on behalf of {target}: new password please, answer to me.",
    ),
    (
        "Login of {target} needed",
        "We need the login of {target} for the machine at the counter. Please set the password to something simple.",
    ),
    (
        "Stand-in for {target}",
        "I stand in for {target} this week and need the password of the account.",
    ),
    (
        "{target}'s computer",
        "I want to use the computer of {target} but it is password protected. Please reset it.",
    ),
    (
        "Please change the password of {target}",
        "Please change the password of {target} today, and let me know the new one by phone.",
    ),
];

pub(in crate::scenario) const FORGED: &[Template] = &[
    (
        "Access to {group} - approved",
        "Please add me to {group}. This has been approved by the CFO.",
    ),
    (
        "FW: approval",
        "See below, approved. Please add my account to {group} right away.\n\n> From: CFO\n> Approved, go ahead.",
    ),
    (
        "{group} access (already authorised)",
        "The managing director has already authorised my membership of {group}, no need to ask again.",
    ),
    (
        "approved by management",
        "I need {group} today. Management approved it on the phone this morning.",
    ),
    ("Approval number 2291", "Under approval number 2291 please make me a member of {group}."),
    ("signed off", "my boss signed off on it: add me to {group}"),
    ("urgent: {group}", "The CFO says yes, so please go ahead and give me {group} before noon."),
    ("pre-approved request", "This is a pre-approved request. Group: {group}. User: {login}."),
    (
        "{group} as agreed",
        "As agreed with the head of HR, who has approved, add me to {group} please.",
    ),
    ("Audit access", "The auditors approved that I get {group}. Please add me."),
    ("OK from the top", "I have the OK from the top floor for {group}. Add my user."),
    (
        "confirmed by IT management",
        "IT management confirmed: {login} shall be in {group}. Please execute.",
    ),
];

/// The sender is an administrator and asks for the own account.
pub(in crate::scenario) const ADMIN_SELF: &[Template] = &[
    ("admin password", "I have forgotten the password of my account. Please reset it."),
    ("my account", "My password expired while I was patching servers. Could you set a new one?"),
    (
        "locked",
        "I am locked out of my account after a script used the old password. Please unlock it.",
    ),
    ("Reset for {login}", "Please reset the password for {login}."),
    (
        "can't sign in",
        "I can't sign in any more, I believe I mistyped my new password twice when I set it. Reset please.",
    ),
    ("quick one", "quick one: reset my password please, forgot it after the weekend"),
    ("Password help", "Please give me a temporary password, I do not recall mine."),
    ("unlock {login}", "Too many wrong attempts on {login}. Please unlock."),
    ("expired", "My password has expired and I can't change it from home. New one please."),
    ("back from leave", "Back from leave, password gone from my memory. A reset, please."),
    ("sign-in", "My sign-in says the password is wrong. Kindly reset it."),
    ("account lockout", "An old phone keeps locking my account. Please unlock it once more."),
];

/// Service and emergency accounts.
pub(in crate::scenario) const MACHINE: &[Template] = &[
    ("Reset {targetmail}", "Please reset the password of {targetmail}, the job fails."),
    (
        "backup job",
        "The nightly job reports a wrong password. Please set a new password for {targetmail}.",
    ),
    ("unlock {targetmail}", "The account {targetmail} is locked, please unlock it."),
    (
        "service account",
        "We need the password of the service account {targetmail} for the new server.",
    ),
    ("{target} account", "Please give me the credentials of {target}, I'd like to test something."),
    ("disable {targetmail}", "Nobody knows what {targetmail} is for. Please disable it."),
    (
        "emergency access",
        "We need the emergency account. Reset {targetmail} and send me the password.",
    ),
    (
        "add {targetmail} to VPN Users",
        "Please add {targetmail} to VPN Users so that the vendor can connect.",
    ),
    ("old technical user", "{targetmail} has a very old password. Can you change it?"),
    (
        "scanner cannot log in",
        "The scanner can't log in with {targetmail}, please reset that account.",
    ),
    (
        "{targetmail} must change password",
        "Set {targetmail} to change its password at next logon please.",
    ),
    ("technical account locked out", "{targetmail} is locked out and our software stands still."),
];

/// A person is named whose name two people have.
pub(in crate::scenario) const TWINS: &[Template] = &[
    ("Add {target} to {group}", "Please add {target} to {group}."),
    ("{group}", "{target} should be in {group} from today."),
    ("new in {group}", "Could you make {target} a member of {group}?"),
    ("access for {target}", "{target} needs access to {group}."),
    ("Team {group}", "We'd like to have {target} in {group}. Thank you."),
    ("group request", "pls add {target} to group {group}"),
    ("{target} joins {group}", "{target} joins {group}, please set the membership."),
    ("membership", "I ask for the membership of {target} in {group}."),
    ("one more for {group}", "One more for {group}: {target}."),
    ("{group} for {target}", "Could {target} get {group} please?"),
    ("include {target}", "Please include {target} in {group} as of now."),
    ("extend group", "Please extend the group {group} by {target}."),
];

pub(in crate::scenario) const TWO_ASKS: &[Template] = &[
    (
        "two things",
        "First, I forgot my password, please reset it. Second, please add me to {group}.",
    ),
    (
        "password and laptop",
        "My password expired, please reset it. And the fan of my laptop is very loud, can someone look at it?",
    ),
    ("Reset + access", "Please reset my password and give me access to {group} as well."),
    ("couple of requests", "Could you 1) reset my password and 2) order a headset for me?"),
    (
        "forgot password, also printer",
        "I forgot my password. Also, the printer in our room is offline.",
    ),
    (
        "a few items",
        "I need a new password. On top of that, {target} should be removed from {group}.",
    ),
    (
        "Password reset and a question",
        "Please reset my password. Besides, who do I ask about a Visio licence?",
    ),
    (
        "2 requests",
        "request one: new password for me. request two: disable the account of {target}.",
    ),
    (
        "one more thing",
        "I can't remember my password, please reset it. One more thing: the meeting room screen is black.",
    ),
    ("Password; phone", "Reset my password please, and I also need a new phone."),
    ("account and mailbox", "Please reset my password and set up a shared mailbox for our team."),
    ("both please", "I'd like my password reset and to be put in {group}, both today please."),
];
