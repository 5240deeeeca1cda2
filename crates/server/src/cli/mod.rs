//! The command line. One file per command.

use clap::{Parser, Subcommand};
use std::{error::Error, path::PathBuf, process::ExitCode};

mod approvals;
mod ask;
mod backtest;
mod backup;
mod brains;
mod breakers;
mod cases;
mod cells;
mod config;
mod doctor;
mod import;
pub(crate) mod init;
mod journal;
mod judge;
mod login;
mod mcp;
mod migrate;
pub(crate) use login::one_time_link;
mod people;
mod playbook;
mod policy;
mod proof;
mod reload;
mod serve;
mod similar;
mod undo;

/// What a command answers.
pub(crate) type CliResult = Result<ExitCode, Box<dyn Error + Send + Sync>>;

/// An autonomous Level-1 technician that earns its autonomy.
#[derive(Debug, Parser)]
#[command(name = "journeyman", version, about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server: intake, technician, gate and console.
    Serve(serve::Args),
    /// Write a commented configuration after asking, and make the first administrator.
    Init(init::Args),
    /// Check every configured connector with a harmless read and say what to fix.
    Doctor(ConfigArg),
    /// Check the configuration file without calling anything.
    Config(config::Args),
    /// Have the running server read its configuration again.
    Reload(reload::Args),
    /// Copy the data folder while the server runs, and prove the copy.
    Backup(backup::BackupArgs),
    /// Put a backup into an empty data folder, and prove it there.
    Restore(backup::RestoreArgs),
    /// Look at cases.
    Cases(cases::Args),
    /// Look at questions to people, and answer them.
    Approvals(approvals::Args),
    /// Check, compare, explain, try out, propose and agree to policies.
    Policy(policy::Args),
    /// Take a change back.
    Undo(undo::Args),
    /// Stop a kind of action, a client or everything, and let it run again.
    Breakers(breakers::Args),
    /// AIs that may request actions: let in, change the token, shut out.
    Brains(brains::Args),
    /// Serve the Model Context Protocol on standard input and output, for an AI on this machine.
    Mcp(mcp::Args),
    /// Who may sign in: add, list, set a password, remove.
    People(people::Args),
    /// Verify the journal, or look into it.
    Journal(journal::Args),
    /// Move the installation to PostgreSQL, or back, and prove that it arrived.
    Migrate(migrate::Args),
    /// Where clients live when there are several PostgreSQL, and moving one.
    Cells(cells::Args),
    /// Read the closed tickets of an export into a history to learn from.
    Import(import::Args),
    /// Replay closed tickets through technician and gate, and say what would have become of them.
    Backtest(backtest::Args),
    /// What was learned about a client, with the tickets that show it; corrections.
    Playbook(playbook::Args),
    /// Find closed tickets like a text, by words or by sentence embeddings.
    Similar(similar::Args),
    /// Judge a request and its facts, given as JSON, offline.
    Judge(judge::Args),
    /// Print a one-time sign-in link for a person (works on the server's own machine).
    Login(login::Args),
    /// Run the MSP-in-a-box: sandbox, server, and a stream of tickets.
    Demo(crate::demo::Args),
    /// Measure, and print the figures as JSON.
    #[cfg(feature = "bench")]
    Bench(crate::bench::Args),
}

/// Where the configuration is.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ConfigArg {
    /// The configuration file.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "journeyman.toml",
        env = "JOURNEYMAN_CONFIG",
        global = true
    )]
    pub(crate) config: PathBuf,
}

/// Runs the command.
pub(crate) async fn run(cli: Cli) -> CliResult {
    match cli.command {
        Command::Serve(args) => serve::run(args).await,
        Command::Init(args) => init::run(args).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Config(args) => config::run(args),
        Command::Reload(args) => reload::run(args).await,
        Command::Backup(args) => backup::back_up(args).await,
        Command::Restore(args) => backup::restore(args).await,
        Command::Cases(args) => cases::run(args).await,
        Command::Approvals(args) => approvals::run(args).await,
        Command::Policy(args) => policy::run(args).await,
        Command::Undo(args) => undo::run(args).await,
        Command::Breakers(args) => breakers::run(args).await,
        Command::Brains(args) => brains::run(args).await,
        Command::Mcp(args) => mcp::run(args).await,
        Command::People(args) => people::run(args).await,
        Command::Journal(args) => journal::run(args).await,
        Command::Migrate(args) => migrate::run(args).await,
        Command::Cells(args) => cells::run(args).await,
        Command::Import(args) => import::run(args).await,
        Command::Backtest(args) => backtest::run(args).await,
        Command::Playbook(args) => playbook::run(args).await,
        Command::Similar(args) => similar::run(args).await,
        Command::Judge(args) => judge::run(args),
        Command::Login(args) => login::run(args).await,
        Command::Demo(args) => crate::demo::run(args).await,
        #[cfg(feature = "bench")]
        Command::Bench(args) => crate::bench::run(args).await,
    }
}

/// A browser with a cookie from before a restart is nothing to warn of.
const QUIET: &str = "tower_sessions=error,tower_sessions_core=error";

/// Log lines on standard error, from this level on; `RUST_LOG` replaces the whole filter.
pub(crate) fn start_log(level: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(format!("{level},{QUIET}")));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .try_init();
}

/// A table for the terminal.
pub(crate) fn table(header: &[&str]) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::UTF8_BORDERS_ONLY).set_header(header);
    table
}
