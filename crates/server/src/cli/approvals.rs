//! `journeyman approvals list|show|approve|deny`

use super::{CliResult, ConfigArg, ask, table};
use crate::{app::open_store, clock, config::Config, web::password};
use domain::{Approval, ApprovalId, CaseView, Decision, Digest, PersonId};
use secrecy::ExposeSecret as _;
use std::{error::Error, process::ExitCode, str::FromStr as _};
use store::{Person, Store};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Questions that wait for a person; with --all, the decided ones too.
    List {
        /// Decided, expired and void ones too.
        #[arg(long)]
        all: bool,
    },
    /// The decision package of one question.
    Show {
        /// Its id.
        id: String,
    },
    /// Say yes to exactly what `show` prints. At a terminal it is printed first and asked for;
    /// elsewhere --digest is required.
    Approve {
        /// Its id.
        id: String,
        #[command(flatten)]
        who: Who,
    },
    /// Say no. At a terminal the question is printed first and asked for.
    Deny {
        /// Its id.
        id: String,
        /// Why, in one sentence.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        who: Who,
    },
}

#[derive(Debug, clap::Args)]
struct Who {
    /// Sign-in name of the person who decides. The password is asked for, or read from the first
    /// line of standard input.
    #[arg(long = "as", value_name = "PERSON")]
    person: String,
    /// Digest that `show` printed; refuses when something else waits by now. To approve without a
    /// terminal it is required.
    #[arg(long)]
    digest: Option<String>,
}

type Fault = Box<dyn Error + Send + Sync>;

pub(crate) async fn run(args: Args) -> CliResult {
    let config = Config::load(&args.config.config)?;
    let store = open_store(&config).await?;
    let result = match args.command {
        Command::List { all } => list(&store, all).await,
        Command::Show { id } => show(&store, &id).await,
        Command::Approve { id, who } => decide(&store, &id, who, Decision::Approve).await,
        Command::Deny { id, reason, who } => decide(&store, &id, who, Decision::Deny(reason)).await,
    };
    store.close().await;
    result.map(|()| ExitCode::SUCCESS)
}

async fn list(store: &Store, all: bool) -> Result<(), Fault> {
    let mut table = table(&["id", "client", "tier", "state", "what", "expires"]);
    for a in store.approvals((!all).then_some("pending"), 200).await? {
        table.add_row([
            a.id.to_string(),
            a.client.to_string(),
            a.tier.to_string(),
            a.state.name().to_owned(),
            a.sentence,
            a.expires_at.to_string(),
        ]);
    }
    println!("{table}");
    Ok(())
}

async fn find(store: &Store, id: &str) -> Result<Approval, Fault> {
    let parsed = ApprovalId::from_str(id).map_err(|_| {
        format!("{id:?} is no approval id; `journeyman approvals list` prints them")
    })?;
    store.approval(parsed).await?.ok_or_else(|| {
        format!("there is no approval {id}; `journeyman approvals list --all` prints them").into()
    })
}

async fn show(store: &Store, id: &str) -> Result<(), Fault> {
    let approval = find(store, id).await?;
    print!("{}", package_of(store, &approval).await?);
    Ok(())
}

async fn package_of(store: &Store, approval: &Approval) -> Result<String, Fault> {
    let events = store.events(&approval.client, approval.case).await?;
    let case = CaseView::fold(&approval.client, approval.case, &events)
        .ok_or("the case of this approval cannot be read")?;
    Ok(package(approval, &case))
}

/// The decision package as text: what exactly, for whom, why, what could go wrong, the way back.
pub(crate) fn package(approval: &Approval, case: &CaseView) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    let mut line = |label: &str, text: &str| {
        let _ = writeln!(out, "{label:<12} {text}");
    };
    line("what", &approval.sentence);
    line("client", approval.client.as_str());
    line("tier", approval.tier.name());
    line("asked by", &format!("{} <{}>", case.ticket.from_name, case.ticket.from));
    line("ticket", &format!("{}: {}", case.ticket.ticket, case.ticket.subject));
    if let Some((action, verdict)) =
        case.judged.iter().rev().find(|(_, v)| v.digest == approval.digest)
    {
        for f in &verdict.findings {
            let why = f.because.join("; ");
            line("finding", &format!("{} ({}, {}): {why}", f.code, f.assessor, f.minimum));
        }
        line("risk", action.kind().risk());
        line("way back", action.kind().undo().unwrap_or("cannot be undone"));
    }
    line("may not", &format!("decide: {}", approval.excluded.join(", ")));
    line("state", approval.state.name());
    line("expires", &approval.expires_at.to_string());
    line("digest", &approval.digest.to_string());
    out
}

async fn decide(store: &Store, id: &str, who: Who, decision: Decision) -> Result<(), Fault> {
    let approval = find(store, id).await?;
    let seen = seen(store, &approval, who.digest, &decision).await?;
    let person = sign_in(store, &who.person).await?;
    if !person.role.may_decide() {
        return Err(format!(
            "{} has the role {}; administrators and technicians decide",
            person.id,
            person.role.name()
        )
        .into());
    }
    println!("{}", approval.sentence);
    let decided = store
        .decide(
            approval.id,
            &person.id,
            std::slice::from_ref(&person.email),
            seen,
            decision,
            clock::now(),
        )
        .await?;
    println!("{} by {}", decided.state.name(), person.id);
    Ok(())
}

/// The digest of what the person has seen: the one they give, or the one of the package that they
/// are shown now and say yes to. Nobody approves unseen; a no harms nothing.
async fn seen(
    store: &Store,
    approval: &Approval,
    given: Option<String>,
    decision: &Decision,
) -> Result<Digest, Fault> {
    if let Some(text) = given {
        return Ok(Digest::try_from(text)?);
    }
    let verb = match decision {
        Decision::Approve => "approve",
        Decision::Deny(_) => "deny",
    };
    if ask::at_terminal() {
        print!("{}", package_of(store, approval).await?);
        if !ask::yes(&format!("{verb} exactly this?"))? {
            return Err("nothing was decided".into());
        }
    } else if matches!(decision, Decision::Approve) {
        return Err(format!(
            "without a terminal --digest is required; nothing was decided. Read `journeyman approvals show {id}`, and if that is right add --digest {digest}",
            id = approval.id,
            digest = approval.digest
        )
        .into());
    }
    Ok(approval.digest)
}

/// Checks a person's password, from the terminal or from standard input.
async fn sign_in(store: &Store, name: &str) -> Result<Person, Fault> {
    let id = PersonId::new(name)?;
    let given = ask::password(&format!("password of {id}: "))?;
    let found = store.person(&id).await?;
    // The same work for unknown names, so that time tells nothing.
    let hash = found.as_ref().map_or_else(password::dummy_hash, |p| p.password_hash.clone());
    let right = password::verify(&hash, given.expose_secret());
    match found {
        Some(person) if right => Ok(person),
        _ => Err("name or password is wrong; nothing was decided".into()),
    }
}
