//! `journeyman doctor`: one harmless read per connector, and what to fix.

use super::{CliResult, ConfigArg};
use crate::{
    app::App,
    config::{ClientEntry, Config},
};
use connectors::{CallError, ChatError, Probe};
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
    let parts = app.parts();
    for (name, psa) in &parts.psas {
        tell(format!("help desk {name}"), psa.probe().await);
    }
    for name in parts.psas.keys() {
        // Here and not in the log of `serve`: whoever has the address can make intake look.
        let token = app.store.hook_token(name);
        println!(
            "note  help desk {name}: it may call back at {}/hooks/psa/{name}/{token}",
            app.public_url
        );
    }
    for client in parts.clients.values() {
        tell(client.directory.name().to_owned(), client.directory.probe().await);
    }
    if let Some(mail) = &parts.mail {
        tell("outgoing mail".into(), mail.probe().await);
    } else {
        println!(
            "note  no [mail]: passwords cannot be reset, since no one-time code could be sent"
        );
    }
    if let Some(desk) = &parts.chat {
        tell(desk.chat.name().into(), desk.chat.probe().await.map_err(chat_error));
        println!(
            "note  {}: its Request URL for interactivity is {}/hooks/slack/interactions",
            desk.chat.name(),
            app.public_url
        );
    }
    for line in customers(&config) {
        failures += u32::from(line.starts_with("FAIL"));
        println!("{line}");
    }
    if config.policy.is_none() {
        println!("note  no [policy]: every change will be refused");
    }
    if app.store.people_count().await? == 0 {
        println!(
            "note  nobody can sign in; `journeyman people add NAME --role admin --email ADDRESS` lets the first administrator in"
        );
    }
    app.store.clone().close().await;
    println!(
        "{}",
        if failures == 0 { "all connectors answer" } else { "something has to be fixed" }
    );
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn chat_error(e: ChatError) -> CallError {
    match e {
        ChatError::Later { what, after } => CallError::Retry { what, after },
        ChatError::SetUp { what, remedy } => CallError::Rejected { what, remedy },
        other => CallError::rejected(other.to_string(), "see docs/connect-slack.md"),
    }
}

/// Whether the help desks know the customers of the clients, as far as the configuration tells.
fn customers(config: &Config) -> Vec<String> {
    let mut lines = Vec::new();
    for psa in &config.psa {
        let given = || {
            let of = |c: &ClientEntry| (c.id.to_string(), c.customers.clone());
            config.client.iter().map(of).flat_map(|(id, customers)| {
                customers.into_iter().filter(|c| c.psa == psa.name).map(move |c| (id.clone(), c))
            })
        };
        match &psa.request_tracker {
            Some(rt) => {
                let unknown = given().filter(|(_, c)| !rt.queues.contains(&c.customer));
                lines.extend(unknown.map(|(client, c)| {
                    format!(
                        "FAIL  client {client}: its customer {:?} is none of the `queues` of help desk {}, which are {:?}; none of its tickets would come in. Correct the customer, or add it to `queues`",
                        c.customer, psa.name, rt.queues
                    )
                }));
            }
            None => {
                let names: Vec<String> =
                    given().map(|(_, c)| format!("{:?}", c.customer)).collect();
                if !names.is_empty() {
                    lines.push(format!(
                        "note  help desk {}: not checked whether it has the companies {}; compare them with its company identifiers",
                        psa.name,
                        names.join(", ")
                    ));
                }
            }
        }
    }
    lines
}
