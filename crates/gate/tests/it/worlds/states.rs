//! Every state of every fact.

use super::{NOW, capital};
use domain::{
    BrainFacts, BreakerFacts, BreakerMode, BreakerScope, Confidence, Contract, CostFacts, DataMark,
    DeviceFacts, DeviceHealth, DeviceRole, Fact, Facts, FleetFacts, GroupFacts, MailboxFacts,
    PatchFacts, PatchSeverity, Relation, Requester, ScriptFacts, Sensitivity, TargetFacts,
    TicketFacts, Tier, UndoFacts, UnixMs, Verification, Volume,
};

pub(crate) fn known<T>(value: T) -> Fact<T> {
    Fact::known(value, "directory", NOW)
}

pub(crate) fn missing<T>() -> Fact<T> {
    Fact::Missing("not read".into())
}

/// The value, to change it.
pub(crate) fn value<T>(fact: &mut Fact<T>) -> &mut T {
    match fact {
        Fact::Known(k) => &mut k.value,
        Fact::Missing(why) => panic!("{why}"),
    }
}

pub(crate) fn verified(verification: Verification) -> Fact<Requester> {
    let account_id = (verification != Verification::Unverified).then(|| "guid-1".to_owned());
    known(Requester {
        account_id,
        address: "Jane.Roe@Acme.test".into(),
        identities: vec![],
        verification,
        verified_at: (verification == Verification::SecondChannel).then_some(NOW),
    })
}

/// The platform's own monitoring.
pub(crate) fn nobody() -> Fact<Requester> {
    let mut nobody = verified(Verification::Unverified);
    value(&mut nobody).address.clear();
    nobody
}

pub(crate) fn proven_at(at: Option<UnixMs>) -> Fact<Requester> {
    let mut old = verified(Verification::SecondChannel);
    value(&mut old).verified_at = at;
    old
}

pub(crate) fn group(sensitivity: Sensitivity) -> GroupFacts {
    GroupFacts {
        exists: true,
        sensitivity,
        because: "policy".into(),
        marks: vec![],
        as_named: true,
    }
}

pub(crate) fn mailbox(sensitivity: Sensitivity) -> MailboxFacts {
    MailboxFacts { exists: true, sensitivity, because: "policy".into(), marks: vec![] }
}

/// An idle, healthy workstation.
pub(crate) fn device(n: usize) -> DeviceFacts {
    DeviceFacts {
        id: format!("d-{n}"),
        exists: true,
        role: DeviceRole::Workstation,
        user_active: Some(false),
        online: true,
        health: DeviceHealth::Good,
    }
}

pub(crate) fn patch() -> PatchFacts {
    PatchFacts {
        known: true,
        lowest: PatchSeverity::Low,
        highest: PatchSeverity::Low,
        known_exploited: false,
    }
}

pub(crate) fn fleet(attempts: u32, failures: u32) -> Fact<FleetFacts> {
    known(FleetFacts { attempts, failures })
}

pub(crate) fn script(in_library: bool, hash_matches: bool, in_scope: bool) -> Fact<ScriptFacts> {
    known(ScriptFacts { in_library, hash_matches, in_scope })
}

/// Nothing more to pay.
pub(crate) fn cost() -> CostFacts {
    CostFacts { monthly_minor: 0, free_seats: 5, contract: Contract::Covered }
}

pub(crate) fn targets(targets: u32) -> Fact<Volume> {
    known(Volume { targets })
}

pub(crate) fn brain(in_scope: bool, ceiling: Tier) -> Fact<BrainFacts> {
    known(BrainFacts { in_scope, ceiling, requests: 1, rate: 60, repeats: 1 })
}

pub(crate) fn sure(percent: u8) -> Fact<Confidence> {
    known(Confidence { percent })
}

pub(crate) fn ticket(of_this_case: bool) -> Fact<TicketFacts> {
    known(TicketFacts { of_this_case })
}

pub(crate) fn breaker(scope: BreakerScope, mode: BreakerMode) -> Fact<Option<BreakerFacts>> {
    known(Some(BreakerFacts { scope, mode, reason: "too many failures".into(), since: NOW }))
}

/// What an undo that is in order takes back.
pub(crate) fn undo(original: Tier) -> UndoFacts {
    UndoFacts { original, matches: true, in_time: true, unchanged: true, undone: false }
}

/// The fact as if read at another time.
pub(crate) fn known_at<T>(fact: Fact<T>, read_at: UnixMs) -> Fact<T> {
    match fact {
        Fact::Known(k) => Fact::known(k.value, k.source, read_at),
        missing => missing,
    }
}

macro_rules! every_fact {
    ($($name:ident),*) => {
        /// Every fact as if read at another time.
        pub(crate) fn all_at(f: Facts, at: UnixMs) -> Facts {
            // Without `..`: a new fact does not compile until it is here.
            let Facts { $($name),* } = f;
            Facts { $($name: known_at($name, at)),* }
        }

        /// The same facts with one of them missing, once for each, under its name.
        pub(crate) fn each_missing(f: &Facts) -> Vec<(&'static str, Facts)> {
            vec![$((stringify!($name), Facts { $name: missing(), ..f.clone() })),*]
        }

        /// The same facts with one of them read at another time, once for each, under its name.
        pub(crate) fn each_at(f: &Facts, at: UnixMs) -> Vec<(&'static str, Facts)> {
            vec![$((
                stringify!($name),
                Facts { $name: known_at(f.$name.clone(), at), ..f.clone() },
            )),*]
        }
    };
}

every_fact!(
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
    undo
);

/// What the account can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Plain,
    Privileged,
    PrivilegedByNesting,
    Service,
    BreakGlass,
    NotInDirectory,
    Misnamed,
    Missing,
}

