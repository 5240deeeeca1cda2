//! `journeyman import`: closed tickets of the past into a history. Nothing of a client's systems or of the store is touched.

use super::{CliResult, ConfigArg, table};
use history::{Field, HistoryError, Limits, Mapping, Rows, Source, Step, Summary, Target};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    error::Error,
    fs::File,
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

mod psa;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// An export (CSV or JSON lines), `-` for standard input, as in `zcat FILE | journeyman import -`, or `psa:NAME` for the closed
    /// tickets of a help desk of the configuration.
    #[arg(value_name = "SOURCE")]
    source: PathBuf,
    /// Which column is what. Read when it is there, else guessed and written. [default: OUT.mapping.toml]
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// The history. [default: SOURCE.history.jsonl in this folder]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Rows that cannot be used, with line and reason. [default: OUT.rejects.csv]
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// The customer of tickets for which the source names none.
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
    /// Show the mapping and import nothing.
    #[arg(long)]
    show: bool,
    /// Do not ask whether a guessed mapping is right. Without a terminal nothing is asked.
    #[arg(long)]
    yes: bool,
}

pub(crate) async fn run(args: Args) -> CliResult {
    let desk = args.source.to_str().and_then(|s| s.strip_prefix("psa:")).map(str::to_owned);
    match desk {
        Some(name) => from_desk(args, &name).await,
        None => tokio::task::spawn_blocking(move || import(&args)).await?,
    }
}

/// What a help desk shows goes into a file of our own form first, then the way of every file.
async fn from_desk(args: Args, name: &str) -> CliResult {
    if args.show || args.mapping.is_some() {
        return Err(
            "a help desk's own interface needs no mapping: leave out --show and --mapping".into()
        );
    }
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.history.jsonl")));
    let pages = psa::Pages::beside(&out);
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_style(style("{spinner} {msg} · {elapsed}"));
    psa::read(&args.config.config, name, &pages, &bar).await?;
    bar.finish_and_clear();
    if pages.is_empty() {
        pages.remove()?;
        return Err(format!("help desk {name} shows no closed tickets").into());
    }
    let args = Args { source: pages.file().to_owned(), out: Some(out), ..args };
    let code = tokio::task::spawn_blocking(move || import(&args)).await??;
    pages.remove()?;
    Ok(code)
}

/// The name of a file with more behind it.
fn with(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(more);
    PathBuf::from(name)
}

fn default_out(source: &Path) -> PathBuf {
    let name = match source.file_stem() {
        Some(stem) if source != Path::new("-") => Path::new(stem),
        _ => Path::new("import"),
    };
    with(name, ".history.jsonl")
}

