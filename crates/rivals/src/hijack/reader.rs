//! Facts for one request, read from the systems as the server's worker reads them: by the ids that the
//! action names, in the client's own systems, with names compared byte for byte.

use super::place::{self, Place};
use super::platform::Platform;
use domain::{
    Action, BrainFacts, Contract, CostFacts, DeviceFacts, DeviceHealth, DeviceRole, Fact, Facts,
    FleetFacts, GroupFacts, GroupRef, MailboxFacts, PatchFacts, PatchSeverity, Relation, Requester,
    ScriptFacts, Sensitivity, TargetFacts, TicketFacts, Verification, Volume, action::Need,
};
use gate::Request;
use std::collections::BTreeSet;

/// A reader that has been broken on purpose, to show that the oracle would notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// Works as it should.
    None,
    /// Takes it that ids and names belong together.
    TrustsNames,
    /// Forgets what was touched before.
    ForgetsVolume,
    /// Forgets that somebody said no.
    ForgetsDenials,
    /// Takes every sender for the person whose account it is.
    TrustsSenders,
}

const HOUR_MS: i64 = 3_600_000;

/// Reads what the action needs.
pub(super) fn read(p: &Platform, case: usize, request: &Request) -> Facts {
    let now = p.now;
    let mut facts = Facts::none("not needed for this action");
    let Some(case) = p.place.cases.get(case) else { return facts };
    let action = &request.action;
    facts.brain = Fact::known(brain(p, request), "platform", now);
    facts.breaker = Fact::known(p.breaker.clone(), "platform", now);
    if let Some(ticket) = action.ticket() {
        let of_this_case = *ticket == case.ticket;
        facts.ticket = Fact::known(TicketFacts { of_this_case }, "platform", now);
        return facts;
    }
    if !action.kind().is_write() {
        return facts;
    }
    let requester = requester(p, case);
    facts.relation = relation(p, case, &requester, action)
        .map_or(Fact::Missing("no such account".into()), |r| Fact::known(r, "directory", now));
    facts.requester = Fact::known(requester, "directory", now);
    facts.target = target(p, case.client, action);
    facts.group = groups(p, case.client, action);
    facts.mailbox = mailbox(p, case.client, action);
    things(p, case.client, action, &mut facts);
    let targets = volume(p, request);
    facts.volume = Fact::known(Volume { targets }, "platform", now);
    let cooling = p.cooling_down(&request.client, action.digest(&request.client));
    let cooling = cooling && p.sabotage != Sabotage::ForgetsDenials;
    facts.cooling_down = Fact::known(cooling, "platform", now);
    facts
}

fn brain(p: &Platform, request: &Request) -> BrainFacts {
    let hijacked = request.brain == p.hijacked;
    let digest = request.action.digest(&request.client);
    let (mut requests, mut repeats) = (1, 1);
    for asked in p.asked.iter().rev().take_while(|a| p.now.since(a.at) <= HOUR_MS) {
        let same_case = asked.case == request.case;
        let same = asked.digest == digest && asked.client == request.client;
        if asked.brain == request.brain {
            requests += u32::from(p.now.since(asked.at) <= 60_000 && !(same_case && same));
            repeats += u32::from(same && !same_case);
        }
    }
    BrainFacts {
        in_scope: !hijacked || request.client.as_str() != "cedar",
        ceiling: super::rules::CEILING,
        requests,
        rate: if hijacked { super::rules::RATE } else { 0 },
        repeats,
    }
}

fn requester(p: &Platform, case: &place::Case) -> Requester {
    let found = p.place.sender(case.client, &case.sender);
    let verification = match (found, case.proof) {
        (Some(_), Some(_)) => Verification::SecondChannel,
        (Some(_), None) => Verification::AddressOnFile,
        (None, _) => Verification::Unverified,
    };
    let verification = match p.sabotage {
        Sabotage::TrustsSenders => verification.max(Verification::AddressOnFile),
        _ => verification,
    };
    let mut identities = found.map(|a| a.mails.clone()).unwrap_or_default();
    identities.extend(found.map(|a| a.account.login.clone()));
    Requester {
        account_id: found.map(|a| a.account.id.clone()),
        address: case.sender.clone(),
        identities,
        verification,
        verified_at: case.proof,
    }
}

fn relation(
    p: &Platform,
    case: &place::Case,
    requester: &Requester,
    action: &Action,
) -> Option<Relation> {
    let target = p.place.account(case.client, &action.account()?.id)?;
    if p.sabotage == Sabotage::TrustsSenders {
        return Some(Relation::Oneself);
    }
    let Some(id) = &requester.account_id else { return Some(Relation::Unrelated) };
    let client = p.place.clients.get(case.client)?;
    let owns =
        |g: &GroupRef| client.groups.iter().any(|own| own.group.id == g.id && own.owner == *id);
    Some(match () {
        () if action.group().is_some_and(owns) => Relation::GroupOwner,
        () if target.account.id == *id => Relation::Oneself,
        () if target.manager.as_ref() == Some(id) => Relation::Manager,
        () => Relation::Unrelated,
    })
}

fn target(p: &Platform, client: usize, action: &Action) -> Fact<TargetFacts> {
    let Some(named) = action.account() else { return Fact::Missing("no account".into()) };
    let found = p.place.account(client, &named.id);
    let one = |yes: bool, what: &str| if yes { vec![what.to_owned()] } else { vec![] };
    let facts = TargetFacts {
        exists: found.is_some(),
        identities: found.map(|a| a.mails.clone()).unwrap_or_default(),
        privileged: one(found.is_some_and(|a| a.privileged), "Domain Admins"),
        service: one(found.is_some_and(|a| a.service), "its login says so"),
        break_glass: found.is_some_and(|a| a.emergency),
        as_named: p.sabotage == Sabotage::TrustsNames || found.is_some_and(|a| a.account == *named),
    };
    Fact::known(facts, "directory", p.now)
}

