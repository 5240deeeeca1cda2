//! Requests, facts and policies for the tests: one action of every kind, and every state of every
//! fact.

mod actions;
mod random;
mod states;

pub(crate) use actions::*;
pub(crate) use random::*;
pub(crate) use states::*;

use domain::{
    ActionKind, Autonomy, BrainId, CaseId, ClientId, Facts, Relation, Sensitivity, Tier, UndoOf,
    UnixMs,
};
use gate::calendar::{MaintenanceWindow, Weekday};
use gate::{CompiledPolicy, Policy, Request, judge};

/// A Friday, 08:00 in UTC.
pub(crate) const NOW: UnixMs = UnixMs(1_800_000_000_000);

pub(crate) fn client() -> ClientId {
    ClientId::new("acme").unwrap()
}

pub(crate) fn case(n: u128) -> CaseId {
    format!("{n:032x}").parse().unwrap()
}

pub(crate) fn undo_of() -> UndoOf {
    UndoOf { case: case(3), attempt: domain::AttemptId(case(4).0) }
}

pub(crate) fn request(kind: ActionKind) -> Request {
    request_for(kind, 1)
}

/// A request on this many things, where the action can be on several.
pub(crate) fn request_for(kind: ActionKind, n: usize) -> Request {
    Request {
        client: client(),
        case: case(1),
        brain: BrainId::new("technician").unwrap(),
        action: batch(kind, n),
        undoes: None,
    }
}

/// The most harmless facts there can be.
pub(crate) fn harmless() -> Facts {
    Facts {
        requester: verified(domain::Verification::SecondChannel),
        relation: known(Relation::Oneself),
        target: known(Target::Plain.facts().unwrap()),
        group: known(group(Sensitivity::Normal)),
        mailbox: known(mailbox(Sensitivity::Normal)),
        devices: known(vec![device(1)]),
        patch: known(patch()),
        fleet: fleet(100, 0),
        script: script(true, true, true),
        cost: known(cost()),
        volume: targets(1),
        brain: brain(true, Tier::Critical),
        confidence: sure(100),
        ticket: ticket(true),
        cooling_down: known(false),
        breaker: known(None),
        undo: missing(),
    }
}

/// Default thresholds and this autonomy for everything.
pub(crate) fn policy(autonomy: Autonomy) -> Policy {
    Policy { default_autonomy: autonomy, ..Policy::cautious("test-1") }
}

/// As [`policy`], with a maintenance window that is always open.
pub(crate) fn policy_in_window(autonomy: Autonomy) -> Policy {
    Policy { maintenance_windows: vec![window("always", "00:00", "24:00")], ..policy(autonomy) }
}

/// A window on every day, in UTC.
pub(crate) fn window(name: &str, start: &str, end: &str) -> MaintenanceWindow {
    MaintenanceWindow {
        name: name.into(),
        days: Weekday::ALL.into(),
        start: start.into(),
        end: end.into(),
        time_zone: "UTC".into(),
        except: Default::default(),
        actions: None,
    }
}

/// A request with its facts and the policy that it is judged by, to change bit by bit.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) facts: Facts,
    pub(crate) policy: Policy,
    /// How many devices, accounts or clients the action names, where it can name several.
    pub(crate) things: usize,
    /// The request takes an attempt back.
    pub(crate) undoes: bool,
    /// The account that is created joins a group.
    pub(crate) joins: bool,
}

impl Scene {
    /// Nothing speaks against it, and a maintenance window is open.
    pub(crate) fn harmless() -> Scene {
        Scene {
            facts: harmless(),
            policy: policy_in_window(Autonomy::AutoAndClose),
            things: 1,
            undoes: false,
            joins: false,
        }
    }

    pub(crate) fn request(&self, kind: ActionKind) -> Request {
        let mut request = request_for(kind, self.things);
        request.undoes = self.undoes.then(undo_of);
        if let domain::Action::CreateUser(a) = &mut request.action
            && self.joins
        {
            a.groups.push(domain::GroupRef {
                id: "g-1".into(),
                name: "Sales".into(),
                privileged: false,
            });
        }
        request
    }

    pub(crate) fn compiled(&self) -> CompiledPolicy {
        self.policy.compile().unwrap()
    }

    /// The tier, by both doors: they must not differ.
    pub(crate) fn tier(&self, compiled: &CompiledPolicy, kind: ActionKind) -> Tier {
        let alone = gate::tier(Ok(compiled), &self.request(kind), &self.facts, NOW);
        let judged = judge(Ok(compiled), self.request(kind), &self.facts, NOW).tier();
        assert_eq!(alone, judged, "{}: {self:?}", kind.name());
        alone
    }

    /// This many devices in the request, all of them read and counted.
    pub(crate) fn on(&mut self, n: usize) {
        self.things = n;
        self.facts.devices = known((1..=n).map(device).collect());
        self.facts.volume = targets(u32::try_from(n).unwrap());
    }

    /// Changes every device that was read.
    pub(crate) fn each_device(&mut self, change: impl Fn(&mut domain::DeviceFacts)) {
        let domain::Fact::Known(devices) = &mut self.facts.devices else { panic!("known") };
        devices.value.iter_mut().for_each(change);
    }
}

pub(crate) fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
