//! `journeyman migrate`: from the database in the data folder to PostgreSQL, or back.

use super::{CliResult, ConfigArg};
use crate::{
    app::{StartError, store_options},
    config::Config,
    serve,
};
use std::process::ExitCode;
use store::{Store, StoreOptions};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the installation is.
    #[arg(long)]
    from: Kind,
    /// Where it goes. It must be empty.
    #[arg(long)]
    to: Kind,
    #[command(flatten)]
    config: ConfigArg,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// The database in `data_dir`.
    Sqlite,
    /// The one that `database` names.
    Postgres,
}

pub(crate) async fn run(args: Args) -> CliResult {
    super::start_log("warn");
    let config = Config::load(&args.config.config)?;
    if args.from == args.to {
        return Err(
            "--from and --to name the same kind of database; name `sqlite` and `postgres`".into()
        );
    }
    if config.database.is_none() {
        return Err("the configuration names no `database`; write for example database = { file = \"secrets/database\" } with postgres://USER:PASSWORD@HOST/NAME in that file".into());
    }
    // A server on this folder would go on writing to the old one.
    let _lock = serve::take(&config.data_dir)?;
    let shared = store_options(&config)?;
    let own = StoreOptions { database: None, ..shared.clone() };
    let (from, to) = match args.from {
        Kind::Sqlite => (own, shared),
        Kind::Postgres => (shared, own),
    };
    let open = async |options: &StoreOptions| {
        Store::open(options).await.map_err(|e| StartError(e.to_string()))
    };
    let (old, new) = (open(&from).await?, open(&to).await?);
    let moved = old.move_to(&new).await;
    old.close().await;
    new.close().await;
    let moved = moved?;
    let mut table = super::table(&["table", "rows"]);
    for (name, rows) in moved.tables.iter().filter(|(_, rows)| *rows > 0) {
        table.add_row([name.clone(), rows.to_string()]);
    }
    println!("{table}");
    for report in &moved.journals {
        println!(
            "journal of {}: {} entries, root {}, the same in both",
            report.client,
            report.size,
            hex::encode(report.root)
        );
    }
    println!("moved; the old database is kept, and does not open for work any more");
    Ok(ExitCode::SUCCESS)
}
