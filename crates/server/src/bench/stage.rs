//! A server as it is served: store, policy, clients with a stand-in directory, a brain and a person.

use super::{Fault, directory::Answering};
use crate::{
    app::{App, Client},
    clock,
    config::Config,
    parts::Parts,
    serve::{self, Running},
};
use domain::{BrainId, ClientId, PersonId, Tier};
use gate::Policy;
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};
use store::{NewBrain, Person, Role};
use technician::Profile;

/// A folder that is removed at the end.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// A new folder below this one.
    pub(super) fn new(base: &Path) -> Result<Folder, Fault> {
        let path = base.join(format!("journeyman-bench-{}", clock::new_id()));
        std::fs::create_dir_all(&path)
            .map_err(|e| format!("cannot make {}: {e}", path.display()))?;
        Ok(Folder(path))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Left-overs of a benchmark harm nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running server.
pub(super) struct Stage {
    pub(super) app: Arc<App>,
    pub(super) directory: Arc<Answering>,
    pub(super) clients: Vec<ClientId>,
    pub(super) brain: BrainId,
    pub(super) person: PersonId,
    running: Running,
}

impl Stage {
    /// Starts one with so many clients and workers. `database` names an environment variable with
    /// the address of a PostgreSQL; without it the store is SQLite in the folder.
    pub(super) async fn start(
        folder: &Path,
        database: Option<&str>,
        clients: usize,
        workers: u32,
    ) -> Result<Stage, Fault> {
        let mut config: Config = toml::from_str(
            "data_dir = \"data\"\npublic_url = \"http://bench.example\"\nmsp_name = \"Bench\"",
        )?;
        config.data_dir = folder.join("data");
        config.database = database.map(|name| connectors::SecretSource::Env(name.into()));
        config.policy = Some(policy());
        std::fs::create_dir_all(&config.data_dir)?;
        let app = App::open(&config).await?;
        // Else every request would be refused, and nobody be asked.
        policy().compile().map_err(|e| e.to_string())?;
        let now = clock::now();
        let (brain, person) = (BrainId::new("copilot")?, PersonId::new("boss")?);
        app.store.put_person(somebody(&person), now).await?;
        let new = NewBrain {
            id: brain.clone(),
            name: "Copilot".into(),
            owner: PersonId::new("owner")?,
            clients: None,
            kinds: None,
            ceiling: Tier::High,
            rate_per_min: 0,
            token_hash: "77".repeat(32),
        };
        app.store.add_brain(new, person.clone(), now).await?;
        let directory = Arc::new(Answering::default());
        let mut parts = Parts { poll_ms: 5_000, workers, ..Parts::default() };
        let mut ids = Vec::new();
        for n in 0..clients {
            let id = ClientId::new(format!("client-{n}"))?;
            parts.clients.insert(id.clone(), client(&id, &directory));
            ids.push(id);
        }
        app.parts.send_replace(Arc::new(parts));
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let running = serve::start(app, &config.data_dir, anywhere).await?;
        Ok(Stage { app: running.app.clone(), directory, clients: ids, brain, person, running })
    }

    /// Stops it; what is being worked on is finished.
    pub(super) async fn stop(self) {
        drop(self.app);
        self.running.stop().await;
    }
}

fn client(id: &ClientId, directory: &Arc<Answering>) -> Client {
    Client {
        id: id.clone(),
        name: id.to_string(),
        customers: Vec::new(),
        lists: Default::default(),
        link_ttl_hours: 24,
        directory: directory.clone(),
        profile: Profile {
            msp_name: "Bench".into(),
            can: connectors::Directory::capabilities(&**directory).to_vec(),
            ..Profile::default()
        },
        gate_lock: Default::default(),
    }
}

fn somebody(id: &PersonId) -> Person {
    Person {
        id: id.clone(),
        name: "Boss".into(),
        email: "boss@bench.example".into(),
        role: Role::Admin,
        password_hash: String::new(),
        away: None,
        deputy: None,
    }
}

/// Everything is asked about, and no number of steps makes the question a graver one.
fn policy() -> Policy {
    let mut policy = Policy::cautious("bench-1");
    policy.bulk_threshold = 1_000_000;
    policy.critical_threshold = 2_000_000;
    policy
}
