//! What single cells mean: time worked, approvals, nothing.

use super::*;
use domain::PastDeed;

#[test]
fn time_worked_is_read_in_every_form() {
    for (cell, minutes) in [
        ("20", 20),
        ("0:20", 20),
        ("1:20:30", 81),
        ("1h 20m", 80),
        ("2 Std. 5 Min.", 125),
        ("1 Tag 1 Stunde", 1500),
        ("1970-01-01 00:12:00", 12),
        ("1970-01-02 00:00:00", 1440),
    ] {
        let read = take(format!("id,subject,time worked\n1,a,{cell}\n"));
        assert_eq!(read.tickets[0].minutes, Some(minutes), "{cell}");
    }
    let hours = take("id,subject,Actual Hours\n1,a,0.25\n2,b,\"1,5\"\n");
    assert_eq!((hours.ticket("1").minutes, hours.ticket("2").minutes), (Some(15), Some(90)));
}

#[test]
fn approvals_say_who_was_asked_and_who_decided_when_only_one_can_have() {
    let read = take(
        "id,subject,approval,approvers\n1,a,Approved,cara@x.example\n2,b,Rejected,\"cara@x.example, dan@x.example\"\n3,c,Not Yet Requested,\n",
    );
    let one = &read.ticket("1").events;
    assert_eq!(one[0].what, PastDeed::ApprovalAsked { of: "cara@x.example".into() });
    assert_eq!(one[1].what, PastDeed::ApprovalDecided { approved: true });
    assert_eq!(one[1].by, "cara@x.example");
    let two = &read.ticket("2").events;
    assert_eq!(two.len(), 3);
    assert_eq!(
        (two[2].by.as_str(), &two[2].what),
        ("", &PastDeed::ApprovalDecided { approved: false })
    );
    assert!(read.ticket("3").events.is_empty());
    assert_eq!(read.summary.with("approvals"), 2);
}

#[test]
fn what_stands_for_nothing_is_nothing() {
    let read = take("id,subject,group,assignee\n1,?,NULL,n/a\n2,b,-,(leer)\n3,c,G,bo\n");
    let one = read.ticket("1");
    assert!([&one.subject, &one.group, &one.assignee].iter().all(|t| t.is_empty()));
    assert_eq!(read.ticket("3").group, "G");
}
