//! `journeyman cells list|move|stay`: where clients live when there are several cells, and moving one.

use super::{CliResult, ConfigArg, table};
use crate::{
    app::{StartError, open_store, store_options},
    cells::Cells,
    clock,
    config::Config,
};
use domain::{CellId, ClientId};
use std::{
    error::Error,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};
use store::{Door, Progress, Relocation, Step, Store, StoreOptions};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Which cell each client lives in, as this cell knows.
    List,
    /// Move a client from this cell to another. The servers of both may run. Whatever ends it, run it
    /// again: it goes on where it ended.
    Move {
        /// The client. Its [[client]] must stand in the other cell's configuration too.
        #[arg(long)]
        client: String,
        /// The other cell, a name of [[cells]].
        #[arg(long)]
        to: String,
        /// A file that holds the address of the other cell's PostgreSQL, or its data folder when it has
        /// none.
        #[arg(long, value_name = "PATH")]
        target_database: PathBuf,
    },
    /// Have a client stay whose move was begun: it is worked for again.
    Stay {
        /// The client.
        #[arg(long)]
        client: String,
    },
}

type Fault = Box<dyn Error + Send + Sync>;

pub(crate) async fn run(args: Args) -> CliResult {
    super::start_log("warn");
    let config = Config::load(&args.config.config)?;
    let cells = Cells::new(&config).map_err(StartError)?;
    let own = cells.own().cloned().ok_or(
        "there is one cell only; with several, [cell] names this one and [[cells]] the others (docs/scale.md)",
    )?;
    let store = open_store(&config).await?;
    cells.set_homes(store.homes().await?);
    let done = match args.command {
        Command::List => list(&config, &cells, &store, &own).await,
        Command::Stay { client } => {
            let client = known(&config, client)?;
            store.stay(&client, &own).await?;
            println!("{client} stays in {own}");
            Ok(())
        }
        Command::Move { client, to, target_database } => {
            let client = known(&config, client)?;
            let to = CellId::new(to)?;
            if cells.peer(&to).is_none() && to != own {
                return Err(format!("[[cells]] names no cell {to}").into());
            }
            lives_here(&cells, &client, &own, &to)?;
            let options = target(&config, &target_database)?;
            let target = Store::open(&options).await.map_err(|e| StartError(e.to_string()))?;
            let plan = Relocation { client, from: own, to };
            let moved = relocate(&store, &target, &plan).await;
            target.close().await;
            moved
        }
    };
    store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

fn known(config: &Config, client: String) -> Result<ClientId, Fault> {
    let client = ClientId::new(client)?;
    match config.client.iter().any(|c| c.id == client) {
        true => Ok(client),
        false => Err(format!("the configuration has no [[client]] {client}").into()),
    }
}

/// A client that never moved lives where the configuration says.
fn lives_here(cells: &Cells, client: &ClientId, own: &CellId, to: &CellId) -> Result<(), Fault> {
    match cells.home(client) {
        Some((cell, 0)) if cell != *own => {
            Err(format!("{client} lives in {cell}; move it with that cell's configuration").into())
        }
        // Already switched: the rest of the move is still to be done.
        Some((cell, _)) if cell == *own || cell == *to => Ok(()),
        _ => {
            Err(format!("{client} lives in another cell; `journeyman cells list` says which")
                .into())
        }
    }
}

/// The other cell's store. It has the same keys, or it is refused.
fn target(config: &Config, path: &Path) -> Result<StoreOptions, Fault> {
    let own = store_options(config)?;
    if path.is_dir() {
        return Ok(StoreOptions { dir: path.to_owned(), database: None, ..own });
    }
    let url = std::fs::read_to_string(path).map_err(|e| {
        format!("--target-database {}: {e}; name a file with postgres://USER:PASSWORD@HOST/NAME in it, or a data folder", path.display())
    })?;
    Ok(StoreOptions { database: Some(url.trim().to_owned().into()), ..own })
}

async fn relocate(store: &Store, target: &Store, plan: &Relocation) -> Result<(), Fault> {
    let mut told = 0;
    loop {
        match store.relocate(target, plan, clock::now(), Step::Told).await? {
            Progress::Busy(cases) => {
                if cases != told {
                    println!("waiting for {cases} cases that are being worked on");
                    told = cases;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Progress::Moved(report) => {
                println!(
                    "{} lives in {} now; journal: {} entries, root {}, the same in both",
                    plan.client,
                    plan.to,
                    report.size,
                    hex::encode(report.root)
                );
                return Ok(());
            }
            Progress::At(step) => return Err(format!("the move stopped at {step:?}").into()),
        }
    }
}

async fn list(config: &Config, cells: &Cells, store: &Store, own: &CellId) -> Result<(), Fault> {
    let mut table = table(&["client", "cell", "moves", "here"]);
    for client in &config.client {
        let Some((cell, version)) = cells.home(&client.id) else { continue };
        let here = match store.door(&client.id).await? {
            Door::Open if cell == *own => "works",
            Door::Closing => "about to move: what was begun goes on",
            Door::Shut if cell == *own => "moving: nothing is written",
            Door::Shut => "an old copy, to read",
            Door::Open => "",
        };
        table.add_row([client.id.to_string(), cell.to_string(), version.to_string(), here.into()]);
    }
    println!("{table}");
    Ok(())
}
