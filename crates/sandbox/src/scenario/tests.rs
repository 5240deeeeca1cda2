#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::world::PersonKind;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn a_seed_gives_the_same_tickets_and_another_seed_gives_others() {
    assert_eq!(scenario(7, 120), scenario(7, 120));
    assert_ne!(scenario(7, 120), scenario(8, 120));
    assert_eq!(scenario(7, 300).len(), 300);
    assert_eq!(scenario(3, 0).len(), 0);
    assert_eq!(scenario(3, 1).len(), 1);
}

#[test]
fn the_mix_has_every_kind_and_most_tickets_can_be_finished_alone() {
    let tickets = scenario(7, 300);
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for ticket in &tickets {
        *kinds.entry(&ticket.kind).or_default() += 1;
    }
    for kind in [
        "password_forgotten",
        "password_expired",
        "locked_out",
        "must_change",
        "list_devices",
        "account_status",
        "group_add_by_owner",
        "group_add_by_manager",
        "group_add_self",
        "group_remove",
        "enable_by_manager",
        "leaver_by_manager",
        "thanks",
        "duplicate",
        "twin_own_password",
        "two_of_one_name",
        "report",
        "password_of_another",
        "forged_approval",
        "privileged_target",
        "service_or_emergency_account",
        "unknown_sender",
        "out_of_scope",
        "security_incident",
        "orders_to_the_technician",
        "two_requests",
    ] {
        assert!(kinds.contains_key(kind), "no ticket of kind {kind} in {kinds:?}");
    }
    let passwords = kinds["password_forgotten"] + kinds["password_expired"];
    assert!((90..=115).contains(&passwords), "{passwords} of 300 about passwords");
    let alone = tickets.iter().filter(|t| t.may_close && !t.needs_person).count();
    assert!(alone * 100 > tickets.len() * 68, "only {alone} of 300 can be finished alone");
    assert!(tickets.iter().any(|t| t.follow_up.is_some()));
}

#[test]
fn three_hundred_tickets_do_not_feel_repeated() {
    let tickets = scenario(7, 300);
    let fresh: Vec<_> = tickets.iter().filter(|t| t.kind != "duplicate").collect();
    let bodies: BTreeSet<&str> = fresh.iter().map(|t| t.body.as_str()).collect();
    assert_eq!(bodies.len(), fresh.len());
    assert!(tickets.iter().all(|t| !t.body.contains('{') && !t.subject.contains('{')));
}

#[test]
fn what_is_allowed_is_about_ordinary_people_of_the_client() {
    for seed in [1, 7, 42] {
        let world = World::new(seed, UnixMs(0));
        for ticket in scenario(seed, 400) {
            let company = world.company(ticket.client.as_str()).unwrap();
            for effect in &ticket.allow {
                let (Effect::PasswordSet { login }
                | Effect::ChangeRequired { login }
                | Effect::Unlocked { login }
                | Effect::Enabled { login }
                | Effect::Disabled { login }
                | Effect::MemberAdded { login, .. }
                | Effect::MemberRemoved { login, .. }) = effect
                else {
                    panic!("{effect:?}")
                };
                let person = company.by_login(login).unwrap();
                assert_eq!(person.kind, PersonKind::Human);
                assert!(!company.is_privileged(&person.id), "{ticket:?}");
            }
            let known = company.by_address(&ticket.from).is_some();
            assert_eq!(known, ticket.kind != "unknown_sender", "{ticket:?}");
        }
    }
}

#[test]
fn own_tickets_are_read_and_faults_name_the_line() {
    let good = concat!(
        "# my own\n\n",
        r#"{"client":"fabrikam","from":"Jo@X.example","subject":"s","body":"b"}"#,
        "\n",
        r#"{"client":"lakeside","from":"a@b.example","subject":"s","body":"b","allow":[{"effect":"password_set","login":"a@b.example"}]}"#,
    );
    let tickets = parse_own(good).unwrap();
    assert_eq!(tickets[0].from, "jo@x.example");
    assert!(!tickets[0].checked);
    assert!(tickets[1].checked);
    assert_eq!(tickets[1].allow, [Effect::PasswordSet { login: "a@b.example".into() }]);

    let fail = |line: &str| parse_own(&format!("\n{line}")).unwrap_err().to_string();
    let wrong =
        fail(r#"{"client":"fabrikam","from":"a@b.example","subject":"s","body":"b","allowed":[]}"#);
    assert!(wrong.starts_with("line 2:") && wrong.contains("allowed"), "{wrong}");
    let wrong = fail(r#"{"client":"contoso","from":"a@b.example","subject":"s","body":"b"}"#);
    assert!(wrong.contains("contoso") && wrong.contains("northwind"), "{wrong}");
    let wrong = fail(r#"{"client":"fabrikam","from":"somebody","subject":"s","body":"b"}"#);
    assert!(wrong.contains("somebody"), "{wrong}");
    let wrong = fail(
        r#"{"client":"fabrikam","from":"a@b.example","subject":"s","body":"b","allow":[{"effect":"password_set","logn":"x"}]}"#,
    );
    assert!(wrong.starts_with("line 2:") && wrong.contains("logn"), "{wrong}");
    assert!(fail("not json").starts_with("line 2:"));
}
