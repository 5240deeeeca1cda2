//! `journeyman backtest`: what would have become of closed tickets. Nothing of a client's systems or of the store is touched.

use super::CliResult;
use crate::{app, clock, config::Config, learned::Learned};
use backtest::{Known, Report, Settings, Would};
use connectors::idp::active_directory::CAPABILITIES;
use domain::{BrainId, Org, PastTicket};
use gate::Policy;
use history::{Limits, Source};
use std::{
    collections::BTreeSet,
    error::Error,
    fs::File,
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A history that `journeyman import` wrote, or an export (CSV, JSON lines) that is read as `import` would.
    #[arg(value_name = "HISTORY", required_unless_present = "sandbox")]
    history: Option<PathBuf>,
    /// Instead of a history: this many tickets of companies that never were, with their directories.
    #[arg(long, value_name = "TICKETS", conflicts_with_all = ["history", "directory"])]
    sandbox: Option<usize>,
    /// Which companies.
    #[arg(long, default_value_t = 7, requires = "sandbox")]
    seed: u64,
    /// How many companies.
    #[arg(long, default_value_t = 6, requires = "sandbox")]
    companies: usize,
    /// Take policy, rules of the directory and the name of the desk from this configuration. Without it, the policy that `journeyman init` writes, with
    /// `--autonomy`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The client's id in the configuration: every ticket is one of its. [default: by the customers that the configuration names]
    #[arg(long, value_name = "ID", requires = "config")]
    client: Option<String>,
    /// How far the changes are trusted that a first installation allows last.
    #[arg(long, value_enum, default_value_t = Trust::Earned, conflicts_with = "config")]
    autonomy: Trust,
    /// The company's people, groups and owners, as JSON: a list of objects with `client`, `people` and `things`.
    #[arg(long, value_name = "FILE")]
    directory: Option<PathBuf>,
    /// A group that is the first level; several times for several. [default: the one with the most tickets]
    #[arg(long, value_name = "GROUP")]
    level1: Vec<String>,
    /// What an hour of a technician costs.
    #[arg(long, value_name = "MONEY", default_value_t = 60.0)]
    rate: f64,
    /// Its currency.
    #[arg(long, default_value = "EUR")]
    currency: String,
    /// Minutes a ticket takes where the history does not say.
    #[arg(long, default_value_t = 12.0)]
    minutes: f64,
    /// Write the report as one HTML page.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write every figure as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Keep the report and what was learned of each client, for the console's pages Backtest and Learning. What people corrected or locked
    /// there stays.
    #[arg(long, requires = "config", conflicts_with = "sandbox")]
    keep: bool,
}

/// Without a configuration: how much runs without a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Trust {
    /// As on the first day: unlocking only, everything else is asked.
    FirstDay,
    /// As after the first promotions: unlocks and password resets for the users themselves run alone.
    Earned,
}

type Failed = Box<dyn Error + Send + Sync>;

pub(crate) async fn run(args: Args) -> CliResult {
    let config = args.config.as_deref().map(Config::load).transpose()?;
    let keep = config.clone().filter(|_| args.keep);
    let learned = tokio::task::spawn_blocking(move || replay(&args, config.as_ref())).await??;
    if let Some(config) = keep {
        let store = app::open_store(&config).await?;
        let kept = learned.keep(&store, clock::now()).await;
        store.close().await;
        kept?.iter().for_each(|line| println!("{line}"));
    }
    Ok(ExitCode::SUCCESS)
}

