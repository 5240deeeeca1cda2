//! What every help desk must do, whatever its vendor. A new connector gives a fixture and runs
//! [`psa_suite`].

use super::{mark, permit, unique};
use async_trait::async_trait;
use connectors::{CallError, Psa, ReadBack};
use domain::{
    Action, Author, TicketRef, TicketState, TicketStatus,
    action::{AddNote, LogTime, Reply, SetStatus},
};

/// The people around the help desk, reached past the connector.
#[async_trait]
pub trait Desk: Sync {
    /// A customer opens a ticket; its id.
    async fn opens(&self, address: &str, name: &str, subject: &str, body: &str) -> String;

    /// A customer writes again on a ticket.
    async fn writes(&self, id: &str, address: &str, body: &str);

    /// A technician leaves an internal note.
    async fn notes(&self, id: &str, text: &str);
}

/// What the suite needs to know.
pub struct PsaFixture<'a> {
    /// Past the connector.
    pub desk: &'a dyn Desk,
    /// The PSA's name for the customer.
    pub customer: &'a str,
    /// A customer's address and name.
    pub from: (&'a str, &'a str),
    /// The technician's name as the PSA shows it.
    pub technician: &'a str,
    /// An id that no ticket has.
    pub no_ticket: &'a str,
    /// Tickets to open for the paging test; more than one page, where that is quick.
    pub many: usize,
}

/// Runs everything.
pub async fn psa_suite(psa: &dyn Psa, fx: &PsaFixture<'_>) {
    let probe = psa.probe().await.expect("the probe of a right configuration");
    assert!(!probe.detail.is_empty());
    shows_what_is_new(psa, fx).await;
    tells_who_wrote(psa, fx).await;
    writes_and_proves(psa, fx).await;
    sets_every_status(psa, fx).await;
    links_duplicates(psa, fx).await;
    refuses_what_is_not_there(psa, fx).await;
}

pub fn reference(psa: &dyn Psa, id: &str) -> TicketRef {
    TicketRef { psa: psa.name().to_owned(), id: id.to_owned() }
}

pub async fn state(psa: &dyn Psa, id: &str) -> TicketState {
    psa.ticket(id).await.unwrap().expect("the ticket")
}

/// Performs and expects the change to be shown, which it was not before.
pub async fn do_it(psa: &dyn Psa, action: &Action) {
    let mark = mark(action);
    let before = psa.read_back(action, &mark).await.unwrap();
    assert!(matches!(before, ReadBack::NotShown(_)), "{}: {before:?}", action.sentence());
    psa.perform(permit(action)).await.unwrap_or_else(|e| panic!("{}: {e}", action.sentence()));
    let after = psa.read_back(action, &mark).await.unwrap();
    assert!(matches!(after, ReadBack::Shown(_)), "{}: {after:?}", action.sentence());
}

/// Every change from here on, until nothing more waits. Repeats are folded.
pub async fn drain(psa: &dyn Psa, cursor: &mut String) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..1_000 {
        let page = psa.changes(Some(cursor)).await.unwrap();
        let times: Vec<_> = page.changes.iter().map(|c| c.updated_at).collect();
        assert!(times.is_sorted(), "oldest first");
        ids.extend(page.changes.into_iter().map(|c| c.id));
        *cursor = page.cursor;
        if !page.more {
            ids.sort();
            ids.dedup();
            return ids;
        }
    }
    panic!("the changes never end");
}

async fn shows_what_is_new(psa: &dyn Psa, fx: &PsaFixture<'_>) {
    let (address, name) = fx.from;
    let old = fx.desk.opens(address, name, &unique("Before"), "old").await;
    let mut cursor = psa.changes(None).await.unwrap().cursor;
    let subject = unique("Größe & <b>Recht</b> \"Zitat\"");
    let id = fx.desk.opens(address, name, &subject, "Ich komme nicht rein.\nGrüße").await;
    let seen = drain(psa, &mut cursor).await;
    assert!(seen.contains(&id), "the new ticket {id} is in {seen:?}");

    let ticket = psa.incoming(&id).await.unwrap().expect("the new ticket");
    assert_eq!(ticket.ticket, reference(psa, &id));
    assert_eq!(ticket.customer, fx.customer);
    assert_eq!((ticket.from.as_str(), ticket.from_name.as_str()), (address, name));
    assert_eq!(ticket.subject, subject);
    assert_eq!(
        ticket.body.lines().map(str::trim).collect::<Vec<_>>(),
        ["Ich komme nicht rein.", "Grüße"]
    );
    assert_eq!(ticket.status, TicketStatus::New);
    assert!(ticket.created_at.since(super::now()).abs() < 3_600_000, "{}", ticket.created_at);

    // A ticket from before is shown once it is touched.
    fx.desk.writes(&old, address, "And another thing").await;
    assert!(drain(psa, &mut cursor).await.contains(&old));

    let mut opened = Vec::new();
    for n in 0..fx.many {
        opened.push(fx.desk.opens(address, name, &format!("Many {n}"), "text").await);
    }
    let seen = drain(psa, &mut cursor).await;
    let missed: Vec<_> = opened.iter().filter(|id| !seen.contains(id)).collect();
    assert!(missed.is_empty(), "of {} tickets these were never shown: {missed:?}", fx.many);
    let wrong = psa.changes(Some("no cursor of ours")).await;
    assert!(matches!(wrong, Err(CallError::Rejected { .. })), "{wrong:?}");
}

