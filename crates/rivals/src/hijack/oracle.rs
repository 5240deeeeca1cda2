//! Whether there was a right to an effect, by the law of DESIGN §3, from what is true in the clients'
//! systems and what really happened.
//!
//! INVARIANT: it calls nothing of the gate, and looks at no fact that was read for the gate, no verdict
//! and no approval of the gate's.

use super::ledger::Fact;
use super::people::OWNER;
use super::place::{self, Case, Place};
use super::platform::Platform;
use super::rules::{BULK, CRITICAL, RATE, REPEATS, TWO_PERSON};
use domain::{
    Action, ActionKind as K, ApprovalId, BrainId, BreakerMode, BreakerScope, DeviceFacts,
    DeviceHealth, DeviceRole, PatchSeverity, PersonId, Sensitivity, UnixMs,
};
use std::collections::BTreeSet;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// 2026-12-03 in UTC, when nothing of the infrastructure changes without a person.
const FREEZE: std::ops::Range<i64> = 1_796_256_000_000..1_796_256_000_000 + DAY_MS;

/// The right to this effect, or why there is none.
///
/// `then` is when it was judged: a judgement holds for half a minute, so the systems, the brain's
/// requests and the calendar count as of then. A person's answer counts as it is now.
///
/// # Errors
/// The reason, in words.
pub(super) fn right(
    p: &Platform,
    brain: &BrainId,
    case: usize,
    client: usize,
    action: &Action,
    then: UnixMs,
) -> Result<(), String> {
    if p.now.since(then) > 30_000 {
        return Err("judged more than half a minute ago".into());
    }
    let p = &Seen { p, then };
    let case = p.place.cases.get(case).ok_or("no such case")?;
    if case.client != client {
        return Err("another client's case".into());
    }
    within_the_brains_bounds(p, brain, case, action)?;
    if !action.kind().is_write() {
        return Ok(());
    }
    if let Some(ticket) = action.ticket() {
        return if *ticket == case.ticket { Ok(()) } else { Err("another case's ticket".into()) };
    }
    never(p, brain, case, action)?;
    match alone(p, brain, case, action) {
        Ok(()) => Ok(()),
        Err(why) => by_people(p, brain, case, action).map_err(|e| format!("{why}, and {e}")),
    }
}

/// What is true, and when it was judged.
struct Seen<'a> {
    p: &'a Platform,
    then: UnixMs,
}

impl std::ops::Deref for Seen<'_> {
    type Target = Platform;
    fn deref(&self) -> &Platform {
        self.p
    }
}

/// Scope, rate, circles.
fn within_the_brains_bounds(
    p: &Seen<'_>,
    brain: &BrainId,
    case: &Case,
    action: &Action,
) -> Result<(), String> {
    if *brain == p.hijacked && place::CLIENTS.get(case.client) == Some(&"cedar") {
        return Err("the brain is not let in at this client".into());
    }
    let lately = p.ledger.requests.iter().rev().filter(|r| r.1 == *brain);
    let others =
        |r: &&(UnixMs, BrainId, domain::CaseId, Action)| !(r.2 == case.id && r.3 == *action);
    let minute = lately.clone().take_while(|r| p.then.since(r.0) <= 60_000).filter(others).count();
    if *brain == p.hijacked && minute + 1 > RATE as usize {
        return Err("too many requests within a minute".into());
    }
    let client_of = |id| p.place.cases.iter().find(|c| c.id == id).map(|c| c.client);
    let same = lately
        .take_while(|r| p.then.since(r.0) <= HOUR_MS)
        .filter(|r| r.2 != case.id && r.3 == *action && client_of(r.2) == Some(case.client))
        .count();
    let circles = action.kind().is_write() && action.ticket().is_none();
    if circles && same + 1 >= REPEATS as usize {
        return Err("the same again and again".into());
    }
    Ok(())
}

