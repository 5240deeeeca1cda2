//! Random facts and policies. Policies grow by [`Edit`]s, so that two of them can differ in little.

use super::*;
use domain::{
    ActionKind, Ask, Autonomy, BreakerFacts, BreakerMode, BreakerScope, DataMark, DeviceFacts,
    DeviceHealth, DeviceRole, EscalationStep, Fact, Facts, PatchFacts, PatchSeverity, Relation,
    Tier, Verification,
};
use gate::calendar::{BusinessHours, ChangeFreeze};
use gate::rules::CustomRule;
use gate::{ApprovedScript, ClientPolicy, Policy};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

pub(crate) fn kinds() -> impl Strategy<Value = ActionKind> {
    select(ActionKind::ALL.to_vec())
}

pub(crate) fn autonomies() -> impl Strategy<Value = Autonomy> {
    prop_oneof![2 => select(Autonomy::ALL.to_vec()), 3 => Just(Autonomy::AutoAndClose)]
}

/// Mostly the harmless state, so that one finding does not always hide the others.
fn state<T: Clone + std::fmt::Debug + 'static>(
    states: States<T>,
) -> impl Strategy<Value = Fact<T>> {
    let all: Vec<Fact<T>> = states.into_iter().map(|(_, fact)| fact).collect();
    prop_oneof![2 => Just(all[0].clone()), 1 => select(all)]
}

fn devices_read() -> impl Strategy<Value = Fact<Vec<DeviceFacts>>> {
    let one = (
        prop_oneof![6 => Just(true), 1 => Just(false)],
        prop_oneof![3 => Just(DeviceRole::Workstation), 1 => select(DeviceRole::ALL.to_vec())],
        select(vec![Some(false), Some(false), Some(true), None]),
        prop_oneof![3 => Just(DeviceHealth::Good), 1 => select(DeviceHealth::ALL.to_vec())],
    );
    let all = vec(one, 1..4).prop_map(|all| {
        let devices =
            all.into_iter().enumerate().map(|(i, (exists, role, user_active, health))| {
                DeviceFacts { exists, role, user_active, health, ..device(i + 1) }
            });
        known(devices.collect())
    });
    prop_oneof![7 => all, 1 => Just(missing())]
}

fn patches() -> impl Strategy<Value = Fact<PatchFacts>> {
    let severity = || select(PatchSeverity::ALL.to_vec());
    let some = (any::<bool>(), severity(), severity(), any::<bool>());
    let some = some.prop_map(|(known_all, a, b, known_exploited)| {
        known(PatchFacts { known: known_all, lowest: a.min(b), highest: a.max(b), known_exploited })
    });
    prop_oneof![7 => some, 1 => Just(missing())]
}

fn breakers() -> impl Strategy<Value = Fact<Option<BreakerFacts>>> {
    let open = |scope, mode| breaker(scope, mode);
    let elsewhere = domain::ClientId::new("globex").unwrap();
    prop_oneof![
        6 => Just(known(None)),
        1 => Just(missing()),
        1 => Just(open(BreakerScope::Everything, BreakerMode::Stop)),
        1 => Just(open(BreakerScope::Client(client()), BreakerMode::Ask)),
        1 => Just(open(BreakerScope::Client(elsewhere), BreakerMode::Stop)),
        1 => Just(open(BreakerScope::Action(client(), ActionKind::Reboot), BreakerMode::Ask)),
    ]
}

/// All facts; those of devices for one to three devices.
pub(crate) fn facts() -> impl Strategy<Value = Facts> {
    let people = (state(requesters()), state(relations()), state(target_states()), state(groups()));
    let things = (state(mailboxes()), devices_read(), patches(), state(costs()));
    let fleet = prop_oneof![
        6 => (0u32..200, 0u32..60).prop_map(|(n, f)| fleet(n, f.min(n))), 1 => Just(missing())
    ];
    let script = prop_oneof![
        3 => Just(script(true, true, true)),
        2 => any::<(bool, bool, bool)>().prop_map(|(a, b, c)| script(a, b, c)),
        1 => Just(missing()),
    ];
    let volume = prop_oneof![8 => (0u32..130).prop_map(targets), 1 => Just(missing())];
    let confidence = prop_oneof![4 => (60u8..=100).prop_map(sure), 1 => Just(missing())];
    let undo = select(undos(Tier::Medium)).prop_map(|(_, fact)| fact);
    let rest = (fleet, script, volume, state(brains()), confidence, state(tickets()));
    (people, things, rest, state(cool_downs()), breakers(), undo).prop_map(
        |(people, things, rest, cooling_down, breaker, undo)| {
            let (requester, relation, target, group) = people;
            let (mailbox, devices, patch, cost) = things;
            let (fleet, script, volume, brain, confidence, ticket) = rest;
            Facts {
                requester,
                relation,
                target,
                group,
                mailbox,
                devices,
                patch,
                fleet,
                script,
                cost,
                volume,
                brain,
                confidence,
                ticket,
                cooling_down,
                breaker,
                undo,
            }
        },
    )
}

