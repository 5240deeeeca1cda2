//! Everything that a running server shares.

use crate::{
    cells::Cells,
    clock,
    complaints::Complaints,
    config::{ClientEntry, Config, CustomerEntry},
    ops::{self, Ops, traces::Traces},
    parts::Parts,
    policy::{self, Live},
};
use connectors::{
    Directory, Pace, Paced, Psa,
    chat::slack::Slack,
    idp::{active_directory::ActiveDirectory, graph::Graph},
    mail::smtp::Smtp,
    psa::{connectwise::ConnectWise, request_tracker::RequestTracker},
};
use domain::{BrainId, CaseId, ClientId};
use gate::directory::Lists;
use std::{collections::BTreeSet, path::Path, sync::Arc};
use store::{Store, StoreOptions};
use technician::{Model, Profile};
use tokio::sync::{Mutex, Notify, broadcast, watch};

/// What the console's live view is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CaseChanged {
    pub(crate) client: ClientId,
    pub(crate) case: CaseId,
}

/// One client, ready to be worked for.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: ClientId,
    pub(crate) name: String,
    pub(crate) customers: Vec<CustomerEntry>,
    /// What the configuration lists by name; lower case.
    pub(crate) lists: Lists,
    pub(crate) link_ttl_hours: u32,
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) profile: Profile,
    /// Held from reading facts until the attempt is journalled, so that the blast radius of two
    /// requests at once adds up.
    pub(crate) gate_lock: Arc<Mutex<()>>,
}

/// The running server's parts.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    /// What a reload swaps: taken once by whoever works with it.
    pub(crate) parts: watch::Sender<Arc<Parts>>,
    /// The configuration that the server was started with.
    pub(crate) started: Config,
    /// The configuration that the parts are of. Held while it is read again.
    pub(crate) loaded: Mutex<Config>,
    pub(crate) live_policy: Live,
    pub(crate) brain: BrainId,
    pub(crate) brain_ceiling: domain::Tier,
    pub(crate) model: Arc<Model>,
    pub(crate) model_digest: String,
    pub(crate) msp_name: String,
    pub(crate) public_url: String,
    /// Wakes the workers when something was taken in or decided in this process.
    pub(crate) due: Notify,
    /// Wakes intake when a PSA calls back.
    pub(crate) look: Notify,
    pub(crate) changed: broadcast::Sender<CaseChanged>,
    /// What the log has said and need not repeat.
    pub(crate) complaints: Complaints,
    /// Where it is told what became of each case.
    pub(crate) traces: Traces,
    /// What those who run the server ask it.
    pub(crate) ops: Ops,
    /// The other cells, and who lives there.
    pub(crate) cells: Cells,
}

/// From so many due cases on that nobody works on yet, help desks and brains keep theirs.
const FULL: u32 = 2_000;

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct StartError(pub(crate) String);

impl App {
    /// Opens the store, reads or trains the model, and makes the connectors. No network yet.
    pub(crate) async fn open(config: &Config) -> Result<App, StartError> {
        let store = open_store(config).await?;
        let cells = Cells::new(config).map_err(StartError)?;
        let traces = Traces::new(config.telemetry.as_ref(), store.node()).map_err(StartError)?;
        if let Some(own) = cells.own() {
            let fail = |e: store::StoreError| StartError(e.to_string());
            store.name_cell(own).await.map_err(fail)?;
            cells.set_homes(store.homes().await.map_err(fail)?);
        }
        let policy = policy::load(&store, config.policy.as_ref(), clock::now())
            .await
            .map_err(|e| StartError(e.to_string()))?;
        let model = load_model(&config.data_dir.join("model.bin"))?;
        let parts = Parts::new(config, &config.msp_name, None)?;
        Ok(App {
            store,
            parts: watch::Sender::new(Arc::new(parts)),
            started: config.clone(),
            loaded: Mutex::new(config.clone()),
            live_policy: Live::new(policy),
            brain: BrainId::new(OWN_BRAIN).map_err(|e| StartError(e.to_string()))?,
            brain_ceiling: config.brain.ceiling,
            model_digest: model.digest(),
            model: Arc::new(model),
            msp_name: config.msp_name.clone(),
            public_url: config.public_url.trim_end_matches('/').to_owned(),
            due: Notify::new(),
            look: Notify::new(),
            changed: broadcast::channel(256).0,
            complaints: Complaints::default(),
            traces,
            ops: Ops::default(),
            cells,
        })
    }

