//! `journeyman brains add|list|rotate|revoke|webhook`: which AIs may ask for actions.

use super::{CliResult, ConfigArg, approvals::sign_in, table};
use crate::{
    api::{token, webhooks},
    app::open_store,
    clock,
    config::Config,
};
use domain::{ActionKind, BrainId, ClientId, PersonId, Tier};
use secrecy::{ExposeSecret as _, SecretString};
use std::{error::Error, process::ExitCode};
use store::{BrainRow, NewBrain, Role, Store};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    #[command(subcommand)]
    command: Command,
    /// Sign-in name of the administrator who does it; their password is asked for. Without it, the
    /// owner stands in the journal.
    #[arg(long = "as", value_name = "PERSON", global = true)]
    person: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Let a brain in. Its token is shown once.
    Add(Add),
    /// Every brain that was ever let in, with its limits.
    List,
    /// Give a brain a new token, shown once; the old one no longer works.
    Rotate {
        /// Its id.
        id: String,
    },
    /// Shut a brain out, at once and for good.
    Revoke {
        /// Its id.
        id: String,
        /// Why, in a sentence.
        #[arg(long)]
        reason: String,
    },
    /// Set where a brain is told of news; the secret that signs it is shown once.
    Webhook {
        /// Its id.
        id: String,
        /// Where; without it, the brain is told nothing any more.
        #[arg(long)]
        url: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
struct Add {
    /// Its name. The id is made of it: lower case, other characters than a-z, 0-9 as `-`.
    name: String,
    /// Sign-in name of who answers for it. They cannot approve what it asks for.
    #[arg(long)]
    owner: String,
    /// Id of a client that it may act for; again for each. Without any: all.
    #[arg(long = "client", value_name = "ID")]
    clients: Vec<String>,
    /// A kind of action that it may ask for, such as unlock_account; again for each. Without any: all.
    #[arg(long = "action", value_name = "KIND")]
    actions: Vec<String>,
    /// A request riskier than this is for people only.
    #[arg(long, default_value = "medium", value_parser = ["low", "medium", "high", "critical"])]
    ceiling: String,
    /// Calls within a minute, reads included.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: u32,
    /// Where it is told of news.
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,
}

type Fault = Box<dyn Error + Send + Sync>;

pub(crate) async fn run(args: Args) -> CliResult {
    let config = Config::load(&args.config.config)?;
    let store = open_store(&config).await?;
    let result = act(&config, &store, args.command, args.person.as_deref()).await;
    store.close().await;
    result.map(|()| ExitCode::SUCCESS)
}

async fn act(
    config: &Config,
    store: &Store,
    command: Command,
    person: Option<&str>,
) -> Result<(), Fault> {
    match command {
        Command::Add(one) => add(config, store, one, person).await,
        Command::List => list(store).await,
        Command::Rotate { id } => {
            let brain = find(store, &id).await?;
            let by = who(store, person, &brain.owner).await?;
            let (token, hash) = token::new_token(&brain.id)?;
            store.rotate_brain_token(&brain.id, hash, by, clock::now()).await?;
            show_token(config, &brain.id, &token);
            Ok(())
        }
        Command::Revoke { id, reason } => {
            let brain = find(store, &id).await?;
            let by = who(store, person, &brain.owner).await?;
            let out = store.revoke_brain(&brain.id, by, &reason, clock::now()).await?;
            println!("{id} {}", if out { "is shut out" } else { "was shut out before" });
            Ok(())
        }
        Command::Webhook { id, url } => {
            let brain = find(store, &id).await?;
            let by = who(store, person, &brain.owner).await?;
            set_webhook(store, &brain.id, url, by).await
        }
    }
}

async fn add(config: &Config, store: &Store, one: Add, person: Option<&str>) -> Result<(), Fault> {
    let id = id_of(&one.name)?;
    let owner = PersonId::new(one.owner)?;
    if store.person(&owner).await?.is_none() {
        return Err(format!("nobody signs in as {owner}; an owner is a person who does").into());
    }
    let clients = one.clients.into_iter().map(ClientId::new).collect::<Result<Vec<_>, _>>()?;
    if let Some(unknown) = clients.iter().find(|c| config.client.iter().all(|e| e.id != **c)) {
        return Err(format!("the configuration has no client {unknown}").into());
    }
    let kinds = one.actions.iter().map(|name| kind(name)).collect::<Result<Vec<_>, _>>()?;
    if let Some(url) = &one.webhook {
        webhooks::check_url(url)?;
    }
    let by = who(store, person, &owner).await?;
    let (token, token_hash) = token::new_token(&id)?;
    let new = NewBrain {
        id: id.clone(),
        name: one.name,
        owner,
        clients: (!clients.is_empty()).then_some(clients),
        kinds: (!kinds.is_empty()).then_some(kinds),
        ceiling: Tier::ALL.into_iter().find(|t| t.name() == one.ceiling).unwrap_or(Tier::Low),
        rate_per_min: one.rate,
        token_hash,
    };
    store.add_brain(new, by.clone(), clock::now()).await?;
    show_token(config, &id, &token);
    match one.webhook {
        Some(url) => set_webhook(store, &id, Some(url), by).await,
        None => Ok(()),
    }
}

/// The id that a name leads to. Those that the platform uses itself are taken.
fn id_of(name: &str) -> Result<BrainId, Fault> {
    let text: String = name
        .trim()
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let id = text.trim_matches('-');
    if id.is_empty() {
        return Err(format!("{name:?} leads to no id; use letters a to z or digits").into());
    }
    if ["technician", crate::undo::PEOPLE, "platform"].contains(&id) {
        return Err(format!("{id} is the platform's own; choose another name").into());
    }
    Ok(BrainId::new(id)?)
}

fn kind(name: &str) -> Result<ActionKind, Fault> {
    let all = ActionKind::ALL;
    all.iter().copied().find(|k| k.name() == name).ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|k| k.name()).collect();
        format!("{name:?} is no action; there are {}", names.join(", ")).into()
    })
}