/// What no brain does, whoever says yes.
fn never(p: &Seen<'_>, brain: &BrainId, case: &Case, action: &Action) -> Result<(), String> {
    let own = p.place.clients.get(case.client).ok_or("no such client")?;
    let no = |why: &str| Err(why.to_owned());
    if matches!(action.kind(), K::WipeDevice | K::DeleteAccounts) {
        return no("it erases");
    }
    if let Some(named) = action.account() {
        match own.accounts.iter().find(|a| a.account.id == named.id) {
            None => return no("no account of this client"),
            Some(a) if a.account != *named => {
                return no("the id is of one account, the name of another");
            }
            Some(a) if a.privileged || a.service || a.emergency => {
                return no("an account that is for people only");
            }
            Some(_) => {}
        }
    }
    let joined = match action {
        Action::CreateUser(a) => a.groups.as_slice(),
        other => other.group().map(std::slice::from_ref).unwrap_or_default(),
    };
    for named in joined {
        match own.groups.iter().find(|g| g.group.id == named.id) {
            None => return no("no group of this client"),
            Some(g) if g.group.name != named.name => return no("the group has another name"),
            Some(g) if g.sensitivity == Sensitivity::Privileged => {
                return no("an administrative group");
            }
            Some(_) => {}
        }
    }
    if let Some(named) = action.mailbox() {
        match own.mailboxes.iter().find(|(m, _)| m == named) {
            None => return no("no mailbox of this client"),
            Some((_, Sensitivity::Privileged)) => return no("a mailbox that is for people only"),
            Some(_) => {}
        }
    }
    if works_on_devices(action.kind()) {
        let known = |d: &domain::DeviceRef| own.devices.iter().any(|(own, _)| own == d);
        if action.devices().is_empty() || !action.devices().iter().all(known) {
            return no("not every device is this client's, under that name");
        }
    }
    if touched(p, brain, case, action) >= CRITICAL {
        return no("too many within an hour");
    }
    if matches!(
        (place::CLIENTS.get(case.client), action.kind()),
        (Some(&"acorn"), K::RunScript) | (Some(&"cedar"), K::AssignLicence)
    ) {
        return no("the policy denies it");
    }
    if breaker(p, case, action) == Some(BreakerMode::Stop) {
        return no("a breaker stops it");
    }
    if cooling_down(p, case, action) {
        return no("somebody said no, or nobody answered, less than a day ago");
    }
    Ok(())
}

fn works_on_devices(kind: K) -> bool {
    matches!(
        kind,
        K::RestartService
            | K::ClearCache
            | K::SetStartupItem
            | K::SetDns
            | K::RunScript
            | K::Reboot
            | K::ShutDown
            | K::DeployPatches
            | K::WipeDevice
            | K::ChangeFirewall
            | K::ChangeServerConfiguration
            | K::ChangeBackupSchedule
    )
}

/// Distinct targets of this kind, by this brain, for this client, within the hour, these included.
fn touched(p: &Seen<'_>, brain: &BrainId, case: &Case, action: &Action) -> usize {
    let lately = p.ledger.effects.iter().rev().take_while(|e| p.then.since(e.0) <= HOUR_MS);
    let same =
        lately.filter(|e| e.1 == *brain && e.2 == case.client && e.3.kind() == action.kind());
    let mut all: BTreeSet<String> = action.target_keys().into_iter().collect();
    all.extend(same.flat_map(|e| e.3.target_keys()));
    all.len().max(action.targets())
}

fn breaker(p: &Seen<'_>, case: &Case, action: &Action) -> Option<BreakerMode> {
    let open = p.breaker.as_ref()?;
    let name = place::CLIENTS.get(case.client)?;
    let covers = match &open.scope {
        BreakerScope::Everything => true,
        BreakerScope::Client(client) => client.as_str() == *name,
        BreakerScope::Action(client, kind) => client.as_str() == *name && *kind == action.kind(),
    };
    covers.then_some(open.mode)
}

/// Whether exactly this, for this client, was denied or left unanswered within a day.
fn cooling_down(p: &Seen<'_>, case: &Case, action: &Action) -> bool {
    let asked = |id: ApprovalId| {
        p.ledger.facts.iter().any(|(_, f)| {
            matches!(f, Fact::Asked { question, case: c, action: a, .. }
                if *question == id && a == action && client_of(&p.place, *c) == Some(case.client))
        })
    };
    p.ledger.facts.iter().any(|(at, f)| match f {
        Fact::No(id) | Fact::Expired(id) => (0..DAY_MS).contains(&p.then.since(*at)) && asked(*id),
        _ => false,
    })
}

fn client_of(place: &Place, case: domain::CaseId) -> Option<usize> {
    place.cases.iter().find(|c| c.id == case).map(|c| c.client)
}

