//! Who approves what, learned from the whole history for those companies whose directory is known.

use crate::report::Rule;
use domain::{Org, PastTicket};
use technician::learn::approvers::{self, Directory, Learner};

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
) -> Vec<approvers::Rule> {
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
        out.extend(own);
    }
    out.sort_by(|a, b| a.client.cmp(&b.client));
    out
}

/// The best supported rules of each client, as the report shows them.
pub(crate) fn shown(rules: Vec<approvers::Rule>) -> Vec<Rule> {
    let mut out: Vec<Rule> = Vec::new();
    for rule in rules {
        if out.iter().filter(|r| r.client == rule.client).count() < MOST {
            out.push(Rule {
                client: rule.client,
                sentence: rule.sentence,
                tickets: rule.tickets.into_iter().take(SHOWN).collect(),
            });
        }
    }
    out
}