async fn find(store: &Store, id: &str) -> Result<BrainRow, Fault> {
    let found = store.brain(&BrainId::new(id)?).await?;
    found.ok_or_else(|| {
        format!("there is no brain {id}; `journeyman brains list` prints them").into()
    })
}

/// Who does it, by their password; the owner when nobody is named.
async fn who(store: &Store, person: Option<&str>, owner: &PersonId) -> Result<PersonId, Fault> {
    let Some(name) = person else { return Ok(owner.clone()) };
    let person = sign_in(store, name).await?;
    match person.role {
        Role::Admin => Ok(person.id),
        role => {
            Err(format!("{} has the role {}; administrators manage brains", person.id, role.name())
                .into())
        }
    }
}

async fn set_webhook(
    store: &Store,
    id: &BrainId,
    url: Option<String>,
    by: PersonId,
) -> Result<(), Fault> {
    let Some(url) = url else {
        store.set_brain_webhook(id, None, None, by, clock::now()).await?;
        println!("{id} is told nothing any more");
        return Ok(());
    };
    webhooks::check_url(&url)?;
    let secret = token::new_webhook_secret()?;
    store.set_brain_webhook(id, Some(url), Some(secret.clone()), by, clock::now()).await?;
    println!("secret of the webhook, shown once: {}", secret.expose_secret());
    Ok(())
}

fn show_token(config: &Config, id: &BrainId, token: &SecretString) {
    let url = config.public_url.trim_end_matches('/');
    println!("id: {id}");
    println!("token, shown once: {}", token.expose_secret());
    println!("REST: {url}/api/v1 (described at {url}/api/v1/openapi.json)");
    println!("MCP: {url}/mcp, or `JOURNEYMAN_TOKEN=… journeyman mcp --url {url}`");
}

async fn list(store: &Store) -> Result<(), Fault> {
    let mut table = table(&[
        "id",
        "name",
        "owner",
        "clients",
        "actions",
        "ceiling",
        "a minute",
        "webhook",
        "last used",
        "state",
    ]);
    for b in store.brains().await? {
        let all = || "all".to_owned();
        let clients: Option<Vec<_>> =
            b.clients.map(|c| c.iter().map(ToString::to_string).collect());
        let kinds: Option<Vec<_>> = b.kinds.map(|k| k.iter().map(|k| k.name()).collect());
        table.add_row([
            b.id.to_string(),
            b.name,
            b.owner.to_string(),
            clients.map_or_else(all, |c| c.join(", ")),
            kinds.map_or_else(all, |k| k.join(", ")),
            b.ceiling.to_string(),
            b.rate_per_min.to_string(),
            // Not the address: tokens are often part of it.
            if b.webhook_url.is_some() { "yes" } else { "no" }.to_owned(),
            b.last_used_at.map_or_else(|| "never".into(), |at| at.to_string()),
            b.revoked_at.map_or_else(|| "works".into(), |at| format!("revoked {at}")),
        ]);
    }
    println!("{table}");
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_name_leads_to_an_id_that_is_not_the_platforms_own() {
        assert_eq!(id_of("Claude (service desk)").unwrap().as_str(), "claude--service-desk");
        assert_eq!(id_of(" Acme Bot ").unwrap().as_str(), "acme-bot");
        for wrong in ["", "---", "Technician", "people", "Platform!"] {
            assert!(id_of(wrong).is_err(), "{wrong}");
        }
        assert!(id_of(&"x".repeat(65)).is_err());
    }
}
