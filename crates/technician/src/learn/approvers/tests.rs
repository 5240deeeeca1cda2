#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use domain::{Org, OrgPerson, OrgThing, PastDeed, PastEvent, PastTicket, UnixMs};

const DAY: i64 = 86_400_000;
const START: i64 = 20_000 * DAY;

fn person(name: &str, title: &str, department: &str, manager: &str) -> OrgPerson {
    OrgPerson {
        address: format!("{}@x.example", name.to_lowercase()),
        name: format!("{name} Stone"),
        title: title.into(),
        department: department.into(),
        manager: if manager.is_empty() { String::new() } else { format!("{manager}@x.example") },
        since: None,
        until: None,
    }
}

/// Cleo leads all; Hanna heads Sales, Leo leads a team there; Finn is finance; Olga runs the office.
fn org() -> Org {
    let thing = |name: &str, kind: &str, owner: &str| OrgThing {
        name: name.into(),
        kind: kind.into(),
        owners: vec![format!("{owner}@x.example")],
    };
    Org {
        client: "x".into(),
        people: vec![
            person("Cleo", "Managing Director", "Management", ""),
            person("Olga", "Office Manager", "Management", "cleo"),
            person("Finn", "Chief Financial Officer", "Finance", "cleo"),
            person("Fay", "Accountant", "Finance", "finn"),
            person("Hanna", "Head of Sales", "Sales", "cleo"),
            person("Leo", "Team Lead", "Sales", "hanna"),
            person("Ann", "Clerk", "Sales", "leo"),
            person("Bob", "Clerk", "Sales", "leo"),
            person("Otto", "Clerk", "Sales", "leo"),
        ],
        things: vec![
            thing("orders@x.example", "mailbox", "otto"),
            thing("Price Lists", "group", "fay"),
        ],
    }
}

/// Ann asks for the mailbox; these things happen an hour apart.
fn ticket(events: Vec<(&str, PastDeed)>) -> PastTicket {
    let events = events.into_iter().enumerate().map(|(n, (by, what))| {
        let by = if by.is_empty() { "desk@msp.example".into() } else { format!("{by}@x.example") };
        PastEvent { at: Some(UnixMs(START + (n as i64 + 1) * 3_600_000)), by, what }
    });
    PastTicket {
        id: "7".into(),
        opened: Some(UnixMs(START)),
        requester: "ann@x.example".into(),
        subject: "mailbox".into(),
        body: "Please give me access to orders@x.example.\n\nThanks\nAnn".into(),
        events: events.collect(),
        ..Default::default()
    }
}

fn says(text: &str) -> PastDeed {
    PastDeed::Said { text: text.into(), internal: false, by_desk: None }
}

fn who_says_yes(ticket: &PastTicket) -> Vec<String> {
    let org = org();
    approval(ticket, &Directory::new(&org)).yes.into_iter().map(|y| y.by).collect()
}

fn heard(events: Vec<(&str, PastDeed)>) -> Vec<String> {
    who_says_yes(&ticket(events))
}

#[test]
fn a_yes_in_ones_own_words_counts() {
    for text in [
        "Approved.",
        "I approve this request.",
        "Hi, fine with me, please proceed.\n\nBest regards\nLeo Stone",
        "Thanks, approved\n\n-----Original Message-----\nFrom: Ann <ann@x.example>\n\nplease give me access",
        "On Mon, Ann Stone <ann@x.example> wrote:\n> please give me access\n\nYes, I approve.",
        "You have my approval for the access.",
        "Genehmigt.",
        "von meiner Seite ok, bitte einrichten",
        "Hiermit genehmige ich die Anfrage von Ann.",
        "MÃ¼sste passen. Ich bin einverstanden.",
        "Hanna ist im Urlaub, ich vertrete: genehmigt.",
        "Approved, please let me know when it is done.",
    ] {
        assert_eq!(heard(vec![("leo", says(text))]), ["leo@x.example"], "{text}");
    }
}

