//! Requests and facts for the tests: one for every kind of action, and every state of every fact.

use domain::action::*;
use domain::{
    AccountQuery, AccountRef, Action, ActionKind, BrainFacts, BrainId, CaseId, ClientId, Fact,
    Facts, GroupFacts, GroupRef, Relation, Requester, Sensitivity, TargetFacts, TicketFacts,
    TicketRef, TicketStatus, Tier, UnixMs, Verification, Volume,
};
use gate::{Policy, Request};

pub(crate) const NOW: UnixMs = UnixMs(1_800_000_000_000);

pub(crate) fn client() -> ClientId {
    ClientId::new("acme").unwrap()
}

pub(crate) fn case(n: u128) -> CaseId {
    CaseId(format!("{n:032x}").parse::<domain::CaseId>().unwrap().0)
}

fn account() -> AccountRef {
    AccountRef { id: "guid-1".into(), login: "Jane.Roe@acme.test".into(), name: "Jane Roe".into() }
}

/// One action of the kind. Without a wildcard: a new kind does not compile until it is here.
pub(crate) fn action(kind: ActionKind) -> Action {
    let account = account();
    let group = || GroupRef { id: "g-1".into(), name: "Sales".into(), privileged: false };
    let ticket = TicketRef { psa: "rt".into(), id: "7".into() };
    let text = "Done.".to_owned();
    match kind {
        ActionKind::FindUser => {
            Action::FindUser(FindUser { query: AccountQuery::Name("Jane Roe".into()) })
        }
        ActionKind::FindGroup => Action::FindGroup(FindGroup { name: "Sales".into() }),
        ActionKind::ReadAccount => Action::ReadAccount(ReadAccount { account }),
        ActionKind::ListDevices => Action::ListDevices(ListDevices { account }),
        ActionKind::UnlockAccount => Action::UnlockAccount(UnlockAccount { account }),
        ActionKind::ResetPassword => {
            Action::ResetPassword(ResetPassword { account, must_change: true })
        }
        ActionKind::RequirePasswordChange => {
            Action::RequirePasswordChange(RequirePasswordChange { account })
        }
        ActionKind::EnableAccount => Action::EnableAccount(EnableAccount { account }),
        ActionKind::DisableAccount => Action::DisableAccount(DisableAccount { account }),
        ActionKind::AddGroupMember => {
            Action::AddGroupMember(AddGroupMember { account, group: group() })
        }
        ActionKind::RemoveGroupMember => {
            Action::RemoveGroupMember(RemoveGroupMember { account, group: group() })
        }
        ActionKind::Reply => Action::Reply(Reply { ticket, text }),
        ActionKind::AddNote => Action::AddNote(AddNote { ticket, text }),
        ActionKind::LogTime => Action::LogTime(LogTime { ticket, minutes: 5, text }),
        ActionKind::SetStatus => Action::SetStatus(SetStatus {
            ticket,
            status: TicketStatus::Closed,
            duplicate_of: None,
        }),
    }
}

pub(crate) fn request(kind: ActionKind) -> Request {
    Request {
        client: client(),
        case: case(1),
        brain: BrainId::new("technician").unwrap(),
        action: action(kind),
    }
}

/// The most harmless facts there can be.
pub(crate) fn harmless() -> Facts {
    Facts {
        requester: verified(Verification::SecondChannel),
        relation: known(Relation::Oneself),
        target: known(Target::Plain.facts().unwrap()),
        group: known(group(Sensitivity::Normal)),
        volume: targets(1),
        brain: brain(true, Tier::Critical),
        ticket: ticket(true),
        cooling_down: known(false),
    }
}

pub(crate) fn policy(autonomy: domain::Autonomy) -> Policy {
    Policy { default_autonomy: autonomy, ..Policy::cautious("test-1") }
}

pub(crate) fn known<T>(value: T) -> Fact<T> {
    Fact::known(value, "directory", NOW)
}

pub(crate) fn missing<T>() -> Fact<T> {
    Fact::Missing("not read".into())
}

pub(crate) fn verified(verification: Verification) -> Fact<Requester> {
    let account_id = (verification != Verification::Unverified).then(|| "guid-1".to_owned());
    known(Requester {
        identities: vec![],
        account_id,
        address: "Jane.Roe@Acme.test".into(),
        verification,
    })
}