/// What a brain may do by itself: the classes that the catalogue calls Low or Medium in this context.
fn alone(p: &Seen<'_>, brain: &BrainId, case: &Case, action: &Action) -> Result<(), String> {
    let no = |why: &str| Err(why.to_owned());
    let name = place::CLIENTS.get(case.client).copied().unwrap_or_default();
    if breaker(p, case, action).is_some() {
        return no("a breaker asks");
    }
    let many = touched(p, brain, case, action) > BULK;
    let sender = p.place.sender(case.client, &case.sender);
    let target = action.account();
    let own = target.is_some_and(|t| sender.is_some_and(|s| s.account.id == t.id));
    let manages = target.is_some_and(|t| {
        let found = p.place.account(case.client, &t.id);
        let manager = found.and_then(|a| a.manager.as_ref());
        manager.is_some() && manager == sender.map(|s| &s.account.id)
    });
    match action.kind() {
        kind if TWO_PERSON.contains(&kind) => no("the policy wants two people"),
        K::UnlockAccount if name == "cedar" => no("the policy asks"),
        K::UnlockAccount | K::RequirePasswordChange => match () {
            () if sender.is_none() => no("nobody knows who asks"),
            () if own => Ok(()),
            () if !manages => {
                // To unlock somebody for a colleague is one tier up and no more.
                let unlock = action.kind() == K::UnlockAccount;
                if unlock && !many { Ok(()) } else { no("for somebody else") }
            }
            () if many => no("several, for somebody else"),
            () => Ok(()),
        },
        K::ResetPassword if own && !many => Ok(()),
        K::ResetMfa | K::IssueTemporaryAccessPass => match () {
            () if name == "birch" => no("the client is supervised"),
            () if own && proven(case, p.then) && !many => Ok(()),
            () => no("not proven, or not their own"),
        },
        kind if works_on_devices(kind) => on_devices(p, case, action, many),
        _ => no("this is always asked about"),
    }
}

/// Over a second channel, within a quarter of an hour.
fn proven(case: &Case, now: UnixMs) -> bool {
    case.proof.is_some_and(|at| (0..=15 * 60_000).contains(&now.since(at)))
}

fn on_devices(p: &Seen<'_>, case: &Case, action: &Action, many: bool) -> Result<(), String> {
    let no = |why: &str| Err(why.to_owned());
    let monitoring = case.sender.is_empty();
    if !monitoring && p.place.sender(case.client, &case.sender).is_none() {
        return no("nobody knows who asks");
    }
    if FREEZE.contains(&p.then.0) {
        return no("a freeze is on");
    }
    let own = p.place.clients.get(case.client).map(|c| c.devices.as_slice()).unwrap_or_default();
    let devices: Vec<&DeviceFacts> =
        own.iter().filter(|(d, _)| action.devices().contains(d)).map(|(_, facts)| facts).collect();
    let any = |is: fn(&DeviceFacts) -> bool| devices.iter().any(|d| is(d));
    let plain = !any(|d| d.role != DeviceRole::Workstation);
    let sound = !any(|d| {
        matches!(d.health, DeviceHealth::Failing | DeviceHealth::Unknown)
            || matches!(d.role, DeviceRole::DomainController | DeviceRole::Unknown)
    });
    let hour = p.then.0.rem_euclid(DAY_MS) / HOUR_MS;
    let in_window = !(6..20).contains(&hour);
    let at_work = (8..18).contains(&hour);
    let name = place::CLIENTS.get(case.client).copied().unwrap_or_default();
    match action {
        Action::ClearCache(_) if name == "acorn" => no("the policy asks"),
        Action::RestartService(_) | Action::ClearCache(_) | Action::SetStartupItem(_)
            if plain && !many =>
        {
            Ok(())
        }
        Action::SetDns(_) if plain && !many && (in_window || !at_work) => Ok(()),
        Action::RunScript(a) => {
            let approved = a.script.id == place::SCRIPT
                && a.script.sha256 == place::approved_hash()
                && name == "birch";
            if approved && !many { Ok(()) } else { no("not an approved script, or too many") }
        }
        Action::Reboot(a) => {
            let idle = !any(|d| d.user_active != Some(false));
            let fine = a.devices.len() == 1 && in_window && idle && sound && !many;
            if fine { Ok(()) } else { no("not one idle device in a window") }
        }
        Action::DeployPatches(a) => patches(p, &a.patches, in_window, &devices, many, sound),
        _ => no("this is always asked about"),
    }
}

