//! `journeyman login`: a one-time sign-in link, for whoever can read the data folder anyway.

use super::{CliResult, ConfigArg};
use crate::{app::open_store, clock, config::Config, web::password};
use domain::PersonId;
use std::process::ExitCode;
use store::Store;

/// How long the link works, in milliseconds.
const LINK_TTL_MS: i64 = 15 * 60_000;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// Sign-in name.
    #[arg(default_value = "admin")]
    person: String,
}

pub(crate) async fn run(args: Args) -> CliResult {
    let config = Config::load(&args.config.config)?;
    let store = open_store(&config).await?;
    let id = PersonId::new(args.person)?;
    if store.person(&id).await?.is_none() {
        return Err(
            format!("nobody signs in as {id}; `journeyman init` makes an administrator, `journeyman people add` others").into()
        );
    }
    println!("{}", one_time_link(&store, &id, &config.public_url).await?);
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Makes a one-time sign-in link. The token is kept only by its hash.
pub(crate) async fn one_time_link(
    store: &Store,
    person: &PersonId,
    public_url: &str,
) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let mut bytes = [0u8; 24];
    getrandom::fill(&mut bytes).map_err(|e| format!("the system gives no randomness: {e}"))?;
    let token = hex::encode(bytes);
    let expires = clock::now().plus_ms(LINK_TTL_MS);
    store.put_login_token(password::token_hash(&token), person, expires).await?;
    Ok(format!("{}/login/once/{token}", public_url.trim_end_matches('/')))
}
