//! Domain values in plain words, for people who were not there.

use super::bits::{capital, duration, utc};
use domain::{
    Account, AccountState, Action, ActionKind, Actor, Autonomy, Follow, Lock, Mention, ReadResult,
    Signal, UnixMs,
};

pub(super) use super::fact::{FactLine, facts};

/// What follows from a verdict, as a heading.
pub(super) fn follows(follow: &Follow) -> &'static str {
    match follow {
        Follow::Run => "The gate lets it run",
        Follow::RunAndNotify => "The gate lets it run, and marks it for people",
        Follow::Hold(_) => "The gate asks a person first",
        Follow::Refuse => "The gate refuses: people take over",
    }
}

/// Who did it.
pub(super) fn actor(actor: &Actor) -> String {
    match actor {
        Actor::Platform => "Journeyman".into(),
        Actor::Brain(b) => capital(b.as_str()),
        Actor::Person(p) => p.to_string(),
    }
}

/// Who did it, from the name that the journal gives an actor, or a person's id alone.
pub(super) fn by(name: &str) -> String {
    match name {
        "platform" => "Journeyman".into(),
        name => match name.split_once(':') {
            Some(("person", id)) => id.to_owned(),
            Some(("brain", id)) => format!("the brain {id}"),
            _ => name.to_owned(),
        },
    }
}

/// A level of autonomy: a short name, and what it means.
pub(super) fn level(level: Autonomy) -> (&'static str, &'static str) {
    match level {
        Autonomy::Deny => ("Never", "No brain does it; people do."),
        Autonomy::AlwaysAsk => ("Ask", "A person approves each one."),
        Autonomy::AskIfUncertain => (
            "Ask if unsure",
            "Alone when the requester is verified and acts on their own account; else a person is asked.",
        ),
        Autonomy::AutoWithGuardrails => {
            ("Tell", "Alone; a person is told of each one and can take it back.")
        }
        Autonomy::AutoAndClose => {
            ("Alone", "Alone, and the ticket is closed without anyone looking.")
        }
    }
}

/// The kind of this name.
pub(super) fn kind(name: &str) -> Option<ActionKind> {
    ActionKind::ALL.iter().copied().find(|k| k.name() == name)
}

/// What kinds of action have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KindGroup {
    /// People's accounts and what they may use.
    Accounts,
    /// Computers.
    Devices,
    /// What whole systems rest on.
    Configuration,
    /// The ticket itself.
    CloseOut,
}

/// The groups with their names, in the order of a page.
pub(super) const GROUPS: &[(&str, KindGroup)] = &[
    ("Accounts", KindGroup::Accounts),
    ("Devices", KindGroup::Devices),
    ("Configuration", KindGroup::Configuration),
    ("Closing the ticket", KindGroup::CloseOut),
];

/// The group of a kind that changes something; `None` for reads.
pub(super) fn group(kind: ActionKind) -> Option<KindGroup> {
    use ActionKind as K;
    if !kind.is_write() {
        return None;
    }
    Some(match kind {
        K::Reply | K::AddNote | K::LogTime | K::SetStatus => KindGroup::CloseOut,
        K::ChangeFirewall
        | K::ChangeServerConfiguration
        | K::ChangeBackupSchedule
        | K::ChangeSecurityPolicy
        | K::ChangeManyClients => KindGroup::Configuration,
        kind if kind.needs().contains(&domain::action::Need::Devices) => KindGroup::Devices,
        _ => KindGroup::Accounts,
    })
}

/// Whether it only writes on the ticket.
pub(super) fn closes(kind: ActionKind) -> bool {
    group(kind) == Some(KindGroup::CloseOut)
}

/// A snake-case name as words.
pub(super) fn spaced(name: &str) -> String {
    capital(&inside(name))
}

