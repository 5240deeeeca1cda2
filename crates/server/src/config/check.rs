//! What the types of the configuration cannot check, all of it, in the order of the file's own sections.

use super::Config;
use crate::worker::Witness;
use connectors::chat::slack::check_channel;
use std::collections::{BTreeSet, HashSet};

impl Config {
    /// Every mistake, each with what would be right; empty when there is none.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        wrong.extend(self.wrong_address());
        if let Some(Err(e)) = self.policy.as_ref().map(gate::Policy::compile) {
            wrong.push(e.to_string());
        }
        if self.workers == 0 || self.poll_ms == 0 {
            wrong.push("`workers` and `poll_ms` must be above 0".into());
        }
        wrong.extend(self.witness.as_ref().and_then(|w| Witness::new(w).err()));
        self.check_slack(&mut wrong);
        self.check_psas(&mut wrong);
        self.check_clients(&mut wrong);
        self.check_cells(&mut wrong);
        wrong
    }

    fn wrong_address(&self) -> Option<String> {
        wrong_url("`public_url`", &self.public_url, "passwords are fetched from it")
    }

    fn check_slack(&self, wrong: &mut Vec<String>) {
        let general = self.slack.as_ref().and_then(|s| s.channel.as_deref());
        let checked = |key: String, id| check_channel(id).err().map(|e| format!("{key}: {e}"));
        wrong.extend(general.and_then(|id| checked("[slack]: `channel`".into(), id)));
        for client in &self.client {
            let Some(channel) = &client.slack_channel else { continue };
            let key = format!("[[client]] {}: `slack_channel`", client.id);
            if self.slack.is_none() {
                wrong.push(format!("{key} is set, but there is no [slack]; docs/connect-slack.md"));
            }
            wrong.extend(checked(key, channel));
        }
    }

    fn check_cells(&self, wrong: &mut Vec<String>) {
        let Some(own) = &self.cell else {
            if let Some(other) = self.cells.first() {
                wrong.push(format!(
                    "[[cells]] {} is another cell, but this one has no name; write [cell] name = \"…\"",
                    other.name
                ));
            }
            return;
        };
        let mut names = HashSet::from([&own.name]);
        for cell in &self.cells {
            if !names.insert(&cell.name) {
                wrong.push(format!(
                    "the cell {} stands twice; [cell] and each of [[cells]] have names of their own",
                    cell.name
                ));
            }
            let what = format!("[[cells]] {}: `url`", cell.name);
            wrong.extend(wrong_url(&what, &cell.url, "visitors are sent there"));
        }
        for client in &self.client {
            let id = &client.id;
            match &client.cell {
                Some(cell) if !names.contains(cell) => wrong.push(format!(
                    "[[client]] {id}: `cell` is {cell}, which neither [cell] nor [[cells]] names"
                )),
                None if !self.cells.is_empty() => wrong.push(format!(
                    "[[client]] {id} needs `cell`, the same in every cell's configuration: one of {:?}",
                    names.iter().map(|name| name.as_str()).collect::<BTreeSet<_>>()
                )),
                _ => {}
            }
        }
    }

    fn check_psas(&self, wrong: &mut Vec<String>) {
        let mut names = HashSet::new();
        for psa in &self.psa {
            if !names.insert(&psa.name) {
                wrong.push(format!("[[psa]] {:?} stands twice; names must differ", psa.name));
            }
            let kinds =
                usize::from(psa.request_tracker.is_some()) + usize::from(psa.connectwise.is_some());
            if kinds != 1 {
                wrong.push(format!(
                    "[[psa]] {:?} needs exactly one of [psa.request_tracker] and [psa.connectwise]; it has {kinds}",
                    psa.name
                ));
            }
        }
    }

    fn check_clients(&self, wrong: &mut Vec<String>) {
        let mut ids = HashSet::new();
        let mut customers = HashSet::new();
        for client in &self.client {
            if client.id.as_str().starts_with('@') {
                wrong.push(format!("[[client]] {}: ids beginning with '@' are our own", client.id));
            }
            if !ids.insert(&client.id) {
                wrong.push(format!("[[client]] {} stands twice; ids must differ", client.id));
            }
            let kinds = usize::from(client.active_directory.is_some())
                + usize::from(client.graph.is_some());
            if kinds != 1 {
                wrong.push(format!(
                    "[[client]] {} needs exactly one of [client.active_directory] and [client.graph]; it has {kinds}",
                    client.id
                ));
            }
            for customer in &client.customers {
                if !self.psa.iter().any(|p| p.name == customer.psa) {
                    wrong.push(format!(
                        "[[client]] {}: there is no [[psa]] named {:?}; names are {:?}",
                        client.id,
                        customer.psa,
                        self.psa.iter().map(|p| p.name.as_str()).collect::<Vec<_>>()
                    ));
                }
                if !customers.insert(customer) {
                    wrong.push(format!(
                        "{} of {} is given to two clients; one ticket must not belong to both",
                        customer.customer, customer.psa
                    ));
                }
            }
        }
    }
}

/// What is wrong with an address that people are led to; `why` completes the sentence.
fn wrong_url(what: &str, text: &str, why: &str) -> Option<String> {
    let url = match url::Url::parse(text) {
        Ok(url) => url,
        Err(e) => return Some(format!("{what} {text:?}: {e}; write https://host")),
    };
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    let good = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    (!good).then(|| format!("{what} {text:?} must begin with https://; {why}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const BASE: &str = "data_dir = \"d\"\npublic_url = \"https://d.example\"\nmsp_name = \"M\"\n";
    const SLACK: &str = "[slack]\ntoken = { env = \"T\" }\nsigning_secret = { env = \"S\" }\n";
    const CLIENT: &str = "[[client]]\nid = \"acme\"\nname = \"Acme\"\ncustomers = []\n";
    const GRAPH: &str =
        "[client.graph]\ntenant = \"t\"\nclient_id = \"c\"\nclient_secret = { env = \"G\" }\n";

    fn mistakes(text: &str) -> Vec<String> {
        toml::from_str::<Config>(text).unwrap().mistakes()
    }

    #[test]
    fn a_channel_is_named_by_its_id_and_needs_a_slack() {
        let own = "slack_channel = \"C0987654321\"\n";
        let good = format!("{BASE}{SLACK}channel = \"C0123456789\"\n{CLIENT}{own}{GRAPH}");
        assert_eq!(mistakes(&good), Vec::<String>::new());
        let named = good.replace("C0123456789", "#notices");
        let said = mistakes(&named).join("; ");
        assert!(said.contains("[slack]: `channel`") && said.contains("C0123456789"), "{said}");
        let said = mistakes(&good.replace("C0987654321", "general")).join("; ");
        assert!(said.contains("[[client]] acme: `slack_channel`"), "{said}");
        let without = format!("{BASE}{CLIENT}{own}{GRAPH}");
        let said = mistakes(&without).join("; ");
        assert!(said.contains("there is no [slack]"), "{said}");
    }

    #[test]
    fn a_secret_in_the_wrong_place_is_not_repeated() {
        for key in ["token", "signing_secret"] {
            let text = format!("{BASE}{SLACK}").replace(
                if key == "token" {
                    "token = { env = \"T\" }"
                } else {
                    "signing_secret = { env = \"S\" }"
                },
                &format!("{key} = \"xoxb-very-secret\""),
            );
            let error = toml::from_str::<Config>(&text).unwrap_err();
            let said = super::super::explain::explain(&text, &error);
            assert!(said.contains(key) && !said.contains("very-secret"), "{said}");
        }
    }
}
