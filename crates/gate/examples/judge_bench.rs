//! Judgements per second on one core, against the floor: the SHA-256 digest of the same actions
//! alone, in the same run. Prints one JSON object. Run it by `cargo xtask bench judge --json FILE`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use domain::action::{AddGroupMember, ResetPassword, UnlockAccount};
use domain::{
    AccountRef, Action, Autonomy, BrainFacts, BrainId, ClientId, Fact, Facts, GroupFacts, GroupRef,
    Relation, Requester, Sensitivity, TargetFacts, TicketFacts, Tier, UnixMs, Verification, Volume,
};
use gate::{Policy, Request, judge};
use std::hint::black_box;
use std::time::Instant;

const NOW: UnixMs = UnixMs(1_800_000_000_000);
const ROUNDS: u32 = 9;
const CALLS: u32 = 60_000;

fn requests() -> Vec<Request> {
    let account = |n: u32| AccountRef {
        id: format!("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1{n:02}"),
        login: format!("jane.roe{n}@acme.test"),
        name: "Jane Roe".into(),
    };
    let group = GroupRef { id: "g-1".into(), name: "Sales".into(), privileged: false };
    let actions = (0..20).flat_map(|n| {
        [
            Action::UnlockAccount(UnlockAccount { account: account(n) }),
            Action::ResetPassword(ResetPassword { account: account(n), must_change: true }),
            Action::AddGroupMember(AddGroupMember { account: account(n), group: group.clone() }),
        ]
    });
    actions
        .map(|action| Request {
            client: ClientId::new("acme").unwrap(),
            case: "00000000-0000-0000-0000-000000000001".parse().unwrap(),
            brain: BrainId::new("technician").unwrap(),
            action,
        })
        .collect()
}

fn facts() -> Facts {
    let known = |value: Relation| Fact::known(value, "directory", NOW);
    Facts {
        requester: Fact::known(
            Requester {
                identities: vec![],
                account_id: Some("guid-2".into()),
                address: "john.roe@acme.test".into(),
                verification: Verification::AddressOnFile,
            },
            "directory",
            NOW,
        ),
        relation: known(Relation::Manager),
        target: Fact::known(
            TargetFacts {
                exists: true,
                identities: vec![],
                privileged: vec![],
                service: vec![],
                break_glass: false,
            },
            "directory",
            NOW,
        ),
        group: Fact::known(
            GroupFacts { exists: true, sensitivity: Sensitivity::Normal, because: "none".into() },
            "directory",
            NOW,
        ),
        volume: Fact::known(Volume { targets: 2 }, "platform", NOW),
        brain: Fact::known(BrainFacts { in_scope: true, ceiling: Tier::High }, "platform", NOW),
        ticket: Fact::known(TicketFacts { of_this_case: true }, "platform", NOW),
        cooling_down: Fact::known(false, "platform", NOW),
    }
}

/// Calls per second in the best of several rounds.
fn per_second(mut call: impl FnMut(usize)) -> f64 {
    let mut best = 0.0_f64;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for n in 0..CALLS {
            call(n as usize);
        }
        best = best.max(f64::from(CALLS) / start.elapsed().as_secs_f64());
    }
    best
}

fn main() {
    let requests = requests();
    let (policy, facts) = (
        Policy { default_autonomy: Autonomy::AutoWithGuardrails, ..Policy::cautious("bench") },
        facts(),
    );
    let floor = per_second(|n| {
        let request = &requests[n % requests.len()];
        black_box(request.action.digest(&request.client));
    });
    let judged = per_second(|n| {
        let request = requests[n % requests.len()].clone();
        black_box(judge(Some(&policy), request, &facts, NOW));
    });
    let out = serde_json::json!({
        "judgements_per_s": judged.round(),
        "judgement_us": 1e6 / judged,
        "floor": "SHA-256 digest of the same action alone",
        "floor_per_s": floor.round(),
        "floor_us": 1e6 / floor,
        "ratio": floor / judged,
    });
    println!("{out:#}");
}