    /// The parts as they are now.
    pub(crate) fn parts(&self) -> Arc<Parts> {
        self.parts.borrow().clone()
    }

    /// Whether so much waits to be worked on that no more is taken in.
    pub(crate) async fn is_full(&self) -> Result<bool, store::StoreError> {
        Ok(self.store.waiting(clock::now(), FULL).await? >= FULL)
    }

    /// Tells the live view.
    pub(crate) fn tell(&self, client: &ClientId, case: CaseId) {
        // Nobody listening is fine.
        let _ = self.changed.send(CaseChanged { client: client.clone(), case });
    }
}

/// Opens the store of a configuration.
pub(crate) async fn open_store(config: &Config) -> Result<Store, StartError> {
    Store::open(&store_options(config)?).await.map_err(|e| StartError(e.to_string()))
}

/// Where the store of a configuration is.
pub(crate) fn store_options(config: &Config) -> Result<StoreOptions, StartError> {
    let host = || {
        let url = url::Url::parse(&config.public_url).ok()?;
        url.host_str().map(str::to_owned)
    };
    let named = config.cell.as_ref().and_then(|cell| cell.journal.clone());
    let origin = named.or_else(host).unwrap_or_else(|| "journeyman".into());
    let mut options = StoreOptions::new(&config.data_dir, origin);
    if let Some(source) = &config.database {
        let url = source.read().map_err(|e| StartError(format!("`database`: {e}")))?;
        options.database = Some(url);
    }
    Ok(options)
}

/// What of a configuration no connector can be made from, each in plain words. Nothing is called.
pub(crate) fn unusable(config: &Config) -> Vec<String> {
    let mut wrong: Vec<String> = Vec::new();
    wrong.extend(ops::metrics_token(config.metrics_token.as_ref()).err());
    wrong.extend(Traces::new(config.telemetry.as_ref(), "").err());
    wrong.extend(Cells::new(config).err());
    // Those without a kind are a mistake of the file's form, which is told elsewhere.
    let psas = config.psa.iter().filter(|p| p.request_tracker.is_some() || p.connectwise.is_some());
    wrong.extend(psas.filter_map(|p| make_psa(p).err()).map(|e| e.0));
    let clients =
        config.client.iter().filter(|c| c.active_directory.is_some() || c.graph.is_some());
    wrong.extend(clients.filter_map(|c| make_directory(c).err()).map(|e| e.0));
    let mail = config.mail.clone().and_then(|mail| Smtp::new(mail).err());
    wrong.extend(mail.map(|e| e.to_string()));
    let slack = config.slack.as_ref().and_then(|slack| Slack::new(slack).err());
    wrong.extend(slack.map(|e| format!("[slack]: {e}")));
    wrong
}

/// The connector of a help desk. No network yet.
pub(crate) fn make_psa(entry: &crate::config::PsaEntry) -> Result<Arc<dyn Psa>, StartError> {
    let fail = |e: connectors::CallError| StartError(format!("[[psa]] {:?}: {e}", entry.name));
    match (&entry.request_tracker, &entry.connectwise) {
        (Some(c), _) => {
            Ok(Arc::new(RequestTracker::new(entry.name.clone(), c.clone()).map_err(fail)?))
        }
        (None, Some(c)) => {
            Ok(Arc::new(ConnectWise::new(entry.name.clone(), c.clone()).map_err(fail)?))
        }
        (None, None) => Err(StartError(format!("[[psa]] {:?} has no kind", entry.name))),
    }
}

