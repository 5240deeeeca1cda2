//! What an import found: how much, what of it has what.

use crate::row::Why;
use domain::{PastDeed, PastTicket, UnixMs};
use std::collections::BTreeMap;

/// How a table names something, and whether a ticket has it.
type Part = (&'static str, fn(&PastTicket) -> bool);

/// What a ticket can have.
const PARTS: [Part; 17] = [
    ("customer", |t| !t.client.is_empty()),
    ("requester", |t| !t.requester.is_empty()),
    ("subject", |t| !t.subject.is_empty()),
    ("description", |t| !t.body.is_empty()),
    ("category", |t| !t.category.is_empty()),
    ("group", |t| !t.group.is_empty()),
    ("technician", |t| !t.assignee.is_empty()),
    ("time opened", |t| t.opened.is_some()),
    ("time closed", |t| t.closed.is_some()),
    ("closing words", |t| !t.resolution.is_empty()),
    ("comments", |t| t.events.iter().any(|e| matches!(e.what, PastDeed::Said { .. }))),
    ("approvals", |t| {
        let of = |d: &PastDeed| {
            matches!(d, PastDeed::ApprovalAsked { .. } | PastDeed::ApprovalDecided { .. })
        };
        t.events.iter().any(|e| of(&e.what))
    }),
    ("status changes", |t| t.events.iter().any(|e| matches!(e.what, PastDeed::Status { .. }))),
    ("time worked", |t| {
        t.minutes.is_some() || t.events.iter().any(|e| matches!(e.what, PastDeed::Worked { .. }))
    }),
    ("reassigned", |t| t.reassigned.is_some_and(|n| n > 0)),
    ("opened again", |t| t.reopened.is_some_and(|n| n > 0)),
    ("closed before it was opened", |t| t.closed.is_some_and(|c| t.opened.is_some_and(|o| c < o))),
];

/// What a ticket has, a bit for each of [`PARTS`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Has(u32);

impl Has {
    pub(crate) fn from_bits(bits: u32) -> Has {
        Has(bits)
    }
}

/// The bits of a ticket.
pub(crate) fn has(ticket: &PastTicket) -> u32 {
    let bits = PARTS.iter().enumerate().map(|(at, (_, of))| u32::from(of(ticket)) << at);
    bits.fold(0, |all, bit| all | bit)
}

/// What became of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rows that were read, those put aside among them.
    pub rows: u64,
    /// Tickets in the history.
    pub tickets: u64,
    /// Tickets that a later row with the same number took the place of.
    pub duplicates: u64,
    /// Rows that were put aside, by reason.
    pub rejected: BTreeMap<Why, u64>,
    /// Cells that were Windows-1252.
    pub old_letters: u64,
    /// When the first ticket was opened.
    pub first: Option<UnixMs>,
    /// When the last ticket was opened.
    pub last: Option<UnixMs>,
    /// Sorted runs that went to disk.
    pub runs: u64,
    counts: [u64; PARTS.len()],
}

impl Summary {
    pub(crate) fn count(&mut self, has: Has, at: Option<UnixMs>) {
        self.tickets += 1;
        for (place, count) in self.counts.iter_mut().enumerate() {
            *count += u64::from(has.0 >> place & 1);
        }
        self.first = self.first.or(at);
        self.last = at.or(self.last);
    }

    /// What tickets have, by name, with the number of tickets that have it.
    pub fn has(&self) -> impl Iterator<Item = (&'static str, u64)> {
        PARTS.iter().zip(self.counts).map(|((name, _), count)| (*name, count))
    }

    /// The number of tickets that have what a table calls `name`.
    pub fn with(&self, name: &str) -> u64 {
        self.has().find(|(n, _)| *n == name).map_or(0, |(_, count)| count)
    }

    /// Rows that were put aside.
    pub fn put_aside(&self) -> u64 {
        self.rejected.values().sum()
    }
}
