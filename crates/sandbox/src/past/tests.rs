#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use domain::PastDeed;

#[test]
fn the_same_seed_gives_the_same_history_in_time_order() {
    let (a, b) = (companies(3, 2), companies(3, 2));
    let tickets: Vec<PastTicket> = a[1].tickets(600).collect();
    assert_eq!(tickets, b[1].tickets(600).collect::<Vec<_>>());
    assert_eq!(tickets.len(), 600);
    assert!(tickets.windows(2).all(|w| w[0].opened <= w[1].opened));
    assert_ne!(tickets, companies(4, 2)[1].tickets(600).collect::<Vec<_>>());
}

#[test]
fn what_the_truth_calls_a_yes_is_said_by_that_person_after_the_request() {
    for company in companies(5, 3) {
        let (mut yes, mut all) = (0, 0);
        for (ticket, truth) in company.with_truth(800) {
            all += 1;
            for (place, who) in &truth.yes {
                yes += 1;
                assert_ne!(*who, truth.asker);
                let person = company.org.people.iter().find(|p| p.address == *who).unwrap();
                let Place::Event(n) = place else { continue };
                let event = &ticket.events[*n];
                let login = person.address.split('@').next().unwrap();
                assert!([&*person.address, &*person.name, login].contains(&&*event.by));
                assert!(event.at >= ticket.opened);
                assert!(matches!(
                    event.what,
                    PastDeed::Said { .. } | PastDeed::ApprovalDecided { approved: true }
                ));
            }
        }
        assert!(yes > all / 8, "{yes} of {all}");
    }
}

#[test]
fn a_successor_takes_over_what_the_one_before_approved() {
    let mut followed = 0;
    for company in companies(6, 4) {
        for left in company.org.people.iter().filter(|p| p.until.is_some()) {
            let same = |p: &&domain::OrgPerson| p.title == left.title && p.until.is_none();
            followed += usize::from(company.org.people.iter().any(|p| same(&p)));
            let owns = company.org.things.iter().any(|t| t.owners.contains(&left.address));
            assert!(!owns, "{} left and still owns something", left.address);
        }
    }
    assert!(followed > 20, "{followed}");
}

#[test]
fn no_ticket_holds_its_truth() {
    let company = &companies(7, 1)[0];
    for (ticket, truth) in company.with_truth(400) {
        let text = serde_json::to_string(&ticket).unwrap();
        assert!(!truth.kind.contains('_') || !text.contains(truth.kind), "{text}");
    }
}