fn replay(args: &Args, config: Option<&Config>) -> Result<Learned, Failed> {
    let started = std::time::Instant::now();
    let settings = settings(args, config)?;
    let (name, tickets, orgs) = match (&args.history, args.sandbox) {
        (Some(file), _) => from_file(file, args.directory.as_deref())?,
        (None, count) => {
            let (tickets, orgs) = crate::demo::past(args.seed, args.companies, count.unwrap_or(0));
            (format!("simulated history, seed {}", args.seed), tickets, orgs)
        }
    };
    if tickets.is_empty() {
        return Err(format!("{name}: no ticket in it").into());
    }
    for group in &args.level1 {
        if !tickets.iter().any(|t| t.group.eq_ignore_ascii_case(group)) {
            return Err(
                format!("--level1 {group:?}: no ticket of the history is in that group").into()
            );
        }
    }
    let theirs = |o: &Org| {
        orgs.len() == 1 && o.client.is_empty()
            || tickets.iter().any(|t| t.client.eq_ignore_ascii_case(&o.client))
    };
    if !orgs.is_empty() && !orgs.iter().any(theirs) {
        let clients: BTreeSet<&str> =
            tickets.iter().map(|t| t.client.as_str()).take(10_000).collect();
        return Err(format!(
            "--directory: no `client` in it is one of the history's, which are {clients:?}"
        )
        .into());
    }
    if tickets.iter().all(|t| t.subject.is_empty() && t.body.is_empty()) {
        let why = "no column was taken for the subject or the description; see `journeyman import --show`, correct the mapping and import";
        return Err(format!("{name}: {why}").into());
    }
    eprintln!("{} tickets read in {:.1} s", tickets.len(), started.elapsed().as_secs_f64());
    let model = model(config)?;
    let (report, playbooks) = backtest::learn(&name, &tickets, &orgs, &model, &settings);
    eprintln!("replayed after {:.1} s", started.elapsed().as_secs_f64());
    print(&report);
    let learned = Learned::new(&report, playbooks, &settings)?;
    if let Some(file) = &args.report {
        write(file, learned.page.as_bytes())?;
        println!("\nreport: {}", file.display());
    }
    if let Some(file) = &args.json {
        write(file, serde_json::to_string_pretty(&report)?.as_bytes())?;
        println!("figures: {}", file.display());
    }
    Ok(learned)
}

type History = (String, Vec<PastTicket>, Vec<Org>);

fn from_file(file: &Path, orgs: Option<&Path>) -> Result<History, Failed> {
    let name =
        file.file_name().map_or_else(|| "history".into(), |n| n.to_string_lossy().into_owned());
    let orgs = orgs.map(directory).transpose()?.unwrap_or_default();
    Ok((name, tickets(file)?, orgs))
}

fn settings(args: &Args, config: Option<&Config>) -> Result<Settings, Failed> {
    for (name, value) in [("--rate", args.rate), ("--minutes", args.minutes)] {
        if !value.is_finite() || value < 0.0 {
            return Err(format!("{name} is {value}; it is a number from 0 up").into());
        }
    }
    let brain = BrainId::new(app::OWN_BRAIN)?;
    let policy = match config.map(|c| &c.policy) {
        Some(Some(policy)) => {
            eprintln!(
                "the policy is the configuration file's; the one in force lives in the store (`journeyman policy show`)"
            );
            policy.clone()
        }
        Some(None) => {
            return Err("the configuration has no [policy]: nothing would be allowed".into());
        }
        None => without_config(args.autonomy),
    };
    let mut settings =
        Settings::new(policy.compile().map_err(|e| e.to_string())?, brain, CAPABILITIES);
    settings.level1 = args.level1.clone();
    settings.hourly_rate = args.rate;
    settings.currency = args.currency.clone();
    settings.minutes = args.minutes;
    if let Some(config) = config {
        settings.ceiling = config.brain.ceiling;
        settings.profile.msp_name = config.msp_name.clone();
        settings.clients = clients(config, args.client.as_deref())?;
    }
    Ok(settings)
}

fn clients(config: &Config, only: Option<&str>) -> Result<Vec<Known>, Failed> {
    let known = |entry: &crate::config::ClientEntry| Known {
        id: entry.id.clone(),
        names: entry
            .customers
            .iter()
            .map(|c| c.customer.clone())
            .chain([entry.name.clone(), entry.id.to_string()])
            .collect(),
        lists: app::lists(entry),
    };
    let all = config.client.iter().filter(|c| only.is_none_or(|id| c.id.as_str() == id));
    let found: Vec<Known> = all.map(known).collect();
    match (found.is_empty(), only) {
        (true, Some(id)) => Err(format!("the configuration has no client {id:?}").into()),
        _ => Ok(found),
    }
}

