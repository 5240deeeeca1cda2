//! `journeyman journal verify|show|checkpoint`

use super::{CliResult, ConfigArg, table};
use crate::{app::open_store, config::Config};
use domain::ClientId;
use std::{collections::BTreeSet, path::PathBuf, process::ExitCode};
use store::{Report, Store};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Recompute every entry and compare with every checkpoint. Ends with 1 when something is wrong.
    Verify {
        /// Only this client.
        #[arg(long)]
        client: Option<String>,
        /// A signed checkpoint that was kept elsewhere (`journal checkpoint`); finds a rollback.
        #[arg(long, value_name = "FILE", requires = "client")]
        checkpoint: Option<PathBuf>,
    },
    /// The newest entries of one client.
    Show {
        /// Whose.
        #[arg(long)]
        client: String,
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Print the newest signed checkpoint, to be kept where this machine cannot change it.
    Checkpoint {
        /// Whose.
        #[arg(long)]
        client: String,
    },
}

pub(crate) async fn run(args: Args) -> CliResult {
    let config = Config::load(&args.config.config)?;
    let store = open_store(&config).await?;
    let code = match args.command {
        Command::Verify { client, checkpoint } => {
            let client = match client {
                Some(name) => Some(known(&config, &store, name).await?),
                None => None,
            };
            verify(&store, client, checkpoint).await?
        }
        Command::Show { client, limit } => {
            show(&store, known(&config, &store, client).await?, limit).await?
        }
        Command::Checkpoint { client } => {
            checkpoint(&store, known(&config, &store, client).await?).await?
        }
    };
    store.close().await;
    Ok(code)
}

/// A client that is configured or has a journal: a slip in its name must not read as clean.
async fn known(
    config: &Config,
    store: &Store,
    name: String,
) -> Result<ClientId, Box<dyn std::error::Error + Send + Sync>> {
    let client = ClientId::new(name)?;
    let mut clients: BTreeSet<ClientId> = store.journals().await?.into_iter().collect();
    clients.extend(config.client.iter().map(|c| c.id.clone()));
    if clients.contains(&client) {
        return Ok(client);
    }
    let names: Vec<&str> = clients.iter().map(ClientId::as_str).collect();
    Err(format!("there is no client {client}; clients are {}", names.join(", ")).into())
}

async fn verify(store: &Store, client: Option<ClientId>, kept: Option<PathBuf>) -> CliResult {
    let clients = match client {
        Some(client) => vec![client],
        None => store.journals().await?,
    };
    if clients.is_empty() {
        println!("there is no journal yet: nothing has been taken in");
    }
    let kept = match kept {
        Some(path) => Some(
            std::fs::read_to_string(&path)
                .map_err(|e| format!("cannot read the checkpoint {}: {e}", path.display()))?,
        ),
        None => None,
    };
    let mut clean = true;
    for client in clients {
        let report = store.verify(&client, kept.as_deref()).await?;
        clean &= report.is_clean();
        tell(&report);
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints what verifying one client's journal showed.
pub(super) fn tell(report: &Report) {
    let word = if report.is_clean() { "clean" } else { "WRONG" };
    println!(
        "{}: {word}: {} entries, root {}, {} checkpoints, {} erased",
        report.client,
        report.size,
        hex::encode(report.root),
        report.checkpoints,
        report.erased
    );
    for p in &report.problems {
        match p.seq {
            Some(seq) => println!("  entry {seq}: {}", p.text),
            None => println!("  {}", p.text),
        }
    }
}

async fn show(store: &Store, client: ClientId, limit: u32) -> CliResult {
    let mut table = table(&["seq", "at", "case", "who", "what", "tier", "outcome", "digest"]);
    for e in store.entries(&client, limit).await? {
        table.add_row([
            e.seq.to_string(),
            e.at.to_string(),
            e.case,
            e.actor,
            e.kind,
            e.tier.unwrap_or_default(),
            e.outcome.unwrap_or_default(),
            e.digest.map(|d| d.chars().take(8).collect()).unwrap_or_default(),
        ]);
    }
    println!("{table}");
    Ok(ExitCode::SUCCESS)
}

async fn checkpoint(store: &Store, client: ClientId) -> CliResult {
    match store.checkpoint(&client).await? {
        Some(note) => {
            print!("{note}");
            eprintln!("checked with the key {}", store.verifier_key(&client));
            Ok(ExitCode::SUCCESS)
        }
        None => Err(format!(
            "{client} has no checkpoint yet; one is signed within a second of an entry"
        )
        .into()),
    }
}
