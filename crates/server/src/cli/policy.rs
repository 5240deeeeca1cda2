//! `journeyman policy …`: check, compare, explain, try out, propose and agree to policies.

use super::{CliResult, ConfigArg, approvals::sign_in, table};
use crate::{app::open_store, clock, config::Config, policy};
use gate::{Policy, differences};
use std::{
    error::Error,
    path::{Path, PathBuf},
    process::ExitCode,
};
use store::{NewPolicy, PolicyState, Role, Store};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Check a document (JSON or TOML) and name every problem. Needs no installation.
    Check {
        /// The document.
        file: PathBuf,
    },
    /// What a document would change, and what of it loosens; against the active policy, or --base.
    Diff {
        /// The document.
        file: PathBuf,
        /// Compare with this document instead.
        #[arg(long, value_name = "FILE")]
        base: Option<PathBuf>,
    },
    /// What the active policy, or a document, says about each action of a client.
    Explain {
        /// Whose.
        client: String,
        /// A document instead of the active policy.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Judge the requests of the last 30 days again under a document; changes nothing.
    Simulate {
        /// The document.
        file: PathBuf,
    },
    /// Print the active policy, or another version, as JSON.
    Show {
        /// Which version.
        version: Option<String>,
    },
    /// Every version: who wrote it, why, and who agreed.
    History,
    /// Propose a document. What loosens nothing is in force at once; else a second person agrees.
    Propose {
        /// The document.
        file: PathBuf,
        /// Why, in a sentence.
        #[arg(long)]
        reason: String,
        /// Sign-in name of the administrator who proposes it.
        #[arg(long = "as", value_name = "PERSON")]
        person: String,
    },
    /// Agree to a proposed version, as a second person.
    Agree(Second),
    /// Reject a proposed version, or take one's own back.
    Reject(Second),
    /// Propose an earlier version again.
    Return {
        /// Which version.
        version: String,
        /// Why, in a sentence.
        #[arg(long)]
        reason: String,
        /// Sign-in name of the administrator who proposes it.
        #[arg(long = "as", value_name = "PERSON")]
        person: String,
    },
}

#[derive(Debug, clap::Args)]
struct Second {
    /// Which version.
    version: String,
    /// Why, in a sentence.
    #[arg(long, default_value = "")]
    reason: String,
    /// Sign-in name of the administrator.
    #[arg(long = "as", value_name = "PERSON")]
    person: String,
}

type Fault = Box<dyn Error + Send + Sync>;

pub(crate) async fn run(args: Args) -> CliResult {
    // A document can be checked and compared where nothing is installed.
    match &args.command {
        Command::Check { file } => return check(file),
        Command::Diff { file, base: Some(base) } => {
            diff(Some(&read(base)?), &read(file)?);
            return Ok(ExitCode::SUCCESS);
        }
        Command::Explain { client, file: Some(file) } => {
            explain(&read(file)?, client)?;
            return Ok(ExitCode::SUCCESS);
        }
        _ => {}
    }
    let config = Config::load(&args.config.config)?;
    let store = open_store(&config).await?;
    let result = with_store(&store, args.command).await;
    store.close().await;
    result.map(|()| ExitCode::SUCCESS)
}

async fn with_store(store: &Store, command: Command) -> Result<(), Fault> {
    match command {
        Command::Check { .. } => Ok(()),
        Command::Diff { file, .. } => {
            diff(active(store).await?.as_ref(), &read(&file)?);
            Ok(())
        }
        Command::Explain { client, .. } => {
            let active = active(store).await?.ok_or("no policy is in force")?;
            explain(&active, &client)
        }
        Command::Simulate { file } => simulate(store, &read(&file)?).await,
        Command::Show { version } => {
            let row = match version {
                Some(version) => store.policy(&version).await?,
                None => store.active_policy().await?,
            };
            println!("{}", row.ok_or("there is no such version")?.document);
            Ok(())
        }
        Command::History => history(store).await,
        Command::Propose { file, reason, person } => {
            propose(store, read(&file)?, reason, &person).await
        }
        Command::Return { version, reason, person } => {
            let row = store.policy(&version).await?.ok_or("there is no such version")?;
            let mut again = policy::parse(&row.document)?;
            let active = store.active_policy().await?.map(|r| r.version).unwrap_or_default();
            again.version = policy::next_version(&active, clock::now());
            propose(store, again, reason, &person).await
        }
        Command::Agree(second) => settle(store, second, true).await,
        Command::Reject(second) => settle(store, second, false).await,
    }
}

fn read(path: &Path) -> Result<Policy, Fault> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| format!("cannot read the policy {}: {e}", path.display()))?;
    Ok(policy::parse(&text).map_err(|e| format!("{}: {e}", path.display()))?)
}

async fn active(store: &Store) -> Result<Option<Policy>, Fault> {
    let row = store.active_policy().await?;
    Ok(row.map(|r| policy::parse(&r.document)).transpose()?)
}

