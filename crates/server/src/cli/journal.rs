//! `journeyman journal verify|show|checkpoint|prove|check-proof`

use super::{CliResult, ConfigArg, proof, table};
use crate::{app::open_store, config::Config};
use domain::ClientId;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::ExitCode,
};
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
        /// All that a witness kept: a file of signed checkpoints of any number of clients, such as `file` of
        /// [witness] names. Finds a rollback and a fork, and says at which size.
        #[arg(long, value_name = "FILE", conflicts_with = "checkpoint")]
        witness: Option<PathBuf>,
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
    /// Prove that one entry stands in the journal, for somebody who has no access to it.
    Prove(proof::Prove),
    /// Check such a proof, offline and without a configuration. Ends with 1 when it does not hold.
    CheckProof(proof::Check),
    /// Print the newest signed checkpoint, to be kept where this machine cannot change it.
    Checkpoint {
        /// Whose.
        #[arg(long)]
        client: String,
    },
}

pub(crate) async fn run(args: Args) -> CliResult {
    if let Command::CheckProof(args) = &args.command {
        return proof::check(args);
    }
    let config = Config::load(&args.config.config)?;
    let store = open_store(&config).await?;
    let code = match args.command {
        Command::Verify { client, checkpoint, witness } => {
            let client = match client {
                Some(name) => Some(known(&config, &store, name).await?),
                None => None,
            };
            match witness {
                Some(file) => verify_witnessed(&store, client, &file).await?,
                None => verify(&store, client, checkpoint).await?,
            }
        }
        Command::Show { client, limit } => {
            show(&store, known(&config, &store, client).await?, limit).await?
        }
        Command::Prove(args) => {
            let client = known(&config, &store, args.client.clone()).await?;
            proof::prove(&store, &client, &args).await?
        }
        Command::CheckProof(args) => proof::check(&args)?,
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
        clean &= tell(&report);
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Against all that a witness kept. A client whose journal is gone altogether is named too.
async fn verify_witnessed(store: &Store, client: Option<ClientId>, file: &Path) -> CliResult {
    let text = std::fs::read_to_string(file)
        .map_err(|e| format!("cannot read what the witness kept, {}: {e}", file.display()))?;
    let kept = store.witnessed(&text).map_err(|e| format!("{}: {e}", file.display()))?;
    let mut clients: BTreeSet<ClientId> = store.journals().await?.into_iter().collect();
    clients.extend(kept.keys().cloned());
    let mut clean = true;
    for client in clients.into_iter().filter(|c| client.as_ref().is_none_or(|only| only == c)) {
        let notes = kept.get(&client).map(Vec::as_slice).unwrap_or_default();
        clean &= tell(&store.verify_witnessed(&client, notes).await?);
        if notes.is_empty() {
            println!("  the witness has seen no checkpoint of {client}");
        }
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints what verifying one client's journal showed; whether nothing is wrong.
pub(super) fn tell(report: &Report) -> bool {
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
    report.is_clean()
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
