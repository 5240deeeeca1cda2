//! What a replayed history leaves behind: a report, and a playbook for each client, kept for the console.

use backtest::{Report, Settings, Would};
use domain::{Actor, ClientId, UnixMs, playbook::Playbook};
use std::error::Error;
use store::{NewPlaybook, NewReport, ReportRow, Store};

/// A report with its page, and the playbooks of those clients that the configuration knows.
pub(crate) struct Learned {
    /// The report as one HTML page.
    pub(crate) page: String,
    title: String,
    figures: Figures,
    /// The one client, if it is one's history.
    client: Option<ClientId>,
    playbooks: Vec<(ClientId, Playbook)>,
    /// Customers of the history that no client is configured for.
    strangers: Vec<String>,
    /// Smaller names of a client that has several in the history.
    left_out: Vec<String>,
}

/// The main figures of a report, as the list of reports shows them.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Figures {
    /// Tickets replayed.
    pub(crate) tickets: u32,
    /// First and last day.
    pub(crate) period: Option<(String, String)>,
    /// Tickets by way, in the order of [`Would::ALL`].
    pub(crate) ways: [u32; 4],
    /// Wrong ones among those closed alone of which the record tells, of how many, and at most with 95 % confidence.
    pub(crate) wrong: (u32, u32, f64),
    /// Hours saved a month, or in all where the history has no times.
    pub(crate) hours: f64,
    /// `hours` are a month's.
    pub(crate) monthly: bool,
    /// Kinds of tickets to begin with.
    pub(crate) begin: Vec<String>,
}

type Failed = Box<dyn Error + Send + Sync>;

impl Learned {
    /// Of a report and the playbooks by the source's names for customers.
    ///
    /// # Errors
    /// When the page cannot be made.
    pub(crate) fn new(
        report: &Report,
        playbooks: Vec<(String, Playbook)>,
        settings: &Settings,
    ) -> Result<Learned, Failed> {
        let mut known: Vec<(ClientId, Playbook)> = Vec::new();
        let (mut strangers, mut left_out) = (Vec::new(), Vec::new());
        let single = playbooks.len() == 1;
        for (name, playbook) in playbooks {
            let client = match settings.clients.as_slice() {
                // The history is of one customer, whatever it is called there.
                [only] if single => Some(&only.id),
                several => several
                    .iter()
                    .find(|k| k.names.iter().any(|n| n.eq_ignore_ascii_case(&name)))
                    .map(|k| &k.id),
            };
            let Some(id) = client else {
                strangers.push(name);
                continue;
            };
            // Several names of one client: the one with the most tickets counts.
            match known.iter_mut().find(|(k, _): &&mut (ClientId, _)| k == id) {
                Some((_, old)) => {
                    left_out.push(format!("{} tickets of {id}", old.tickets.min(playbook.tickets)));
                    if old.tickets < playbook.tickets {
                        *old = playbook;
                    }
                }
                None => known.push((id.clone(), playbook)),
            }
        }
        let months = if report.months > 0.0 { report.months } else { 1.0 };
        Ok(Learned {
            page: backtest::html(report, concat!("Journeyman ", env!("CARGO_PKG_VERSION")))?,
            title: report.title.clone(),
            figures: Figures {
                tickets: report.tickets,
                period: report.period.clone(),
                ways: Would::ALL.map(|w| report.count(w)),
                wrong: (
                    report.wrong_alone.hits,
                    report.wrong_alone.of,
                    report.wrong_alone.at_most(),
                ),
                hours: report.hours.total / months,
                monthly: report.months > 0.0,
                begin: report.scope.iter().take(3).map(|s| s.class.clone()).collect(),
            },
            client: match known.as_slice() {
                [(only, _)] if strangers.is_empty() => Some(only.clone()),
                _ => None,
            },
            playbooks: known,
            strangers,
            left_out,
        })
    }

    /// Keeps the report, and of each client's playbook a new version where something is different. Answers with what was done, line by
    /// line.
    ///
    /// # Errors
    /// When the store cannot be written; what was written before stays.
    pub(crate) async fn keep(self, store: &Store, now: UnixMs) -> Result<Vec<String>, Failed> {
        let mut said = Vec::new();
        let row = ReportRow {
            client: self.client,
            at: now,
            title: self.title.clone(),
            author: Actor::Platform.to_string(),
            figures: serde_json::to_string(&self.figures)?,
        };
        store.put_report(NewReport { row, page: self.page }).await?;
        said.push("report: kept for the console's page Backtest".into());
        let reason = format!("learned from {} ({} tickets)", self.title, self.figures.tickets);
        for (client, mut fresh) in self.playbooks {
            fresh.source.clone_from(&self.title);
            let old = store.playbook(&client).await?;
            let base = old.as_ref().map_or(0, |o| o.version);
            let old = old.map(|o| o.playbook).unwrap_or_default();
            let playbook = old.learn(fresh);
            let lines = playbook.lines.len();
            let new = NewPlaybook {
                client: client.clone(),
                base,
                playbook,
                author: Actor::Platform,
                reason: reason.clone(),
            };
            let version = store.put_playbook(new, now).await?;
            said.push(match version == base {
                true => format!("playbook of {client}: nothing new, version {version} stays"),
                false => format!("playbook of {client}: version {version}, {lines} lines"),
            });
        }
        if !self.left_out.is_empty() {
            said.push(format!(
                "not learned from, since the client has a larger name in the history: {}",
                self.left_out.join(", ")
            ));
        }
        if !self.strangers.is_empty() {
            said.push(format!(
                "no playbook for {}: no client of the configuration has such a customer",
                self.strangers.join(", ")
            ));
        }
        Ok(said)
    }
}