fn import(args: &Args) -> CliResult {
    let out = args.out.clone().unwrap_or_else(|| default_out(&args.source));
    if out == args.source {
        return Err(
            "the history would take the place of its own source; name another with --out".into()
        );
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let source = open(&args.source, &bar)?;
    eprintln!("{}: {}, {} rows looked at", args.source.display(), source.form(), source.sampled());
    let mapping_file = args.mapping.clone().unwrap_or_else(|| with(&out, ".mapping.toml"));
    let (mapping, guessed) = mapping(&source, &mapping_file)?;
    if !source.is_own() {
        show(&source, &mapping);
    }
    if args.show {
        return Ok(ExitCode::SUCCESS);
    }
    if guessed {
        std::fs::write(&mapping_file, mapping.to_toml()?)
            .map_err(|e| format!("write {}: {e}", mapping_file.display()))?;
        eprintln!(
            "the mapping was guessed and is written to {0}; correct it there and import again",
            mapping_file.display()
        );
        if !args.yes && args.source != Path::new("-") && !agreed()? {
            eprintln!("nothing was imported");
            return Ok(ExitCode::FAILURE);
        }
    }
    let rejects = args.rejects.clone().unwrap_or_else(|| with(&out, ".rejects.csv"));
    let target = Target { out, rejects, client: args.client.clone() };
    let summary = history::import(source, &mapping, &target, &mut |step| tell(&bar, step))
        .map_err(|e| in_file(e, &mapping_file))?;
    bar.finish_and_clear();
    report(&summary, &target);
    if summary.tickets == 0 {
        eprintln!("no row became a ticket");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// What is wrong with a mapping is put right in its file.
fn in_file(error: HistoryError, file: &Path) -> Box<dyn Error + Send + Sync> {
    match error {
        HistoryError::Mapping(text) => format!("{}: {text}", file.display()).into(),
        other => other.into(),
    }
}

fn open(from: &Path, bar: &ProgressBar) -> Result<Source, Box<dyn Error + Send + Sync>> {
    if from == Path::new("-") {
        bar.set_style(style("{spinner} {msg} · {bytes} · {elapsed}"));
        return Ok(Source::open(Box::new(bar.wrap_read(std::io::stdin())), Limits::default())?);
    }
    let named = |e: &dyn Error| format!("{}: {e}", from.display());
    let file = File::open(from).map_err(|e| named(&e))?;
    bar.set_length(file.metadata().map_err(|e| named(&e))?.len());
    bar.set_style(style("{bar:30} {percent:>3} % · {msg} · {elapsed}, {eta} left"));
    Ok(Source::open(Box::new(bar.wrap_read(file)), Limits::default()).map_err(|e| named(&e))?)
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn tell(bar: &ProgressBar, step: Step) {
    match step {
        Step::Read(rows) => bar.set_message(format!("{rows} rows read")),
        Step::Write(tickets, of) => {
            if bar.length() != Some(of) {
                bar.set_length(of);
            }
            bar.set_position(tickets);
            bar.set_message(format!("{tickets} tickets written in the order of time"));
        }
    }
}

/// The mapping of the file, or a guess; true for a guess.
fn mapping(source: &Source, file: &Path) -> Result<(Mapping, bool), Box<dyn Error + Send + Sync>> {
    if source.is_own() {
        return Ok((Mapping::default(), false));
    }
    match std::fs::read_to_string(file) {
        Ok(text) => {
            eprintln!("the mapping is read from {}", file.display());
            Ok((Mapping::from_toml(&text).map_err(|e| in_file(e, file))?, false))
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok((source.guess(), true)),
        Err(e) => Err(format!("{}: {e}", file.display()).into()),
    }
}

fn show(source: &Source, mapping: &Mapping) {
    let mut rows = table(&["column", "is", "sure", "how", "because", "for example"]);
    for column in &mapping.columns {
        let how = match (column.dates, column.unit) {
            (Some(dates), _) => dates.words().to_owned(),
            (_, Some(unit)) => format!("{unit:?}").to_lowercase(),
            _ if column.is == Field::Opened || column.is == Field::Closed => "?".into(),
            _ => String::new(),
        };
        let (is, sure) = match column.is {
            Field::Ignored => ("-", String::new()),
            field => (field.name(), format!("{:.0} %", column.confidence * 100.0)),
        };
        let example = source.example(&column.name, 40);
        rows.add_row([column.name.as_str(), is, &sure, &how, &column.because, &example]);
    }
    println!("{rows}");
    let each = match mapping.rows {
        Rows::Tickets => "each row is a ticket",
        Rows::Events => "an event log: rows with the same number are one ticket",
    };
    println!("{each}; dates without a time zone are taken for {}", mapping.zone);
    if mapping.of(Field::Id).is_none() {
        println!("no column is the ticket's number: the line's number stands for it");
    }
    for name in mapping.undecided() {
        println!(
            "`{name}`: nothing tells day and month apart; say so in the mapping before you import"
        );
    }
}

/// Asks on a terminal; without one, yes.
fn agreed() -> Result<bool, std::io::Error> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(true);
    }
    eprint!("Import with this mapping? [Y/n] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes" | "j" | "ja"))
}

fn report(summary: &Summary, target: &Target) {
    let mut rows = table(&["", "count"]);
    let mut add = |what: &str, count: u64| {
        rows.add_row([what.to_owned(), count.to_string()]);
    };
    add("rows read", summary.rows);
    add("tickets", summary.tickets);
    add("replaced by a later row with the same number", summary.duplicates);
    add("rows put aside", summary.put_aside());
    for (why, count) in &summary.rejected {
        add(&format!("  {}", why.words()), *count);
    }
    if summary.old_letters > 0 {
        add("cells read as Windows-1252", summary.old_letters);
    }
    for (what, count) in summary.has() {
        add(&format!("tickets with {what}"), count);
    }
    println!("{rows}");
    if let (Some(first), Some(last)) = (summary.first, summary.last) {
        println!("from {first} to {last}");
    }
    println!("history: {}", target.out.display());
    if summary.put_aside() > 0 {
        println!("rows put aside, with line and reason: {}", target.rejects.display());
    }
}