#[test]
fn each_kind_of_noise_alone_is_no_yes() {
    for (by, text) in [
        ("ann", "My manager has already approved this."),
        ("ann", "Approved."),
        ("ann", "see below\n\nFrom: Leo Stone <leo@x.example>\nSent: Monday\n\nApproved."),
        ("bob", "FYI\n\n-----Original Message-----\nFrom: leo@x.example\n\nI approve this."),
        ("bob", "Leo approved this."),
        ("bob", "Ist mit Leo abgesprochen und genehmigt."),
        ("bob", "The request was approved by Leo."),
        ("", "Leo approved by phone."),
        ("hr-notices", "The transfer of Ann has been approved."),
        ("olga", "HR notice: the transfer of Ann has been approved with effect from 1 July."),
        ("olga", "Request type: Access\nApproved by: Leo Stone\nApproval: yes"),
        ("leo", "Manager approval required: [x] yes [ ] no"),
        ("leo", "I do not approve this."),
        ("leo", "Nicht genehmigt."),
        ("leo", "Fine with me once finance has agreed."),
        ("leo", "Is this approved?"),
        ("leo", "Your holiday from 3 to 14 August is approved."),
        ("leo", "The invoice for the chairs is approved, please pay it."),
        ("leo", "I approve the travel costs for the fair."),
        ("leo", "Automatic reply: I am out of the office. Approved requests go to Hanna."),
        (
            "leo",
            "Any news?\n\nThis e-mail is confidential and may not be used unless approved by X.",
        ),
        ("leo", "Yes"),
        ("stranger", "Approved."),
    ] {
        assert_eq!(heard(vec![(by, says(text))]), [""; 0], "{by}: {text}");
    }
}

#[test]
fn a_short_yes_counts_only_as_the_answer_to_the_question() {
    let asked = || says("Hello Leo Stone, Ann asks for this. Do you approve?");
    assert_eq!(heard(vec![("", asked()), ("leo", says("Yes"))]), ["leo@x.example"]);
    assert_eq!(heard(vec![("", asked()), ("bob", says("Yes"))]), [""; 0]);
    let other = || says("Would Thursday at 10 suit you, Leo?");
    assert_eq!(heard(vec![("", other()), ("leo", says("Yes, that is ok for me."))]), [""; 0]);
}

#[test]
fn what_is_recalled_or_turned_down_falls() {
    let yes = || ("leo", says("Approved."));
    let recalled = ("leo", says("Please ignore my approval, that was the wrong ticket."));
    assert_eq!(heard(vec![yes(), recalled.clone()]), [""; 0]);
    assert_eq!(heard(vec![yes(), recalled, yes()]), ["leo@x.example"]);
    let turned = says("Thanks Bob, but we need the approval of Leo Stone for this.");
    let events = vec![("bob", says("Approved.")), ("", turned), yes()];
    assert_eq!(heard(events), ["leo@x.example"]);
    let refused = ("leo", PastDeed::ApprovalDecided { approved: false });
    assert_eq!(heard(vec![yes(), refused]), [""; 0]);
}

#[test]
fn records_count_unless_they_are_the_askers_own() {
    let approved = || PastDeed::ApprovalDecided { approved: true };
    let events = vec![("ann", approved()), ("leo", approved())];
    assert_eq!(heard(events), ["leo@x.example"]);
}

#[test]
fn a_yes_before_the_request_or_after_leaving_is_none() {
    let mut early = ticket(vec![("leo", says("Approved."))]);
    early.events[0].at = Some(UnixMs(START - DAY));
    assert_eq!(who_says_yes(&early), [""; 0]);
    let mut org = org();
    org.people[5].until = Some(UnixMs(START - 30 * DAY));
    let late = approval(&ticket(vec![("leo", says("Approved."))]), &Directory::new(&org));
    assert_eq!(late.yes, []);
}

#[test]
fn an_approver_may_open_the_ticket_with_the_request_below() {
    let mut thread = ticket(vec![]);
    thread.requester = "leo@x.example".into();
    thread.body = "Approved, please set up.\n\nFrom: Ann Stone <ann@x.example>\nSent: Monday\n\nmay I have orders@x.example?".into();
    let org = org();
    let read = approval(&thread, &Directory::new(&org));
    assert_eq!(read.asker, "ann@x.example");
    assert_eq!(read.yes.iter().map(|y| y.place).collect::<Vec<_>>(), [Place::Opening]);
}

/// A ticket with one yes, on this day.
fn approved(day: i64, asker: &str, about: &str, by: &str) -> PastTicket {
    let opened = START + day * DAY;
    let mut ticket = ticket(vec![(by, says("Approved."))]);
    ticket.id = format!("T{day}");
    ticket.opened = Some(UnixMs(opened));
    ticket.events[0].at = Some(UnixMs(opened + 3_600_000));
    ticket.requester = format!("{asker}@x.example");
    ticket.body = format!("please: {about}");
    ticket
}

