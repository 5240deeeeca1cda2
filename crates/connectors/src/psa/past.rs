//! Closed tickets of the past, read for learning.

use domain::PastTicket;

/// One page of closed tickets, by ascending id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastPage {
    /// The tickets with all that the vendor shows of what became of them.
    pub tickets: Vec<PastTicket>,
    /// Where to go on. Opaque; kept by the caller.
    pub cursor: String,
    /// More are waiting.
    pub more: bool,
}
