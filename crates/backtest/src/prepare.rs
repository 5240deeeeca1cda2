//! Reads a ticket of the past once: its text taken apart, what it asks, what the desk did about it.

use domain::{
    ActionKind, IncomingTicket, PastTicket, TicketRef, TicketStatus, Understanding, UnixMs,
};
use std::collections::BTreeSet;
use technician::{Model, learn::deeds, learn::text};

/// A ticket ready to be replayed.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// When it was opened; where the source has no times, its place in the source, half an hour apart.
    pub(crate) at: UnixMs,
    /// The requester's own words.
    pub(crate) request: String,
    /// What the technician makes of it.
    pub(crate) understanding: Understanding,
    /// What the desk did.
    pub(crate) did: BTreeSet<ActionKind>,
}

/// Between two tickets without times.
const APART_MS: i64 = 30 * 60_000;

/// Reads every ticket, on two threads: reading is most of the work of a replay, and tickets do not depend on each other.
pub(crate) fn prepare(tickets: &[PastTicket], model: &Model) -> Vec<Prepared> {
    let half = tickets.len().div_ceil(2).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = tickets
            .chunks(half)
            .enumerate()
            .map(|(part, chunk)| {
                scope.spawn(move || {
                    let place = |n: usize| part * half + n;
                    chunk
                        .iter()
                        .enumerate()
                        .map(|(n, t)| one(t, place(n), model))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        parts.into_iter().flat_map(|p| p.join().unwrap_or_default()).collect()
    })
}

fn one(ticket: &PastTicket, place: usize, model: &Model) -> Prepared {
    let text = text::read(&ticket.subject, &ticket.body);
    let deeds = deeds::deeds_in(ticket, &text);
    let at = ticket
        .opened
        .unwrap_or(UnixMs(i64::try_from(place).unwrap_or(i64::MAX / APART_MS) * APART_MS));
    let mut incoming = incoming(ticket, at);
    incoming.body = text.opening();
    Prepared {
        at,
        request: text.request(),
        understanding: technician::understand(model, &incoming, &[]),
        did: deeds.did,
    }
}

/// The ticket as it would have come in.
pub(crate) fn incoming(ticket: &PastTicket, at: UnixMs) -> IncomingTicket {
    let from = match ticket.requester.trim() {
        "" => "somebody".to_owned(),
        who => who.to_lowercase(),
    };
    IncomingTicket {
        ticket: TicketRef { psa: "history".into(), id: ticket.id.clone() },
        customer: ticket.client.clone(),
        from_name: ticket.requester.trim().to_owned(),
        from,
        subject: ticket.subject.clone(),
        body: ticket.body.clone(),
        created_at: at,
        message_id: None,
        status: TicketStatus::New,
    }
}