impl Target {
    pub(crate) const ALL: [Target; 8] = [
        Target::Plain,
        Target::Privileged,
        Target::PrivilegedByNesting,
        Target::Service,
        Target::BreakGlass,
        Target::NotInDirectory,
        Target::Misnamed,
        Target::Missing,
    ];

    pub(crate) fn facts(self) -> Option<TargetFacts> {
        let plain = TargetFacts {
            exists: true,
            identities: vec![],
            privileged: vec![],
            service: vec![],
            break_glass: false,
            as_named: true,
        };
        let named = |name: &str| vec![name.to_owned()];
        Some(match self {
            Target::Plain => plain,
            Target::Privileged => TargetFacts { privileged: named("Domain Admins"), ..plain },
            Target::PrivilegedByNesting => {
                TargetFacts { privileged: named("Domain Admins (through Tier 0)"), ..plain }
            }
            Target::Service => TargetFacts { service: named("servicePrincipalName"), ..plain },
            Target::BreakGlass => TargetFacts { break_glass: true, ..plain },
            Target::NotInDirectory => TargetFacts { exists: false, ..plain },
            Target::Misnamed => TargetFacts { as_named: false, ..plain },
            Target::Missing => return None,
        })
    }

    pub(crate) fn fact(self) -> Fact<TargetFacts> {
        self.facts().map_or_else(missing, known)
    }
}

/// Every state of a fact, with the name it has in the table. The most harmless comes first.
pub(crate) type States<T> = Vec<(String, Fact<T>)>;

fn with_gap<T>(states: impl IntoIterator<Item = (String, Fact<T>)>) -> States<T> {
    states.into_iter().chain([("Missing".to_owned(), missing())]).collect()
}

pub(crate) fn requesters() -> States<Requester> {
    let mut all: States<_> =
        Verification::ALL.iter().rev().map(|v| (format!("{v:?}"), verified(*v))).collect();
    all.insert(1, ("OldSecondChannel".into(), proven_at(Some(NOW.plus_ms(-15 * 60_000 - 1)))));
    with_gap(all)
}

pub(crate) fn relations() -> States<Relation> {
    with_gap(Relation::ALL.iter().map(|r| (format!("{r:?}"), known(*r))))
}

pub(crate) fn target_states() -> States<TargetFacts> {
    Target::ALL.iter().map(|t| (format!("{t:?}"), t.fact())).collect()
}

pub(crate) fn groups() -> States<GroupFacts> {
    let mut all: States<_> =
        Sensitivity::ALL.iter().map(|s| (format!("{s:?}"), known(group(*s)))).collect();
    let normal = || group(Sensitivity::Normal);
    all.push(("HealthData".into(), known(GroupFacts { marks: vec![DataMark::Phi], ..normal() })));
    all.push(("NotInDirectory".into(), known(GroupFacts { exists: false, ..normal() })));
    all.push(("Misnamed".into(), known(GroupFacts { as_named: false, ..normal() })));
    with_gap(all)
}

pub(crate) fn mailboxes() -> States<MailboxFacts> {
    let mut all: States<_> =
        Sensitivity::ALL.iter().map(|s| (format!("{s:?}"), known(mailbox(*s)))).collect();
    let normal = || mailbox(Sensitivity::Normal);
    all.push(("HealthData".into(), known(MailboxFacts { marks: vec![DataMark::Phi], ..normal() })));
    all.push(("NotInTenant".into(), known(MailboxFacts { exists: false, ..normal() })));
    with_gap(all)
}

pub(crate) fn costs() -> States<CostFacts> {
    let priced = CostFacts { monthly_minor: 1, ..cost() };
    with_gap([
        ("Nothing".into(), known(cost())),
        ("OverLimit".into(), known(priced)),
        ("NoFreeSeat".into(), known(CostFacts { free_seats: 0, ..priced })),
        ("NotCovered".into(), known(CostFacts { contract: Contract::NotCovered, ..cost() })),
        ("ContractUnknown".into(), known(CostFacts { contract: Contract::Unknown, ..cost() })),
    ])
}

pub(crate) fn volumes() -> States<Volume> {
    with_gap([
        ("One".into(), targets(1)),
        ("Bulk".into(), targets(6)),
        ("Mass".into(), targets(100)),
    ])
}

pub(crate) fn brains() -> States<BrainFacts> {
    let mut all: States<_> = Tier::ALL
        .iter()
        .rev()
        .map(|t| (format!("Ceiling{}", capital(t.name())), brain(true, *t)))
        .collect();
    all.push(("OutOfScope".into(), brain(false, Tier::Critical)));
    let with = |change: fn(&mut BrainFacts)| {
        let mut brain = brain(true, Tier::Critical);
        change(value(&mut brain));
        brain
    };
    all.push(("OverRate".into(), with(|b| b.requests = b.rate + 1)));
    all.push(("InACircle".into(), with(|b| b.repeats = 5)));
    with_gap(all)
}

pub(crate) fn tickets() -> States<TicketFacts> {
    with_gap([("Own".into(), ticket(true)), ("Foreign".into(), ticket(false))])
}

pub(crate) fn cool_downs() -> States<bool> {
    with_gap([("No".into(), known(false)), ("Yes".into(), known(true))])
}

pub(crate) fn undos(original: Tier) -> States<UndoFacts> {
    let fine = || undo(original);
    with_gap([
        ("InOrder".into(), known(fine())),
        ("NotTheOpposite".into(), known(UndoFacts { matches: false, ..fine() })),
        ("UndoneBefore".into(), known(UndoFacts { undone: true, ..fine() })),
        ("TooLate".into(), known(UndoFacts { in_time: false, ..fine() })),
        ("ChangedSince".into(), known(UndoFacts { unchanged: false, ..fine() })),
    ])
}