fn check(file: &Path) -> CliResult {
    match read(file)?.compile() {
        Ok(compiled) => {
            println!("{} can be used: version {}", file.display(), compiled.version());
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => {
            let all: Vec<String> = problems.0.iter().map(|p| format!("\n  {p}")).collect();
            Err(format!("{} cannot be used:{}", file.display(), all.concat()).into())
        }
    }
}

fn lines(before: Option<&Policy>, after: &Policy) -> (Vec<String>, Vec<String>) {
    let all = differences(before, after);
    let show = |v: &Option<String>| v.clone().unwrap_or_else(|| "nothing".into());
    let diff = all
        .iter()
        .map(|d| format!("{}: {} → {}", d.path, show(&d.before), show(&d.after)))
        .collect();
    let loosens =
        all.iter().filter_map(|d| Some(format!("{}: {}", d.path, d.loosens.as_ref()?))).collect();
    (diff, loosens)
}

fn diff(before: Option<&Policy>, after: &Policy) {
    let (diff, loosens) = lines(before, after);
    if diff.is_empty() {
        println!("nothing is different");
    }
    for line in diff {
        println!("{line}");
    }
    for line in loosens {
        println!("loosens: {line}");
    }
}

fn explain(policy: &Policy, client: &str) -> Result<(), Fault> {
    let client = domain::ClientId::new(client)?;
    let compiled = policy.compile()?;
    let mut table = table(&["action", "autonomy", "identity", "people", "never below"]);
    for kind in domain::ActionKind::ALL.iter().filter(|k| k.is_write()) {
        let two = policy.two_person.contains(kind)
            || policy.clients.get(&client).is_some_and(|c| c.two_person.contains(kind));
        table.add_row([
            kind.name().to_owned(),
            compiled.autonomy(&client, *kind).to_string(),
            policy.identity(*kind).name().to_owned(),
            if two { "2" } else { "1" }.to_owned(),
            kind.floor().to_string(),
        ]);
    }
    println!("policy {} for {client}\n{table}", policy.version);
    let own = policy.clients.get(&client);
    let rules = policy.custom_rules.iter().chain(own.iter().flat_map(|c| &c.custom_rules));
    for rule in rules {
        println!(
            "rule {}: {} when {} → at least {} ({})",
            rule.name, rule.action, rule.condition, rule.escalate_to, rule.reason
        );
    }
    Ok(())
}

async fn simulate(store: &Store, policy: &Policy) -> Result<(), Fault> {
    let compiled = policy.compile()?;
    let found = policy::simulate(store, &compiled, clock::now()).await?;
    let mut table = table(&["when", "client", "what", "was", "would be", "because"]);
    for c in &found.changed {
        table.add_row([
            c.at.to_string(),
            c.client.to_string(),
            c.sentence.clone(),
            c.before.to_string(),
            c.after.to_string(),
            c.because.clone(),
        ]);
    }
    println!(
        "{} of {} judgements of the last 30 days would have another tier\n{table}",
        found.changed.len(),
        found.looked_at
    );
    Ok(())
}

async fn history(store: &Store) -> Result<(), Fault> {
    let mut table = table(&["version", "state", "author", "when", "agreed", "reason", "diff"]);
    for row in store.policies(100).await? {
        table.add_row([
            row.version,
            row.state.name().to_owned(),
            row.author,
            row.proposed_at.to_string(),
            row.decided_by.unwrap_or_default(),
            row.reason,
            row.diff.join("\n"),
        ]);
    }
    println!("{table}");
    Ok(())
}

async fn administrator(store: &Store, name: &str) -> Result<domain::PersonId, Fault> {
    let person = sign_in(store, name).await?;
    match person.role {
        Role::Admin => Ok(person.id),
        other => Err(format!(
            "{} has the role {}; administrators change the policy",
            person.id,
            other.name()
        )
        .into()),
    }
}

async fn propose(store: &Store, after: Policy, reason: String, person: &str) -> Result<(), Fault> {
    after.compile()?;
    let author = administrator(store, person).await?;
    let active = store.active_policy().await?;
    let before = active.as_ref().map(|r| policy::parse(&r.document)).transpose()?;
    let (diff, loosens) = lines(before.as_ref(), &after);
    let new = NewPolicy {
        version: after.version.clone(),
        base: active.map(|r| r.version),
        author,
        reason,
        document: policy::render(&after),
        diff,
        loosens,
    };
    let row = store.propose_policy(new, clock::now()).await?;
    match row.state {
        PolicyState::Active => println!("policy {} is in force", row.version),
        _ => {
            for line in &row.loosens {
                println!("loosens: {line}");
            }
            println!("policy {} waits for a second person to agree", row.version);
        }
    }
    Ok(())
}

async fn settle(store: &Store, second: Second, agree: bool) -> Result<(), Fault> {
    let person = administrator(store, &second.person).await?;
    let row =
        store.decide_policy(&second.version, &person, agree, &second.reason, clock::now()).await?;
    println!("policy {} is {}", row.version, row.state.name());
    Ok(())
}
