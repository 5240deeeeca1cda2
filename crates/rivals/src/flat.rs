//! One request and its facts as flat, named values: what every other engine is given to judge.
//!
//! INVARIANT: it reads and counts, and decides nothing. A fact that is older than five minutes, or as
//! far ahead, is left out and its `…_known` is false.

use crate::{calendar, law, policy};
use domain::{
    Action, BreakerMode, BreakerScope, Contract, DeviceHealth, DeviceRole, Fact, Facts, Relation,
    Tier, UnixMs, Verification,
};
use gate::Request;

/// How old a fact may be, in milliseconds.
const FRESH_MS: i64 = 5 * 60_000;
/// How old a proof over a second channel may be, in milliseconds.
const PROOF_MS: i64 = 15 * 60_000;

/// One value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(&'a str),
}

/// The names and values of one request.
#[derive(Clone, Debug)]
pub struct Flat<'a> {
    /// The kind of action.
    pub kind: &'static str,
    /// Whose systems.
    pub client: &'a str,
    /// Every value that is known.
    pub values: Vec<(&'static str, Value<'a>)>,
    /// The brain's ceiling, where it is known.
    pub ceiling: Option<Tier>,
    /// The tier of what an undo in order takes back.
    pub undo_of: Option<Tier>,
}

fn fresh<T>(fact: &Fact<T>, now: UnixMs) -> Option<&T> {
    match fact {
        Fact::Known(known) if known.read_at.0.abs_diff(now.0) <= FRESH_MS.unsigned_abs() => {
            Some(&known.value)
        }
        _ => None,
    }
}

struct Names<'a>(Vec<(&'static str, Value<'a>)>);

impl<'a> Names<'a> {
    fn flag(&mut self, name: &'static str, value: bool) {
        self.0.push((name, Value::Bool(value)));
    }
    fn int(&mut self, name: &'static str, value: i64) {
        self.0.push((name, Value::Int(value)));
    }
    fn text(&mut self, name: &'static str, value: &'a str) {
        self.0.push((name, Value::Text(value)));
    }
}

/// Reads one request flat.
pub fn flat<'a>(request: &'a Request, facts: &'a Facts, now: UnixMs) -> Flat<'a> {
    let kind = request.action.kind().name();
    let client = request.client.as_str();
    let mut names = Names(Vec::with_capacity(80));
    setting(&mut names, request, kind, now);
    people(&mut names, facts, now);
    account(&mut names, request, facts, now);
    things(&mut names, request, facts, now);
    devices(&mut names, request, facts, now);
    platform(&mut names, request, facts, now);
    let undo = fresh(&facts.undo, now).filter(|_| request.undoes.is_some());
    let in_order = |u: &&domain::UndoFacts| u.matches && !u.undone && u.in_time && u.unchanged;
    Flat {
        kind,
        client,
        values: names.0,
        ceiling: fresh(&facts.brain, now).map(|b| b.ceiling),
        undo_of: undo.filter(in_order).map(|u| u.original),
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Client, calendar and policy.
fn setting<'a>(names: &mut Names<'a>, request: &'a Request, kind: &'static str, now: UnixMs) {
    let client = request.client.as_str();
    let settings = policy::settings(client);
    let said = calendar::said(client, kind, law::is_one_of(kind, law::INFRASTRUCTURE), now);
    names.text("kind", kind);
    names.text("client", client);
    names.text("brain", request.brain.as_str());
    names.int("targets", count(request.action.targets()));
    names.int("hour", said.hour);
    names.text("weekday", said.weekday);
    names.flag("weekend", said.weekend);
    names.flag("in_window", said.in_window);
    names.flag("frozen", said.frozen);
    names.flag("in_hours", said.in_hours);
    names.text("autonomy", policy::autonomy(client, kind));
    names.int("bulk_threshold", settings.bulk);
    names.int("critical_threshold", settings.critical);
    names.int("min_confidence", settings.min_confidence);
    names.int("cost_limit", settings.cost_limit);
    names.flag("regulated", settings.regulated);
    names.flag("hypercare", settings.hypercare_until.is_some_and(|until| now < until));
}

/// Who asks, and what they are to the target.
fn people<'a>(names: &mut Names<'a>, facts: &'a Facts, now: UnixMs) {
    let requester = fresh(&facts.requester, now);
    let relation = fresh(&facts.relation, now);
    let raw = requester.map(|r| r.verification);
    let old = requester.is_some_and(|r| {
        let age_ms = r.verified_at.map(|at| now.0 - at.0);
        r.verification == Verification::SecondChannel
            && !age_ms.is_some_and(|age| (0..=PROOF_MS).contains(&age))
    });
    let oneself = relation == Some(&Relation::Oneself);
    names.flag("requester_known", requester.is_some());
    if let (Some(requester), Some(raw)) = (requester, raw) {
        let strength = match raw {
            Verification::Unverified => 0,
            Verification::SecondChannel if !old => 2,
            _ => 1,
        };
        names.int("strength", strength);
        names.text("verification", raw.name());
        names.flag("proof_old", old);
        names.flag("nobody", requester.address.is_empty() && raw == Verification::Unverified);
    }
    names.flag("relation_known", relation.is_some());
    if let Some(relation) = relation {
        names.text("relation", relation.name());
    }
    let verified = raw.is_some_and(|v| v != Verification::Unverified);
    names.flag("own_verified", oneself && verified);
    names.flag("own_second", oneself && raw == Some(Verification::SecondChannel));
}

