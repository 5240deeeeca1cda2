//! What a service manager relies on when reading a backtest.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use backtest::{Label, Report, Settings, Would, backtest, html};
use domain::{
    ActionKind, Autonomy, BrainId, Org, OrgPerson, PastDeed, PastEvent, PastTicket, UnixMs,
};
use std::sync::LazyLock;
use technician::Model;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    technician::train(&technician::starter_history(), &Default::default()).unwrap()
});

const CAN: [ActionKind; 4] = [
    ActionKind::UnlockAccount,
    ActionKind::ResetPassword,
    ActionKind::AddGroupMember,
    ActionKind::DisableAccount,
];
const MINUTE: i64 = 60_000;

fn settings(alone: &[ActionKind]) -> Settings {
    let mut policy = gate::Policy::cautious("test");
    let levels = policy.autonomy.entry("*".into()).or_default();
    let words =
        [ActionKind::Reply, ActionKind::AddNote, ActionKind::LogTime, ActionKind::SetStatus];
    levels.extend(words.iter().chain(alone).map(|k| (*k, Autonomy::AutoAndClose)));
    Settings::new(policy.compile().unwrap(), BrainId::new("technician").unwrap(), &CAN)
}

fn earned() -> Settings {
    settings(&[ActionKind::UnlockAccount, ActionKind::ResetPassword])
}

fn ticket(n: i64, subject: &str, body: &str) -> PastTicket {
    PastTicket {
        id: n.to_string(),
        opened: Some(UnixMs(1_780_000_000_000 + n * 60 * MINUTE)),
        requester: format!("user{n}@acme.example"),
        subject: subject.into(),
        body: body.into(),
        ..Default::default()
    }
}

fn run(tickets: &[PastTicket], orgs: &[Org], settings: &Settings) -> Report {
    backtest("test", tickets, orgs, &MODEL, settings)
}

const LOCKED: (&str, &str) = (
    "Locked out",
    "Hi, my account is locked out after too many wrong passwords. Please unlock it.",
);

