//! `journeyman playbook show|log|put`: what was learned about a client, and people's corrections, without the console.

use super::{CliResult, ConfigArg, approvals::sign_in};
use crate::{app::open_store, clock, config::Config};
use domain::{Actor, ClientId, playbook::Playbook};
use std::{error::Error, path::PathBuf, process::ExitCode};
use store::{NewPlaybook, Role, Store};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// The playbook of a client, line by line, with the tickets that show each.
    Show {
        /// Whose.
        client: String,
        /// An earlier version.
        #[arg(long)]
        version: Option<u64>,
        /// As JSON, as `put` reads it.
        #[arg(long)]
        json: bool,
    },
    /// Every version: who wrote it, why, and what is different.
    Log {
        /// Whose.
        client: String,
    },
    /// Write a corrected playbook, made from the version in force. Lines that are different count as corrected by you: learning leaves
    /// them as they are.
    Put {
        /// Whose.
        client: String,
        /// The playbook, JSON, as `show --json` prints it.
        file: PathBuf,
        /// The version that it was made from.
        #[arg(long, value_name = "VERSION")]
        base: u64,
        /// Why, in a sentence.
        #[arg(long)]
        reason: String,
        /// Sign-in name of who corrects it.
        #[arg(long = "as", value_name = "PERSON")]
        person: String,
    },
}

type Fault = Box<dyn Error + Send + Sync>;

pub(crate) async fn run(args: Args) -> CliResult {
    let config = Config::load(&args.config.config)?;
    let store = open_store(&config).await?;
    let result = with_store(&store, &config, args.command).await;
    store.close().await;
    result.map(|()| ExitCode::SUCCESS)
}

fn client(config: &Config, id: &str) -> Result<ClientId, Fault> {
    let found = config.client.iter().find(|c| c.id.as_str() == id);
    found.map(|c| c.id.clone()).ok_or_else(|| {
        let all: Vec<&str> = config.client.iter().map(|c| c.id.as_str()).collect();
        format!("there is no client {id}; clients are {}", all.join(", ")).into()
    })
}

async fn with_store(store: &Store, config: &Config, command: Command) -> Result<(), Fault> {
    match command {
        Command::Show { client: id, version, json } => {
            let client = client(config, &id)?;
            let rows = store.playbooks(&client, u32::MAX).await?;
            let row = rows.iter().find(|r| version.is_none_or(|v| v == r.version));
            let Some(row) = row else {
                return Err(match (rows.first(), version) {
                    (Some(newest), Some(v)) => format!(
                        "the playbook of {client} has no version {v}; the newest is {}",
                        newest.version
                    ),
                    _ => format!(
                        "nothing was learned about {client} yet; `journeyman backtest HISTORY --config FILE --keep` does"
                    ),
                }
                .into());
            };
            if json {
                println!("{}", serde_json::to_string_pretty(&row.playbook)?);
                return Ok(());
            }
            println!("{client} · version {} · {} · {}", row.version, row.author, row.at);
            if row.playbook.tickets > 0 {
                println!(
                    "learned from {} closed tickets: {}",
                    row.playbook.tickets, row.playbook.source
                );
            }
            for line in &row.playbook.lines {
                let by = line.by.as_ref().map(|p| format!(" (by {p})")).unwrap_or_default();
                println!("- {}{by}", line.told());
                for more in [line.because.words.clone(), line.because.because()] {
                    if !more.is_empty() {
                        println!("    {more}");
                    }
                }
                if let Some(learned) = &line.learned {
                    println!("    the tickets say: {}", learned.sentence());
                }
            }
            Ok(())
        }
        Command::Log { client: id } => {
            for row in store.playbooks(&client(config, &id)?, u32::MAX).await? {
                println!("{}  {}  {}  {}", row.version, row.at, row.author, row.reason);
                row.diff.iter().for_each(|d| println!("    {d}"));
            }
            Ok(())
        }
        Command::Put { client: id, file, base, reason, person } => {
            let client = client(config, &id)?;
            let text =
                std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
            let mut playbook: Playbook = serde_json::from_str(&text).map_err(|e| {
                format!(
                    "{}: {e}; `journeyman playbook show {client} --json` prints one",
                    file.display()
                )
            })?;
            let person = sign_in(store, &person).await?;
            if !person.role.may_decide() {
                return Err(format!(
                    "{} reads only; administrators and technicians correct playbooks",
                    person.id
                )
                .into());
            }
            let old = store.playbook(&client).await?.map(|r| r.playbook).unwrap_or_default();
            for line in &mut playbook.lines {
                let before = old.line(&line.id);
                // What the file says of evidence and people counts for nothing.
                (line.because, line.learned, line.by) = before.map_or_else(Default::default, |b| {
                    (b.because.clone(), b.learned.clone(), b.by.clone())
                });
                if before.is_none_or(|b| !b.says_the_same(line)) {
                    line.by = Some(person.id.clone());
                    let learned = before.filter(|b| b.rule != line.rule && b.learned.is_none());
                    if let Some(before) = learned.filter(|b| b.because.count > 0) {
                        line.learned = Some(before.rule.clone());
                    }
                }
            }
            (playbook.tickets, playbook.period) = (old.tickets, old.period);
            playbook.source.clone_from(&old.source);
            let loosens = old.loosens(&playbook);
            if !loosens.is_empty() && person.role != Role::Admin {
                return Err(format!(
                    "{} is no administrator, and this lets Journeyman work on tickets that are left to people: {}",
                    person.id,
                    loosens.join("; ")
                )
                .into());
            }
            let author = Actor::Person(person.id);
            let new = NewPlaybook { client: client.clone(), base, playbook, author, reason };
            let version = store.put_playbook(new, clock::now()).await?;
            println!("playbook of {client}: version {version}");
            Ok(())
        }
    }
}