/// The policy that `journeyman init` writes, as far as this much trust has changed it.
fn without_config(trust: Trust) -> Policy {
    use domain::{ActionKind as K, Autonomy as A};
    let mut policy = Policy::cautious("backtest");
    let levels = policy.autonomy.entry("*".into()).or_default();
    for kind in [K::Reply, K::AddNote, K::LogTime, K::SetStatus] {
        levels.insert(kind, A::AutoAndClose);
    }
    levels.insert(K::UnlockAccount, A::AskIfUncertain);
    if trust == Trust::Earned {
        levels.insert(K::UnlockAccount, A::AutoAndClose);
        levels.insert(K::ResetPassword, A::AutoWithGuardrails);
        levels.insert(K::RequirePasswordChange, A::AutoWithGuardrails);
    }
    policy
}

fn directory(file: &Path) -> Result<Vec<Org>, Failed> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    serde_json::from_str(&text).map_err(|e| {
        format!(
            "{}: {e}; it is a list of objects with `client`, `people` and `things`",
            file.display()
        )
        .into()
    })
}

/// A history as it is, or an export by the mapping that `import` would guess.
pub(super) fn tickets(file: &Path) -> Result<Vec<PastTicket>, Failed> {
    let open = || File::open(file).map_err(|e| format!("{}: {e}", file.display()));
    let source = Source::open(Box::new(open()?), Limits::default())
        .map_err(|e| format!("{}: {e}", file.display()))?;
    if source.is_own() {
        return Ok(history::tickets(Box::new(open()?)).collect::<Result<_, _>>()?);
    }
    // Only this user may read it: it holds customers' words.
    let folder = tempfile::tempdir()?;
    import(source, folder.path())
}

fn import(source: Source, folder: &Path) -> Result<Vec<PastTicket>, Failed> {
    let mapping = source.guess();
    let target = history::Target {
        out: folder.join("history.jsonl"),
        rejects: folder.join("rejects.csv"),
        client: None,
    };
    let summary = history::import(source, &mapping, &target, &mut |_| {})?;
    let aside = summary.put_aside();
    if aside > 0 {
        eprintln!("{aside} rows could not be used; `journeyman import` says which and why");
    }
    Ok(history::tickets(Box::new(File::open(&target.out)?)).collect::<Result<_, _>>()?)
}

fn model(config: Option<&Config>) -> Result<technician::Model, Failed> {
    if let Some(config) = config {
        let file = config.data_dir.join("model.bin");
        if file.exists() {
            return Ok(app::load_model(&file)?);
        }
    }
    Ok(technician::train(&technician::starter_history(), &technician::TrainOptions::default())?)
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), Failed> {
    std::fs::write(file, bytes).map_err(|e| format!("write {}: {e}", file.display()).into())
}

fn print(report: &Report) {
    let mut rows = super::table(&["", "tickets", "share"]);
    for way in Would::ALL {
        rows.add_row([
            way.words().to_owned(),
            report.count(way).to_string(),
            format!("{:.1} %", report.share(way) * 100.0),
        ]);
    }
    println!("{rows}");
    for (what, share) in
        [("closed alone", &report.wrong_alone), ("closed after a yes", &report.wrong_after_yes)]
    {
        match share.of {
            0 => println!("{what}: the record says nothing about right and wrong"),
            _ => println!(
                "{what}: the record speaks against {} of {} ({:.1} %; at most {:.1} % with 95 % confidence)",
                share.hits,
                share.of,
                share.value() * 100.0,
                share.at_most() * 100.0
            ),
        }
    }
    let per = if report.months > 0.0 { report.months } else { 1.0 };
    let unit = if report.months > 0.0 { "a month" } else { "in all" };
    println!(
        "hours saved {unit}: {:.0} ± {:.0}",
        report.hours.total / per,
        report.hours.give_or_take / per
    );
    let begin: Vec<&str> = report.scope.iter().take(3).map(|s| s.class.as_str()).collect();
    if !begin.is_empty() {
        println!("where to begin: {}", begin.join(", "));
    }
    println!("assumed:");
    report.assumptions.iter().for_each(|a| println!("- {a}"));
}
