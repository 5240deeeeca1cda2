//! Before the first ticket: what a history of each client would have taught, so that Learning and Backtest have something to show. The
//! histories are SIMULATED; their people are not those of the sandbox's directories.

use super::set_up;
use crate::{app::App, clock, learned::Learned};
use backtest::{Known, Settings};
use connectors::idp::active_directory::CAPABILITIES;
use domain::{ClientId, Org, PastTicket};
use gate::directory::Lists;
use std::error::Error;

/// Closed tickets of each client.
const TICKETS: usize = 400;

type Fault = Box<dyn Error + Send + Sync>;

/// Learns and keeps the report and the playbooks.
pub(super) async fn from_a_simulated_past(app: &App, seed: u64) -> Result<(), Fault> {
    let clients: Vec<(ClientId, String)> =
        app.parts().clients.values().map(|c| (c.id.clone(), c.name.clone())).collect();
    let (model, brain) = (app.model.clone(), app.brain.clone());
    let learned = tokio::task::spawn_blocking(move || -> Result<Learned, String> {
        let (tickets, orgs) = histories(seed, &clients);
        let policy = set_up::policy().compile().map_err(|e| e.to_string())?;
        let mut settings = Settings::new(policy, brain, CAPABILITIES);
        let known = |(id, name): &(ClientId, String)| Known {
            id: id.clone(),
            names: vec![name.clone()],
            lists: Lists::default(),
        };
        settings.clients = clients.iter().map(known).collect();
        let title = format!("SIMULATED histories, seed {seed}");
        let (report, playbooks) = backtest::learn(&title, &tickets, &orgs, &model, &settings);
        Learned::new(&report, playbooks, &settings).map_err(|e| e.to_string())
    });
    learned.await??.keep(&app.store, clock::now()).await?;
    Ok(())
}

/// A company that never was stands for each client.
fn histories(seed: u64, clients: &[(ClientId, String)]) -> (Vec<PastTicket>, Vec<Org>) {
    let companies = sandbox::past::companies(seed, clients.len().max(1));
    let (mut tickets, mut orgs) = (Vec::new(), Vec::new());
    for (company, (_, name)) in companies.into_iter().zip(clients) {
        let theirs = company.tickets(TICKETS);
        tickets.extend(theirs.map(|t| PastTicket { client: name.clone(), ..t }));
        orgs.push(Org { client: name.clone(), ..company.org });
    }
    tickets.sort_by_key(|t| t.opened);
    (tickets, orgs)
}
