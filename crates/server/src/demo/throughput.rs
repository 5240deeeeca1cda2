//! Tickets closed per second against the sandbox, by one node or several, for `journeyman bench`.
//! Sandbox and nodes share one process and its cores, so this is a floor of what the nodes could do.

use super::set_up;
use crate::{
    app::App,
    serve::{self, Running},
};
use connectors::SecretSource;
use sandbox::{Options, Sandbox, ScenarioTicket};
use serde_json::{Value, json};
use std::{
    error::Error,
    fs::File,
    io::Write as _,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::{Duration, Instant},
};
use store::Store;

type Fault = Box<dyn Error + Send + Sync>;

/// The sandbox's world.
const SEED: u64 = 7;
/// How often it is looked whether something moved.
const LOOK: Duration = Duration::from_millis(50);
/// When nothing moved for so long, what is left waits for people.
const STILL: Duration = Duration::from_secs(5);

/// Works so many tickets off that need nobody, with so many nodes. `database` names the environment
/// variable with the address of an empty PostgreSQL; without it the store is SQLite in the folder.
///
/// # Errors
/// Several nodes without a PostgreSQL, and whatever keeps a node from starting.
pub(crate) async fn measure(
    dir: &Path,
    database: Option<&str>,
    nodes: usize,
    tickets: usize,
) -> Result<Value, Fault> {
    if nodes > 1 && database.is_none() {
        return Err("several nodes need a PostgreSQL; name its variable with --database".into());
    }
    let fsync_per_s = fsync_per_s(dir)?;
    let sandbox = Sandbox::start(Options { seed: SEED, ..Options::default() }).await?;
    let mut running: Vec<Running> = Vec::new();
    let first = dir.join("node-0");
    for n in 0..nodes.max(1) {
        let folder = dir.join(format!("node-{n}"));
        std::fs::create_dir_all(folder.join("secrets"))?;
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut config = set_up::config(&sandbox, &folder, anywhere)?;
        config.database = database.map(|name| SecretSource::Env(name.into()));
        std::fs::create_dir_all(&config.data_dir)?;
        if n > 0 {
            share(&first.join("data"), &config.data_dir)?;
        }
        let app = App::open(&config).await?;
        let node = serve::start(app, &config.data_dir, anywhere).await?;
        if n == 0 {
            set_up::people(&node.app.store).await?;
            set_up::call_back(&config, &node.app, node.address).await?;
        }
        running.push(node);
    }
    let store = running.first().ok_or("there is no node")?.app.store.clone();
    let filed = simple(tickets);
    let begun = Instant::now();
    for ticket in &filed {
        sandbox.file(ticket).await;
    }
    let (seconds, closed) = settled(&store, begun).await?;
    let mut entries = 0;
    for client in &sandbox.access().clients {
        let report = store.verify(&client.id, None).await?;
        if !report.is_clean() {
            return Err(format!("the journal is not whole: {report:?}").into());
        }
        entries += report.size;
    }
    drop(store);
    for node in running {
        node.stop().await;
    }
    let entries_per_case = entries as f64 / filed.len() as f64;
    Ok(json!({
        "nodes": nodes,
        "tickets": filed.len(),
        "closed": closed,
        "closed_per_s": closed as f64 / seconds,
        "entries_per_case": entries_per_case,
        "floor": { "what": "write and fsync, one at a time", "fsync_per_s": fsync_per_s },
        "entries_per_fsync": closed as f64 * entries_per_case / seconds / fsync_per_s,
    }))
}

/// Tickets that may be closed without a person, one after the other as they arrive.
fn simple(wanted: usize) -> Vec<ScenarioTicket> {
    let alone = |t: &ScenarioTicket| t.may_close && !t.needs_person && t.follow_up.is_none();
    sandbox::scenario(SEED, wanted * 3).into_iter().filter(alone).take(wanted).collect()
}

/// Waits until nothing moves; seconds until the last case moved, and how many are closed.
async fn settled(store: &Store, begun: Instant) -> Result<(f64, u64), Fault> {
    let (mut counts, mut last) = (Vec::new(), begun);
    while last.elapsed() < STILL {
        tokio::time::sleep(LOOK).await;
        let now = store.phase_counts().await?;
        if now != counts {
            (counts, last) = (now, Instant::now());
        }
    }
    let closed = counts.iter().find(|(phase, _)| phase == "closed").map_or(0, |(_, n)| *n);
    Ok((last.duration_since(begun).as_secs_f64(), closed))
}

/// Gives a node the keys and the model of the first.
fn share(from: &Path, to: &Path) -> Result<(), Fault> {
    std::fs::create_dir_all(to.join("keys"))?;
    for entry in std::fs::read_dir(from.join("keys"))? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join("keys").join(entry.file_name()))?;
    }
    for file in ["model.bin", "model.source"] {
        std::fs::copy(from.join(file), to.join(file))?;
    }
    Ok(())
}

fn fsync_per_s(dir: &Path) -> Result<f64, Fault> {
    const TIMES: u32 = 300;
    let mut file = File::create(dir.join("floor"))?;
    let begun = Instant::now();
    for _ in 0..TIMES {
        file.write_all(&[b'x'; 308])?;
        file.sync_data()?;
    }
    Ok(f64::from(TIMES) / begun.elapsed().as_secs_f64())
}
