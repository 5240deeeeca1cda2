//! `journeyman backup` and `journeyman restore`

use super::{CliResult, ConfigArg, journal};
use crate::{
    app::{open_store, store_options},
    backup::{self, MANIFEST},
    config::Config,
};
use domain::UnixMs;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(Debug, clap::Args)]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// A new folder for the copy: database, keys, model and a manifest.
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RestoreArgs {
    /// The folder that `journeyman backup --to` wrote.
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    /// A new or empty folder, to be named as `data_dir` in the configuration.
    #[arg(long, value_name = "DATA_DIR")]
    to: PathBuf,
}

pub(crate) async fn back_up(args: BackupArgs) -> CliResult {
    let config = Config::load(&args.config.config)?;
    if config.database.is_some() {
        return checkpoints(&config, &args.to).await;
    }
    let (manifest, proven) = backup::take(&store_options(&config)?, &args.to).await?;
    for (report, _) in &proven.journals {
        journal::tell(report);
    }
    let bytes: u64 = manifest.files.iter().map(|f| f.bytes).sum();
    println!(
        "good: {} files, {} KiB in {}; it holds keys, so keep it as safe as the server itself",
        manifest.files.len(),
        bytes.div_ceil(1024),
        args.to.display()
    );
    println!("not in it: {} and the secrets that it names", args.config.config.display());
    Ok(ExitCode::SUCCESS)
}

/// A PostgreSQL has its own tools; what they restored is checked against these.
async fn checkpoints(config: &Config, to: &Path) -> CliResult {
    backup::make_empty(to)?;
    let store = open_store(config).await?;
    let mut written = 0u32;
    for client in store.journals().await? {
        match store.checkpoint(&client).await? {
            Some(note) => {
                let name = format!("{client}.checkpoint");
                backup::write_private(&to.join(&name), note.as_bytes())?;
                println!("{client}: {name}");
                written += 1;
            }
            None => println!("{client}: no checkpoint yet"),
        }
    }
    store.close().await;
    eprintln!(
        "The journal is in PostgreSQL: back it up with pg_basebackup and WAL archiving (docs/scale.md), and keep the folder {} of one node. {written} signed checkpoints were written, nothing else; check a restored database with `journeyman journal verify --client ID --checkpoint FILE`.",
        config.data_dir.join("keys").display()
    );
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn restore(args: RestoreArgs) -> CliResult {
    let (manifest, proven) = backup::restore(&args.from, &args.to).await?;
    for (report, _) in &proven.journals {
        journal::tell(report);
    }
    println!(
        "restored: {} of {}, as {MANIFEST} says; name {} as `data_dir`, with {} as the host of `public_url`",
        args.from.display(),
        UnixMs(manifest.made_ms),
        args.to.display(),
        manifest.origin
    );
    Ok(ExitCode::SUCCESS)
}