/// A snake-case name as words within a sentence.
pub(super) fn inside(name: &str) -> String {
    let words = name.split('_').map(|word| match word {
        "dns" => "DNS",
        "mfa" => "MFA",
        other => other,
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A close-out in the past tense, and its text where it has one.
pub(super) fn closeout(action: &Action) -> (String, Option<String>) {
    match action {
        Action::Reply(a) => ("Answered the user".into(), Some(a.text.clone())),
        Action::AddNote(a) => ("Left an internal note".into(), Some(a.text.clone())),
        Action::LogTime(a) => match a.minutes {
            1 => ("Recorded 1 minute of work".into(), Some(a.text.clone())),
            n => (format!("Recorded {n} minutes of work"), Some(a.text.clone())),
        },
        Action::SetStatus(a) => {
            (format!("Set the ticket to {}", spaced(a.status.name()).to_lowercase()), None)
        }
        other => (other.sentence(), None),
    }
}

/// What was looked up.
pub(super) fn read_title(action: &Action) -> String {
    match action {
        Action::FindUser(a) => match &a.query {
            domain::AccountQuery::Address(t) => format!("Looked for the account of {t}"),
            domain::AccountQuery::Name(t) => format!("Looked for an account named {t}"),
        },
        Action::FindGroup(a) => format!("Looked for a group named {}", a.name),
        Action::ReadAccount(a) => format!("Read the account of {}", a.account.name),
        Action::ListDevices(a) => format!("Listed the devices of {}", a.account.name),
        other => other.sentence(),
    }
}

/// What came back, and whether something did.
pub(super) fn read_result(result: &ReadResult) -> (String, bool) {
    let none = |what: &str| (format!("no {what} matches"), false);
    let join = |names: Vec<String>| (names.join(", "), true);
    match result {
        ReadResult::Accounts(all) if all.is_empty() => none("account"),
        ReadResult::Accounts(all) => join(all.iter().map(who).collect()),
        ReadResult::Account(None) => none("account"),
        ReadResult::Account(Some(a)) => (format!("{}: {}", who(a), state(&a.state)), true),
        ReadResult::Groups(all) if all.is_empty() => none("group"),
        ReadResult::Groups(all) => join(all.iter().map(|g| g.group.name.clone()).collect()),
        ReadResult::Devices(all) if all.is_empty() => ("no device".into(), true),
        ReadResult::Devices(all) => {
            join(all.iter().map(|d| format!("{} ({})", d.name, d.os)).collect())
        }
        ReadResult::Unavailable(why) => (format!("could not be read: {why}"), false),
    }
}

fn who(a: &Account) -> String {
    format!("{} ({})", a.account.name, a.account.login)
}

/// An account's state.
pub(super) fn state(s: &AccountState) -> String {
    let mut parts = vec![if s.enabled { "sign-in allowed" } else { "sign-in blocked" }.to_owned()];
    match s.lock {
        Lock::Locked => parts.push("locked".into()),
        Lock::Unlocked => parts.push("not locked".into()),
        Lock::NotShown => {}
    }
    if s.must_change == Some(true) {
        parts.push("must choose a new password".into());
    }
    if let Some(at) = s.password_set_at {
        parts.push(format!("password set {}", utc(at)));
    }
    parts.join(", ")
}

/// A signal in the text, as a warning: code-like heading and what was read.
pub(super) fn signal(s: &Signal) -> (&'static str, &str) {
    match s {
        Signal::Incident(t) => ("Words of a security incident", t),
        Signal::Orders(t) => ("The text tries to give the technician orders", t),
        Signal::ClaimedApproval(t) => ("The text claims an approval; that does not count", t),
        Signal::SeveralRequests(t) => ("More than one thing is asked", t),
        Signal::OtherSystem(t) => ("It is about another system's account", t),
    }
}

/// Someone named in the text.
pub(super) fn mention(m: &Mention) -> &str {
    match m {
        Mention::Address(t) | Mention::Name(t) => t,
    }
}

/// Time from arrival to the end of work.
pub(super) fn took(from: UnixMs, to: UnixMs) -> String {
    duration(to.since(from))
}

/// A probability in whole per cent; never 100, which nobody can promise.
pub(super) fn percent(p: f64) -> String {
    let whole = (p * 100.0).round().clamp(0.0, 99.0);
    format!("{whole:.0} %")
}
