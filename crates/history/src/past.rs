//! Histories read again, ticket by ticket.

use crate::{
    HistoryError,
    feed::Feed,
    jsonl::{JsonRows, Line, plain},
    read::Limits,
};
use domain::PastTicket;
use std::io::Read;

/// The tickets of a history in the order in which they stand there.
pub struct Tickets {
    lines: JsonRows,
    failed: bool,
}

/// Reads a history that [`crate::import`] wrote, in bounded memory.
///
/// An item is an error when a line is not a ticket; the text names the line. Nothing follows it.
pub fn tickets(from: Box<dyn Read + Send>) -> Tickets {
    let lines = JsonRows::new(Feed::new(from), &[], Limits::default().row_bytes * 16);
    Tickets { lines, failed: false }
}

impl Iterator for Tickets {
    type Item = Result<PastTicket, HistoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let read = self.lines.line(|line| match line {
            Line::End => None,
            Line::Bad(bad) => Some(Err(format!("line {}: {}", bad.line, bad.says))),
            Line::Text(number, bytes) => Some(
                serde_json::from_slice(bytes).map_err(|e| format!("line {number}: {}", plain(&e))),
            ),
        });
        let item = match read {
            Ok(None) => return None,
            Ok(Some(Ok(ticket))) => Ok(ticket),
            Ok(Some(Err(text))) => Err(HistoryError::Source(format!(
                "the history is not one that `journeyman import` wrote: {text}"
            ))),
            Err(source) => Err(HistoryError::Io { what: "read the history".into(), source }),
        };
        self.failed = item.is_err();
        Some(item)
    }
}
