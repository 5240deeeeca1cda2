//! Nodes over one database: started, ended at any moment, started again.

use super::outside::{Outside, PSA};
use crate::{
    app::{App, Client},
    clock,
    config::CustomerEntry,
    parts::Parts,
    policy::{self, Live},
    worker::{self, stop::Stop},
};
use connectors::{
    Directory, Pace, Paced, Psa,
    mail::smtp::{Smtp, SmtpConfig, SmtpTls},
};
use domain::{Autonomy, BrainId, ClientId, Tier};
use gate::Policy;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};
use store::{Store, StoreOptions, sim::Node};
use technician::{Model, Profile};
use tokio::{
    sync::{Notify, broadcast, watch},
    task::JoinHandle,
};

const ORIGIN: &str = "sim.example";

/// The model, learned once.
pub(super) fn model() -> Arc<Model> {
    static MODEL: OnceLock<Arc<Model>> = OnceLock::new();
    let learn = || {
        let history = technician::starter_history();
        Arc::new(technician::train(&history, &Default::default()).unwrap())
    };
    MODEL.get_or_init(learn).clone()
}

pub(super) fn policy() -> Policy {
    let mut policy = Policy::cautious("sim-1");
    policy.default_autonomy = Autonomy::AutoAndClose;
    policy.approval_ttl_ms = 25_000;
    policy.cool_down_ms = 5_000;
    policy
}

/// A fresh database with its keys, made once and copied for every seed.
pub(super) fn fresh(at: &Path) -> Vec<PathBuf> {
    static FRESH: OnceLock<tempfile::TempDir> = OnceLock::new();
    let from = FRESH.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = Store::open(&StoreOptions::new(dir.path(), ORIGIN)).await.unwrap();
            let now = domain::UnixMs(1_799_000_000_000);
            store.seed_policy("sim-1", &policy::render(&policy()), now).await.unwrap();
            for id in ["boss", "deputy"] {
                store.put_person(super::actors::person(id), now).await.unwrap();
            }
            store.add_brain(super::actors::brain(), super::actors::boss(), now).await.unwrap();
            store.close().await;
            let file = dir.path().join("journeyman.db");
            store::sim::share(&file).await.unwrap();
        });
        dir
    });
    std::fs::copy(from.path().join("journeyman.db"), at.join("journeyman.db")).unwrap();
    let mut dirs = vec![];
    for n in 0..4 {
        let dir = at.join(format!("node{n}"));
        std::fs::create_dir_all(dir.join("keys")).unwrap();
        for key in store::KEY_FILES {
            std::fs::copy(from.path().join("keys").join(key), dir.join("keys").join(key)).unwrap();
        }
        std::fs::write(dir.join("node"), format!("node-{n}")).unwrap();
        dirs.push(dir);
    }
    dirs
}

/// The store, as the node of this folder opens it.
pub(super) fn options(dir: &Path) -> StoreOptions {
    let mut options = StoreOptions::new(dir, ORIGIN);
    options.shared = Some(dir.parent().unwrap().join("journeyman.db"));
    options
}

pub(super) fn client_id() -> ClientId {
    ClientId::new("acme").unwrap()
}

fn client(outside: &Arc<Outside>) -> Client {
    let directory: Arc<dyn Directory> = outside.clone();
    Client {
        id: client_id(),
        name: "Acme Ltd".into(),
        customers: vec![CustomerEntry { psa: PSA.into(), customer: "Acme".into() }],
        lists: Default::default(),
        link_ttl_hours: 24,
        directory: Arc::new(Paced::new(directory, Pace::new("the directory", clock::chance))),
        profile: Profile {
            msp_name: "Northwind IT".into(),
            can: connectors::Directory::capabilities(&**outside).to_vec(),
            ..Profile::default()
        },
        gate_lock: Default::default(),
    }
}

/// A way to send mail that nothing is sent by: only the pages of the console would.
fn mail() -> Smtp {
    let config = SmtpConfig {
        host: "127.0.0.1".into(),
        port: 9,
        tls: SmtpTls::NoneOnLoopback,
        ca_file: None,
        timeout_ms: 1_000,
        user: None,
        password: None,
        from: "desk@northwind.example".into(),
    };
    Smtp::new(config).unwrap()
}

