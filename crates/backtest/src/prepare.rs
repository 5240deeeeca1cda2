//! Reads a ticket of the past once: its text taken apart, what it asks, what the desk did about it.

use domain::{IncomingTicket, PastTicket, TicketRef, TicketStatus, Understanding, UnixMs};
use technician::{
    Model,
    learn::{
        deeds::{self, Deeds},
        text,
    },
};

/// A ticket ready to be replayed.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// When it was opened; without a time, half an hour after the one before it in the source.
    pub(crate) at: UnixMs,
    /// The source says when.
    pub(crate) timed: bool,
    /// The requester's own words.
    pub(crate) request: String,
    /// What the technician makes of it.
    pub(crate) understanding: Understanding,
    /// What the desk did.
    pub(crate) deeds: Deeds,
}

/// Between two tickets without times.
const APART_MS: i64 = 30 * 60_000;

/// Earlier and later times than these are slips of the source: 1990 and 2100.
const BELIEVED: std::ops::Range<i64> = 631_152_000_000..4_102_444_800_000;

/// Reads every ticket, on two threads: reading is most of the work of a replay, and tickets do not depend on each other.
pub(crate) fn prepare(tickets: &[PastTicket], model: &Model) -> Vec<Prepared> {
    let times = times(tickets);
    let half = tickets.len().div_ceil(2).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = tickets
            .chunks(half)
            .zip(times.chunks(half))
            .map(|(chunk, times)| {
                let read = move || {
                    chunk.iter().zip(times).map(|(t, at)| one(t, *at, model)).collect::<Vec<_>>()
                };
                scope.spawn(read)
            })
            .collect();
        let mut out = Vec::with_capacity(tickets.len());
        for part in parts {
            match part.join() {
                Ok(read) => out.extend(read),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        out
    })
}

/// When each was opened, and whether the source says so. A ticket without a time stays behind the one it followed.
fn times(tickets: &[PastTicket]) -> Vec<(UnixMs, bool)> {
    let believed = |t: &PastTicket| t.opened.filter(|at| BELIEVED.contains(&at.0));
    let mut last = tickets.iter().find_map(believed).unwrap_or(UnixMs(BELIEVED.start)).0 - APART_MS;
    let at = |t| match believed(t) {
        Some(at) => {
            last = at.0;
            (at, true)
        }
        None => {
            last += APART_MS;
            (UnixMs(last), false)
        }
    };
    tickets.iter().map(at).collect()
}

fn one(ticket: &PastTicket, (at, timed): (UnixMs, bool), model: &Model) -> Prepared {
    let text = text::read(&ticket.subject, &ticket.body);
    let mut incoming = incoming(ticket, at);
    incoming.body = text.opening();
    Prepared {
        at,
        timed,
        request: text.request(),
        understanding: technician::understand(model, &incoming, &[]),
        deeds: deeds::deeds_in(ticket, &text),
    }
}

/// The ticket as it would have come in.
pub(crate) fn incoming(ticket: &PastTicket, at: UnixMs) -> IncomingTicket {
    let from = match ticket.requester.trim() {
        // Nobody knows who: each time somebody else.
        "" => format!("requester of {}", ticket.id.to_lowercase()),
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
