//! What the connector tests share: the labs' whereabouts, permission through the real gate, one
//! behaviour suite per role, and a proxy that breaks connections on purpose.

#![allow(dead_code, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

pub mod directory;
pub mod net;
pub mod psa;

use domain::{
    Action, Approval, ApprovalId, ApprovalState, AttemptId, Autonomy, BrainFacts, BrainId, CaseId,
    ClientId, Fact, Facts, GroupFacts, PersonId, Relation, Requester, Sensitivity, TargetFacts,
    TicketFacts, Tier, UnixMs, Verification, Volume,
};
use gate::{Grant, Policy, Request, Verdict};
use std::path::PathBuf;
use uuid::Uuid;

/// The running labs, or `None` after saying loudly that the test is skipped. On CI that is a
/// failure: there, the labs must be up.
pub fn labs(test: &str) -> Option<serde_json::Value> {
    let Some(path) = std::env::var_os("JOURNEYMAN_LABS") else {
        assert!(std::env::var_os("CI").is_none(), "{test}: JOURNEYMAN_LABS is not set on CI");
        eprintln!(
            "SKIPPED: {test} needs the labs: labs/up.sh DIR, then JOURNEYMAN_LABS=DIR/labs.json"
        );
        return None;
    };
    let path = PathBuf::from(path);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{} cannot be read: {e}; run labs/up.sh", path.display()));
    Some(serde_json::from_str(&text).unwrap())
}

/// Now, as tests may know it.
pub fn now() -> UnixMs {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    UnixMs(i64::try_from(since.as_millis()).unwrap())
}

/// A text that no earlier test run used.
pub fn unique(word: &str) -> String {
    format!("{word}-{}", &Uuid::now_v7().simple().to_string()[16..])
}

/// A password that meets every usual policy and was never used before.
pub fn fresh_password() -> secrecy::SecretString {
    format!("Aa1!{}", unique("Pw")).into()
}

/// A verified user asking for something on their own, ordinary account and ticket.
pub fn harmless_facts(at: UnixMs) -> Facts {
    let source = "test";
    Facts {
        requester: Fact::known(
            Requester {
                identities: vec![],
                account_id: Some("requester".into()),
                address: "requester@acme.test".into(),
                verification: Verification::AddressOnFile,
                verified_at: None,
            },
            source,
            at,
        ),
        relation: Fact::known(Relation::Oneself, source, at),
        target: Fact::known(
            TargetFacts {
                exists: true,
                identities: vec![],
                privileged: vec![],
                service: vec![],
                break_glass: false,
                as_named: true,
            },
            source,
            at,
        ),
        group: Fact::known(
            GroupFacts {
                exists: true,
                sensitivity: Sensitivity::Normal,
                because: "ordinary".into(),
                marks: vec![],
                as_named: true,
            },
            source,
            at,
        ),
        volume: Fact::known(Volume { targets: 1 }, source, at),
        brain: Fact::known(
            BrainFacts { in_scope: true, ceiling: Tier::High, requests: 1, rate: 0, repeats: 1 },
            source,
            at,
        ),
        ticket: Fact::known(TicketFacts { of_this_case: true }, source, at),
        cooling_down: Fact::known(false, source, at),
        breaker: Fact::known(None, source, at),
        ..Facts::none("test")
    }
}

/// Judges under a policy that lets everything run that may run.
pub fn judge(action: &Action, facts: &Facts, at: UnixMs) -> Verdict {
    let mut policy = Policy::cautious("test");
    policy.default_autonomy = Autonomy::AutoAndClose;
    let request = Request {
        client: ClientId::new("acme").unwrap(),
        case: CaseId(Uuid::from_u128(1)),
        brain: BrainId::new("technician").unwrap(),
        action: action.clone(),
        undoes: None,
    };
    gate::judge(Ok(&policy.compile().unwrap()), request, facts, at)
}

/// Permission for this action from the real gate: judged on harmless facts and, where the gate
/// wants a person, approved by one.
pub fn permit(action: &Action) -> Grant {
    let at = now();
    let verdict = judge(action, &harmless_facts(at), at);
    let approval = Approval {
        id: ApprovalId(Uuid::now_v7()),
        client: verdict.request().client.clone(),
        case: verdict.request().case,
        digest: verdict.digest(),
        sentence: action.sentence(),
        tier: verdict.tier(),
        excluded: vec![],
        brain: None,
        kind: None,
        needed: 1,
        yes: vec![],
        steps: Default::default(),
        not_before: None,
        change: None,
        replaces: None,
        asked_at: at,
        expires_at: at.plus_ms(60_000),
        state: ApprovalState::Approved { by: PersonId::new("anna").unwrap(), at },
    };
    gate::grant(verdict, Some(&approval), AttemptId(Uuid::now_v7()), at)
        .expect("the gate permits this")
}

/// The mark that texts written for this action carry.
pub fn mark(action: &Action) -> String {
    action.digest(&ClientId::new("acme").unwrap()).short()
}
