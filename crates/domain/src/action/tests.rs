#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::{AccountQuery, TicketRef, TicketStatus};

fn account(id: &str) -> AccountRef {
    AccountRef { id: id.into(), login: format!("{id}@acme.test"), name: id.to_uppercase() }
}

fn client(id: &str) -> ClientId {
    ClientId::new(id).expect("valid id")
}

#[test]
fn a_digest_covers_kind_client_target_and_parameters() {
    let reset = |id: &str, must_change| {
        Action::ResetPassword(ResetPassword { account: account(id), must_change })
    };
    let base = reset("jroe", true).digest(&client("acme"));
    assert_eq!(base, reset("jroe", true).digest(&client("acme")));
    assert_ne!(base, reset("jroe", false).digest(&client("acme")), "parameter");
    assert_ne!(base, reset("jdoe", true).digest(&client("acme")), "target");
    assert_ne!(base, reset("jroe", true).digest(&client("other")), "client");
    let unlock = Action::UnlockAccount(UnlockAccount { account: account("jroe") });
    assert_ne!(base, unlock.digest(&client("acme")), "kind");
}

#[test]
fn every_kind_states_itself() {
    for kind in ActionKind::ALL {
        let s = kind.scorecard();
        for value in [s.reversibility, s.blast_radius, s.compliance_sensitivity, s.frequency] {
            assert!((1..=5).contains(&value), "{}: scores run from 1 to 5", kind.name());
        }
        assert!(s.rationale.ends_with('.'), "{}: one sentence", kind.name());
        assert_eq!(kind.is_write(), !kind.needs().is_empty(), "{}", kind.name());
    }
}

#[test]
fn actions_travel_as_json() {
    let t = TicketRef { psa: "rt".into(), id: "7".into() };
    let all = [
        Action::FindUser(FindUser { query: AccountQuery::Name("Jane Roe".into()) }),
        Action::SetStatus(SetStatus {
            ticket: t,
            status: TicketStatus::Closed,
            duplicate_of: Some("3".into()),
        }),
    ];
    for action in all {
        let json = serde_json::to_string(&action).expect("serialises");
        assert!(json.contains(&format!("\"kind\":\"{}\"", action.kind().name())), "{json}");
        assert_eq!(action, serde_json::from_str(&json).expect("parses"));
    }
}
