//! `journeyman serve`

use super::{CliResult, ConfigArg};
use crate::{app::App, config::Config, reload, serve};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArg,
}

pub(crate) async fn run(args: Args) -> CliResult {
    super::start_log("info");
    let config = Config::load(&args.config.config)?;
    if config.policy.is_none() {
        tracing::warn!("no [policy]: every change will be refused");
    }
    let app = App::open(&config).await?;
    if app.store.people_count().await? == 0 {
        tracing::warn!("nobody can sign in yet; `journeyman init` makes the first administrator");
    }
    let running = serve::start(app, &config.data_dir, config.listen).await?;
    tracing::info!("console on http://{}", running.address);
    let hangups = tokio::spawn(reload::on_hangup(running.app.clone()));
    serve::interrupted().await;
    hangups.abort();
    // It holds the app's parts, which are to end here.
    let _ = hangups.await;
    tracing::info!("stopping: open cases go on at the next start");
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}
