//! `journeyman reload`: has the running server of this data folder read its configuration again.

use super::{CliResult, ConfigArg, ask};
use crate::{api::webhooks, config::Config, reload::Reloaded, serve};
use secrecy::ExposeSecret as _;
use std::{process::ExitCode, time::Duration};

/// The server has this long to answer.
const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// Sign-in name of the administrator who does it.
    #[arg(long = "as", value_name = "PERSON")]
    person: String,
}

pub(crate) async fn run(args: Args) -> CliResult {
    // Only its form, to find the server: what else may be wrong with it, the server says and logs.
    let config = Config::read(&args.config.config)?;
    let address = serve::address_of(&config.data_dir)?;
    let given = ask::password(&format!("password of {}: ", args.person))?;
    let http = webhooks::outgoing(TIMEOUT)?;
    let request = http.post(format!("http://{address}/reload"));
    let request = request.basic_auth(&args.person, Some(given.expose_secret()));
    let answer = request.send().await.map_err(|e| {
        format!("the server on {address} does not answer: {}; its log says why", e.without_url())
    })?;
    if answer.status() != 200 {
        return Err(format!("nothing was changed: {}", answer.text().await?.trim()).into());
    }
    let reloaded: Reloaded = answer.json().await?;
    for name in &reloaded.changed {
        println!("changed         {name}");
    }
    for name in &reloaded.needs_restart {
        println!("needs a restart {name}");
    }
    if reloaded.changed.is_empty() {
        println!("nothing is different but, perhaps, secrets: they were read again");
    }
    Ok(ExitCode::SUCCESS)
}
