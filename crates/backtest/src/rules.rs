//! Who approves what, learned from the whole history for those companies whose directory is known.

use crate::report::Rule;
use domain::{Org, PastTicket};
use technician::learn::approvers::{Directory, Learner};

/// Tickets shown for a rule.
const SHOWN: usize = 5;
/// Rules shown of a client, the best supported ones.
const MOST: usize = 15;

/// Learns the rules of each company. `kind` says what sort of request the ticket at a place is.
pub(crate) fn rules<'a>(
    tickets: &[PastTicket],
    orgs: &[Org],
    order: &[usize],
    kind: impl Fn(usize) -> &'a str,
) -> Vec<Rule> {
    let mut out = Vec::new();
    for org in orgs {
        let directory = Directory::new(org);
        let mut learner = Learner::new(&directory);
        let theirs = |t: &PastTicket| orgs.len() == 1 || t.client.eq_ignore_ascii_case(&org.client);
        for at in order {
            if let Some(ticket) = tickets.get(*at).filter(|t| theirs(t)) {
                learner.add(ticket, kind(*at));
            }
        }
        let mut own = learner.rules();
        own.sort_by_key(|r| std::cmp::Reverse(r.support));
        own.truncate(MOST);
        out.extend(own.into_iter().map(|r| Rule {
            client: r.client,
            sentence: r.sentence,
            tickets: r.tickets.into_iter().take(SHOWN).collect(),
        }));
    }
    let mut rules = out;
    rules.sort_by(|a, b| a.client.cmp(&b.client));
    rules
}