fn app(store: Store, outside: &Outside) -> App {
    let outside = Arc::new(outside.clone());
    let model = model();
    let acme = client(&outside);
    let psa: Arc<dyn Psa> = outside;
    let psa: Arc<dyn Psa> = Arc::new(Paced::new(psa, Pace::new("the desk", clock::chance)));
    let parts = Parts {
        clients: BTreeMap::from([(acme.id.clone(), acme)]),
        psas: BTreeMap::from([(PSA.to_owned(), psa)]),
        mail: Some(mail()),
        poll_ms: 2_000,
        workers: 4,
        ..Parts::default()
    };
    App {
        store,
        parts: watch::Sender::new(Arc::new(parts)),
        started: crate::config::example(),
        loaded: tokio::sync::Mutex::new(crate::config::example()),
        live_policy: Live::new(Ok(policy().compile().unwrap())),
        brain: BrainId::new("technician").unwrap(),
        brain_ceiling: Tier::High,
        model_digest: "sim".into(),
        model,
        msp_name: "Northwind IT".into(),
        public_url: "http://sim.example".into(),
        due: Notify::new(),
        look: Notify::new(),
        changed: broadcast::channel(16).0,
        complaints: Default::default(),
        ops: Default::default(),
        cells: Default::default(),
        traces: Default::default(),
    }
}

/// One node, whether it runs or not.
struct Place {
    dir: PathBuf,
    running: Option<(JoinHandle<()>, watch::Sender<bool>)>,
    app: Arc<Mutex<Option<Arc<App>>>>,
}

/// All nodes.
pub(super) struct Nodes {
    outside: Outside,
    places: Mutex<Vec<Place>>,
}

impl Nodes {
    pub(super) fn new(outside: Outside, dirs: &[PathBuf]) -> Nodes {
        let place = |dir: &PathBuf| Place { dir: dir.clone(), running: None, app: Arc::default() };
        Nodes { outside, places: Mutex::new(dirs.iter().map(place).collect()) }
    }

    /// Starts a node.
    pub(super) fn start(&self, node: Node) {
        let mut places = self.places.lock().unwrap();
        let place = &mut places[node as usize];
        let (switch, stop) = Stop::new();
        let (options, slot, outside) =
            (options(&place.dir), place.app.clone(), self.outside.clone());
        let run = async move {
            let store = loop {
                match Store::open(&options).await {
                    Ok(store) => break store,
                    Err(_) => tokio::time::sleep(Duration::from_millis(500)).await,
                }
            };
            let app = Arc::new(app(store, &outside));
            *slot.lock().unwrap() = Some(app.clone());
            worker::run(app, stop).await;
        };
        let task = tokio::spawn(store::sim::on(Some(node), run));
        place.running = Some((task, switch));
    }

    /// Clears away a node that ended: nothing of it goes on.
    pub(super) async fn clear(&self, node: Node) {
        let (running, app) = {
            let mut places = self.places.lock().unwrap();
            let place = &mut places[node as usize];
            let app = place.app.lock().unwrap().take();
            (place.running.take(), app)
        };
        if let Some((task, _)) = running {
            task.abort();
            let _ = task.await;
        }
        if let Some(app) = app {
            let (store, left) = (app.store.clone(), Arc::downgrade(&app));
            drop(app);
            store.kill().await;
            for _ in 0..10_000 {
                if left.strong_count() == 0 {
                    break;
                }
                tokio::task::yield_now().await;
            }
            assert_eq!(left.strong_count(), 0, "something of an ended node goes on");
        }
        store::sim::cleared(node);
    }

    /// The store of some running node.
    pub(super) fn any(&self) -> Option<Store> {
        let places = self.places.lock().unwrap();
        let running: Vec<Store> = places
            .iter()
            .filter_map(|p| p.app.lock().unwrap().as_ref().map(|a| a.store.clone()))
            .collect();
        if running.is_empty() {
            return None;
        }
        let n = self.outside.world.below(running.len() as u64) as usize;
        running.into_iter().nth(n)
    }

    /// Ends every node in order.
    pub(super) async fn stop(&self) {
        let running: Vec<_> = {
            let mut places = self.places.lock().unwrap();
            places.iter_mut().map(|p| (p.running.take(), p.app.clone())).collect()
        };
        for (running, slot) in running {
            if let Some((task, switch)) = running {
                let _ = switch.send(true);
                let _ = task.await;
            }
            let app = slot.lock().unwrap().take();
            if let Some(app) = app {
                let store = app.store.clone();
                drop(app);
                store.close().await;
            }
        }
    }
}
