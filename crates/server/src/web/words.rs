//! Domain values in plain words, for people who were not there.

use super::bits::{When, capital, duration, utc};
use domain::{
    Account, AccountState, Action, ActionKind, Actor, Fact, Facts, Follow, Lock, Mention,
    ReadResult, Sensitivity, Signal, UnixMs,
};

/// One fact behind a verdict.
#[derive(Clone, Debug)]
pub(super) struct FactLine {
    pub(super) name: &'static str,
    pub(super) text: String,
    /// Where and when it was read; `None` when it is missing.
    pub(super) source: Option<(String, When)>,
}

/// Every fact that the action needed or that was read anyway.
pub(super) fn facts(facts: &Facts, kind: ActionKind) -> Vec<FactLine> {
    use domain::action::Need;
    let needs = kind.needs();
    let lines = [
        (
            Need::Requester,
            line("Requester", &facts.requester, |r| {
                let account = r.account_id.as_ref().map_or("no account", |_| "one account");
                format!("{}, {}; {account} matches", r.address, r.verification.words())
            }),
        ),
        (
            Need::Relation,
            line("Relation", &facts.relation, |r| format!("the requester is {}", r.words())),
        ),
        (Need::Target, line("Target account", &facts.target, target)),
        (
            Need::Group,
            line("Group", &facts.group, |g| {
                let exists = if g.exists { "exists" } else { "does not exist" };
                format!("{exists}, {} ({})", sensitivity(g.sensitivity), g.because)
            }),
        ),
        (
            Need::Volume,
            line("Volume", &facts.volume, |v| match v.targets {
                1 => "1 target of this kind lately, this one included".into(),
                n => format!("{n} targets of this kind lately, this one included"),
            }),
        ),
        (
            Need::Ticket,
            line("Ticket", &facts.ticket, |t| match t.of_this_case {
                true => "belongs to this case".into(),
                false => "belongs to another case".into(),
            }),
        ),
    ];
    let mut out: Vec<FactLine> = lines
        .into_iter()
        .filter(|(need, line)| needs.contains(need) || line.source.is_some())
        .map(|(_, line)| line)
        .collect();
    out.push(line("Asked before", &facts.cooling_down, |cooling| match cooling {
        true => "exactly this was denied or expired lately".into(),
        false => "not denied or expired lately".into(),
    }));
    out.push(line("Brain", &facts.brain, |b| {
        let scope = if b.in_scope { "in its scope" } else { "outside its scope" };
        format!("{scope}; above {} it is for people", b.ceiling)
    }));
    out
}

fn line<T>(name: &'static str, fact: &Fact<T>, text: impl Fn(&T) -> String) -> FactLine {
    match fact {
        Fact::Known(k) => {
            let source = Some((k.source.clone(), When(k.read_at)));
            FactLine { name, text: text(&k.value), source }
        }
        Fact::Missing(why) => FactLine { name, text: format!("missing: {why}"), source: None },
    }
}

fn target(t: &domain::TargetFacts) -> String {
    if !t.exists {
        return "does not exist in this client's directory".into();
    }
    let mut parts = vec!["exists".to_owned()];
    if t.break_glass {
        parts.push("an emergency account".into());
    }
    match t.privileged.is_empty() {
        true => parts.push("no administrative rights".into()),
        false => parts.push(format!("administrative through {}", t.privileged.join(", "))),
    }
    match t.service.is_empty() {
        true => parts.push("a person's account".into()),
        false => parts.push(format!("a service account ({})", t.service.join(", "))),
    }
    parts.join("; ")
}

fn sensitivity(s: Sensitivity) -> &'static str {
    match s {
        Sensitivity::Normal => "ordinary",
        Sensitivity::Sensitive => "sensitive",
        Sensitivity::Privileged => "gives administrative rights",
    }
}

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

/// A snake-case name as words.
pub(super) fn spaced(name: &str) -> String {
    capital(&name.replace('_', " "))
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
