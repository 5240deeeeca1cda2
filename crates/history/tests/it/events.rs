//! Event logs: several rows of one ticket.

use super::*;

const LOG: &str = "\
number,incident_state,reopen_count,reassignment_count,opened_at,sys_updated_at,sys_updated_by,assignment_group,assigned_to,closed_at
I1,New,0,0,29/2/2016 01:16,29/2/2016 01:23,ann,G1,?,5/3/2016 12:00
I2,New,0,0,28/2/2016 01:16,29/2/2016 01:30,ann,G1,?,?
I1,Resolved,0,1,29/2/2016 01:16,29/2/2016 08:53,bo,G2,bo,5/3/2016 12:00
I2,Active,0,0,28/2/2016 01:16,29/2/2016 02:00,bo,G1,bo,?
I1,Closed,1,1,29/2/2016 01:16,5/3/2016 12:00,cy,G2,bo,5/3/2016 12:00
I1,Active,1,1,29/2/2016 01:16,1/3/2016 08:00,bo,G2,bo,5/3/2016 12:00
";

#[test]
fn rows_of_a_ticket_become_one_with_what_happened_in_the_order_of_time() {
    let source = open(LOG.as_bytes());
    let mapping = source.guess();
    assert_eq!(mapping.rows, Rows::Events);
    let read = done(source, &mapping);
    assert_eq!(read.summary.rows, 6);
    assert_eq!(read.tickets.iter().map(|t| t.id.as_str()).collect::<Vec<_>>(), ["I2", "I1"]);
    let one = read.ticket("I1");
    assert_eq!((one.reassigned, one.reopened), (Some(1), Some(1)));
    assert_eq!((one.status.as_str(), one.group.as_str()), ("Closed", "G2"));
    let seen: Vec<String> =
        one.events.iter().map(|e| serde_json::to_string(&e.what).unwrap()).collect();
    assert_eq!(
        seen,
        [
            r#"{"what":"status","to":"Resolved"}"#,
            r#"{"what":"assigned","group":"G2","assignee":"bo"}"#,
            r#"{"what":"reopened"}"#,
            r#"{"what":"status","to":"Active"}"#,
            r#"{"what":"status","to":"Closed"}"#,
        ]
    );
    assert_eq!(one.events[2].by, "bo");
    assert!(one.events.is_sorted_by_key(|e| e.at));
    assert_eq!(read.summary.with("opened again"), 1);
}

#[test]
fn a_log_that_does_not_count_tells_reopens_and_reassignments_all_the_same() {
    let text = "\
ticket,status,updated,team,comment
7,Open,2026-01-01 10:00,A,please help
7,Resolved,2026-01-01 11:00,B,please help
7,Open,2026-01-02 10:00,C,please help
8,Open,2026-01-02 10:00,C,
8,Closed,2026-01-03 10:00,C,
";
    let read = take(text);
    let seven = read.ticket("7");
    assert_eq!((seven.reassigned, seven.reopened), (Some(2), Some(1)));
    let said = seven.events.iter().filter(|e| matches!(e.what, domain::PastDeed::Said { .. }));
    assert_eq!(said.count(), 1, "what stands in every row was said once");
    assert_eq!((read.ticket("8").reassigned, read.ticket("8").reopened), (Some(0), Some(0)));
}

#[test]
fn a_log_larger_than_memory_is_folded_the_same_way() {
    let mut text = "number,state,sys_updated_on,assignment_group\n".to_owned();
    for round in 0..6 {
        for ticket in 0..200 {
            text += &format!("I{ticket},S{round},2026-01-0{} 10:00:00,G{}\n", round + 1, round / 2);
        }
    }
    let small = Limits { run_bytes: 2048, ..Limits::default() };
    let source = Source::open(Box::new(Cursor::new(text.clone().into_bytes())), small).unwrap();
    let mapping = source.guess();
    let read = done(source, &mapping);
    assert!(read.summary.runs > 64, "{} runs, so they are merged in two rounds", read.summary.runs);
    assert_eq!(read.tickets, take(&text).tickets);
    assert_eq!(read.tickets.len(), 200);
    assert!(read.tickets.iter().all(|t| t.reassigned == Some(2) && t.status == "S5"));
}
