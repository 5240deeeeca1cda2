//! ConnectWise PSA, spoken to the sandbox over real HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod sandbox_support;

use connectors::psa::connectwise::{ConnectWise, ConnectWiseConfig};
use connectors::{CallError, Psa, ReadBack};
use domain::action::*;
use domain::*;
use sandbox::{Fault, FaultKind, Sandbox, System};
use sandbox_support::*;
use std::collections::BTreeSet;
use std::time::Duration;
use tempfile::TempDir;

const CLIENT: &str = "northwind";

struct Bench {
    sandbox: Sandbox,
    desk: ConnectWise,
    dir: TempDir,
}

async fn bench() -> Bench {
    let (sandbox, dir) = (sandbox().await, TempDir::new().unwrap());
    let desk = ConnectWise::new("cw", connectwise_config(&sandbox, &dir)).unwrap();
    Bench { sandbox, desk, dir }
}

impl Bench {
    /// Address and name of somebody at the client.
    fn person(&self, place: usize) -> sandbox::world::Person {
        self.sandbox.world().company(CLIENT, |c| c.people[place].clone()).unwrap()
    }

    async fn file(&self, from: &str) -> TicketRef {
        let id = self.sandbox.file(&mail(CLIENT, from, "Locked out", "I cannot sign in.")).await;
        TicketRef { psa: "cw".into(), id }
    }

    async fn perform(&self, action: &Action) -> Result<(), CallError> {
        self.desk.perform(permit(CLIENT, action)).await
    }

    async fn shown(&self, action: &Action) -> bool {
        let mark = action.digest(&ClientId::new(CLIENT).unwrap()).short();
        matches!(self.desk.read_back(action, &mark).await.unwrap(), ReadBack::Shown(_))
    }

    async fn state(&self, ticket: &TicketRef) -> TicketState {
        self.desk.ticket(&ticket.id).await.unwrap().unwrap()
    }

    /// Reads on until nothing is left.
    async fn drain(&self, mut cursor: String) -> (Vec<String>, String) {
        let mut seen = Vec::new();
        loop {
            let page = self.desk.changes(Some(&cursor)).await.unwrap();
            let times: Vec<UnixMs> = page.changes.iter().map(|c| c.updated_at).collect();
            assert!(times.is_sorted(), "oldest first: {times:?}");
            seen.extend(page.changes.into_iter().map(|c| c.id));
            cursor = page.cursor;
            if !page.more {
                return (seen, cursor);
            }
        }
    }

    fn fault(&self, method: &str, path: &str, kind: FaultKind) {
        self.sandbox.fault(Fault {
            system: System::Connectwise,
            method: Some(method.into()),
            path_contains: path.into(),
            kind,
            times: 1,
        });
    }
}

fn reply(ticket: &TicketRef, text: &str) -> Action {
    Action::Reply(Reply { ticket: ticket.clone(), text: text.into() })
}

fn status(ticket: &TicketRef, status: TicketStatus, of: Option<&TicketRef>) -> Action {
    let duplicate_of = of.map(|t| t.id.clone());
    Action::SetStatus(SetStatus { ticket: ticket.clone(), status, duplicate_of })
}

fn every_write(ticket: &TicketRef) -> Vec<(&'static str, &'static str, Action)> {
    let (note, text) = (AddNote { ticket: ticket.clone(), text: "Seen.".into() }, "Reset.");
    let time = LogTime { ticket: ticket.clone(), minutes: 7, text: text.into() };
    vec![
        ("POST", "/notes", reply(ticket, "Please try again.")),
        ("POST", "/notes", Action::AddNote(note)),
        ("POST", "/time/entries", Action::LogTime(time)),
        ("PATCH", "/service/tickets/", status(ticket, TicketStatus::InProgress, None)),
    ]
}

#[tokio::test]
async fn the_probe_says_who_we_are_and_what_the_board_lacks() {
    let b = bench().await;
    let probe = b.desk.probe().await.unwrap();
    assert!(probe.detail.contains("Help Desk"), "{}", probe.detail);
    assert!(probe.warnings.is_empty(), "{:?}", probe.warnings);

    let mut config = connectwise_config(&b.sandbox, &b.dir);
    config.statuses.insert(TicketStatus::WaitingOnApproval, "Waiting for Godot".into());
    config.member = "nobody".into();
    let probe = ConnectWise::new("cw", config).unwrap().probe().await.unwrap();
    let told = probe.warnings.join("\n");
    assert_eq!(probe.warnings.len(), 2, "{told}");
    assert!(told.contains("Waiting for Godot") && told.contains("statuses.waiting_on_approval"));
    assert!(told.contains("nobody"), "{told}");
}