async fn tells_who_wrote(psa: &dyn Psa, fx: &PsaFixture<'_>) {
    let (address, name) = fx.from;
    let id = fx.desk.opens(address, name, &unique("Who"), "first").await;
    fx.desk.writes(&id, address, "from the customer").await;
    fx.desk.notes(&id, "from the technician").await;
    let note = Action::AddNote(AddNote { ticket: reference(psa, &id), text: "from us".into() });
    do_it(psa, &note).await;
    // Quoting our mark makes nobody us.
    let reply = Action::Reply(Reply { ticket: reference(psa, &id), text: "an answer".into() });
    fx.desk.writes(&id, address, &format!("you wrote [jm-{}]", mark(&reply))).await;
    let quoted = psa.read_back(&reply, &mark(&reply)).await.unwrap();
    assert!(matches!(quoted, ReadBack::NotShown(_)), "{quoted:?}");

    let messages = state(psa, &id).await.messages;
    let wrote = |text: &str| {
        let found = messages.iter().find(|m| m.body.contains(text));
        found.unwrap_or_else(|| panic!("{text:?} is in {messages:?}"))
    };
    assert!(
        !messages.iter().any(|m| m.body.trim() == "first"),
        "the first message is the ticket's"
    );
    assert_eq!(wrote("from the customer").author, Author::Customer(address.into()));
    assert!(!wrote("from the customer").internal);
    assert_eq!(wrote("from the technician").author, Author::Agent(fx.technician.into()));
    assert!(wrote("from the technician").internal);
    assert_eq!(wrote("from us").author, Author::Ourselves);
    assert!(wrote("from us").internal);
    assert!(messages.iter().map(|m| m.at).is_sorted());
}

async fn writes_and_proves(psa: &dyn Psa, fx: &PsaFixture<'_>) {
    let (address, name) = fx.from;
    let id = fx.desk.opens(address, name, &unique("Write"), "please").await;
    let ticket = || reference(psa, &id);
    let text = "Done. Grüße aus Köln <3 & \"mehr\"\n\nZweiter Absatz";
    let reply = Action::Reply(Reply { ticket: ticket(), text: text.into() });
    do_it(psa, &reply).await;
    do_it(psa, &Action::AddNote(AddNote { ticket: ticket(), text: "Lock cleared".into() })).await;
    let time = LogTime { ticket: ticket(), minutes: 7, text: "Unlocked the account".into() };
    do_it(psa, &Action::LogTime(time.clone())).await;
    // The same time on the same ticket with another text is another entry.
    let other = Action::LogTime(LogTime { text: "Told the user".into(), ..time });
    do_it(psa, &other).await;

    let after = state(psa, &id).await;
    assert_eq!(after.minutes_worked, 14);
    assert_eq!(after.time_notes.len(), 2, "{:?}", after.time_notes);
    let sent = after.messages.iter().find(|m| m.body.contains("Köln")).expect("the reply");
    assert!(!sent.internal && sent.author == Author::Ourselves);
    let mark = mark(&reply);
    assert!(
        sent.body.contains(text) && sent.body.trim_end().ends_with(&format!("[jm-{mark}]")),
        "{}",
        sent.body
    );
}

async fn sets_every_status(psa: &dyn Psa, fx: &PsaFixture<'_>) {
    let (address, name) = fx.from;
    let id = fx.desk.opens(address, name, &unique("Status"), "please").await;
    for status in [
        TicketStatus::InProgress,
        TicketStatus::WaitingOnCustomer,
        TicketStatus::WaitingOnApproval,
        TicketStatus::Closed,
        TicketStatus::NeedsTechnician,
        TicketStatus::Closed,
    ] {
        let ticket = reference(psa, &id);
        let action = Action::SetStatus(SetStatus { ticket, status, duplicate_of: None });
        for _ in 0..2 {
            // The second time it is there already, which counts as performed.
            psa.perform(permit(&action)).await.unwrap_or_else(|e| panic!("{status:?}: {e}"));
            let shown = psa.read_back(&action, &mark(&action)).await.unwrap();
            assert!(matches!(shown, ReadBack::Shown(_)), "{status:?}: {shown:?}");
        }
    }
    assert_eq!(state(psa, &id).await.status, TicketStatus::Closed);
}

async fn links_duplicates(psa: &dyn Psa, fx: &PsaFixture<'_>) {
    let (address, name) = fx.from;
    let first = fx.desk.opens(address, name, &unique("First"), "please").await;
    let second = fx.desk.opens(address, name, &unique("Second"), "please").await;
    let action = Action::SetStatus(SetStatus {
        ticket: reference(psa, &second),
        status: TicketStatus::Closed,
        duplicate_of: Some(first.clone()),
    });
    do_it(psa, &action).await;
    if let Some(after) = psa.ticket(&second).await.unwrap() {
        assert!(after.links.contains(&first), "{:?}", after.links);
    }
    assert_ne!(state(psa, &first).await.status, TicketStatus::Closed, "the first one stays open");
}

async fn refuses_what_is_not_there(psa: &dyn Psa, fx: &PsaFixture<'_>) {
    for id in [fx.no_ticket, "", "..", "1/../2", "1?x=1"] {
        assert!(!matches!(psa.incoming(id).await, Ok(Some(_))), "{id:?}");
        assert!(!matches!(psa.ticket(id).await, Ok(Some(_))), "{id:?}");
        let action = Action::AddNote(AddNote { ticket: reference(psa, id), text: "hello".into() });
        let answer = psa.perform(permit(&action)).await;
        assert!(matches!(answer, Err(CallError::Rejected { .. })), "{id:?}: {answer:?}");
    }
    assert_eq!(psa.incoming(fx.no_ticket).await.unwrap(), None);
    let status = Action::SetStatus(SetStatus {
        ticket: reference(psa, fx.no_ticket),
        status: TicketStatus::Closed,
        duplicate_of: None,
    });
    let answer = psa.perform(permit(&status)).await;
    assert!(matches!(answer, Err(CallError::Rejected { .. })), "{answer:?}");
}
