//! Intake: new tickets become cases, new messages wake them. It acts on nothing.

use super::stop::Stop;
use crate::{
    app::App,
    clock,
    failpoint::{self, Point},
    ops::traces::{Id, Span},
    parts::Parts,
};
use connectors::{CallError, Psa};
use domain::{
    Actor, ApprovalState, Author, CaseId, CaseOutcome, CasePhase, CaseView, ClientId, Event,
    IncomingTicket, Message, TicketStatus,
};
use sha2::{Digest as _, Sha256};
use std::{sync::Arc, time::Duration};
use store::{Append, Door, Intake, NewEntry, Received, StoreError, View};
use tokio::time::Instant;

/// Two tickets that say the same within this time are one, in milliseconds.
const DUPLICATE_WINDOW_MS: i64 = 24 * 3_600_000;
/// Longest pause after failures.
const SLOWEST: Duration = Duration::from_secs(60);

#[derive(Debug, thiserror::Error)]
enum IntakeError {
    #[error("{0}")]
    Call(#[from] CallError),
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Looks at one PSA again and again until told to stop. Failures slow it down and are logged once.
pub(super) async fn run(app: Arc<App>, name: String, mut stop: Stop) {
    let mut parts = app.parts();
    let mut pause = Duration::ZERO;
    let mut failing = false;
    let mut aside = true;
    let duty = format!("intake of {name}");
    let mut moves = None;
    while !stop.is_set() {
        let now = app.parts();
        if !Arc::ptr_eq(&parts, &now) {
            parts = now;
            // What did not fit may fit by now.
            aside = true;
        }
        let Some(psa) = parts.psas.get(&name) else { return };
        let pace = Duration::from_millis(parts.poll_ms);
        if !super::my_turn(&app, &duty).await {
            stop.rest(pace).await;
            continue;
        }
        if aside {
            aside = again(&app, &parts, psa.as_ref()).await.is_err();
        }
        if app.cells.own().is_some() {
            take_up(&app, &parts, psa.as_ref(), &mut moves).await;
        }
        if full(&app).await {
            // The help desk keeps what it has: the cursor stays where it is.
            stop.rest(pace).await;
            continue;
        }
        match look(&app, &parts, psa.as_ref()).await {
            Ok(more) => {
                if failing {
                    tracing::info!(psa = %name, "tickets can be read again");
                }
                failing = false;
                pause = if more { Duration::ZERO } else { pace };
            }
            Err(e) => {
                if !failing {
                    tracing::warn!(psa = %name, error = %e, "tickets cannot be read now");
                }
                failing = true;
                let asked = match &e {
                    IntakeError::Call(CallError::Retry { after, .. }) => *after,
                    _ => None,
                };
                pause = asked.unwrap_or_else(|| (pause.max(pace) * 2).min(SLOWEST));
            }
        }
        tokio::select! {
            biased;
            () = stop.wait() => {}
            () = app.look.notified(), if !failing => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Whether too much waits already. Not knowing is no: looking will show the same trouble.
async fn full(app: &App) -> bool {
    const TOPIC: &str = "full";
    let full = app.is_full().await.unwrap_or(false);
    if full && app.complaints.raise(TOPIC, "full") {
        tracing::warn!("no more tickets are taken in until some of those that wait are worked off");
    }
    if !full && app.complaints.settle(TOPIC) {
        tracing::info!("tickets are taken in again");
    }
    full
}

/// What became of a ticket, or of its news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    /// Nothing of it is left to take in.
    Whole,
    /// It is set aside, to be looked at again.
    Aside,
}

/// Looks again at what was set aside before. Each stays set aside until it is taken in.
async fn again(app: &App, parts: &Parts, psa: &dyn Psa) -> Result<(), IntakeError> {
    for id in app.store.aside(psa.name()).await? {
        if take(app, parts, psa, &id).await? == Taken::Whole {
            app.store.not_aside(psa.name(), &id).await?;
        }
    }
    Ok(())
}

/// How often is looked for tickets that were passed by while their client did not move after all.
const PASSED_BY: Duration = Duration::from_secs(60);

/// Takes up what was passed by, of clients that live here by now: when somebody moved, and from time to
/// time. What fails is tried again.
async fn take_up(
    app: &App,
    parts: &Parts,
    psa: &dyn Psa,
    last: &mut Option<(Option<u64>, Instant)>,
) {
    let changes = app.cells.changes();
    if last.is_some_and(|(seen, at)| seen == changes && at.elapsed() < PASSED_BY) {
        return;
    }
    *last = Some((changes, Instant::now()));
    let all = async {
        for (client, id) in app.store.passed_by(psa.name()).await? {
            let here = app.cells.elsewhere(&client).is_none();
            if here && app.store.door(&client).await? == Door::Open {
                take(app, parts, psa, &id).await?;
                app.store.took_up(&client, psa.name(), &id).await?;
            }
        }
        Ok::<(), IntakeError>(())
    };
    if let Err(e) = all.await {
        tracing::warn!(psa = psa.name(), error = %e, "tickets that were passed by are taken up later");
        *last = None;
    }
}

/// Leaves a ticket to the cell of its client: at once when that is another one, and when nothing is
/// written for the client because it is about to move.
async fn unless_elsewhere<T>(
    app: &App,
    psa: &dyn Psa,
    id: &str,
    client: &ClientId,
    taking: impl Future<Output = Result<T, IntakeError>>,
) -> Result<Option<T>, IntakeError> {
    if app.cells.elsewhere(client).is_none() {
        match taking.await {
            Err(IntakeError::Store(StoreError::Refused(_)))
                if app.store.door(client).await? == Door::Shut => {}
            other => return other.map(Some),
        }
    }
    app.store.pass_by(client, psa.name(), id, clock::now()).await?;
    Ok(None)
}

/// Takes one page of changes in; answers whether more are waiting.
async fn look(app: &App, parts: &Parts, psa: &dyn Psa) -> Result<bool, IntakeError> {
    let cursor = app.store.cursor(psa.name()).await?;
    let page = psa.changes(cursor.as_deref()).await?;
    for change in &page.changes {
        take(app, parts, psa, &change.id).await?;
    }
    // Only after everything was taken in: a crash in between repeats, it never skips.
    if cursor.as_deref() != Some(page.cursor.as_str()) {
        app.store.set_cursor(psa.name(), &page.cursor).await?;
    }
    Ok(page.more)
}

/// Takes one ticket or its news in. One that the PSA refuses to show must not hold up the others: it
/// is set aside and looked at again at the next start or reload.
async fn take(app: &App, parts: &Parts, psa: &dyn Psa, id: &str) -> Result<Taken, IntakeError> {
    let taken = match app.store.known_ticket(psa.name(), id).await? {
        None => take_in(app, parts, psa, id).await,
        Some(known) => {
            let taking = take_messages(app, psa, id, &known.client, known.case);
            let taken = unless_elsewhere(app, psa, id, &known.client, taking).await;
            // What was passed by is kept for the day that its client lives here.
            taken.map(|taken| taken.unwrap_or(Taken::Whole))
        }
    };
    match taken {
        Err(IntakeError::Call(e @ CallError::Rejected { .. })) => {
            tracing::warn!(psa = psa.name(), ticket = id, error = %e, "ticket set aside");
            app.store.set_aside(psa.name(), id).await?;
            Ok(Taken::Aside)
        }
        other => other,
    }
}

async fn take_in(app: &App, parts: &Parts, psa: &dyn Psa, id: &str) -> Result<Taken, IntakeError> {
    let case = CaseId(clock::new_id());
    let span = Span::begin(case, "intake").known_as(Id::Intake);
    let Some(ticket) = psa.incoming(id).await? else { return Ok(Taken::Whole) };
    if ticket.status == TicketStatus::Closed {
        return Ok(Taken::Whole);
    }
    let Some(client) = parts.client_of(psa.name(), &ticket.customer) else {
        let topic = format!("customer {} of {}", ticket.customer, psa.name());
        if app.complaints.raise(&topic, "unknown") {
            tracing::warn!(
                psa = psa.name(),
                customer = %ticket.customer,
                "tickets of this customer are set aside: no [[client]] names it under `customers`; add it and `journeyman reload`"
            );
        }
        app.store.set_aside(psa.name(), id).await?;
        return Ok(Taken::Aside);
    };
    let now = clock::now();
    let intake = Intake {
        client: client.id.clone(),
        fingerprint: fingerprint(&ticket),
        ticket,
        case,
        duplicate_since: now.plus_ms(-DUPLICATE_WINDOW_MS),
        at: now,
    };
    let taking = async { Ok(app.store.receive(intake).await?) };
    let taken = unless_elsewhere(app, psa, id, &client.id, taking).await?;
    if let Some(Received::New(case)) = taken {
        failpoint::hit(Point::Write);
        let span = span.with("journeyman.client", &client.id);
        app.traces.end(span.with("journeyman.vendor", psa.vendor()).with("journeyman.ticket", id));
        app.tell(&client.id, case);
        app.due.notify_one();
    }
    Ok(Taken::Whole)
}

async fn take_messages(
    app: &App,
    psa: &dyn Psa,
    id: &str,
    client: &ClientId,
    case: CaseId,
) -> Result<Taken, IntakeError> {
    let Some(state) = psa.ticket(id).await? else { return Ok(Taken::Whole) };
    let seen = app.store.seen_messages(psa.name(), id).await?;
    let new: Vec<Message> = state
        .messages
        .into_iter()
        .filter(|m| !m.internal && m.author != Author::Ourselves && !seen.contains(&m.id))
        .collect();
    for message in new {
        take_message(app, psa, id, client, case, message).await?;
    }
    if state.status == TicketStatus::Closed {
        // People closed what was only watched: what they did is looked at now.
        app.store.shadow_soon(client, case, clock::now()).await?;
    }
    Ok(Taken::Whole)
}

async fn take_message(
    app: &App,
    psa: &dyn Psa,
    ticket: &str,
    client: &ClientId,
    case: CaseId,
    message: Message,
) -> Result<(), IntakeError> {
    // The case may be driven at the same moment: fold again until nobody is in the way.
    loop {
        let events = app.store.events(client, case).await?;
        let Some(view) = CaseView::fold(client, case, &events) else { return Ok(()) };
        if view.messages.iter().any(|(_, known)| known.id == message.id) {
            // Another node took it in a moment ago.
            return Ok(());
        }
        let seen = View::Seen {
            psa: psa.name().to_owned(),
            ticket: ticket.to_owned(),
            message: message.id.clone(),
        };
        let mut entries = vec![entry(Event::MessageReceived { message: message.clone() })];
        let mut views = vec![seen, View::Wake(Some(clock::now()))];
        if let Some(note) = note(app, &view, &message) {
            entries.push(entry(note));
        }
        if view.ended.is_none() {
            views.push(View::Phase(CasePhase::Working));
        }
        let append = Append {
            client: client.clone(),
            case,
            expected: view.version,
            at: clock::now(),
            entries,
            views,
        };
        match app.store.append(append).await {
            Ok(_) => {
                failpoint::hit(Point::Write);
                app.tell(client, case);
                app.due.notify_one();
                return Ok(());
            }
            Err(StoreError::Conflict { .. }) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

/// What a message means for a case that is past being read: after its close, or while something is
/// held or done. A technician who writes has taken the ticket over.
fn note(app: &App, view: &CaseView, message: &Message) -> Option<Event> {
    let customer = matches!(message.author, Author::Customer(_));
    let thanks = customer && technician::is_thanks(&app.model, &message.body);
    let (code, text) = match &view.ended {
        Some((CaseOutcome::Closed, _, _)) if thanks => {
            ("thanks_after_close", "A thanks after the close; the ticket stays closed.")
        }
        Some((CaseOutcome::Closed, _, _)) if customer => {
            ("message_after_close", "A message after the close; people look at it.")
        }
        // People have the ticket: it is theirs.
        Some(_) => return None,
        None => {
            let under_way = view.held.iter().any(|h| h.state == ApprovalState::Pending)
                || view.attempts.iter().any(|a| a.action.account().is_some());
            if !under_way {
                return None;
            }
            match thanks {
                true => (technician::plan::THANKS_MEANWHILE, "Thanks meanwhile; nothing changes."),
                false => (technician::plan::MESSAGE_MEANWHILE, "Somebody wrote meanwhile."),
            }
        }
    };
    Some(Event::Noted { code: code.into(), text: text.into() })
}

fn entry(event: Event) -> NewEntry {
    NewEntry { actor: Actor::Platform, event }
}

/// The same for tickets that say the same: sender, subject and text without case, white space and
/// reply prefixes.
fn fingerprint(ticket: &IncomingTicket) -> String {
    let normal = |text: &str| text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let mut subject = normal(&ticket.subject);
    for prefix in ["re: ", "fw: ", "fwd: ", "aw: "] {
        subject = subject.strip_prefix(prefix).unwrap_or(&subject).to_owned();
    }
    // Senders that nobody knows are not one person.
    let from = match normal(&ticket.from) {
        from if from.is_empty() => format!("ticket {}", ticket.ticket),
        from => from,
    };
    let text = format!("{from}\n{subject}\n{}", normal(&ticket.body));
    hex::encode(Sha256::digest(text.as_bytes()))
}
