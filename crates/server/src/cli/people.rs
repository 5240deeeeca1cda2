//! `journeyman people add|list|password|role|away|deputy|remove`: who may sign in, and when.

use super::{CliResult, ConfigArg, approvals::moment, ask, table};
use crate::{app::open_store, clock, config::Config, web::password};
use domain::{Actor, PersonId};
use secrecy::ExposeSecret as _;
use std::{error::Error, process::ExitCode};
use store::{Person, Removal, Role, Store};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Let somebody sign in. The password is asked for, or read from the first line of standard
    /// input; it needs 12 characters or more.
    Add(Add),
    /// Everybody who can sign in.
    List,
    /// Set somebody's password, read as for `add`. Ends their sessions and sign-in links.
    Password {
        /// Sign-in name.
        name: String,
    },
    /// Give somebody another role. What they approved and has not run does not count any more when the
    /// new role may not decide.
    Role {
        /// Sign-in name.
        name: String,
        /// The new role.
        #[arg(value_parser = ["technician", "auditor", "admin"])]
        role: String,
    },
    /// Say when somebody is away: their deputy is asked instead. Without --until they are back.
    Away {
        /// Sign-in name.
        name: String,
        /// From then, such as 2026-12-20T00:00:00Z; now when absent.
        #[arg(long)]
        from: Option<String>,
        /// Until then.
        #[arg(long)]
        until: Option<String>,
    },
    /// Say who is asked while somebody is away; nobody when absent.
    Deputy {
        /// Sign-in name.
        name: String,
        /// Sign-in name of the deputy.
        deputy: Option<String>,
    },
    /// Take somebody's access away, with their sessions and sign-in links.
    Remove {
        /// Sign-in name.
        name: String,
    },
}

#[derive(Debug, clap::Args)]
struct Add {
    /// Sign-in name.
    id: String,
    /// An auditor reads, a technician decides approvals too, an admin may do everything.
    #[arg(long, value_parser = ["technician", "auditor", "admin"])]
    role: String,
    /// Mail address; nobody decides on a request that came from their own.
    #[arg(long)]
    email: String,
    /// Name for people; the sign-in name when absent.
    #[arg(long)]
    name: Option<String>,
}

type Fault = Box<dyn Error + Send + Sync>;

pub(crate) async fn run(args: Args) -> CliResult {
    let config = Config::load(&args.config.config)?;
    let store = open_store(&config).await?;
    let result = match args.command {
        Command::Add(one) => add(&store, one).await,
        Command::List => list(&store).await,
        Command::Password { name } => set_password(&store, &name).await,
        Command::Role { name, role } => set_role(&store, &name, &role).await,
        Command::Away { name, from, until } => away(&store, &name, from, until).await,
        Command::Deputy { name, deputy } => set_deputy(&store, &name, deputy).await,
        Command::Remove { name } => remove(&store, &name).await,
    };
    store.close().await;
    result.map(|()| ExitCode::SUCCESS)
}

async fn add(store: &Store, one: Add) -> Result<(), Fault> {
    let id = PersonId::new(one.id)?;
    let role = Role::parse(&one.role).ok_or("a role is technician, auditor or admin")?;
    let email = one.email.trim();
    if !email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()) {
        return Err(format!("{email:?} is no mail address; write --email name@host").into());
    }
    let taken =
        || format!("{id} signs in already; `journeyman people password {id}` sets their password");
    if store.person(&id).await?.is_some() {
        return Err(taken().into());
    }
    let secret = ask::new_password(id.as_str())?;
    let person = Person {
        id: id.clone(),
        name: one.name.unwrap_or_else(|| id.to_string()),
        email: email.to_owned(),
        role,
        password_hash: password::hash(secret.expose_secret())?,
        away: None,
        deputy: None,
    };
    if !store.add_person(person, Actor::Platform, clock::now()).await? {
        return Err(taken().into());
    }
    println!("{id} can sign in as {}", role.name());
    Ok(())
}

async fn list(store: &Store) -> Result<(), Fault> {
    let mut table = table(&["name", "role", "for people", "mail"]);
    for p in store.people().await? {
        table.add_row([p.id.to_string(), p.role.name().to_owned(), p.name, p.email]);
    }
    println!("{table}");
    Ok(())
}

fn nobody(id: &PersonId) -> String {
    format!("nobody signs in as {id}; `journeyman people list` prints the names")
}

async fn set_password(store: &Store, name: &str) -> Result<(), Fault> {
    let id = PersonId::new(name)?;
    if store.person(&id).await?.is_none() {
        return Err(nobody(&id).into());
    }
    let secret = ask::new_password(id.as_str())?;
    if !store.set_password(&id, password::hash(secret.expose_secret())?).await? {
        return Err(nobody(&id).into());
    }
    println!("{id} has a new password; their sessions and sign-in links have ended");
    Ok(())
}

async fn set_role(store: &Store, name: &str, role: &str) -> Result<(), Fault> {
    let id = PersonId::new(name)?;
    let role = Role::parse(role).ok_or_else(|| format!("{role:?} is no role"))?;
    if !store.set_role(&id, role, Actor::Platform, clock::now()).await? {
        return Err(nobody(&id).into());
    }
    println!("{id} is {} now", role.name());
    Ok(())
}

async fn away(
    store: &Store,
    name: &str,
    from: Option<String>,
    until: Option<String>,
) -> Result<(), Fault> {
    let id = PersonId::new(name)?;
    let now = clock::now();
    let from = from.map(|t| moment(&t)).transpose()?.unwrap_or(now);
    // An absence that is over is none.
    let until = until.map(|t| moment(&t)).transpose()?.unwrap_or(from);
    if !store.set_away(&id, from, until).await? {
        return Err(nobody(&id).into());
    }
    match until > now {
        true => println!("{id} is away from {from} until {until}"),
        false => println!("{id} is there"),
    }
    Ok(())
}

async fn set_deputy(store: &Store, name: &str, deputy: Option<String>) -> Result<(), Fault> {
    let id = PersonId::new(name)?;
    let deputy = deputy.map(PersonId::new).transpose()?;
    let words = deputy.as_ref().map_or_else(|| "nobody".into(), ToString::to_string);
    if !store.set_deputy(&id, deputy).await? {
        return Err(nobody(&id).into());
    }
    println!("{words} is asked while {id} is away");
    Ok(())
}

async fn remove(store: &Store, name: &str) -> Result<(), Fault> {
    let id = PersonId::new(name)?;
    match store.remove_person(&id, Actor::Platform, clock::now()).await? {
        Removal::Removed => {
            println!("{id} cannot sign in any more; their sessions and sign-in links have ended");
            Ok(())
        }
        Removal::Unknown => Err(nobody(&id).into()),
        Removal::LastAdmin => Err(format!(
            "{id} is the last administrator and stays; add another with `journeyman people add NAME --role admin --email …` first"
        )
        .into()),
    }
}
