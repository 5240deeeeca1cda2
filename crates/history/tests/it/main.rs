//! Imports of every form, and of everything that is wrong with exports.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cells;
mod events;
mod forms;
mod guesses;
mod hostile;
mod order;

use domain::{PastTicket, UnixMs};
use history::*;
use std::io::Cursor;
use tempfile::TempDir;

/// What an import left behind.
struct Done {
    summary: Summary,
    tickets: Vec<PastTicket>,
    rejects: String,
    dir: TempDir,
}

impl Done {
    fn ticket(&self, id: &str) -> &PastTicket {
        self.tickets.iter().find(|t| t.id == id).unwrap_or_else(|| panic!("no ticket {id}"))
    }
}

fn open(text: &[u8]) -> Source {
    Source::open(Box::new(Cursor::new(text.to_vec())), Limits::default()).unwrap()
}

fn refusal(text: &[u8]) -> String {
    match Source::open(Box::new(Cursor::new(text.to_vec())), Limits::default()) {
        Ok(_) => panic!("it was opened"),
        Err(e) => e.to_string(),
    }
}

fn target(dir: &TempDir) -> Target {
    Target {
        out: dir.path().join("history.jsonl"),
        rejects: dir.path().join("rejects.csv"),
        client: None,
    }
}

fn done(source: Source, mapping: &Mapping) -> Done {
    let dir = TempDir::new().unwrap();
    let target = target(&dir);
    let summary = import(source, mapping, &target, &mut |_| {}).unwrap();
    let file = std::fs::File::open(&target.out).unwrap();
    let tickets = tickets(Box::new(file)).map(Result::unwrap).collect();
    let rejects = std::fs::read_to_string(&target.rejects).unwrap_or_default();
    Done { summary, tickets, rejects, dir }
}

/// Imports with the mapping that is guessed.
fn take(text: impl AsRef<[u8]>) -> Done {
    let source = open(text.as_ref());
    let mapping = source.guess();
    done(source, &mapping)
}

fn at(text: &str) -> Option<UnixMs> {
    let line = format!("id,opened\n1,{text}\n");
    take(line).tickets[0].opened
}

fn utc(text: &str) -> UnixMs {
    at(text).unwrap()
}