/// One change to a policy.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Thresholds(u32, u32),
    WindowMs(i64),
    FactAge(i64),
    ProofAge(i64),
    Ttl(i64),
    CoolDown(i64),
    UndoPeriod(i64),
    Default(Autonomy),
    Level(&'static str, ActionKind, Autonomy),
    Identity(ActionKind, Verification),
    Confidence(u8),
    Cost(i64),
    Fleet(u8),
    Repeats(u32),
    Zone(&'static str),
    Windows(Vec<usize>),
    Freezes(Vec<usize>),
    Hours(Option<usize>),
    Scripts(u8),
    TwoPerson(Vec<ActionKind>),
    Escalation(i64),
    Urgent(Vec<ActionKind>),
    Regulated(Vec<DataMark>),
    Hypercare(Option<i64>),
    Floor(Tier),
    Rules(Vec<usize>),
}

/// An edit and whether it is made for the one client only, where that can be.
pub(crate) fn edits() -> impl Strategy<Value = (Edit, bool)> {
    let some_kinds = || vec(kinds(), 0..4);
    let ages = || select(vec![1_000i64, 60_000, 300_000, 900_000]);
    let first = prop_oneof![
        (1u32..8, 1u32..110).prop_map(|(b, more)| Edit::Thresholds(b, b + more)),
        ages().prop_map(Edit::WindowMs),
        ages().prop_map(Edit::FactAge),
        ages().prop_map(Edit::ProofAge),
        ages().prop_map(Edit::Ttl),
        ages().prop_map(Edit::CoolDown),
        ages().prop_map(Edit::UndoPeriod),
        autonomies().prop_map(Edit::Default),
        (select(vec!["*", "acme", "globex"]), kinds(), autonomies())
            .prop_map(|(who, kind, level)| Edit::Level(who, kind, level)),
        (kinds(), select(Verification::ALL.to_vec())).prop_map(|(k, v)| Edit::Identity(k, v)),
    ];
    let second = prop_oneof![
        (50u8..=100).prop_map(Edit::Confidence),
        (0i64..3).prop_map(Edit::Cost),
        (5u8..40).prop_map(Edit::Fleet),
        (1u32..8).prop_map(Edit::Repeats),
        select(vec!["UTC", "Europe/Berlin", "Asia/Tokyo"]).prop_map(Edit::Zone),
        subsequence((0..WINDOWS).collect::<Vec<_>>(), 0..=WINDOWS).prop_map(Edit::Windows),
        subsequence((0..FREEZES).collect::<Vec<_>>(), 0..=2).prop_map(Edit::Freezes),
        option::of(0usize..HOURS).prop_map(Edit::Hours),
    ];
    let third = prop_oneof![
        (0u8..4).prop_map(Edit::Scripts),
        some_kinds().prop_map(Edit::TwoPerson),
        ages().prop_map(Edit::Escalation),
        some_kinds().prop_map(Edit::Urgent),
        btree_set(select(DataMark::ALL.to_vec()), 0..3)
            .prop_map(|marks| Edit::Regulated(marks.into_iter().collect())),
        option::of(-1i64..3).prop_map(Edit::Hypercare),
        select(vec![Tier::Medium, Tier::High]).prop_map(Edit::Floor),
        subsequence((0..RULES.len()).collect::<Vec<_>>(), 0..=3).prop_map(Edit::Rules),
    ];
    (prop_oneof![first, second, third], any::<bool>())
}

pub(crate) fn policies() -> impl Strategy<Value = Policy> {
    vec(edits(), 0..6).prop_map(|edits| {
        let mut policy = policy(Autonomy::AutoAndClose);
        edits.iter().for_each(|(edit, own)| edit.apply(*own, &mut policy));
        policy
    })
}

const WINDOWS: usize = 4;
const FREEZES: usize = 4;
const HOURS: usize = 3;

/// The first two are open at [`NOW`].
fn nth_window(n: usize) -> gate::calendar::MaintenanceWindow {
    let mut w = match n {
        0 => window("always", "00:00", "24:00"),
        1 => window("morning", "07:00", "09:00"),
        2 => window("morning", "07:30", "08:30"),
        _ => window("night", "22:00", "02:00"),
    };
    if n == 1 {
        w.actions = Some([ActionKind::Reboot, ActionKind::DeployPatches].into());
    }
    w
}

/// All but the last are on at [`NOW`].
fn nth_freeze(n: usize) -> ChangeFreeze {
    let (from, until) = match n {
        3 => ("2027-12-20", "2027-12-31"),
        _ => ("2027-01-10", if n == 0 { "2027-01-20" } else { "2027-01-15" }),
    };
    ChangeFreeze {
        name: if n == 3 { "christmas" } else { "january" }.into(),
        from: from.into(),
        until: until.into(),
        time_zone: "UTC".into(),
        actions: (n == 2).then(|| [ActionKind::ResetPassword].into()),
    }
}

fn nth_hours(n: usize) -> BusinessHours {
    let w = window("", if n == 0 { "07:00" } else { "09:00" }, "17:00");
    let holidays = if n == 2 { ["2027-01-15".to_owned()].into() } else { Default::default() };
    BusinessHours { days: w.days, start: w.start, end: w.end, time_zone: w.time_zone, holidays }
}

/// Action, condition, tier. Some look at what a policy itself says.
const RULES: &[(&str, &str, Tier)] = &[
    ("*", "targets > 1", Tier::High),
    ("*", "targets_in_window < 3", Tier::Medium),
    ("reboot, shut_down", "user_active", Tier::Critical),
    ("*", "hour < 9 && !in_maintenance_window", Tier::Medium),
    ("reset_password", "verification != 'second_channel'", Tier::High),
    ("*", "autonomy == 'auto_and_close'", Tier::High),
    ("*", "autonomy == 'auto_and_close'", Tier::Critical),
    ("add_group_member", "group_sensitivity == 'sensitive'", Tier::Critical),
    ("*", "in_business_hours || in_change_freeze", Tier::High),
    ("*", "!hypercare && !regulated", Tier::High),
    ("*", "confidence < 90", Tier::Medium),
    ("deploy_patches", "fleet_failure_percent > 5", Tier::High),
];

/// The rule with that number; only its number stands in its name.
pub(crate) fn nth_rule(n: usize) -> CustomRule {
    let (action, condition, escalate_to) = RULES[n];
    CustomRule {
        name: format!("r{n}"),
        action: action.into(),
        condition: condition.into(),
        escalate_to,
        reason: "as agreed".into(),
    }
}

fn some<T>(all: &[usize], nth: fn(usize) -> T, name: fn(&T) -> &str) -> Vec<T> {
    // A later one of the same name takes the place of the earlier one.
    let mut out: Vec<T> = Vec::new();
    for item in all.iter().map(|n| nth(*n)) {
        out.retain(|o| name(o) != name(&item));
        out.push(item);
    }
    out
}

impl Edit {
    /// Makes the edit, for the one client only where `own`.
    pub(crate) fn apply(&self, own: bool, p: &mut Policy) {
        if own {
            self.apply_own(p.clients.entry(client()).or_default());
        } else {
            self.apply_common(p);
        }
        // Freezes are added up, and two of one name do not compile.
        if let Some(own) = p.clients.get_mut(&client()) {
            own.change_freezes.retain(|f| p.change_freezes.iter().all(|c| c.name != f.name));
            let bulk = own.bulk_threshold.unwrap_or(p.bulk_threshold);
            if own.critical_threshold.unwrap_or(p.critical_threshold) <= bulk {
                own.critical_threshold = Some(bulk + 1);
            }
        }
    }

    fn apply_common(&self, p: &mut Policy) {
        match self {
            Edit::Thresholds(b, c) => (p.bulk_threshold, p.critical_threshold) = (*b, *c),
            Edit::WindowMs(ms) => p.window_ms = *ms,
            Edit::FactAge(ms) => p.max_fact_age_ms = *ms,
            Edit::ProofAge(ms) => p.max_verification_age_ms = *ms,
            Edit::Ttl(ms) => p.approval_ttl_ms = *ms,
            Edit::CoolDown(ms) => p.cool_down_ms = *ms,
            Edit::UndoPeriod(ms) => p.undo_period_ms = *ms,
            Edit::Default(level) => p.default_autonomy = *level,
            Edit::Level(who, kind, level) => {
                p.autonomy.entry((*who).into()).or_default().insert(*kind, *level);
            }
            Edit::Identity(kind, v) => drop(p.identity.insert(*kind, *v)),
            Edit::Confidence(percent) => p.min_confidence = *percent,
            Edit::Cost(minor) => p.cost_limit_minor = *minor,
            Edit::Fleet(percent) => p.fleet_failure_percent = *percent,
            Edit::Repeats(n) => p.max_repeats = *n,
            Edit::Zone(zone) => p.time_zone = (*zone).into(),
            Edit::Windows(all) => p.maintenance_windows = some(all, nth_window, |w| &w.name),
            Edit::Freezes(all) => p.change_freezes = some(all, nth_freeze, |f| &f.name),
            Edit::Hours(n) => p.business_hours = n.map(nth_hours),
            Edit::Scripts(n) => {
                let script = |i: u8| {
                    let sha256 = format!("{i:02x}").repeat(32);
                    (format!("s{}", i / 2), ApprovedScript { sha256, clients: Default::default() })
                };
                p.approved_script_ids = (0..*n).map(script).collect();
            }
            Edit::TwoPerson(kinds) => p.two_person = kinds.iter().copied().collect(),
            Edit::Escalation(window_ms) => p.escalation = steps(*window_ms),
            Edit::Urgent(kinds) => p.urgent = kinds.iter().copied().collect(),
            Edit::Regulated(marks) => p.regulated = marks.iter().copied().collect(),
            Edit::Hypercare(days) => p.hypercare_until = days.map(later),
            Edit::Floor(tier) => p.hypercare_floor = *tier,
            Edit::Rules(all) => p.custom_rules = all.iter().map(|n| nth_rule(*n)).collect(),
        }
    }

    fn apply_own(&self, own: &mut ClientPolicy) {
        match self {
            Edit::Thresholds(b, c) => {
                (own.bulk_threshold, own.critical_threshold) = (Some(*b), Some(*c));
            }
            Edit::Ttl(ms) => own.approval_ttl_ms = Some(*ms),
            Edit::Confidence(percent) => own.min_confidence = Some(*percent),
            Edit::Cost(minor) => own.cost_limit_minor = Some(*minor),
            Edit::Zone(zone) => own.time_zone = Some((*zone).into()),
            Edit::Windows(all) => {
                own.maintenance_windows = Some(some(all, nth_window, |w| &w.name));
            }
            Edit::Freezes(all) => own.change_freezes = some(all, nth_freeze, |f| &f.name),
            Edit::Hours(n) => own.business_hours = n.map(nth_hours),
            Edit::TwoPerson(kinds) => own.two_person = kinds.iter().copied().collect(),
            Edit::Escalation(window_ms) => own.escalation = Some(steps(*window_ms)),
            Edit::Regulated(marks) => own.regulated = marks.iter().copied().collect(),
            Edit::Hypercare(days) => own.hypercare_until = days.map(later),
            Edit::Rules(all) => own.custom_rules = all.iter().map(|n| nth_rule(*n)).collect(),
            _ => {}
        }
    }
}

fn later(days: i64) -> domain::UnixMs {
    NOW.plus_ms(days * 86_400_000)
}

fn steps(window_ms: i64) -> Vec<EscalationStep> {
    vec![
        EscalationStep { ask: Ask::Relation(Relation::Manager), window_ms },
        EscalationStep { ask: Ask::Learned, window_ms },
    ]
}
