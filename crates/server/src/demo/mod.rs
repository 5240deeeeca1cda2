//! `journeyman demo`: an MSP in a box. Sandbox, server and a stream of tickets in one process.
//!
//! INVARIANT: the technician never sees what the sandbox knows. Ground truth is read here, after
//! the work, and by the scripted approver, who stands for a sensible person.

mod approver;
mod guest;
mod learn;
mod past;
pub(crate) use past::past;
mod set_up;
mod stream;
mod summary;
#[cfg(feature = "bench")]
pub(crate) mod throughput;
mod view;

use crate::{
    app::App,
    cli::{self, CliResult},
    serve,
};
use sandbox::{Options, Sandbox, ScenarioTicket};
use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

/// Options of the demo.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// No console to look at: work the tickets as fast as they close, write the summary, exit.
    #[arg(long)]
    headless: bool,
    /// How many tickets arrive.
    #[arg(long, default_value_t = 60)]
    tickets: usize,
    /// The same seed gives the same world and the same tickets.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Write the summary here, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Work these tickets instead: JSON lines of {client, from, subject, body}, optionally `allow`.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// List the sandbox's clients, people, groups, devices and licences, and exit.
    #[arg(long)]
    print_world: bool,
    /// Let a scripted person approve what is right; always so with --headless.
    #[arg(long)]
    approver: bool,
    /// Milliseconds between two tickets when not headless.
    #[arg(long, default_value_t = 1500)]
    pace_ms: u64,
    /// Address of the console.
    #[arg(long, default_value = "127.0.0.1:7300")]
    listen: SocketAddr,
    /// Keep database, keys and model here instead of in a folder that is removed at the end.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Everything that the parts of the demo share.
pub(super) struct Stage {
    pub(super) sandbox: Sandbox,
    pub(super) app: Arc<App>,
    pub(super) view: view::View,
}

pub(crate) async fn run(args: Args) -> CliResult {
    cli::start_log(if args.headless { "error" } else { "warn" });
    let options = Options { seed: args.seed, ..Options::default() };
    let sandbox = Sandbox::start(options).await?;
    if args.print_world {
        println!("{}", sandbox.world_text());
        return Ok(ExitCode::SUCCESS);
    }
    let tickets = tickets(&args)?;
    let folder = set_up::Folder::new(args.data.clone())?;
    let listen = match args.headless {
        true => SocketAddr::from(([127, 0, 0, 1], 0)),
        false => args.listen,
    };
    let config = set_up::config(&sandbox, folder.path(), listen)?;
    let app = App::open(&config).await?;
    set_up::people(&app.store).await?;
    learn::from_a_simulated_past(&app, args.seed).await?;
    let running = serve::start(app, &config.data_dir, listen).await?;
    let view = view::View::new(args.headless, tickets.len());
    if !args.headless {
        let url = format!("http://{}", running.address);
        let admin = domain::PersonId::new(set_up::ADMIN)?;
        let link = cli::one_time_link(&running.app.store, &admin, &url).await?;
        view.say(&format!("console: {url}\nsign in once with this link: {link}\n"));
    }
    set_up::call_back(&config, &running.app, running.address).await?;
    let stage = Arc::new(Stage { sandbox, app: running.app.clone(), view });
    let approver = (args.headless || args.approver).then(|| approver::start(stage.clone()));
    let watcher = tokio::spawn(stream::watch_decisions(stage.clone()));
    let pace = (!args.headless).then(|| std::time::Duration::from_millis(args.pace_ms));
    let filed = stream::run(&stage, tickets, pace).await?;
    let visits = guest::visit(&stage, running.address).await?;
    let summary = summary::make(&stage, &filed, visits).await?;
    stage.view.end(&summary);
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&summary)?;
        std::fs::write(path, text + "\n")
            .map_err(|e| format!("cannot write the summary {}: {e}", path.display()))?;
    }
    if !args.headless {
        stage.view.say("all tickets are in; the console stays open. Ctrl-C ends.");
        serve::interrupted().await;
    }
    if let Some(task) = approver {
        task.abort();
    }
    watcher.abort();
    let good = summary.is_good();
    running.stop().await;
    drop(folder);
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tickets(args: &Args) -> Result<Vec<ScenarioTicket>, Box<dyn std::error::Error + Send + Sync>> {
    let Some(path) = &args.from else {
        return Ok(sandbox::scenario(args.seed, args.tickets));
    };
    let text = std::fs::read_to_string(path)
        .map_err(|e| format!("cannot read the tickets {}: {e}", path.display()))?;
    Ok(sandbox::parse_own(&text).map_err(|e| format!("{}: {e}", path.display()))?)
}