/// The account that would change.
fn account<'a>(names: &mut Names<'a>, request: &'a Request, facts: &'a Facts, now: UnixMs) {
    if request.action.account().is_none() {
        return;
    }
    let target = fresh(&facts.target, now);
    names.flag("target_known", target.is_some());
    if let Some(target) = target {
        names.flag("target_exists", target.exists);
        names.flag("target_as_named", target.as_named);
        names.flag("target_privileged", !target.privileged.is_empty());
        names.flag("target_service", !target.service.is_empty());
        names.flag("target_emergency", target.break_glass);
    }
}

/// Group, mailbox, patch, fleet, script, money.
fn things<'a>(names: &mut Names<'a>, request: &'a Request, facts: &'a Facts, now: UnixMs) {
    let joins = matches!(&request.action, Action::CreateUser(a) if !a.groups.is_empty());
    if let Action::CreateUser(_) = request.action {
        names.flag("joins", joins);
    }
    if let Some(named) = request.action.group() {
        names.text("group_name", &named.name);
    }
    if joins || request.action.group().is_some() {
        let group = fresh(&facts.group, now);
        names.flag("group_known", group.is_some());
        if let Some(group) = group {
            names.flag("group_exists", group.exists);
            names.flag("group_as_named", group.as_named);
            names.text("group_sensitivity", group.sensitivity.name());
            names.flag("marked", !group.marks.is_empty());
        }
    }
    if request.action.mailbox().is_some() {
        let mailbox = fresh(&facts.mailbox, now);
        names.flag("mailbox_known", mailbox.is_some());
        if let Some(mailbox) = mailbox {
            names.flag("mailbox_exists", mailbox.exists);
            names.text("mailbox_sensitivity", mailbox.sensitivity.name());
            names.flag("marked", !mailbox.marks.is_empty());
        }
    }
    if let Action::DeployPatches(_) = request.action {
        let patch = fresh(&facts.patch, now);
        names.flag("patch_known", patch.is_some());
        if let Some(patch) = patch {
            names.flag("patch_listed", patch.known);
            names.text("patch_lowest", patch.lowest.name());
            names.text("patch_highest", patch.highest.name());
            names.flag("patch_exploited", patch.known_exploited);
        }
        let fleet = fresh(&facts.fleet, now);
        names.flag("fleet_known", fleet.is_some());
        if let Some(fleet) = fleet {
            let (failures, attempts) = (i64::from(fleet.failures), i64::from(fleet.attempts));
            names.int("fleet_attempts", attempts);
            names.int("fleet_failures", failures.min(attempts));
            names.int("fleet_percent", (failures * 100).checked_div(attempts).unwrap_or(0));
        }
    }
    if let Action::RunScript(run) = &request.action {
        let script = fresh(&facts.script, now);
        names.text("script_id", &run.script.id);
        names.flag("script_known", script.is_some());
        if let Some(script) = script {
            names.flag("script_listed", script.in_library);
            names.flag("script_same", script.hash_matches);
            names.flag("script_in_scope", script.in_scope);
        }
    }
    if !matches!(request.action, Action::AssignLicence(_) | Action::RemoveLicence(_)) {
        return;
    }
    let cost = fresh(&facts.cost, now);
    names.flag("cost_known", cost.is_some());
    if let Some(cost) = cost {
        names.int("monthly_cost", cost.monthly_minor);
        names.int("free_seats", i64::from(cost.free_seats));
        names.flag("covered", cost.contract == Contract::Covered);
    }
}