pub(crate) fn make_directory(entry: &ClientEntry) -> Result<Arc<dyn Directory>, StartError> {
    let fail = |e: connectors::CallError| StartError(format!("[[client]] {}: {e}", entry.id));
    let name = |kind: &str| format!("{kind} of {}", entry.id);
    match (&entry.active_directory, &entry.graph) {
        (Some(c), _) => {
            Ok(Arc::new(ActiveDirectory::new(name("Active Directory"), c.clone()).map_err(fail)?))
        }
        (None, Some(c)) => Ok(Arc::new(Graph::new(name("Microsoft Graph"), c).map_err(fail)?)),
        (None, None) => Err(StartError(format!("[[client]] {} has no directory", entry.id))),
    }
}

/// A client, with the lock that all of its work shares.
pub(crate) fn make_client(
    entry: &ClientEntry,
    msp_name: &str,
    gate_lock: Arc<Mutex<()>>,
) -> Result<Client, StartError> {
    let directory = make_directory(entry)?;
    let pace = Pace::new(directory.name(), clock::chance);
    let directory: Arc<dyn Directory> = Arc::new(Paced::new(directory, pace));
    let profile = Profile {
        msp_name: msp_name.to_owned(),
        can: directory.capabilities().to_vec(),
        link_ttl_hours: entry.link_ttl_hours,
        // Our connectors clear a lockout with the reset itself.
        unlock_with_reset: false,
        ..Profile::default()
    };
    Ok(Client {
        id: entry.id.clone(),
        name: entry.name.clone(),
        customers: entry.customers.clone(),
        lists: lists(entry),
        link_ttl_hours: entry.link_ttl_hours,
        directory,
        profile,
        gate_lock,
    })
}

fn lower(names: &BTreeSet<String>) -> BTreeSet<String> {
    names.iter().map(|n| n.to_lowercase()).collect()
}

/// What a client's configuration lists by name.
pub(crate) fn lists(entry: &ClientEntry) -> Lists {
    Lists {
        sensitive_groups: lower(&entry.sensitive_groups),
        privileged_groups: lower(&entry.privileged_groups),
        break_glass: lower(&entry.break_glass),
        service_accounts: lower(&entry.service_accounts),
        authorised_contacts: lower(&entry.authorised_contacts),
    }
}

/// The built-in technician's name as a brain.
pub(crate) const OWN_BRAIN: &str = "technician";

/// Reads the model artifact, or trains it from the starter history and keeps it.
pub(crate) fn load_model(path: &Path) -> Result<Model, StartError> {
    let fail = |e: &dyn std::fmt::Display| {
        StartError(format!(
            "the model {}: {e}; delete the file to have it trained again",
            path.display()
        ))
    };
    match std::fs::read(path) {
        Ok(bytes) if is_current(path) => Model::from_bytes(&bytes).map_err(|e| fail(&e)),
        // Learned by an older version from another history: learned again.
        Ok(_) => learn(path),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => learn(path),
        Err(e) => Err(fail(&e)),
    }
}

/// Where it is written what the artifact was learned from.
fn source_of(path: &Path) -> std::path::PathBuf {
    path.with_extension("source")
}

fn is_current(path: &Path) -> bool {
    std::fs::read_to_string(source_of(path))
        .is_ok_and(|text| text.trim() == technician::starter_mark())
}

fn learn(path: &Path) -> Result<Model, StartError> {
    let history = technician::starter_history();
    let model = technician::train(&history, &technician::TrainOptions::default())
        .map_err(|e| StartError(format!("the model cannot be learned: {e}")))?;
    // A half-written artifact would be found damaged, so it is moved into place whole.
    let temporary = path.with_extension("new");
    std::fs::write(&temporary, model.to_bytes())
        .and_then(|()| std::fs::rename(&temporary, path))
        .and_then(|()| std::fs::write(source_of(path), technician::starter_mark()))
        .map_err(|e| unwritten(path, &e))?;
    Ok(model)
}

fn unwritten(model: &Path, error: &std::io::Error) -> StartError {
    let remedy = match error.kind() {
        std::io::ErrorKind::StorageFull => "the disk is full: free some space",
        _ => "give this user write access to its folder",
    };
    StartError(format!("cannot write the model {}: {error}; {remedy}", model.display()))
}
