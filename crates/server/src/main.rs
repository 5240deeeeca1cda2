//! `journeyman`: the server, its console and its command line.
//!
//! INVARIANT: web handlers never call a connector's write, and only `worker::execute` performs;
//! `sandbox` is used by `demo` alone.

mod api;
mod app;
mod backup;
#[cfg(feature = "bench")]
mod bench;
mod cells;
mod chat;
mod cli;
mod clock;
mod complaints;
mod config;
mod demo;
mod failpoint;
mod learned;
mod ops;
mod parts;
mod policy;
mod reload;
mod serve;
#[cfg(test)]
mod sim;
mod undo;
mod web;
mod worker;

use clap::Parser as _;
use std::process::ExitCode;

// Journal entries and judgements are many small pieces of memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    connectors::install_crypto_provider();
    let args = cli::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            eprintln!("journeyman: the system gives no threads: {e}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(cli::run(args));
    // Lookups that hang in the resolver must not hold the process.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    match result {
        Ok(code) => code,
        Err(e) => {
            eprintln!("journeyman: {e}");
            ExitCode::FAILURE
        }
    }
}
