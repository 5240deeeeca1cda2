//! `journeyman doctor`: one harmless read per connector, and what to fix.

use super::{CliResult, ConfigArg};
use crate::{app::App, config::Config};
use connectors::{CallError, Probe};
use std::process::ExitCode;

pub(crate) async fn run(args: ConfigArg) -> CliResult {
    let config = Config::load(&args.config)?;
    println!("ok    configuration {}", args.config.display());
    let app = App::open(&config).await?;
    println!("ok    database, keys and model in {}", config.data_dir.display());
    let mut failures = 0u32;
    let mut tell = |what: String, result: Result<Probe, CallError>| match result {
        Ok(probe) => {
            println!("ok    {what}: {}", probe.detail);
            for warning in probe.warnings {
                println!("note  {what}: {warning}");
            }
        }
        Err(e) => {
            failures += 1;
            // Some connectors name themselves in what they say.
            let text = match e {
                // Doctor does not try again.
                CallError::Retry { what, .. } => what,
                other => other.to_string(),
            };
            let said = text.strip_prefix("directory ").unwrap_or(&text);
            match said.starts_with(&what) {
                true => println!("FAIL  {said}"),
                false => println!("FAIL  {what}: {text}"),
            }
        }
    };
    for (name, psa) in &app.psas {
        tell(format!("help desk {name}"), psa.probe().await);
    }
    for client in app.clients.values() {
        tell(client.directory.name().to_owned(), client.directory.probe().await);
    }
    if let Some(mail) = &app.mail {
        tell("outgoing mail".into(), mail.probe().await);
    } else {
        println!(
            "note  no [mail]: passwords cannot be reset, since no one-time code could be sent"
        );
    }
    if config.policy.is_none() {
        println!("note  no [policy]: every change will be refused");
    }
    if app.store.people_count().await? == 0 {
        println!("note  nobody can sign in; `journeyman init` makes the first administrator");
    }
    app.store.clone().close().await;
    println!(
        "{}",
        if failures == 0 { "all connectors answer" } else { "something has to be fixed" }
    );
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
