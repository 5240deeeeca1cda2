//! Closed histories of companies that never were.

use domain::{Org, PastTicket};

/// So many tickets of these companies in the order of time, and the companies' directories.
pub(crate) fn past(seed: u64, companies: usize, count: usize) -> (Vec<PastTicket>, Vec<Org>) {
    let companies = sandbox::past::companies(seed, companies.max(1));
    let each = count.div_ceil(companies.len().max(1));
    let mut tickets: Vec<PastTicket> = companies.iter().flat_map(|c| c.tickets(each)).collect();
    tickets.sort_by_key(|t| t.opened);
    tickets.truncate(count);
    (tickets, companies.into_iter().map(|c| c.org).collect())
}
