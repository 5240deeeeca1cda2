//! What is asked, as a tree: category, request, the change that it maps to.

use crate::{
    playbook,
    prepare::Prepared,
    report::{Asked, Branch},
};
use domain::{ActionKind, Intent, PastTicket};
use std::collections::BTreeMap;

/// Categories shown; the rest is one branch.
const MOST: usize = 20;
/// Requests shown of each; the rest is one line.
const MOST_REQUESTS: usize = 6;
/// Levels of a category are joined by this.
const LEVELS: &str = " / ";

/// Tickets by category, request and action.
#[derive(Debug, Default)]
pub(crate) struct Tree(BTreeMap<String, BTreeMap<(String, Option<ActionKind>), u32>>);

impl Tree {
    /// Counts a ticket; `about` is what it has in common with others where the desk gave no category.
    pub(crate) fn add(&mut self, ticket: &PastTicket, seen: &Prepared, about: Option<&str>) {
        let (category, finer) = match ticket.category.split_once(LEVELS) {
            Some((first, rest)) => (first.to_owned(), Some(rest)),
            None if !ticket.category.is_empty() => (ticket.category.clone(), None),
            None => (about.map_or("no category".into(), |a| format!("about: {a}")), None),
        };
        let of = &seen.understanding;
        let (request, action) = match (of.abstained, of.intent) {
            (true, _) | (false, Intent::Other) => {
                (finer.map_or("not understood".into(), |f| format!("other: {f}")), None)
            }
            (false, intent) => (intent.name().replace('_', " "), playbook::kind(intent)),
        };
        *self.0.entry(category).or_default().entry((request, action)).or_default() += 1;
    }

    /// The branches, the largest first.
    pub(crate) fn branches(self) -> Vec<Branch> {
        let mut all: Vec<Branch> = self.0.into_iter().map(|(c, asked)| branch(c, asked)).collect();
        all.sort_by(|a, b| b.tickets.cmp(&a.tickets).then_with(|| a.category.cmp(&b.category)));
        if all.len() > MOST {
            let rest = all.split_off(MOST);
            let tickets = rest.iter().map(|b| b.tickets).sum();
            let request = Asked { request: "of all kinds".into(), action: None, tickets };
            all.push(Branch {
                category: format!("{} smaller categories", rest.len()),
                tickets,
                requests: vec![request],
            });
        }
        all
    }
}

fn branch(category: String, asked: BTreeMap<(String, Option<ActionKind>), u32>) -> Branch {
    let one = |((request, action), tickets)| Asked { request, action, tickets };
    let mut requests: Vec<Asked> = asked.into_iter().map(one).collect();
    let tickets = requests.iter().map(|r| r.tickets).sum();
    requests.sort_by(|a, b| b.tickets.cmp(&a.tickets).then_with(|| a.request.cmp(&b.request)));
    if requests.len() > MOST_REQUESTS {
        let rest = requests.split_off(MOST_REQUESTS);
        requests.push(Asked {
            request: format!("{} rarer ones", rest.len()),
            action: None,
            tickets: rest.iter().map(|r| r.tickets).sum(),
        });
    }
    Branch { category, tickets, requests }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_counted_and_nothing_is_lost() {
        let mut tree = Tree::default();
        for category in 0..30u32 {
            for request in 0..9u32 {
                let asked = tree.0.entry(format!("c{category:02}")).or_default();
                asked.insert((format!("r{request}"), None), 1 + category);
            }
        }
        let branches = tree.branches();
        assert_eq!(branches.len(), MOST + 1);
        assert_eq!(branches.iter().map(|b| b.tickets).sum::<u32>(), (1..=30).sum::<u32>() * 9);
        for branch in &branches {
            assert_eq!(branch.requests.iter().map(|r| r.tickets).sum::<u32>(), branch.tickets);
            assert!(branch.requests.len() <= MOST_REQUESTS + 1);
        }
        assert_eq!(branches.first().map(|b| b.category.as_str()), Some("c29"));
    }
}