fn learned(org: &Org, tickets: &[PastTicket], kind: &str) -> Vec<(Scope, Who)> {
    let directory = Directory::new(org);
    let mut learner = Learner::new(&directory);
    tickets.iter().for_each(|t| learner.add(t, kind));
    learner.rules().into_iter().map(|r| (r.scope, r.who)).collect()
}

#[test]
fn a_rule_says_in_one_sentence_who_approves_and_which_tickets_show_it() {
    let org = org();
    let directory = Directory::new(&org);
    let mut learner = Learner::new(&directory);
    for day in 0..20 {
        let by = if day == 9 { "bob" } else { "otto" };
        learner.add(&approved(day, "ann", "orders@x.example", by), "mailbox_access");
    }
    let rules = learner.rules();
    assert_eq!(
        rules[0].sentence,
        "For mailbox access the owner of the mailbox approves (19 of 20 tickets; the last on 23 October 2024)."
    );
    assert_eq!((rules.len(), rules[0].support, rules[0].exceptions), (1, 19, 1));
    assert_eq!(rules[0].tickets.len(), 14);
    assert_eq!(rules[0].tickets[0], "T19");
    let router = Router::new(&directory, &rules);
    let asked = router.propose("mailbox_access", "bob@x.example", "orders@x.example please");
    assert_eq!(asked[0].people, ["otto@x.example"]);
    assert_eq!(router.propose("mailbox_access", "otto@x.example", "orders@x.example"), []);
    assert_eq!(router.propose("vpn", "bob@x.example", "vpn please"), []);
}

#[test]
fn the_rule_after_a_change_counts() {
    let by = |day| if day < 15 { "leo" } else { "hanna" };
    let tickets: Vec<_> = (0..30).map(|day| approved(day, "ann", "vpn", by(day))).collect();
    assert_eq!(learned(&org(), &tickets, "vpn"), [(Scope::Everyone, Who::DepartmentHead)]);
}

#[test]
fn a_successor_does_what_the_one_before_did() {
    let mut org = org();
    org.people[5].until = Some(UnixMs(START + 15 * DAY));
    let mut lena = person("Lena", "Team Lead", "Sales", "hanna");
    lena.since = org.people[5].until;
    org.people.push(lena);
    org.people
        .iter_mut()
        .filter(|p| p.manager == "leo@x.example")
        .for_each(|p| p.manager = "lena@x.example".into());
    let by = |day| if day < 15 { "leo" } else { "lena" };
    let tickets: Vec<_> = (0..30).map(|day| approved(day, "ann", "vpn", by(day))).collect();
    assert_eq!(learned(&org, &tickets, "vpn"), [(Scope::Everyone, Who::Manager)]);
}

#[test]
fn exceptions_by_price_thing_and_department_are_told_apart() {
    let org = org();
    let priced = |day: i64| {
        let cost = 40 + day * 37 % 900;
        let by = if cost >= 500 { "finn" } else { "leo" };
        approved(day, "ann", &format!("a monitor, it costs {cost} EUR"), by)
    };
    let tickets: Vec<_> = (0..60).map(priced).collect();
    assert_eq!(
        learned(&org, &tickets, "hardware"),
        [(Scope::Everyone, Who::Manager), (Scope::CostFrom(500), Who::Finance)]
    );
    let odd = |day: i64| match day % 3 {
        0 => approved(day, "bob", "Price Lists", "olga"),
        1 => approved(day, "ann", "the shared drive", "leo"),
        _ => approved(day, "bob", "the archive", "leo"),
    };
    let tickets: Vec<_> = (0..45).map(odd).collect();
    assert_eq!(
        learned(&org, &tickets, "group_access"),
        [
            (Scope::Everyone, Who::Manager),
            (Scope::Thing("Price Lists".into()), Who::Person("olga@x.example".into()))
        ]
    );
}

#[test]
fn a_few_odd_yeses_make_no_rule() {
    let tickets: Vec<_> = (0..4).map(|day| approved(day, "ann", "vpn", "leo")).collect();
    assert_eq!(learned(&org(), &tickets, "vpn"), []);
    let anyone = ["leo", "bob", "hanna", "finn", "olga", "fay", "otto", "cleo"];
    let by = |day: i64| anyone[(day % 8) as usize];
    let tickets: Vec<_> = (0..40).map(|day| approved(day, "ann", "vpn", by(day))).collect();
    assert_eq!(learned(&org(), &tickets, "vpn"), []);
}