/// The group, or the worst of those that a new account joins.
fn groups(p: &Platform, client: usize, action: &Action) -> Fact<GroupFacts> {
    let named: Vec<&GroupRef> = match action {
        Action::CreateUser(a) => a.groups.iter().collect(),
        other => other.group().into_iter().collect(),
    };
    let of = |named: &&GroupRef| {
        let all = p.place.clients.get(client).map(|c| c.groups.as_slice()).unwrap_or_default();
        let found = all.iter().find(|g| g.group.id == named.id);
        GroupFacts {
            exists: found.is_some(),
            sensitivity: found.map_or(Sensitivity::Privileged, |g| g.sensitivity),
            because: "listed".into(),
            marks: vec![],
            as_named: p.sabotage == Sabotage::TrustsNames
                || found.is_some_and(|g| g.group.name == named.name),
        }
    };
    let worst = named.iter().map(of).reduce(|a, b| GroupFacts {
        exists: a.exists && b.exists,
        sensitivity: a.sensitivity.max(b.sensitivity),
        as_named: a.as_named && b.as_named,
        ..a
    });
    worst.map_or(Fact::Missing("no group".into()), |w| Fact::known(w, "directory", p.now))
}

fn mailbox(p: &Platform, client: usize, action: &Action) -> Fact<MailboxFacts> {
    let Some(named) = action.mailbox() else { return Fact::Missing("no mailbox".into()) };
    let all = p.place.clients.get(client).map(|c| c.mailboxes.as_slice()).unwrap_or_default();
    let trusting = p.sabotage == Sabotage::TrustsNames;
    let found = all.iter().find(|(m, _)| m.id == named.id && (trusting || m == named));
    let facts = MailboxFacts {
        exists: found.is_some(),
        sensitivity: found.map_or(Sensitivity::Privileged, |(_, s)| *s),
        because: "listed".into(),
        marks: vec![],
    };
    Fact::known(facts, "tenant", p.now)
}

/// Devices, patches, fleet, script, cost.
fn things(p: &Platform, client: usize, action: &Action, facts: &mut Facts) {
    let needs = action.kind().needs();
    if needs.contains(&Need::Devices) {
        let own = p.place.clients.get(client).map(|c| c.devices.as_slice()).unwrap_or_default();
        let trusting = p.sabotage == Sabotage::TrustsNames;
        let of = |named: &domain::DeviceRef| {
            let found = own.iter().find(|(d, _)| d.id == named.id && (trusting || d == named));
            found.map(|(_, facts)| facts.clone()).unwrap_or_else(|| unknown(named))
        };
        let read = action.devices().iter().map(of).collect();
        facts.devices = Fact::known(read, "management", p.now);
    }
    if let Action::DeployPatches(a) = action {
        facts.patch = Fact::known(patches(&p.place, &a.patches), "catalogue", p.now);
        let (attempts, failures) = p.fleet;
        facts.fleet = Fact::known(FleetFacts { attempts, failures }, "platform", p.now);
    }
    if let Action::RunScript(a) = action {
        let listed = a.script.id == place::SCRIPT;
        let script = ScriptFacts {
            in_library: listed,
            hash_matches: listed && a.script.sha256 == place::approved_hash(),
            in_scope: listed && place::CLIENTS.get(client) == Some(&"birch"),
        };
        facts.script = Fact::known(script, "platform", p.now);
    }
    let licence = match action {
        Action::AssignLicence(a) => Some((&a.licence, 1)),
        Action::RemoveLicence(a) => Some((&a.licence, 0)),
        _ => None,
    };
    if let Some((named, times)) = licence {
        let found = (0..3).map(place::licence).find(|(l, ..)| l == named);
        let cost = CostFacts {
            monthly_minor: found.as_ref().map_or(0, |(_, cost, _)| cost * times),
            free_seats: found.as_ref().map_or(0, |(_, _, free)| *free),
            contract: if found.is_some() { Contract::Covered } else { Contract::Unknown },
        };
        facts.cost = Fact::known(cost, "tenant", p.now);
    }
}

fn unknown(named: &domain::DeviceRef) -> DeviceFacts {
    DeviceFacts {
        id: named.id.clone(),
        exists: false,
        role: DeviceRole::Unknown,
        user_active: None,
        online: false,
        health: DeviceHealth::Unknown,
    }
}

fn patches(place: &Place, named: &[String]) -> PatchFacts {
    let found: Vec<_> = named.iter().filter_map(|n| place.patches.get(n.as_str())).collect();
    PatchFacts {
        known: found.len() == named.len() && !named.is_empty(),
        lowest: found.iter().map(|p| p.0).min().unwrap_or(PatchSeverity::Unknown),
        highest: found.iter().map(|p| p.0).max().unwrap_or(PatchSeverity::Unknown),
        known_exploited: !found.is_empty() && found.iter().all(|p| p.1),
    }
}

fn volume(p: &Platform, request: &Request) -> u32 {
    let mut all: BTreeSet<String> = request.action.target_keys().into_iter().collect();
    if p.sabotage != Sabotage::ForgetsVolume {
        let lately = p.touched.iter().rev().take_while(|t| p.now.since(t.at) <= HOUR_MS);
        let same = lately.filter(|t| {
            t.brain == request.brain
                && t.client == request.client
                && t.kind == request.action.kind()
        });
        all.extend(same.flat_map(|t| t.keys.iter().cloned()));
    }
    u32::try_from(all.len()).unwrap_or(u32::MAX)
}
