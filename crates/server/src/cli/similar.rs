//! `journeyman similar`: closed tickets like a text. Reads files and writes one, beside the history; touches no store and calls nobody.

use super::{CliResult, backtest, table};
use domain::PastTicket;
use embed::Embedder;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use likely::Meaning;
use std::{
    collections::HashMap,
    error::Error,
    path::{Path, PathBuf},
    process::ExitCode,
};
use technician::learn::{
    classify::Request,
    similar::{ByMeaning, ByWords, Hit, Nearest as _},
    text,
};

mod kept;
mod likely;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A history that `journeyman import` wrote, or an export (CSV, JSON lines) that is read as `import` would.
    #[arg(value_name = "HISTORY")]
    history: PathBuf,
    /// What somebody asks.
    #[arg(value_name = "TEXT")]
    text: String,
    /// A folder with the model all-MiniLM-L6-v2, as `labs/minilm.sh FOLDER` fills it: search by meaning. Without it, or when
    /// the folder is empty, by words.
    #[arg(long, value_name = "FOLDER", env = "JOURNEYMAN_MINILM")]
    embeddings: Option<PathBuf>,
    /// Where vectors are kept for the next time; they are made of customers' words. [default: HISTORY.vectors]
    #[arg(long, value_name = "FILE")]
    vectors: Option<PathBuf>,
    /// How many to show.
    #[arg(long, default_value_t = 10)]
    top: usize,
    /// Look at this many of the newest tickets.
    #[arg(long, value_name = "TICKETS", default_value_t = 100_000)]
    newest: usize,
}

type Failed = Box<dyn Error + Send + Sync>;

/// A subject is shown up to this many characters.
const SHOWN: usize = 70;

pub(crate) async fn run(args: Args) -> CliResult {
    tokio::task::spawn_blocking(move || search(&args)).await?
}

/// Tickets with the same words, of which the newest is shown.
struct Asked {
    subject: String,
    body: String,
    /// Position of the newest.
    newest: usize,
    count: u32,
}

fn search(args: &Args) -> CliResult {
    if args.text.trim().is_empty() {
        return Err("say what to look for: journeyman similar HISTORY \"cannot log in\"".into());
    }
    let tickets = backtest::tickets(&args.history)?;
    let skipped = tickets.len().saturating_sub(args.newest);
    let tickets = tickets.get(skipped..).unwrap_or_default();
    let (asked, places) = asked(tickets);
    let meaning = args.embeddings.as_deref().map(|f| meaning(args, f, &asked)).transpose()?;
    let meaning = meaning.flatten();
    let (way, hits) = match &meaning {
        Some(m) => ("meaning", ByMeaning::new(&m.vectors)?.nearest(&m.question[..], args.top)),
        None => ("words", by_words(args, &asked)),
    };
    let kinds = asked.len();
    println!("{} tickets, {kinds} different ones, compared by {way}", tickets.len());
    if hits.is_empty() {
        println!("none has anything in common with that");
        return Ok(ExitCode::FAILURE);
    }
    let mut rows = table(&["ticket", "date", "class", "similarity", "times", "subject"]);
    for hit in hits {
        if let Some((of, ticket)) =
            asked.get(hit.at).and_then(|of| Some((of, tickets.get(of.newest)?)))
        {
            let date = ticket.opened.or(ticket.closed).map(|at| at.to_string());
            rows.add_row([
                shown(&ticket.id, 24),
                date.and_then(|d| d.get(..10).map(str::to_owned)).unwrap_or_default(),
                shown(class(ticket), 30),
                format!("{:.2}", hit.likeness),
                of.count.to_string(),
                shown(&ticket.subject, SHOWN),
            ]);
        }
    }
    println!("{rows}");
    if let Some(line) = likely::class_of(&args.text, tickets, &asked, &places, meaning.as_ref()) {
        println!("{line}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the desk sorted it: its category, else the group that closed it.
fn class(ticket: &PastTicket) -> &str {
    if ticket.category.is_empty() { &ticket.group } else { &ticket.category }
}

/// The requests in tickets, without what the technician wrote, the same words once; and which of them each ticket has.
fn asked(tickets: &[PastTicket]) -> (Vec<Asked>, Vec<usize>) {
    let mut known: HashMap<(String, String), usize> = HashMap::new();
    let mut out: Vec<Asked> = Vec::new();
    let mut places = Vec::with_capacity(tickets.len());
    for (at, ticket) in tickets.iter().enumerate() {
        let parts = text::read(&ticket.subject, &ticket.body);
        let (subject, body) = (parts.subject.clone(), parts.opening());
        let place = *known.entry((subject.clone(), body.clone())).or_insert_with(|| {
            out.push(Asked { subject, body, newest: at, count: 0 });
            out.len() - 1
        });
        places.push(place);
        if let Some(of) = out.get_mut(place) {
            of.newest = at;
            of.count += 1;
        }
    }
    (out, places)
}

fn by_words(args: &Args, asked: &[Asked]) -> Vec<Hit> {
    let requests = asked.iter().map(|a| Request { subject: &a.subject, body: &a.body, sender: "" });
    let question = Request { subject: &args.text, ..Request::default() };
    ByWords::new(requests).nearest(&question, args.top)
}

/// The vectors of texts and question; nothing when the folder holds no model.
fn meaning(args: &Args, folder: &Path, asked: &[Asked]) -> Result<Option<Meaning>, Failed> {
    let Some(model) = Embedder::open(folder)? else {
        eprintln!("{} holds no model (labs/minilm.sh fills it): by words", folder.display());
        return Ok(None);
    };
    let texts: Vec<String> = asked.iter().map(|a| format!("{}\n{}", a.subject, a.body)).collect();
    let file = args.vectors.clone().unwrap_or_else(|| {
        let mut name = args.history.clone().into_os_string();
        name.push(".vectors");
        name.into()
    });
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_style(
        ProgressStyle::with_template("{bar:30} {pos} of {len} texts read · {elapsed}, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let vectors = kept::vectors(&model, &file, &texts, &bar)?;
    bar.finish_and_clear();
    let question = model.embed(&[&args.text], |_| {})?.pop().unwrap_or_default();
    Ok(Some(Meaning { vectors, question }))
}

/// One line of a stranger's text: nothing in it moves the cursor or turns the writing round.
fn shown(text: &str, most: usize) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
    };
    let plain: String = text.chars().map(|c| if hidden(c) { ' ' } else { c }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or(&line).trim_end()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_subject_cannot_move_the_cursor_or_turn_the_writing_round() {
        assert_eq!(shown("a\u{1b}[2Jb\r\nc\u{202e}d\u{9b}e", 70), "a [2Jb c d e");
        assert_eq!(shown(&"ä".repeat(80), 70).chars().count(), 71);
    }

    #[test]
    fn the_same_words_are_one_and_the_newest_stands_for_them() {
        let of = |subject: &str| PastTicket { subject: subject.into(), ..PastTicket::default() };
        let (asked, places) = asked(&[of("job failed"), of("printer"), of("job failed")]);
        assert_eq!((asked.len(), places), (2, vec![0, 1, 0]));
        assert_eq!((asked[0].newest, asked[0].count), (2, 2));
    }
}