/// The devices that would change.
fn devices<'a>(names: &mut Names<'a>, request: &'a Request, facts: &'a Facts, now: UnixMs) {
    let named = request.action.devices();
    if !law::is_one_of(request.action.kind().name(), law::DEVICES) {
        return;
    }
    names.flag("named_srv", named.iter().any(|d| d.name.starts_with("SRV")));
    let devices = fresh(&facts.devices, now);
    names.flag("devices_known", devices.is_some());
    let Some(devices) = devices else { return };
    let read = |id: &str| devices.iter().any(|d| d.id == id);
    let some = |is: fn(&domain::DeviceFacts) -> bool| devices.iter().any(is);
    names.flag(
        "devices_odd",
        named.is_empty() || !named.iter().all(|d| read(&d.id)) || some(|d| !d.exists),
    );
    let servers = devices.iter().filter(|d| d.role != DeviceRole::Workstation).count();
    names.int("servers", count(servers));
    names.flag("idle", !some(|d| d.user_active != Some(false)));
    // Nobody watches it: it may be failing. Nobody knows its role: it may carry the sign-in.
    let unsound =
        |d: &domain::DeviceFacts| !matches!(d.health, DeviceHealth::Good | DeviceHealth::Degraded);
    let grave = |d: &domain::DeviceFacts| {
        matches!(d.role, DeviceRole::DomainController | DeviceRole::Unknown)
    };
    names.flag("failing", some(unsound));
    names.flag("offline", some(|d| !d.online));
    names.flag("controller", some(grave));
    // Of several roles the gravest is shown: unknown, domain controller, network, server.
    let gravest = [
        DeviceRole::Unknown,
        DeviceRole::DomainController,
        DeviceRole::Network,
        DeviceRole::Server,
        DeviceRole::Workstation,
    ]
    .into_iter()
    .find(|role| devices.iter().any(|d| d.role == *role));
    names.text("gravest_role", gravest.map_or("unknown", DeviceRole::name));
}

/// What the platform itself knows: volume, brain, ticket, cool-down, breaker, undo.
fn platform<'a>(names: &mut Names<'a>, request: &'a Request, facts: &'a Facts, now: UnixMs) {
    let volume = fresh(&facts.volume, now);
    names.flag("volume_known", volume.is_some());
    if let Some(volume) = volume {
        names.int("volume", i64::from(volume.targets));
    }
    let brain = fresh(&facts.brain, now);
    names.flag("brain_known", brain.is_some());
    if let Some(brain) = brain {
        names.flag("brain_in_scope", brain.in_scope);
        names.int("requests", i64::from(brain.requests));
        names.int("rate", i64::from(brain.rate));
        names.int("repeats", i64::from(brain.repeats));
    }
    // What a brain said of its doubt does not age; as a fact for rules it does.
    let said = facts.confidence.value();
    names.flag("doubted", said.is_some());
    if let Some(said) = said {
        names.int("doubt", i64::from(said.percent));
    }
    let confidence = fresh(&facts.confidence, now);
    names.flag("confidence_known", confidence.is_some());
    if let Some(confidence) = confidence {
        names.int("confidence", i64::from(confidence.percent));
    }
    let ticket = fresh(&facts.ticket, now);
    names.flag("ticket_known", ticket.is_some());
    if let Some(ticket) = ticket {
        names.flag("ticket_ours", ticket.of_this_case);
    }
    let cooling = fresh(&facts.cooling_down, now);
    names.flag("cooling_known", cooling.is_some());
    names.flag("cooling", cooling.copied().unwrap_or(false));
    let breaker = fresh(&facts.breaker, now);
    names.flag("breaker_known", breaker.is_some());
    let open = breaker.and_then(Option::as_ref).filter(|open| match &open.scope {
        BreakerScope::Everything => true,
        BreakerScope::Client(client) => *client == request.client,
        BreakerScope::Action(client, kind) => {
            *client == request.client && *kind == request.action.kind()
        }
    });
    names.text(
        "breaker",
        match open.map(|b| b.mode) {
            None => "closed",
            Some(BreakerMode::Ask) => "ask",
            Some(BreakerMode::Stop) => "stop",
        },
    );
    names.flag("undoes", request.undoes.is_some());
    let undo = fresh(&facts.undo, now);
    names.flag("undo_known", undo.is_some());
    if let Some(undo) = undo {
        names.flag("undo_matches", undo.matches);
        names.flag("undone", undo.undone);
        names.flag("undo_in_time", undo.in_time);
        names.flag("undo_unchanged", undo.unchanged);
    }
}