#[tokio::test]
async fn wrong_settings_are_named_and_the_key_never_shown() {
    let b = bench().await;
    let good = connectwise_config(&b.sandbox, &b.dir);
    let key = secret_file(&b.dir, "wrong", "hunter2");
    let wrong = |change: &dyn Fn(&mut ConnectWiseConfig)| {
        let mut config = good.clone();
        change(&mut config);
        ConnectWise::new("cw", config)
    };
    for (desk, word) in [
        (wrong(&|c| c.private_key = key.clone()), "private key"),
        (wrong(&|c| c.client_id = "00000000".into()), "client_id"),
        (wrong(&|c| c.board = "No Such Board".into()), "Help Desk"),
    ] {
        let error = desk.unwrap().probe().await.unwrap_err();
        assert!(matches!(error, CallError::Rejected { .. }), "{error:?}");
        assert!(error.to_string().contains(word), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    for (config, word) in [
        (wrong(&|c| c.base_url = "http://cw.example".into()), "base_url"),
        (wrong(&|c| c.board = "x\" or id > 0".into()), "board"),
        (
            wrong(&|c| {
                c.statuses.insert(TicketStatus::New, "Closed".into());
                c.statuses.insert(TicketStatus::Closed, "closed".into());
            }),
            "statuses.new",
        ),
    ] {
        let error = config.unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
    let words = r#"{"base_url":"https://api-na.myconnectwise.net","company":"msp","public_key":"k",
        "private_key":{"env":"X"},"client_id":"c","board":"B","member":"m",
        "statuses":{"waiting_on_customer":"With the customer"}}"#;
    assert!(ConnectWise::new("cw", serde_json::from_str(words).unwrap()).is_ok());
}

#[tokio::test]
async fn a_ticket_arrives_with_the_customer_and_the_sender_on_file() {
    let b = bench().await;
    let person = b.person(8);
    let name = client_access(&b.sandbox, CLIENT).company;
    for from in [person.mail.as_str(), person.other_mails[0].as_str()] {
        let ticket = b.file(from).await;
        let arrived = b.desk.incoming(&ticket.id).await.unwrap().unwrap();
        assert_eq!(arrived.ticket, ticket);
        assert_eq!((arrived.customer.as_str(), arrived.from.as_str()), (name.as_str(), from));
        assert_eq!(
            (arrived.subject.as_str(), arrived.body.as_str()),
            ("Locked out", "I cannot sign in.")
        );
        assert_eq!(arrived.from_name, person.display_name);
        assert_eq!(arrived.status, TicketStatus::New);
        assert!((now().0 - arrived.created_at.0).abs() < 3_600_000);
        assert!(b.state(&ticket).await.messages.is_empty(), "the mail is not a second message");
    }
    let stranger = b.file("stranger@elsewhere.example").await;
    let arrived = b.desk.incoming(&stranger.id).await.unwrap().unwrap();
    assert_eq!(arrived.from, "stranger@elsewhere.example");
    assert_ne!(arrived.customer, name);
    assert!(b.desk.incoming("99999999").await.unwrap().is_none());
    assert!(b.desk.ticket("../boards").await.unwrap().is_none());
}

#[tokio::test]
async fn a_foreign_address_on_a_contacts_ticket_stays_foreign() {
    let b = bench().await;
    let person = b.person(8);
    let own = b.file(&person.mail).await;
    let access = b.sandbox.access().connectwise;
    let tickets = format!("{}/v4_6_release/apis/3.0/service/tickets", access.site_url);
    let user = format!("{}+{}", access.company, access.public_key);
    let call = |request: reqwest::RequestBuilder| async {
        let signed = request.basic_auth(&user, Some(access.private_key.reveal()));
        let sent = signed.header("clientId", &access.client_id).send().await.unwrap();
        sent.error_for_status().unwrap().json::<serde_json::Value>().await.unwrap()
    };
    let (http, private) = (reqwest::Client::new(), person.other_mails[0].as_str());
    let read = call(http.get(format!("{tickets}/{}", own.id))).await;
    let foreign = ("Mallory@elsewhere.example", "mallory@elsewhere.example");
    for (written, expected) in [foreign, (private, private), ("", person.mail.as_str())] {
        let body = serde_json::json!({
            "summary": "Locked out",
            "company": { "id": read["company"]["id"] },
            "contact": { "id": read["contact"]["id"] },
            "contactEmailAddress": written,
        });
        let made = call(http.post(&tickets).json(&body)).await;
        assert_eq!(made["contact"]["id"], read["contact"]["id"]);
        let arrived = b.desk.incoming(&made["id"].to_string()).await.unwrap().unwrap();
        assert_eq!(arrived.from, expected, "{written:?}");
    }
}

#[tokio::test]
async fn no_ticket_is_lost_though_hundreds_share_one_second() {
    let b = bench().await;
    let from = b.person(9).mail;
    let start = b.desk.changes(None).await.unwrap();
    assert!(start.changes.is_empty() && !start.more, "old tickets are not worked off");
    let mut filed = BTreeSet::new();
    for _ in 0..250 {
        filed.insert(b.file(&from).await.id);
    }
    let first = b.desk.changes(Some(&start.cursor)).await.unwrap();
    assert!(first.more && first.changes.len() < 250);
    // What was already read moves to the end while the rest is read.
    assert!(b.sandbox.follow_up(&first.changes[0].id, "Hello?").await);
    let (rest, cursor) = b.drain(first.cursor.clone()).await;
    let mut seen: BTreeSet<String> = first.changes.into_iter().map(|c| c.id).collect();
    seen.extend(rest);
    assert_eq!(seen, filed);

    let late = b.file(&from).await;
    let (seen, _) = b.drain(cursor).await;
    assert!(seen.contains(&late.id));
}

#[tokio::test]
async fn closed_tickets_come_page_by_page_with_all_that_became_of_them() {
    let b = bench().await;
    let person = b.person(8);
    let mut expected = Vec::new();
    for at in 0..45 {
        let ticket = b.file(&person.mail).await;
        if at == 3 {
            for (_, _, action) in every_write(&ticket) {
                b.perform(&action).await.unwrap();
            }
            assert!(b.sandbox.follow_up(&ticket.id, "Thanks!").await);
            assert!(b.desk.past(&ticket.id).await.unwrap().is_none(), "it is open");
            assert!(b.sandbox.closed_by_people(&ticket.id, "Unlocked the account.", 7));
            expected.push(ticket.id);
        } else if at % 9 != 8 {
            b.perform(&status(&ticket, TicketStatus::Closed, None)).await.unwrap();
            expected.push(ticket.id);
        }
    }
    let (mut seen, mut pages, mut cursor) = (Vec::new(), 0, None);
    loop {
        let page = b.desk.closed(cursor.as_deref()).await.unwrap();
        assert_eq!(
            b.desk.closed(cursor.as_deref()).await.unwrap(),
            page,
            "a page may be read again"
        );
        seen.extend(page.tickets);
        pages += 1;
        cursor = Some(page.cursor);
        if !page.more {
            break;
        }
    }
    assert!(pages > 1);
    let ids: Vec<&str> = seen.iter().map(|t| t.id.as_str()).collect();
    assert!(expected.iter().all(|id| ids.contains(&id.as_str())), "{ids:?}");
    assert!(ids.is_sorted_by_key(|id| id.parse::<u64>().unwrap()));
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());

    let full = seen.iter().find(|t| t.id == expected[3]).unwrap();
    assert_eq!(full.client, b.desk.incoming(&full.id).await.unwrap().unwrap().customer);
    assert_eq!(
        (full.requester.as_str(), full.subject.as_str()),
        (person.mail.as_str(), "Locked out")
    );
    assert_eq!(full.body, "I cannot sign in.");
    assert_eq!((full.minutes, full.status.as_str()), (Some(7), "Closed"));
    assert!(full.opened <= full.closed && full.closed.is_some());
    let said: Vec<(&str, bool, bool)> = full
        .events
        .iter()
        .filter_map(|e| match &e.what {
            PastDeed::Said { internal, by_desk, .. } => {
                Some((e.by.as_str(), *internal, by_desk.unwrap()))
            }
            _ => None,
        })
        .collect();
    // What Journeyman wrote itself says nothing of what people do.
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said.contains(&(person.mail.as_str(), false, false)));
    assert_eq!(said.iter().filter(|s| s.2).count(), 1);
    assert_eq!(full.resolution, "Unlocked the account.");
    assert_eq!(b.desk.past(&full.id).await.unwrap().as_ref(), Some(full));
    let worked = full.events.iter().any(|e| e.what == PastDeed::Worked { minutes: 7 });
    assert!(worked, "{:?}", full.events);

    // A page that breaks off is read again from the same place.
    b.fault("GET", "/time/entries", FaultKind::DropAfter);
    assert!(matches!(b.desk.closed(None).await.unwrap_err(), CallError::Retry { .. }));
    let again = b.desk.closed(None).await.unwrap();
    assert_eq!(again.tickets[..], seen[..again.tickets.len()]);
    let end = b.desk.closed(cursor.as_deref()).await.unwrap();
    assert_eq!((end.tickets.len(), end.more, Some(end.cursor)), (0, false, cursor));
    let foreign = b.desk.closed(Some("from;1;2")).await.unwrap_err().to_string();
    assert!(foreign.contains("begin again without one"), "{foreign}");
}

