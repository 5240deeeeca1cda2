//! Rows of an event log into one ticket: what changed from row to row is what happened.

use crate::ticket::{Part, in_order};
use domain::{PastDeed, PastEvent, PastTicket};

/// More events of one ticket say nothing new; it bounds what one ticket can take.
const MOST_EVENTS: usize = 10_000;

/// One ticket as far as its rows are read, in the order of time.
pub(crate) struct Folding {
    /// The ticket as it stands after the rows so far.
    pub(crate) ticket: PastTicket,
    /// Place of its first row in the source.
    pub(crate) first: u64,
    counted: (bool, bool),
    reopens: u32,
    moves: u32,
}

impl Folding {
    /// Begins with the first row, which stands at `place` in the source.
    pub(crate) fn begin(part: Part, place: u64) -> Folding {
        let Part { mut ticket, at, by } = part;
        for event in ticket.events.iter_mut().filter(|e| e.at.is_none() && e.by.is_empty()) {
            (event.at, event.by) = (at, by.clone());
        }
        let counted = (ticket.reassigned.is_some(), ticket.reopened.is_some());
        Folding { ticket, first: place, counted, reopens: 0, moves: 0 }
    }

    /// The next row.
    pub(crate) fn add(&mut self, part: Part, place: u64) {
        self.first = self.first.min(place);
        let Part { ticket: next, at, by } = part;
        let ticket = &mut self.ticket;
        let mut happened = Vec::new();
        let moved = |old: &str, new: &str| !new.is_empty() && old != new;
        let counted_reopen = next.reopened > ticket.reopened && ticket.reopened.is_some();
        let said_reopen = is_shut(&ticket.status) && is_open(&next.status);
        if counted_reopen || (next.reopened.is_none() && said_reopen) {
            self.reopens += 1;
            happened.push(PastDeed::Reopened);
        }
        if moved(&ticket.status, &next.status) {
            happened.push(PastDeed::Status { to: next.status.clone() });
        }
        let (group, person) =
            (moved(&ticket.group, &next.group), moved(&ticket.assignee, &next.assignee));
        if group || person {
            let again =
                (group && !ticket.group.is_empty()) || (person && !ticket.assignee.is_empty());
            self.moves += u32::from(again);
            happened.push(PastDeed::Assigned {
                group: if group { next.group.clone() } else { String::new() },
                assignee: next.assignee.clone(),
            });
        }
        for what in happened {
            if ticket.events.len() < MOST_EVENTS {
                ticket.events.push(PastEvent { at, by: by.clone(), what });
            }
        }
        // A cell with the whole conversation stands in every row: only what is new counts.
        for mut event in next.events {
            let known = match event.at {
                Some(_) => ticket.events.contains(&event),
                None => ticket.events.iter().any(|e| e.what == event.what),
            };
            if known || ticket.events.len() >= MOST_EVENTS {
                continue;
            }
            if event.by.is_empty() && event.at.is_none() {
                (event.at, event.by) = (at, by.clone());
            }
            ticket.events.push(event);
        }
        self.counted.0 |= next.reassigned.is_some();
        self.counted.1 |= next.reopened.is_some();
        ticket.reassigned = ticket.reassigned.max(next.reassigned);
        ticket.reopened = ticket.reopened.max(next.reopened);
        ticket.minutes = ticket.minutes.max(next.minutes);
        ticket.opened = match (ticket.opened, next.opened) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        ticket.closed = next.closed.or(ticket.closed);
        let text = [
            (&mut ticket.client, next.client),
            (&mut ticket.category, next.category),
            (&mut ticket.group, next.group),
            (&mut ticket.assignee, next.assignee),
            (&mut ticket.priority, next.priority),
            (&mut ticket.status, next.status),
            (&mut ticket.resolution, next.resolution),
        ];
        for (old, new) in text {
            if !new.is_empty() {
                *old = new;
            }
        }
        // What was asked, and by whom, is what the first row says.
        let first = [
            (&mut ticket.requester, next.requester),
            (&mut ticket.subject, next.subject),
            (&mut ticket.body, next.body),
        ];
        for (old, new) in first {
            if old.is_empty() {
                *old = new;
            }
        }
    }

    /// The ticket with all its rows. A log tells reassignments and reopens even where it does not count them.
    pub(crate) fn end(mut self) -> PastTicket {
        if !self.counted.0 {
            self.ticket.reassigned = Some(self.moves);
        }
        if !self.counted.1 {
            self.ticket.reopened = Some(self.reopens);
        }
        in_order(&mut self.ticket.events);
        self.ticket
    }
}

/// Whether a status in the source's words means that nothing more is to be done.
fn is_shut(status: &str) -> bool {
    let lower = status.to_lowercase();
    [
        "resolved",
        "closed",
        "solved",
        "done",
        "complete",
        "completed",
        "gelöst",
        "geschlossen",
        "erledigt",
        "abgeschlossen",
        "cancelled",
        "canceled",
        "rejected",
    ]
    .iter()
    .any(|w| lower.contains(w))
}

fn is_open(status: &str) -> bool {
    !status.is_empty() && !is_shut(status)
}
