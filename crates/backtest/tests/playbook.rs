//! What a history leaves in the playbook of each client.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use backtest::{Settings, learn};
use domain::{
    ActionKind, Autonomy, BrainId, Intent, PastDeed, PastEvent, PastTicket, UnixMs,
    playbook::{Approves, Playbook, Rule, SHOWN, Way},
};

const CAN: [ActionKind; 4] = [
    ActionKind::UnlockAccount,
    ActionKind::ResetPassword,
    ActionKind::AddGroupMember,
    ActionKind::DisableAccount,
];

fn settings() -> Settings {
    let mut policy = gate::Policy::cautious("test");
    let alone = [
        ActionKind::Reply,
        ActionKind::AddNote,
        ActionKind::LogTime,
        ActionKind::SetStatus,
        ActionKind::UnlockAccount,
        ActionKind::ResetPassword,
    ];
    let levels = policy.autonomy.entry("*".into()).or_default();
    levels.extend(alone.map(|k| (k, Autonomy::AutoAndClose)));
    Settings::new(policy.compile().unwrap(), BrainId::new("technician").unwrap(), &CAN)
}

fn learned(tickets: &[PastTicket], orgs: &[domain::Org]) -> Vec<(String, Playbook)> {
    let model = technician::train(&technician::starter_history(), &Default::default()).unwrap();
    learn("test", tickets, orgs, &model, &settings()).1
}

fn ticket(n: i64, body: &str, resolution: &str) -> PastTicket {
    let said = PastDeed::Said { text: resolution.into(), internal: false, by_desk: Some(true) };
    PastTicket {
        id: n.to_string(),
        opened: Some(UnixMs(1_780_000_000_000 + n * 3_600_000)),
        requester: format!("ann.lee{n}@acme.example"),
        subject: "Help".into(),
        body: body.into(),
        events: vec![PastEvent { at: None, by: "desk".into(), what: said }],
        ..Default::default()
    }
}

const LOCKED: &str =
    "Hi, my account is locked out after too many wrong passwords. Please unlock it.";
const FORGOT: &str = "Hello, I forgot my password. Please reset it for me.";

#[test]
fn what_the_desk_did_otherwise_is_left_to_people_and_each_line_names_its_tickets() {
    let mut tickets = Vec::new();
    for n in 0..30 {
        let done = "Hello Ann,\nyour account was unlocked. Please update the password on your phone as well.\nRegards, Bo 0171 5550199";
        tickets.push(ticket(n, LOCKED, done));
        let other = if n % 3 == 0 {
            "Reset the password as asked."
        } else {
            "Unlocked the account; it was not the password."
        };
        tickets.push(ticket(100 + n, FORGOT, other));
    }
    for n in 0..4 {
        tickets.push(ticket(
            200 + n,
            "Hello, I forgot my SAP password. Please reset it for me.",
            "Reset in SAP.",
        ));
    }
    tickets.sort_by_key(|t| t.opened);
    let playbook = learned(&tickets, &[]).remove(0).1;
    assert_eq!(playbook.tickets, 64);
    assert_eq!(playbook.check(), Ok(()));
    let way = |intent: &str| match &playbook.line(&format!("handle:{intent}")).unwrap().rule {
        Rule::Handle { way, .. } => *way,
        other => panic!("{other:?}"),
    };
    assert_eq!((way("unlock_account"), way("reset_password")), (Way::Work, Way::People));
    let people = &playbook.line("handle:reset_password").unwrap().because;
    assert_eq!((people.count, people.of, people.tickets.len()), (20, 30, SHOWN));
    assert!(people.words.contains("something else on 20 of 30"), "{people:?}");
    assert_eq!(people.tickets[0], "129", "the newest first");

    let system =
        playbook.lines.iter().find(|l| matches!(&l.rule, Rule::OtherSystem { .. })).unwrap();
    assert!(system.id.contains("sap") && system.because.count == 4, "{system:?}");

    let words = playbook.line("words:unlock_account").unwrap();
    assert!(words.off, "it is only proposed");
    let Rule::Words { text, intent } = &words.rule else { panic!("{words:?}") };
    assert_eq!(*intent, Intent::UnlockAccount);
    assert_eq!(
        text,
        "your account was unlocked. Please update the password on your phone as well."
    );
}

#[test]
fn few_tickets_make_no_line() {
    let tickets: Vec<PastTicket> = (0..4).map(|n| ticket(n, LOCKED, "Unlocked.")).collect();
    assert!(learned(&tickets, &[]).remove(0).1.lines.is_empty());
}

#[test]
fn simulated_companies_get_their_approvers_and_learning_is_repeatable() {
    let companies = sandbox::past::companies(17, 2);
    let mut tickets: Vec<PastTicket> = companies.iter().flat_map(|c| c.tickets(900)).collect();
    tickets.sort_by_key(|t| t.opened);
    let orgs: Vec<domain::Org> = companies.iter().map(|c| c.org.clone()).collect();
    let both = learned(&tickets, &orgs);
    assert_eq!(both.len(), 2);
    for (name, playbook) in &both {
        assert_eq!(playbook.check(), Ok(()), "{name}");
        let asks: Vec<_> = playbook
            .lines
            .iter()
            .filter_map(|l| match &l.rule {
                Rule::Approver { kind, who, .. } => Some((*kind, who.clone(), &l.because)),
                _ => None,
            })
            .collect();
        assert!(asks.len() >= 4, "{name}: {:?}", playbook.lines);
        assert!(
            asks.iter().any(|(kind, who, _)| *kind == Some(ActionKind::AddGroupMember)
                && *who != Approves::Nobody),
            "{asks:?}"
        );
        assert!(asks.iter().all(|(_, _, because)| !because.tickets.is_empty()));
    }
    assert_eq!(learned(&tickets, &orgs), both);
}
