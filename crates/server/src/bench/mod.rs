//! `journeyman bench`: what `cargo xtask bench` measures inside the server. Only in builds with the
//! feature `bench`; the binary that is handed out has none of it.
//!
//! INVARIANT: what runs is the server's own worker over its own store on a disk that is waited for;
//! only the client's directory is a stand-in that answers at once.

mod directory;
mod stage;
mod steps;
mod throughput;

use crate::cli::CliResult;
use std::process::ExitCode;

/// Options of the benchmarks.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Approval steps: request, question, decision, grant.
    Steps(steps::Args),
    /// Tickets of the sandbox, filed all at once.
    Throughput(throughput::Args),
}

/// Runs one and prints its figures as one JSON object.
pub(crate) async fn run(args: Args) -> CliResult {
    crate::cli::start_log("error");
    let figures = match args.what {
        What::Steps(args) => steps::run(args).await?,
        What::Throughput(args) => throughput::run(args).await?,
    };
    println!("{figures:#}");
    Ok(ExitCode::SUCCESS)
}

/// What a benchmark fails with.
type Fault = Box<dyn std::error::Error + Send + Sync>;
