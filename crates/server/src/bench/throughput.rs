//! Tickets closed per second: what the demo does, without people and without anything to look at.

use super::{Fault, stage::Folder};
use crate::demo::throughput;
use serde_json::Value;
use std::path::PathBuf;

/// Options.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Tickets that arrive, all at once.
    #[arg(long, default_value_t = 300)]
    tickets: usize,
    /// Nodes that work on them.
    #[arg(long, default_value_t = 1)]
    nodes: usize,
    /// The environment variable that holds the address of an empty PostgreSQL; else SQLite in the folder.
    #[arg(long, value_name = "VARIABLE")]
    database: Option<String>,
    /// A folder on the disk to measure.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
}

pub(super) async fn run(args: Args) -> Result<Value, Fault> {
    let folder = Folder::new(&args.dir)?;
    throughput::measure(folder.path(), args.database.as_deref(), args.nodes, args.tickets).await
}
