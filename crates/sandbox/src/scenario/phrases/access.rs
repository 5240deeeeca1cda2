//! Locked out.

use super::Template;

pub(in crate::scenario) const LOCKED: &[Template] = &[
    (
        "Locked out",
        "I typed my password wrong too many times and now my account is locked. Please unlock it.",
    ),
    ("account locked", "my account is locked, can u unlock it"),
    (
        "locked myself out again",
        "I locked myself out again this morning, caps lock was on. Could you unlock me? I do know the password.",
    ),
    (
        "The referenced account is currently locked",
        "Windows says the referenced account is currently locked out and may not be logged on to. Please lift the lock.",
    ),
    (
        "Unlock request",
        "Please unlock {login}. Too many attempts from my phone with the old password, I believe.",
    ),
    (
        "Lockout",
        "After the third try the computer told me I am locked out. Can you release my account?",
    ),
    (
        "help!! locked out before a meeting",
        "I'm locked out of my computer. It says too many failed attempts. Can somebody unlock the account?",
    ),
    (
        "Cannot log in - account lockout",
        "I get an account lockout message when I try to log in to {app}. Could it be unlocked, please?",
    ),
    ("lokced account", "hi my acount got lokced after i hit enter too often, pls unlock"),
    (
        "Please free my account",
        "It seems my user got blocked by the wrong-password counter. Please free it so that I can work.",
    ),
    (
        "Too many attempts",
        "Too many sign-in attempts, it says, and that my account has been locked. That was me, new keyboard. Can you open it again?",
    ),
    (
        "My kid played with the laptop",
        "My son hammered on the keyboard at the sign-in screen and now the account is locked. Would you unlock it?",
    ),
    (
        "login locked since this morning",
        "Since this morning my login is locked. Nothing else changed, I just mistyped. Unlock please.",
    ),
    (
        "Unlock my user",
        "Could someone unlock my user? I mistyped the password five times on the terminal.",
    ),
    (
        "still shut out",
        "I waited half an hour as the message said, but I am still locked out. Please unlock my account by hand.",
    ),
];

/// What a locked-out person without a lock to clear writes: the cloud shows no lock.
pub(in crate::scenario) const LOCKED_CLOUD: &[Template] = &[
    (
        "Your account is temporarily locked",
        "{app} shows 'Your account is temporarily locked to prevent unauthorized use'. That was only me mistyping. Can you help?",
    ),
    ("locked out of {app}", "I am locked out of {app} after too many tries. Please unlock me."),
    (
        "Account locked",
        "My account is locked and I cannot sign in on any device. Can you unlock it?",
    ),
    (
        "Locked out on phone and laptop",
        "Both my phone and my laptop say that I'm locked out. Could you release the account?",
    ),
    ("too many tries", "tried too often, now it says try again later / locked. pls unlock"),
    (
        "Sign-in blocked after wrong attempts",
        "I entered the wrong password a few times and now my sign-in is locked. Please unlock the account.",
    ),
    (
        "Lock",
        "there is a lock on my account since 8 this morning because i typed the password wrong, can you take it off",
    ),
    ("Unlock please", "Would you unlock {login} please? I mistyped at the tablet."),
    (
        "Locked, again",
        "Third time this month: locked out after fat-fingering my password. Unlock when you get a second.",
    ),
    (
        "cannot get past the lock message",
        "I can't get past the message that says the account is locked. Please lift it.",
    ),
    (
        "Account lock in {app}",
        "I managed to lock my account in {app}. Can you open it for me again?",
    ),
    (
        "locked out - new keyboard",
        "The new keyboard has the Y and Z swapped, so I got locked out. Please unlock my account.",
    ),
    ("Acess locked", "my acess is locked since lunch, too many wrong paswords. unlock please"),
];

pub(in crate::scenario) const ENABLE: &[Template] = &[
    (
        "Please reactivate {target}",
        "{target} is back from leave today. Please re-enable the account.",
    ),
    (
        "Account of {target} disabled?",
        "The account of {target} in my team seems to be disabled. It should be active again, could you enable it?",
    ),
    (
        "enable account",
        "pls enable the account of {target} ({targetmail}) again, back since monday",
    ),
    (
        "Return from sick leave: {target}",
        "{target} returns from sick leave tomorrow and needs to sign in. Please switch the account on again.",
    ),
    (
        "Re-activation",
        "I'd like to request re-activation of the account for {target}. The contract was extended after all.",
    ),
    (
        "{target} cannot sign in, account deactivated",
        "{target} gets a message that the account has been deactivated. As the manager I ask you to turn it on again.",
    ),
    (
        "Seasonal colleague is back",
        "Our seasonal colleague {target} starts again. Please unblock sign-in for {targetmail}.",
    ),
    (
        "unblock {targetmail}",
        "Please unblock sign-in for {targetmail}, we blocked it during the sabbatical.",
    ),
    (
        "turn the login of {target} back on",
        "Could you turn the login of {target} back on? It was switched off by mistake when we cleaned up.",
    ),
    (
        "Restore access for {target}",
        "{target} works for me again from today. Please restore the disabled account.",
    ),
    (
        "disabled by accident",
        "The account of {target} was disabled by accident last week. I need it enabled please.",
    ),
    (
        "Rehire {target}",
        "We have rehired {target}. The old account still exists but is blocked - please enable it.",
    ),
];

pub(in crate::scenario) const DISABLE: &[Template] = &[
    (
        "{target} leaves us today",
        "{target} leaves the company today. Please disable the account {targetmail} at close of business.",
    ),
    ("Leaver: {target}", "Leaver notice: {target}, last day today. Block sign-in please."),
    ("Please deactivate account", "Please deactivate the account of {target}. Employment ended."),
    (
        "offboarding {target}",
        "Offboarding for {target} ({targetmail}): please block the login. Laptop has been handed in.",
    ),
    (
        "Termination - account to be disabled",
        "As discussed with HR, the employment of {target} has ended. The account must be disabled.",
    ),
    (
        "{target} has left",
        "{target} has left the team. Could you shut off the account so nobody can sign in with it any more?",
    ),
    ("End of contract", "The contract of {target} ended. Please disable {targetmail}."),
    (
        "Last working day {target}",
        "Today was the last working day of {target}. Please turn off access.",
    ),
    ("block login of {target}", "pls block login of {target}, no longer with us"),
    (
        "Resignation of {target}",
        "{target} resigned and is released from duty as of now. I ask you to disable the user account.",
    ),
    ("HR exit", "HR exit request. Person: {target}. Login: {targetmail}. Action: disable account."),
    (
        "switch off an account",
        "Please switch off the account of our intern {target}, the internship is over.",
    ),
];
