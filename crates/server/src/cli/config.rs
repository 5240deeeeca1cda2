//! `journeyman config check`: what is wrong with the file, before a start finds out.
//!
//! INVARIANT: nothing is called, nothing is written, and no secret is printed.

use super::{CliResult, ConfigArg};
use crate::{app, config::Config};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Read the file and the secrets that it names, and say each mistake. Calls nothing, writes nothing.
    Check,
}

pub(crate) fn run(args: Args) -> CliResult {
    let Command::Check = args.command;
    let path = args.config.config;
    // A file that cannot be read as a whole has one mistake, which is told like any other command does.
    let config = Config::read(&path)?;
    let mut wrong = config.mistakes();
    for source in config.secrets() {
        wrong.extend(source.read().err().map(|e| e.to_string()));
    }
    wrong.extend(app::unusable(&config));
    let mut said: Vec<String> = Vec::new();
    for text in wrong {
        // A connector that reads its secret says the same again, after its own name.
        if !said.iter().any(|s| text.ends_with(s.as_str())) {
            println!("FAIL  {text}");
            said.push(text);
        }
    }
    if said.is_empty() {
        println!(
            "ok    configuration {}: {} help desks, {} clients",
            path.display(),
            config.psa.len(),
            config.client.len()
        );
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{}: {} to be corrected; `journeyman init` writes a commented file to compare with",
        path.display(),
        said.len()
    );
    Ok(ExitCode::FAILURE)
}
