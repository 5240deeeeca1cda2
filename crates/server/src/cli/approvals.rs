//! `journeyman approvals list|show|approve|change|deny`

use super::{CliResult, ConfigArg, ask, table};
use crate::{app::open_store, clock, config::Config, web::password};
use domain::{Approval, ApprovalId, CaseView, Decision, Digest, PersonId, UnixMs};
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
        /// Only the action, as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say yes to exactly what `show` prints. At a terminal it is printed first and asked for;
    /// elsewhere --digest is required.
    Approve {
        /// Its id.
        id: String,
        /// Not before then, such as 2026-11-22T03:00:00Z.
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
        #[command(flatten)]
        who: Who,
    },
    /// Say yes to something smaller or different instead, given as JSON. It is judged anew and takes the
    /// question's place.
    Change {
        /// Its id.
        id: String,
        /// The action, as `show --json` prints it, with your change.
        #[arg(long, value_name = "JSON")]
        action: String,
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
        Command::Show { id, json } => show(&store, &id, json).await,
        Command::Approve { id, at: None, who } => decide(&store, &id, who, Decision::Approve).await,
        Command::Approve { id, at: Some(at), who } => {
            decide(&store, &id, who, Decision::ApproveAt(moment(&at)?)).await
        }
        Command::Change { id, action, who } => {
            let action = serde_json::from_str(&action).map_err(|e| {
                format!("--action is no action: {e}; `show --json` prints the form")
            })?;
            decide(&store, &id, who, Decision::Change(Box::new(action))).await
        }
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

async fn show(store: &Store, id: &str, json: bool) -> Result<(), Fault> {
    let approval = find(store, id).await?;
    if json {
        let case = case_of(store, &approval).await?;
        let held = case.held.iter().find(|h| h.approval == approval.id);
        let action = &held.ok_or("the action of this approval cannot be read")?.action;
        println!("{}", serde_json::to_string_pretty(action)?);
        return Ok(());
    }
    print!("{}", package_of(store, &approval).await?);
    Ok(())
}

/// A point in time as people write it, RFC 3339.
pub(super) fn moment(text: &str) -> Result<UnixMs, Fault> {
    let at: jiff::Timestamp = text
        .parse()
        .map_err(|_| format!("{text:?} is no time; write it like 2026-11-22T03:00:00Z"))?;
    Ok(UnixMs(at.as_millisecond()))
}

async fn case_of(store: &Store, approval: &Approval) -> Result<CaseView, Fault> {
    let events = store.events(&approval.client, approval.case).await?;
    let case = CaseView::fold(&approval.client, approval.case, &events);
    Ok(case.ok_or("the case of this approval cannot be read")?)
}

async fn package_of(store: &Store, approval: &Approval) -> Result<String, Fault> {
    Ok(package(approval, &case_of(store, approval).await?))
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
            let text = format!("{} ({}, {}): {}", f.code, f.assessor, f.minimum, f.because);
            line("finding", &text);
        }
        line("risk", action.kind().risk());
        line("way back", action.kind().undo().unwrap_or("cannot be undone"));
    }
    line("may not", &format!("decide: {}", approval.excluded.join(", ")));
    if let Some(submission) = &case.submission {
        line("its words", &format!("{}: {}", submission.brain, submission.reason));
    }
    if approval.needed > 1 {
        let said: Vec<&str> = approval.yes.iter().map(|y| y.by.as_str()).collect();
        let needed = approval.needed;
        line("people", &format!("{needed} have to say yes; so far: {}", said.join(", ")));
    }
    if let Some(at) = approval.not_before {
        line("not before", &at.to_string());
    }
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
    match (&decided.change, decided.yes.len() < usize::from(decided.needed)) {
        (Some(_), _) => println!("the change by {} is judged by the running server", person.id),
        (None, true) if decided.state == domain::ApprovalState::Pending => {
            println!("{} said yes; another person is needed", person.id);
        }
        _ => println!("{} by {}", decided.state.name(), person.id),
    }
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
        Decision::Approve | Decision::ApproveAt(_) => "approve",
        Decision::Change(_) => "change",
        Decision::Deny(_) => "deny",
    };
    if ask::at_terminal() {
        print!("{}", package_of(store, approval).await?);
        if !ask::yes(&format!("{verb} exactly this?"))? {
            return Err("nothing was decided".into());
        }
    } else if !matches!(decision, Decision::Deny(_)) {
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
pub(super) async fn sign_in(store: &Store, name: &str) -> Result<Person, Fault> {
    let id = PersonId::new(name)?;
    let given = ask::password(&format!("password of {id}: "))?;
    let found = store.person(&id).await?;
    // The same work for unknown names, so that time tells nothing.
    let hash = found.as_ref().map_or_else(password::dummy_hash, |p| p.password_hash.clone());
    let right = password::verify(&hash, given.expose_secret());
    match found {
        Some(person) if right => Ok(person),
        _ => Err("name or password is wrong; nothing was changed".into()),
    }
}
