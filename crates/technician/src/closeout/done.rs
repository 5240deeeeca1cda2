//! What was done or seen, told to the user.

use super::{SECRET_LINK, given_name, greet, sign};
use crate::plan::Profile;
use domain::{Account, Action, ActionKind, Device, Group, Intent, Lock};

/// What the finished actions mean for the requester, with the client's own `words` at the end. With a reset among them it contains
/// [`SECRET_LINK`] on a line of its own.
pub fn done(
    actions: &[Action],
    requester: &Account,
    target: &Account,
    profile: &Profile,
    words: Option<&str>,
) -> String {
    let own = requester.account.id == target.account.id;
    let said: Vec<String> =
        actions.iter().map(|a| sentence(a, own, target, actions, profile)).collect();
    let mut after = "If something does not work, just answer this message.".to_owned();
    if let Some(words) = words {
        after = format!("{words}\n\n{after}");
    }
    sign(&format!("{}{}\n\n{after}", greet(Some(requester)), said.join("\n\n")), &profile.msp_name)
}

fn sentence(
    action: &Action,
    own: bool,
    target: &Account,
    all: &[Action],
    profile: &Profile,
) -> String {
    let whose = if own {
        "your account".to_string()
    } else {
        format!("the account of {}", target.account.name)
    };
    let who = if own { "You" } else { given_name(target) };
    let reset_too = all.iter().any(|a| a.kind() == ActionKind::ResetPassword);
    match action {
        Action::UnlockAccount(_) if reset_too => format!("I have unlocked {whose}."),
        Action::UnlockAccount(_) => format!(
            "I have unlocked {whose}. {who} can sign in again with the usual password; it can take \
             a minute or two until every system knows. If a phone or another device still has an old \
             password stored, please update it there, or the lock may come back."
        ),
        Action::ResetPassword(a) => reset(own, a.must_change, target, profile),
        Action::RequirePasswordChange(_) => format!(
            "I have set {whose} so that a new password must be chosen at the next sign-in. The \
             present password stays valid until then."
        ),
        Action::EnableAccount(_) => format!(
            "I have allowed sign-in to {whose} again. It can take a few minutes until every system \
             knows; the former password is still valid unless it has expired."
        ),
        Action::DisableAccount(_) => format!(
            "I have blocked sign-in to {whose}. New sign-ins are refused from now on; sessions that \
             are already open can last up to an hour. Mailbox and files are kept."
        ),
        Action::AddGroupMember(a) => format!(
            "I have added {} to the group {}. Please sign out and in again; in Outlook and Teams it can \
             take up to an hour to show.",
            if own { "you" } else { target.account.name.as_str() },
            a.group.name
        ),
        Action::RemoveGroupMember(a) => format!(
            "I have removed {} from the group {}. It takes full effect at the next sign-in.",
            if own { "you" } else { target.account.name.as_str() },
            a.group.name
        ),
        other => other.sentence(),
    }
}

fn reset(own: bool, must_change: bool, target: &Account, profile: &Profile) -> String {
    let hours = profile.link_ttl_hours;
    let then = if must_change {
        " You will be asked to choose your own at the first sign-in."
    } else {
        ""
    };
    if own {
        return format!(
            "A temporary password is ready for you. The old one no longer works. You can see the new \
             one once, on this page, within {hours} hours:\n\n{SECRET_LINK}\n\nThe page asks you to \
             prove who you are.{then} Please do not send the password to anyone, not even to us."
        );
    }
    let name = given_name(target);
    format!(
        "A temporary password is ready for {}. The old one no longer works. {name} can see the new one \
         once, on this page, within {hours} hours:\n\n{SECRET_LINK}\n\nPlease pass the address on: the \
         page asks {name} to prove who is there, and nobody else should open it.",
        target.account.name
    )
}

/// What was asked for is already so.
pub fn already(
    intent: Intent,
    requester: &Account,
    target: &Account,
    group: Option<&Group>,
    msp_name: &str,
) -> String {
    let own = requester.account.id == target.account.id;
    let whose = if own {
        "your account".to_string()
    } else {
        format!("the account of {}", target.account.name)
    };
    let who = if own { "you are".to_string() } else { format!("{} is", target.account.name) };
    let group = group.map_or("that group", |g| g.group.name.as_str());
    let text = match intent {
        Intent::AddToGroup => format!(
            "I looked it up: {who} already a member of {group}, so there was nothing to add. If the access \
             does not show yet, signing out and in again usually helps."
        ),
        Intent::RemoveFromGroup => {
            format!(
                "I looked it up: {who} not a member of {group}, so there was nothing to remove."
            )
        }
        Intent::DisableAccount => format!("I looked it up: sign-in to {whose} is already blocked."),
        Intent::RequirePasswordChange => format!(
            "I looked it up: {whose} is already set so that a new password must be chosen at the next sign-in."
        ),
        Intent::EnableAccount => format!("I looked it up: {whose} is active and not blocked."),
        _ => format!("I looked it up: {whose} is active and not locked."),
    };
    let after = "If you see something else, just answer this message.";
    sign(&format!("{}{text}\n\n{after}", greet(Some(requester))), msp_name)
}

/// The state of the requester's own account.
pub fn account_status(requester: &Account, seen: &Account, msp_name: &str) -> String {
    let state = seen.state;
    let mut lines = vec![format!("Sign-in name: {}", seen.account.login)];
    lines.push(format!("Sign-in: {}", if state.enabled { "allowed" } else { "blocked" }));
    lines.push(match state.lock {
        Lock::Locked => {
            "Lock: locked after wrong passwords. Write \"please unlock my account\" and I lift it."
                .into()
        }
        Lock::Unlocked => "Lock: not locked".into(),
        Lock::NotShown => "Lock: this system does not show it".into(),
    });
    if let Some(at) = state.password_set_at {
        let day: String = at.to_string().chars().take(10).collect();
        lines.push(format!("Password last set: {day}"));
    }
    if let Some(must) = state.must_change {
        let words = if must { "yes" } else { "no" };
        lines.push(format!("New password needed at the next sign-in: {words}"));
    }
    let text = format!(
        "{}This is what I see for your account:\n\n{}\n\nI have changed nothing.",
        greet(Some(requester)),
        lines.join("\n")
    );
    sign(&text, msp_name)
}

/// The requester's own devices.
pub fn devices(requester: &Account, devices: &[Device], msp_name: &str) -> String {
    let list = if devices.is_empty() {
        "No device is registered to your account.".to_string()
    } else {
        let lines: Vec<String> = devices.iter().map(device).collect();
        format!("These devices are registered to your account:\n\n{}", lines.join("\n"))
    };
    let after = "If one of them is not yours or one is missing, just answer this message.";
    sign(&format!("{}{list}\n\n{after}", greet(Some(requester))), msp_name)
}

fn device(d: &Device) -> String {
    let model = d.model.as_ref().map(|m| format!(", {m}")).unwrap_or_default();
    let seen = d.last_seen.map(|t| {
        let day: String = t.to_string().chars().take(10).collect();
        format!(", last seen {day}")
    });
    format!("- {}{model}, {}{}", d.name, d.os, seen.unwrap_or_default())
}
