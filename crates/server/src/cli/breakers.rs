//! `journeyman breakers list|open|close`: stop a kind of action, a client, or everything.

use super::{CliResult, ConfigArg, approvals::sign_in, table};
use crate::{app::open_store, clock, config::Config};
use domain::{ActionKind, Actor, BreakerMode, BreakerScope, ClientId};
use std::{error::Error, process::ExitCode};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Which are open, since when and why.
    List,
    /// Stop now: everything, a client, or one kind of action for a client. Takes effect on the next
    /// judgement of every node.
    Open {
        #[command(flatten)]
        what: What,
        /// Why, in a sentence.
        #[arg(long)]
        reason: String,
        /// Have a person asked about each one instead of stopping it.
        #[arg(long)]
        ask: bool,
        /// Sign-in name of the person who opens it.
        #[arg(long = "as", value_name = "PERSON")]
        person: String,
    },
    /// Let it run again. A person and a reason are needed, and both are journalled.
    Close {
        #[command(flatten)]
        what: What,
        /// Why, in a sentence.
        #[arg(long)]
        reason: String,
        /// Sign-in name of the person who closes it.
        #[arg(long = "as", value_name = "PERSON")]
        person: String,
    },
}

#[derive(Debug, clap::Args)]
struct What {
    /// Only this client; without it, everything.
    #[arg(long)]
    client: Option<String>,
    /// Only this kind of action, such as reset_password.
    #[arg(long, requires = "client")]
    action: Option<String>,
}

impl What {
    fn scope(self) -> Result<BreakerScope, Box<dyn Error + Send + Sync>> {
        let Some(client) = self.client else { return Ok(BreakerScope::Everything) };
        let client = ClientId::new(client)?;
        let Some(name) = self.action else { return Ok(BreakerScope::Client(client)) };
        let kind = ActionKind::ALL.iter().find(|k| k.name() == name && k.is_write());
        let kind = kind.ok_or_else(|| {
            let all: Vec<_> =
                ActionKind::ALL.iter().filter(|k| k.is_write()).map(|k| k.name()).collect();
            format!("{name:?} changes nothing or is no action; there are {}", all.join(", "))
        })?;
        Ok(BreakerScope::Action(client, *kind))
    }
}

pub(crate) async fn run(args: Args) -> CliResult {
    let config = Config::load(&args.config.config)?;
    let store = open_store(&config).await?;
    let entitled = |p: &store::Person| match p.role.may_decide() {
        true => Ok(()),
        false => Err(format!("{} has the role {}, which reads only", p.id, p.role.name())),
    };
    match args.command {
        Command::List => {
            let mut table = table(&["what", "does", "since", "by", "why"]);
            for b in store.breakers().await? {
                table.add_row([
                    b.facts.scope.to_string(),
                    b.facts.mode.name().to_owned(),
                    b.facts.since.to_string(),
                    b.by,
                    b.facts.reason,
                ]);
            }
            println!("{table}");
        }
        Command::Open { what, reason, ask, person } => {
            let scope = what.scope()?;
            let person = sign_in(&store, &person).await?;
            entitled(&person)?;
            let mode = if ask { BreakerMode::Ask } else { BreakerMode::Stop };
            let actor = Actor::Person(person.id);
            let opened =
                store.open_breaker(scope.clone(), mode, &reason, actor, clock::now()).await?;
            println!("{scope}: {}", if opened { "stopped" } else { "was stopped before" });
        }
        Command::Close { what, reason, person } => {
            let scope = what.scope()?;
            let person = sign_in(&store, &person).await?;
            entitled(&person)?;
            let closed =
                store.close_breaker(scope.clone(), person.id, &reason, clock::now()).await?;
            println!("{scope}: {}", if closed { "runs again" } else { "was not stopped" });
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}