pub(crate) fn group(sensitivity: Sensitivity) -> GroupFacts {
    GroupFacts { exists: true, sensitivity, because: "policy".into() }
}

pub(crate) fn targets(targets: u32) -> Fact<Volume> {
    known(Volume { targets })
}

pub(crate) fn brain(in_scope: bool, ceiling: Tier) -> Fact<BrainFacts> {
    known(BrainFacts { in_scope, ceiling })
}

pub(crate) fn ticket(of_this_case: bool) -> Fact<TicketFacts> {
    known(TicketFacts { of_this_case })
}

/// The fact as if read at another time.
pub(crate) fn known_at<T>(fact: Fact<T>, read_at: UnixMs) -> Fact<T> {
    match fact {
        Fact::Known(k) => Fact::known(k.value, k.source, read_at),
        missing => missing,
    }
}

/// Every fact as if read at another time.
pub(crate) fn all_at(f: Facts, read_at: UnixMs) -> Facts {
    Facts {
        requester: known_at(f.requester, read_at),
        relation: known_at(f.relation, read_at),
        target: known_at(f.target, read_at),
        group: known_at(f.group, read_at),
        volume: known_at(f.volume, read_at),
        brain: known_at(f.brain, read_at),
        ticket: known_at(f.ticket, read_at),
        cooling_down: known_at(f.cooling_down, read_at),
    }
}

/// What the account can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Plain,
    Privileged,
    PrivilegedByNesting,
    Service,
    BreakGlass,
    NotInDirectory,
    Missing,
}

impl Target {
    pub(crate) const ALL: [Target; 7] = [
        Target::Plain,
        Target::Privileged,
        Target::PrivilegedByNesting,
        Target::Service,
        Target::BreakGlass,
        Target::NotInDirectory,
        Target::Missing,
    ];

    fn facts(self) -> Option<TargetFacts> {
        let plain = TargetFacts {
            exists: true,
            identities: vec![],
            privileged: vec![],
            service: vec![],
            break_glass: false,
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
            Target::Missing => return None,
        })
    }

    pub(crate) fn fact(self) -> Fact<TargetFacts> {
        self.facts().map_or_else(missing, known)
    }
}

/// Every state of a fact, with the name it has in the table.
pub(crate) type States<T> = Vec<(String, Fact<T>)>;

pub(crate) fn requesters() -> States<Requester> {
    let mut all: States<_> =
        Verification::ALL.iter().rev().map(|v| (format!("{v:?}"), verified(*v))).collect();
    all.push(("Missing".into(), missing()));
    all
}

pub(crate) fn relations() -> States<Relation> {
    let mut all: States<_> = Relation::ALL.iter().map(|r| (format!("{r:?}"), known(*r))).collect();
    all.push(("Missing".into(), missing()));
    all
}

pub(crate) fn target_states() -> States<TargetFacts> {
    Target::ALL.iter().map(|t| (format!("{t:?}"), t.fact())).collect()
}

pub(crate) fn groups() -> States<GroupFacts> {
    let mut all: States<_> =
        Sensitivity::ALL.iter().map(|s| (format!("{s:?}"), known(group(*s)))).collect();
    let absent = GroupFacts { exists: false, ..group(Sensitivity::Normal) };
    all.push(("NotInDirectory".into(), known(absent)));
    all.push(("Missing".into(), missing()));
    all
}

pub(crate) fn volumes() -> States<Volume> {
    vec![
        ("One".into(), targets(1)),
        ("Bulk".into(), targets(6)),
        ("Mass".into(), targets(100)),
        ("Missing".into(), missing()),
    ]
}

pub(crate) fn brains() -> States<BrainFacts> {
    let mut all: States<_> = Tier::ALL
        .iter()
        .rev()
        .map(|t| (format!("Ceiling{}", capital(t.name())), brain(true, *t)))
        .collect();
    all.push(("OutOfScope".into(), brain(false, Tier::Critical)));
    all.push(("Missing".into(), missing()));
    all
}

pub(crate) fn tickets() -> States<TicketFacts> {
    vec![
        ("Own".into(), ticket(true)),
        ("Foreign".into(), ticket(false)),
        ("Missing".into(), missing()),
    ]
}

pub(crate) fn cool_downs() -> States<bool> {
    vec![("No".into(), known(false)), ("Yes".into(), known(true)), ("Missing".into(), missing())]
}

pub(crate) fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