#[tokio::test]
async fn a_broken_page_loses_nothing() {
    let b = bench().await;
    let start = b.desk.changes(None).await.unwrap().cursor;
    let ticket = b.file(&b.person(9).mail).await;
    b.fault("GET", "/service/tickets", FaultKind::DropAfter);
    let error = b.desk.changes(Some(&start)).await.unwrap_err();
    assert!(matches!(error, CallError::Retry { .. }), "{error:?}");
    assert_eq!(b.drain(start).await.0, [ticket.id]);
}

#[tokio::test]
async fn everything_written_is_read_back_and_only_the_reply_is_public() {
    let b = bench().await;
    let person = b.person(8);
    let ticket = b.file(&person.mail).await;
    for (_, _, action) in every_write(&ticket) {
        assert!(b.desk.capabilities().contains(&action.kind()));
        assert!(!b.shown(&action).await, "{action:?}");
        b.perform(&action).await.unwrap();
        assert!(b.shown(&action).await, "{action:?}");
    }
    assert!(b.sandbox.follow_up(&ticket.id, "Thanks!").await);
    let state = b.state(&ticket).await;
    let told: Vec<(Author, bool)> =
        state.messages.iter().map(|m| (m.author.clone(), m.internal)).collect();
    assert_eq!(
        told,
        [
            (Author::Ourselves, false),
            (Author::Ourselves, true),
            (Author::Customer(person.mail.clone()), false),
        ]
    );
    assert!(state.messages[0].body.starts_with("Please try again.\n\n[jm-"));
    assert_eq!(state.minutes_worked, 7);
    assert!(state.time_notes[0].starts_with("Reset.\n\n[jm-"));
    let view = b.sandbox.ticket(&ticket.id).unwrap();
    assert_eq!(view.notes.len(), 4);
}

