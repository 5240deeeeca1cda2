//! Who approves what, learned from the whole history for those companies whose directory is known.

use crate::report::Rule;
use domain::{Org, PastTicket};
use technician::learn::approvers::{Directory, Learner};

/// Tickets shown for a rule.
const SHOWN: usize = 5;
/// Rules shown; the best supported ones of each client come first.
const MOST: usize = 60;

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
        out.extend(learner.rules().into_iter().map(|r| (r.support, r)));
    }
    out.sort_by_key(|(support, _)| std::cmp::Reverse(*support));
    out.truncate(MOST);
    let mut rules: Vec<Rule> = out
        .into_iter()
        .map(|(_, r)| Rule {
            client: r.client,
            sentence: r.sentence,
            tickets: r.tickets.into_iter().take(SHOWN).collect(),
        })
        .collect();
    rules.sort_by(|a, b| a.client.cmp(&b.client));
    rules
}
