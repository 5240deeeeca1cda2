//! Closed tickets from a help desk's own interface, page by page, into a file beside the history; from there they go the way of every file.
//!
//! INVARIANT: the place is written down after the page, never before it: a page may be read twice, none is left out.

use crate::{app::make_psa, config::Config};
use connectors::{CallError, Psa};
use indicatif::ProgressBar;
use std::{
    error::Error,
    fs::{File, OpenOptions},
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

type Failed = Box<dyn Error + Send + Sync>;

/// The first pause when the help desk does not say how long; it doubles from there.
const PAUSE: Duration = Duration::from_secs(2);
/// Failures in a row after which a person should look.
const PATIENCE: u32 = 8;

/// What was read so far, and the place where it goes on.
pub(super) struct Pages {
    tickets: PathBuf,
    place: PathBuf,
}

impl Pages {
    /// Files beside the history.
    pub(super) fn beside(out: &Path) -> Pages {
        Pages { tickets: super::with(out, ".pages"), place: super::with(out, ".place") }
    }

    /// The tickets that were read, as lines of our own form.
    pub(super) fn file(&self) -> &Path {
        &self.tickets
    }

    /// Whether no ticket was read.
    pub(super) fn is_empty(&self) -> bool {
        // Line ends only; the shortest ticket is longer.
        std::fs::metadata(&self.tickets).is_ok_and(|m| m.len() < 8)
    }

    /// Takes both files away, when the history is there.
    pub(super) fn remove(&self) -> Result<(), Failed> {
        for file in [&self.place, &self.tickets] {
            std::fs::remove_file(file).map_err(|e| format!("remove {}: {e}", file.display()))?;
        }
        Ok(())
    }

    /// Where a run that was stopped goes on; `None` begins anew. Another help desk's tickets are not mixed in.
    fn begun(&self, desk: &str) -> Result<Option<String>, Failed> {
        let Ok(place) = std::fs::read_to_string(&self.place) else { return Ok(None) };
        let (whose, cursor) = place.trim().split_once('\t').unwrap_or(("", place.trim()));
        match (whose == desk, self.tickets.exists()) {
            (_, false) => Ok(None),
            (true, true) => Ok(Some(cursor.to_owned())),
            (false, true) => Err(format!(
                "{} is from an import of the help desk {whose:?} that was stopped; name another history with --out, or delete the file to begin anew",
                self.place.display()
            )
            .into()),
        }
    }

    fn write_place(&self, desk: &str, cursor: &str) -> Result<(), Failed> {
        let new = super::with(&self.place, ".new");
        let failed = |e: std::io::Error| format!("write {}: {e}", self.place.display());
        std::fs::write(&new, format!("{desk}\t{cursor}\n")).map_err(failed)?;
        Ok(std::fs::rename(&new, &self.place).map_err(failed)?)
    }
}

/// Reads every closed ticket of the help desk `name` of the configuration.
pub(super) async fn read(
    config: &Path,
    name: &str,
    pages: &Pages,
    bar: &ProgressBar,
) -> Result<(), Failed> {
    let config = Config::load(config)?;
    let entry = config.psa.iter().find(|p| p.name == name).ok_or_else(|| {
        let names: Vec<&str> = config.psa.iter().map(|p| p.name.as_str()).collect();
        format!("the configuration has no [[psa]] {name:?}; it has {}", names.join(", "))
    })?;
    read_all(make_psa(entry)?.as_ref(), pages, bar).await
}

async fn read_all(psa: &dyn Psa, pages: &Pages, bar: &ProgressBar) -> Result<(), Failed> {
    let begun = pages.begun(psa.name())?;
    if let Some(place) = &begun {
        eprintln!("an import was stopped behind ticket {place}; going on there");
    }
    let failed = |e: std::io::Error| format!("write {}: {e}", pages.tickets.display());
    let file = match begun.is_some() {
        true => OpenOptions::new().append(true).open(&pages.tickets),
        false => File::create(&pages.tickets),
    };
    let mut out = BufWriter::new(file.map_err(failed)?);
    // Ends a line that was cut off.
    writeln!(out).map_err(failed)?;
    let mut cursor = begun;
    let mut count = 0u64;
    loop {
        let page = patiently(psa, cursor.as_deref()).await?;
        if page.more && cursor.as_deref() == Some(page.cursor.as_str()) {
            return Err(format!(
                "the help desk {} answers with the same page again, behind {}; it would never end",
                psa.name(),
                page.cursor
            )
            .into());
        }
        for ticket in &page.tickets {
            serde_json::to_writer(&mut out, ticket)?;
            writeln!(out).map_err(failed)?;
            count += 1;
        }
        out.flush().map_err(failed)?;
        out.get_ref().sync_data().map_err(failed)?;
        pages.write_place(psa.name(), &page.cursor)?;
        bar.set_message(format!("{count} closed tickets read, up to {}", page.cursor));
        bar.tick();
        if !page.more {
            return Ok(());
        }
        cursor = Some(page.cursor);
    }
}

/// A page, after as many pauses as the help desk asks for.
async fn patiently(psa: &dyn Psa, cursor: Option<&str>) -> Result<connectors::PastPage, Failed> {
    let mut pause = PAUSE;
    let mut failures = 0;
    loop {
        match psa.closed(cursor).await {
            Ok(page) => return Ok(page),
            Err(CallError::Retry { what, after }) if failures < PATIENCE => {
                failures += 1;
                let wait = after.unwrap_or(pause);
                eprintln!("{what}; going on in {} s", wait.as_secs().max(1));
                tokio::time::sleep(wait).await;
                pause *= 2;
            }
            Err(e) => {
                return Err(format!(
                    "{e}. What was read is kept; the same command goes on where it stopped"
                )
                .into());
            }
        }
    }
}

#[cfg(test)]
#[path = "psa_tests.rs"]
mod tests;