#[tokio::test]
async fn every_status_of_ours_is_one_of_the_boards_and_comes_back() {
    let b = bench().await;
    let ticket = b.file(&b.person(8).mail).await;
    for to in [
        TicketStatus::InProgress,
        TicketStatus::WaitingOnCustomer,
        TicketStatus::WaitingOnApproval,
        TicketStatus::NeedsTechnician,
        TicketStatus::Closed,
    ] {
        let action = status(&ticket, to, None);
        assert!(!b.shown(&action).await);
        b.perform(&action).await.unwrap();
        assert!(b.shown(&action).await);
        b.perform(&action).await.unwrap();
        assert_eq!(b.state(&ticket).await.status, to);
    }
    assert!(b.sandbox.ticket(&ticket.id).unwrap().closed);
}

#[tokio::test]
async fn a_duplicate_is_linked_to_its_ticket_and_closed() {
    let b = bench().await;
    let from = b.person(8).mail;
    let (first, second) = (b.file(&from).await, b.file(&from).await);
    let action = status(&second, TicketStatus::Closed, Some(&first));
    b.perform(&action).await.unwrap();
    assert!(b.shown(&action).await);
    assert_eq!(b.state(&second).await.links, std::slice::from_ref(&first.id));
    assert_eq!(b.sandbox.ticket(&second.id).unwrap().parent, Some(first.id.clone()));
    assert!(!b.sandbox.ticket(&first.id).unwrap().closed);
    b.perform(&action).await.unwrap();
    let error = b.perform(&status(&first, TicketStatus::Closed, Some(&first))).await.unwrap_err();
    assert!(matches!(error, CallError::Rejected { .. }), "{error:?}");
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_reading_back_tells() {
    let b = bench().await;
    let from = b.person(8).mail;
    for (kind, happened) in [(FaultKind::DropBefore, false), (FaultKind::DropAfter, true)] {
        let ticket = b.file(&from).await;
        for (method, path, action) in every_write(&ticket) {
            b.fault(method, path, kind);
            let error = b.perform(&action).await.unwrap_err();
            assert!(matches!(error, CallError::Unknown { .. }), "{kind:?} {action:?}: {error:?}");
            assert_eq!(b.shown(&action).await, happened, "{kind:?} {action:?}");
        }
    }
}

#[tokio::test]
async fn throttling_and_missing_rights_say_what_to_do() {
    let b = bench().await;
    let ticket = b.file(&b.person(8).mail).await;
    for (method, path, action) in every_write(&ticket) {
        b.fault(method, path, FaultKind::Status { code: 429, retry_after_s: Some(9) });
        match b.perform(&action).await.unwrap_err() {
            CallError::Retry { after, .. } => assert_eq!(after, Some(Duration::from_secs(9))),
            other => panic!("{other:?}"),
        }
        b.fault(method, path, FaultKind::Status { code: 403, retry_after_s: None });
        let error = b.perform(&action).await.unwrap_err();
        assert!(matches!(error, CallError::Rejected { .. }), "{error:?}");
        assert!(error.to_string().contains("security role"), "{error}");
        assert!(!b.shown(&action).await);
    }
}

#[tokio::test]
async fn a_foreign_or_lost_ticket_is_refused() {
    let b = bench().await;
    let gone = TicketRef { psa: "cw".into(), id: "99999999".into() };
    let other = TicketRef { psa: "other".into(), ..b.file(&b.person(8).mail).await };
    for ticket in [gone, other] {
        for (_, _, action) in every_write(&ticket) {
            let error = b.perform(&action).await.unwrap_err();
            assert!(matches!(error, CallError::Rejected { .. }), "{action:?}: {error:?}");
        }
    }
    let account = AccountRef { id: "a".into(), login: "a@b".into(), name: "A".into() };
    let error = b.perform(&Action::UnlockAccount(UnlockAccount { account })).await.unwrap_err();
    assert!(matches!(error, CallError::Rejected { .. }), "{error:?}");
}

#[tokio::test]
async fn a_customer_who_quotes_our_mark_proves_nothing() {
    let b = bench().await;
    let ticket = b.file(&b.person(8).mail).await;
    let action = reply(&ticket, "Please try again.");
    let mark = action.digest(&ClientId::new(CLIENT).unwrap()).short();
    assert!(b.sandbox.follow_up(&ticket.id, &format!("You wrote\n\n[jm-{mark}]")).await);
    assert!(!b.shown(&action).await);
}

#[tokio::test]
async fn a_callback_is_registered_once_and_then_comes() {
    use tokio::io::AsyncReadExt;
    let b = bench().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks/cw?token=s3cret", listener.local_addr().unwrap());
    let before = b.sandbox.requests(System::Connectwise);
    b.desk.register_callback(&url).await.unwrap();
    let first = b.sandbox.requests(System::Connectwise) - before;
    b.desk.register_callback(&url).await.unwrap();
    let second = b.sandbox.requests(System::Connectwise) - before - first;
    assert_eq!((first, second), (3, 2), "the second time nothing is created");

    let ticket = b.file(&b.person(8).mail).await;
    let (mut socket, _) = listener.accept().await.unwrap();
    let mut buffer = [0_u8; 8192];
    let read = socket.read(&mut buffer).await.unwrap();
    let told = String::from_utf8_lossy(&buffer[..read]).into_owned();
    assert!(told.starts_with("POST /hooks/cw?token=s3cret"), "{told}");
    assert!(told.contains(&ticket.id), "{told}");

    b.fault("POST", "/callbacks", FaultKind::Status { code: 403, retry_after_s: None });
    let error = b.desk.register_callback("http://127.0.0.1:9/?token=s3cret").await.unwrap_err();
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}
