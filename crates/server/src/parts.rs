//! What of the configuration may change while the server runs: clients, help desks, mail and the like.
//!
//! INVARIANT: parts are swapped whole. Whoever works with them takes them once and goes on with those to
//! the end of what was begun.

use crate::{
    app::{self, Client, StartError},
    chat::Desk,
    clock,
    config::Config,
    ops,
    worker::Witness,
};
use connectors::{Pace, Paced, Psa, mail::smtp::Smtp};
use domain::ClientId;
use secrecy::SecretString;
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::Mutex;

/// The parts of one reading of the configuration.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) clients: BTreeMap<ClientId, Client>,
    pub(crate) psas: BTreeMap<String, Arc<dyn Psa>>,
    pub(crate) mail: Option<Smtp>,
    /// The chat in which people decide and are told.
    pub(crate) chat: Option<Arc<Desk>>,
    /// Who is told of Medium actions by mail.
    pub(crate) notify: Vec<String>,
    /// Who is shown the journal's checkpoints.
    pub(crate) witness: Option<Arc<Witness>>,
    /// What a collector must send to read `/metrics`; `None`: only people may look.
    pub(crate) metrics_token: Option<SecretString>,
    /// Milliseconds between two looks at each PSA.
    pub(crate) poll_ms: u64,
    /// Cases worked on at the same time.
    pub(crate) workers: u32,
    /// Of every client that there ever was: see [`Client::gate_lock`]. Work that began with the parts
    /// before and work that begins now must not pass each other.
    pub(crate) gates: BTreeMap<ClientId, Arc<Mutex<()>>>,
}

impl Parts {
    /// Makes the connectors and reads their secrets. No network yet.
    ///
    /// # Errors
    /// The first part that cannot be made, by the key that is wrong and what would be right.
    pub(crate) fn new(
        config: &Config,
        msp_name: &str,
        before: Option<&Parts>,
    ) -> Result<Parts, StartError> {
        let mut psas: BTreeMap<String, Arc<dyn Psa>> = BTreeMap::new();
        for entry in &config.psa {
            let psa = app::make_psa(entry)?;
            let pace = Pace::new(format!("the help desk {}", entry.name), clock::chance);
            psas.insert(entry.name.clone(), Arc::new(Paced::new(psa, pace)));
        }
        let mut gates = before.map(|b| b.gates.clone()).unwrap_or_default();
        let mut clients = BTreeMap::new();
        for entry in &config.client {
            let gate = gates.entry(entry.id.clone()).or_default().clone();
            clients.insert(entry.id.clone(), app::make_client(entry, msp_name, gate)?);
        }
        let mail = match &config.mail {
            Some(mail) => Some(Smtp::new(mail.clone()).map_err(|e| StartError(e.to_string()))?),
            None => None,
        };
        let chat = Desk::new(config).map_err(StartError)?;
        let witness = config.witness.as_ref().map(Witness::new).transpose().map_err(StartError)?;
        Ok(Parts {
            clients,
            psas,
            mail,
            chat: chat.map(Arc::new),
            notify: config.notify.clone(),
            witness: witness.map(Arc::new),
            metrics_token: ops::metrics_token(config.metrics_token.as_ref()).map_err(StartError)?,
            poll_ms: config.poll_ms,
            workers: config.workers,
            gates,
        })
    }

    /// The client that a PSA's customer name belongs to.
    pub(crate) fn client_of(&self, psa: &str, customer: &str) -> Option<&Client> {
        self.clients.values().find(|c| {
            c.customers.iter().any(|e| e.psa == psa && e.customer.eq_ignore_ascii_case(customer))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn config(clients: &[&str]) -> Config {
        let mut text =
            "data_dir = \"d\"\npublic_url = \"https://d.example\"\nmsp_name = \"M\"\n".to_owned();
        for id in clients {
            text.push_str(&format!(
                "[[client]]\nid = \"{id}\"\nname = \"{id}\"\ncustomers = []\n[client.graph]\ntenant = \"t\"\nclient_id = \"c\"\nclient_secret = {{ env = \"NONE\" }}\n"
            ));
        }
        toml::from_str(&text).unwrap()
    }

    #[test]
    fn work_before_and_after_a_reload_does_not_pass_each_other() {
        connectors::install_crypto_provider();
        let acme = ClientId::new("acme").unwrap();
        let before = Parts::new(&config(&["acme", "globex"]), "M", None).unwrap();
        let gone = Parts::new(&config(&["globex"]), "M", Some(&before)).unwrap();
        assert!(!gone.clients.contains_key(&acme));
        let again = Parts::new(&config(&["acme"]), "M", Some(&gone)).unwrap();
        let held = before.clients[&acme].gate_lock.try_lock().unwrap();
        assert!(again.clients[&acme].gate_lock.try_lock().is_err(), "one lock for both");
        drop(held);
        assert!(again.clients[&acme].gate_lock.try_lock().is_ok());
    }
}