#[test]
fn a_simulated_history_gives_a_report_that_adds_up() {
    let companies = sandbox::past::companies(11, 2);
    let mut tickets: Vec<PastTicket> = companies.iter().flat_map(|c| c.tickets(400)).collect();
    tickets.sort_by_key(|t| t.opened);
    let orgs: Vec<Org> = companies.into_iter().map(|c| c.org).collect();
    let report = run(&tickets, &orgs, &earned());
    assert_eq!(report.tickets, 800);
    assert_eq!(Would::ALL.iter().map(|w| report.count(*w)).sum::<u32>(), 800);
    assert_eq!(report.by_month.iter().flat_map(|m| m.ways).sum::<u32>(), 800);
    assert!(report.count(Would::CloseAlone) > 80, "{:?}", report.would);
    assert!(report.count(Would::HandOver) > 300, "{:?}", report.would);
    assert!(report.wrong_alone.value() < 0.05, "{:?}", report.wrong_alone);
    assert!(report.hours.total > 5.0 && report.hours.give_or_take > 0.0);
    let first = report.scope.first().expect("something to begin with");
    assert!(["reset password", "unlock account"].contains(&first.class.as_str()), "{first:?}");
    assert!(!report.rules.is_empty() && report.rules.iter().all(|r| !r.tickets.is_empty()));
    assert_eq!(report.clients.len(), 2);

    let mut shuffled = tickets.clone();
    shuffled.reverse();
    let again = run(&shuffled, &orgs, &earned());
    assert_eq!(
        (again.would, again.wrong_alone, again.by_month),
        (report.would.clone(), report.wrong_alone, report.by_month.clone())
    );

    let page = html(&report, "test").unwrap();
    for needed in [
        "Where to begin",
        "Who approves what",
        "What was assumed",
        "<svg",
        "closed alone",
        "Intervals hold",
    ] {
        assert!(page.contains(needed), "{needed}");
    }
    for outside in ["<script", "src=\"http", "href=\"http", "@import", "url(http"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn the_gate_decides_and_not_the_technician() {
    let tickets: Vec<PastTicket> = (0..20).map(|n| ticket(n, LOCKED.0, LOCKED.1)).collect();
    let trusted = run(&tickets, &[], &earned());
    assert_eq!(trusted.count(Would::CloseAlone), 20, "{:?}", trusted.would);
    let asked = run(&tickets, &[], &settings(&[]));
    assert_eq!(asked.count(Would::CloseAlone), 0);
    assert_eq!(asked.count(Would::CloseAfterYes), 20, "{:?}", asked.would);
    assert_eq!(asked.approvers.iter().map(|a| a.questions).sum::<u32>(), 20);
    assert!(asked.hours.total < trusted.hours.total);
    let mut emergency = earned();
    let mut lists = gate::directory::Lists::default();
    lists.break_glass.insert("user3*".into());
    let acme = domain::ClientId::new("acme").unwrap();
    emergency.clients = vec![backtest::Known { id: acme, names: vec![], lists }];
    assert_eq!(run(&tickets, &[], &emergency).count(Would::HandOver), 1);
}

#[test]
fn the_policy_of_the_client_counts() {
    let mut policy = gate::Policy::cautious("test");
    let all = [
        ActionKind::Reply,
        ActionKind::AddNote,
        ActionKind::LogTime,
        ActionKind::SetStatus,
        ActionKind::UnlockAccount,
    ];
    policy.autonomy.entry("*".into()).or_default().extend(all.map(|k| (k, Autonomy::AutoAndClose)));
    policy
        .autonomy
        .entry("globex".into())
        .or_default()
        .insert(ActionKind::UnlockAccount, Autonomy::AlwaysAsk);
    let mut settings =
        Settings::new(policy.compile().unwrap(), BrainId::new("technician").unwrap(), &CAN);
    let known = |id: &str, name: &str| backtest::Known {
        id: domain::ClientId::new(id).unwrap(),
        names: vec![name.into()],
        lists: Default::default(),
    };
    settings.clients = vec![known("acme", "Acme Inc"), known("globex", "Globex")];
    let of =
        |client: &str, n| PastTicket { client: client.into(), ..ticket(n, LOCKED.0, LOCKED.1) };
    let tickets = [of("Acme Inc", 1), of("GLOBEX", 2), of("Initech", 3)];
    let report = run(&tickets, &[], &settings);
    assert_eq!(
        (report.count(Would::CloseAlone), report.count(Would::CloseAfterYes)),
        (2, 1),
        "{:?}",
        report.would
    );
    assert!(
        report.assumptions.iter().any(|a| a.contains("no client for 1 of 3")),
        "{:?}",
        report.assumptions
    );
}

#[test]
fn a_reply_that_needs_a_yes_is_not_alone() {
    let mut policy = gate::Policy::cautious("test");
    let some = [
        ActionKind::AddNote,
        ActionKind::LogTime,
        ActionKind::SetStatus,
        ActionKind::UnlockAccount,
    ];
    policy
        .autonomy
        .entry("*".into())
        .or_default()
        .extend(some.map(|k| (k, Autonomy::AutoAndClose)));
    let settings =
        Settings::new(policy.compile().unwrap(), BrainId::new("technician").unwrap(), &CAN);
    let report = run(&[ticket(1, LOCKED.0, LOCKED.1)], &[], &settings);
    assert_eq!(report.count(Would::CloseAlone), 0, "{:?}", report.would);
}

#[test]
fn odd_times_and_numbers_do_no_harm() {
    let worked =
        || PastEvent { at: None, by: "desk".into(), what: PastDeed::Worked { minutes: u32::MAX } };
    let mut tickets: Vec<PastTicket> = (0..30).map(|n| ticket(n, LOCKED.0, LOCKED.1)).collect();
    tickets[3].opened = Some(UnixMs(i64::MIN));
    tickets[4].opened = Some(UnixMs(9_000_000_000_000_000_000));
    tickets[5].events = vec![worked(), worked()];
    tickets[6].requester.clear();
    let report = run(&tickets, &[], &earned());
    assert_eq!(report.tickets, 30);
    assert!(
        report.period.is_some()
            && report.assumptions.iter().any(|a| a.starts_with("2 tickets have no time"))
    );
    assert!(report.assumptions.iter().any(|a| a.starts_with("1 tickets name no requester")));
    html(&report, "test").unwrap();
    for few in [&tickets[..0], &tickets[..1]] {
        html(&run(few, &[], &earned()), "test").unwrap();
    }
}

#[test]
fn many_changes_at_once_are_asked_about_as_they_would_be_live() {
    let forgot = "I forgot my password, please reset it.";
    let mut tickets: Vec<PastTicket> = (0..9).map(|n| ticket(n, "Password", forgot)).collect();
    let apart = run(&tickets, &[], &earned());
    assert_eq!(apart.count(Would::CloseAlone), 9, "{:?}", apart.would);
    for t in &mut tickets {
        t.opened = Some(UnixMs(1_780_000_000_000));
    }
    let at_once = run(&tickets, &[], &earned());
    assert_eq!(at_once.count(Would::CloseAlone), 5, "{:?}", at_once.would);
    assert_eq!(at_once.count(Would::CloseAfterYes), 4, "{:?}", at_once.would);
}

#[test]
fn the_directory_of_the_time_counts() {
    let person = |address: &str, until| OrgPerson {
        address: address.into(),
        name: "Ann Lee".into(),
        until,
        ..Default::default()
    };
    let left = Some(UnixMs(1_700_000_000_000));
    let org = Org {
        people: vec![person("user1@acme.example", None), person("user2@acme.example", left)],
        ..Default::default()
    };
    let tickets: Vec<PastTicket> = (1..=3).map(|n| ticket(n, LOCKED.0, LOCKED.1)).collect();
    let report = run(&tickets, std::slice::from_ref(&org), &earned());
    assert_eq!(
        (report.count(Would::CloseAlone), report.count(Would::HandOver)),
        (1, 2),
        "{:?}",
        report.would
    );
    assert!(!report.assumptions.iter().any(|a| a.contains("no directory")));
    let assumed = run(&tickets, &[], &earned());
    assert!(assumed.assumptions.iter().any(|a| a.contains("no directory")));
}

#[test]
fn the_desks_record_is_held_against_it() {
    let said = |text: &str| PastEvent {
        at: None,
        by: "desk".into(),
        what: PastDeed::Said { text: text.into(), internal: true, by_desk: Some(true) },
    };
    let mut tickets: Vec<PastTicket> = (0..100).map(|n| ticket(n, LOCKED.0, LOCKED.1)).collect();
    for t in &mut tickets {
        t.events.push(said("Unlocked the account in AD. User can log in."));
    }
    let agreed = run(&tickets, &[], &earned());
    assert_eq!((agreed.wrong_alone.hits, agreed.wrong_alone.of), (0, 100));
    assert_eq!(agreed.classes.first().map(|c| c.label), Some(Label::SafeAlone));
    for t in tickets.iter_mut().take(10) {
        t.events = vec![said("Reset the MFA of the user, nothing was locked.")];
    }
    for t in tickets.iter_mut().skip(10).take(5) {
        t.events = vec![said("Unlocked the SAP account of the user.")];
    }
    for t in tickets.iter_mut().skip(15).take(5) {
        t.events = vec![said("Replaced the keyboard, caps lock was stuck.")];
    }
    let differs = run(&tickets, &[], &earned());
    assert_eq!((differs.wrong_alone.hits, differs.wrong_alone.of), (15, 95));
    assert_eq!(differs.classes.first().map(|c| c.label), Some(Label::SafeWithApproval));
    assert_eq!(differs.differences.len(), 15);
    assert!(differs.differences.iter().any(|d| d.theirs == "reset mfa"));
    assert!(differs.differences.iter().any(|d| d.theirs.contains("another system")));
}

#[test]
fn the_answer_does_not_leak_into_the_reading() {
    let bare = ticket(1, "login issue", "login issue");
    let noted = ticket(
        2,
        "login issue",
        "login issue\n-checked the user name in ad and unlocked the account.\n-caller confirmed that he was able to login.\n-issue resolved.",
    );
    let ways = |t: &PastTicket| run(std::slice::from_ref(t), &[], &earned()).would;
    assert_eq!(ways(&bare), ways(&noted));
}

#[test]
fn a_history_without_times_says_so() {
    let mut tickets: Vec<PastTicket> = (0..30).map(|n| ticket(n, LOCKED.0, LOCKED.1)).collect();
    for t in &mut tickets {
        t.opened = None;
    }
    let report = run(&tickets, &[], &earned());
    assert_eq!((&report.period, report.months), (&None, 0.0));
    assert_eq!(report.count(Would::CloseAlone), 30);
    assert!(report.assumptions.iter().any(|a| a.contains("no times")));
}

#[test]
fn words_of_a_ticket_cannot_break_the_page() {
    let mut tickets = vec![ticket(1, "<script>alert(1)</script> locked out", LOCKED.1)];
    tickets[0].group = "<b>Network</b>".into();
    tickets.extend(
        (2..9).map(|n| PastTicket { group: "Desk".into(), ..ticket(n, LOCKED.0, LOCKED.1) }),
    );
    let report = run(&tickets, &[], &earned());
    assert_eq!(report.differences.len(), 1, "{:?}", report.differences);
    let page = html(&report, "test").unwrap();
    assert!(!page.contains("<script>") && !page.contains("<b>Network"), "{page}");
}
