//! `journeyman cases list|show`

use super::{CliResult, ConfigArg, table};
use crate::{app::open_store, config::Config};
use domain::{CaseId, ClientId, Event};
use std::{process::ExitCode, str::FromStr as _};
use store::Store;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Newest cases first.
    List {
        /// Only this client.
        #[arg(long)]
        client: Option<String>,
        /// Only this phase: working, waiting_for_approval, waiting_for_user, closed, dispatched, refused.
        #[arg(long)]
        phase: Option<String>,
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// One case with its whole story.
    Show {
        /// Its id, as `cases list` prints it.
        id: String,
        /// Every event as one line of JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(crate) async fn run(args: Args) -> CliResult {
    let config = Config::load(&args.config.config)?;
    let store = open_store(&config).await?;
    match args.command {
        Command::List { client, phase, limit } => list(&store, client, phase, limit).await?,
        Command::Show { id, json } => show(&store, &id, json).await?,
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

const PHASES: [&str; 8] = [
    "working",
    "waiting_for_approval",
    "waiting_for_user",
    "closed",
    "dispatched",
    "refused",
    "withdrawn",
    "watched",
];

type Fallible = Result<(), Box<dyn std::error::Error + Send + Sync>>;

async fn list(
    store: &Store,
    client: Option<String>,
    phase: Option<String>,
    limit: u32,
) -> Fallible {
    let client = client.map(ClientId::new).transpose()?;
    if let Some(phase) = phase.as_ref().filter(|p| !PHASES.contains(&p.as_str())) {
        return Err(format!("{phase:?} is no phase; phases are {}", PHASES.join(", ")).into());
    }
    let mut table = table(&["id", "client", "ticket", "phase", "tier", "subject", "changed"]);
    for c in store.cases(client.as_ref(), phase.as_deref(), limit).await? {
        table.add_row([
            c.id.to_string(),
            c.client.to_string(),
            c.ticket,
            c.phase,
            c.tier.unwrap_or_default(),
            c.subject,
            c.updated_at.to_string(),
        ]);
    }
    println!("{table}");
    Ok(())
}

async fn show(store: &Store, id: &str, json: bool) -> Fallible {
    let id = CaseId::from_str(id)
        .map_err(|_| format!("{id:?} is no case id; `journeyman cases list` prints the ids"))?;
    let Some(row) = store.case(id).await? else {
        return Err(format!(
            "there is no case {id}; `journeyman cases list` prints those there are"
        )
        .into());
    };
    let events = store.events(&row.client, id).await?;
    if json {
        for event in &events {
            println!("{}", serde_json::to_string(event)?);
        }
        return Ok(());
    }
    println!("{} · {} · {} · {}", row.ticket, row.client, row.phase, row.subject);
    for e in &events {
        println!("{}  {:<10} {}", e.at, e.event.kind(), line(&e.event));
    }
    Ok(())
}

/// One event in one line.
fn line(event: &Event) -> String {
    match event {
        Event::Submitted { submission } => {
            let asked: Vec<String> = submission.actions.iter().map(|a| a.sentence()).collect();
            format!("{} asks: {}", submission.brain, asked.join("; "))
        }
        Event::Received { ticket } => format!("from {}: {}", ticket.from, ticket.subject),
        Event::MessageReceived { message } => first_line(&message.body),
        Event::Understood { understanding: u, .. } => {
            let sure = if u.abstained { ", not sure enough" } else { "" };
            format!("{} ({:.0} %{sure})", u.intent.name(), u.confidence * 100.0)
        }
        Event::Read { action, .. } => action.sentence(),
        Event::Judged { action, verdict, .. } => {
            let codes: Vec<&str> = verdict.findings.iter().map(|f| &*f.code).collect();
            format!("{}: {} [{}]", verdict.tier, first_line(&action.sentence()), codes.join(", "))
        }
        Event::Held { approval, expires_at, .. } => {
            format!("asks a person: approval {approval}, until {expires_at}")
        }
        Event::Decided { approval, decision } => format!("{decision:?} on {approval}"),
        Event::Expired { approval } => format!("{approval}: nobody decided in time"),
        Event::Voided { reason, .. } => reason.clone(),
        Event::Started { action, .. } => first_line(&action.sentence()),
        Event::Finished { outcome, .. } => match outcome {
            domain::Outcome::Done(t) => format!("done: {t}"),
            domain::Outcome::Failed(t) => format!("failed: {t}"),
            domain::Outcome::Unknown(t) => format!("unknown: {t}"),
        },
        Event::Noted { text, .. } => text.clone(),
        Event::Notified { undo, .. } => {
            format!("people told; undo: {}", undo.as_deref().unwrap_or("cannot be undone"))
        }
        Event::Asked { people, steps, .. } => {
            let names: Vec<&str> = people.iter().map(|p| p.as_str()).collect();
            format!("step {steps} of the escalation asks {}", names.join(", "))
        }
        Event::Changed { by, diff, to, .. } => {
            format!("{by} put something else in its place ({}): approval {to}", diff.join("; "))
        }
        Event::ChangeRefused { reason, .. } => format!("the change may not be made: {reason}"),
        Event::HandedOver { action, reason, .. } => format!("{}: {reason}", action.sentence()),
        Event::DoneByHand { text, .. } => format!("done by hand: {}", first_line(text)),
        Event::Undone { by_case, .. } => format!("taken back by case {by_case}"),
        Event::Withdrawn { reason } => reason.clone(),
        Event::Watched { action, after_yes, .. } => {
            let how = if *after_yes { "after a person's yes" } else { "at once" };
            format!("would have done, {how}: {}", first_line(&action.sentence()))
        }
        Event::WouldEnd { would, reason, .. } => {
            format!("would have been {}: {reason}", would.words())
        }
        Event::Compared { agreement, .. } => match agreement {
            domain::Agreement::Differs(words) => format!("people did something else: {words}"),
            domain::Agreement::Unknown => "people closed it; what they did cannot be told".into(),
            _ => "people did the same".into(),
        },
        Event::PlaybookChanged { client, version, .. } => format!("{client}, version {version}"),
        Event::Ended { outcome, reason } => format!("{}: {reason}", outcome.name()),
        // Settings of the gate stand in the journal of the MSP, in no case.
        Event::PolicyProposed { version, .. }
        | Event::PolicyActivated { version, .. }
        | Event::PolicyRejected { version, .. } => version.clone(),
        Event::BreakerOpened { scope, reason, .. } | Event::BreakerClosed { scope, reason } => {
            format!("{scope}: {reason}")
        }
        Event::BrainAdded { brain, .. } | Event::BrainRevoked { brain, .. } => brain.to_string(),
        Event::PersonChanged { person, change } => format!("{person}: {change}"),
        Event::ClientMoved { client, cell, .. } => format!("{client} lives in {cell}"),
    }
}

fn first_line(text: &str) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    if lines.next().is_some() { format!("{first} …") } else { first.to_owned() }
}