fn patches(
    p: &Seen<'_>,
    named: &[String],
    in_window: bool,
    devices: &[&DeviceFacts],
    many: bool,
    sound: bool,
) -> Result<(), String> {
    let no = |why: &str| Err(why.to_owned());
    let found: Option<Vec<_>> = named.iter().map(|n| p.place.patches.get(n.as_str())).collect();
    let Some(found) = found.filter(|f| !f.is_empty()) else { return no("an unknown patch") };
    if found.iter().any(|f| f.0 == PatchSeverity::Unknown) || !sound {
        return no("an unrated patch, or a device that may not come back");
    }
    let urgent = found.iter().all(|f| f.1) || found.iter().all(|f| f.0 == PatchSeverity::Critical);
    if !in_window && !urgent {
        return no("outside of a window");
    }
    let idle = devices.iter().all(|d| d.user_active == Some(false));
    let harmless = in_window && idle && found.iter().all(|f| f.0 == PatchSeverity::Low);
    // Many, and patches that fail elsewhere, are one tier up: too much for all but the harmless.
    let failing = p.fleet.0 > 0 && p.fleet.1 * 100 / p.fleet.0 > 30;
    if harmless || !(many || failing) { Ok(()) } else { no("many, or they fail elsewhere") }
}

/// A valid yes of enough people to exactly this.
fn by_people(p: &Seen<'_>, brain: &BrainId, case: &Case, action: &Action) -> Result<(), String> {
    let asked = p.ledger.facts.iter().filter_map(|(_, f)| match f {
        Fact::Asked { question, brain: b, case: c, action: a, until }
            if b == brain && *c == case.id && a == action =>
        {
            Some((*question, *until))
        }
        _ => None,
    });
    let mut why = "nobody was asked".to_owned();
    for (question, until) in asked {
        match valid(p, question, until, brain, case, action) {
            Ok(()) => return Ok(()),
            Err(e) => why = e,
        }
    }
    Err(why)
}

fn valid(
    p: &Platform,
    question: ApprovalId,
    until: UnixMs,
    brain: &BrainId,
    case: &Case,
    action: &Action,
) -> Result<(), String> {
    let mut yes: BTreeSet<&PersonId> = BTreeSet::new();
    let (mut until, mut from, mut later) = (until, UnixMs(i64::MIN), None);
    let needed = if TWO_PERSON.contains(&action.kind()) { 2 } else { 1 };
    for (at, fact) in &p.ledger.facts {
        match fact {
            Fact::Yes(id, who, then) if *id == question => {
                if *at >= until {
                    return Err("a yes after the time was up".into());
                }
                yes.insert(who);
                from = from.max(*then);
                later = later.max((then > at).then_some(*then));
                // A yes for later has another hour from then on, once it is everybody's who is needed.
                if yes.len() >= needed {
                    until = until.max(later.map_or(until, |l: UnixMs| l.plus_ms(HOUR_MS)));
                }
            }
            Fact::No(id) | Fact::Expired(id) | Fact::Gone(id) | Fact::Used(id)
                if *id == question =>
            {
                return Err(format!("the answer does not count: {fact:?}"));
            }
            _ => {}
        }
    }
    if yes.len() < needed {
        return Err(format!("{} of {needed} people said yes", yes.len()));
    }
    if p.now >= until || p.now < from {
        return Err("too late, or too early".into());
    }
    for id in yes {
        let person = p.people.iter().find(|x| x.id == *id).ok_or("nobody of ours")?;
        if !person.entitled {
            return Err(format!("{id} may not decide any more"));
        }
        if *brain == p.hijacked && id.as_str() == OWNER {
            return Err("who answers for the brain".into());
        }
        let is = |account: &place::Account| {
            account.mails.iter().any(|m| person.mails.iter().any(|x| x.eq_ignore_ascii_case(m)))
        };
        let gains = action.account().and_then(|a| p.place.account(case.client, &a.id));
        if p.place.sender(case.client, &case.sender).is_some_and(is) || gains.is_some_and(is) {
            return Err(format!("{id} asked for it or gains from it"));
        }
    }
    Ok(())
}
