//! A source into a history: rows to tickets, put in the order of time, written as lines of [`PastTicket`].
//!
//! INVARIANT: memory does not grow with the source, eight bytes of hash for each ticket aside. The history appears under its name
//! when it is whole; until then it is `NAME.part`.

use crate::{
    HistoryError,
    csv::CsvRows,
    feed::Feed,
    fold::Folding,
    jsonl::{JsonRows, Line, plain},
    mapping::{Mapping, Resolved, Rows},
    read::{Form, Limits, Source},
    reject::Rejects,
    row::{Bad, Next, Row, Why, head_of},
    sorted::Sorter,
    summary::{Has, Summary, has},
    ticket::{Part, blank, ticket},
};
use domain::{PastTicket, UnixMs};
use std::{
    collections::{HashMap, HashSet},
    fs::File,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

/// Where a history goes.
#[derive(Clone, Debug)]
pub struct Target {
    /// The history.
    pub out: PathBuf,
    /// Rows that were put aside, as CSV with line, reason and the row's first 200 characters; taken away when there are none.
    pub rejects: PathBuf,
    /// The customer of every ticket whose source names none.
    pub client: Option<String>,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many rows were read.
    Read(u64),
    /// So many tickets were written, of so many.
    Write(u64, u64),
}

/// Steps are told after so many rows or tickets.
const EACH: u64 = 4096;

fn hash(id: &str) -> u64 {
    // Fixed keys: the same ids give the same runs.
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

/// `FILE.part`, beside the file.
fn part_of(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn folder_of(out: &Path) -> PathBuf {
    match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Reads the whole source and writes the history. Rows that cannot be used are put aside, whatever is wrong with them.
///
/// # Errors
/// The mapping does not fit the source, or reading or writing failed. The history's old state stays then.
pub fn import(
    source: Source,
    mapping: &Mapping,
    target: &Target,
    watch: &mut dyn FnMut(Step),
) -> Result<Summary, HistoryError> {
    let resolved = match source.is_own() {
        true => None,
        false => Some(mapping.resolve(&source)?),
    };
    let folder = folder_of(&target.out);
    let part = part_of(&target.out);
    // Before anything is read: a place that cannot be written to is better known now.
    let file =
        File::create(&part).map_err(HistoryError::io(format!("write {}", part.display())))?;
    let run = Run {
        rejects: Rejects::create(&target.rejects)?,
        summary: Summary::default(),
        tickets: Tickets::new(&folder, source.limits, target.client.clone()),
        rows: 0,
    };
    let limits = source.limits;
    let run = match resolved {
        None => run.own(source, watch)?,
        Some(r) if r.rows == Rows::Tickets => run.of_rows(source, &r, watch)?,
        Some(r) => run.of_events(source, &r, &folder, limits, watch)?,
    };
    run.write(file, &part, target, watch)
}

fn disk(e: std::io::Error) -> HistoryError {
    HistoryError::Io { what: "sort on disk, beside the history".into(), source: e }
}

fn reading(e: std::io::Error) -> HistoryError {
    HistoryError::Io { what: "read the source".into(), source: e }
}

fn json(e: serde_json::Error) -> HistoryError {
    HistoryError::Io { what: "write a ticket".into(), source: e.into() }
}

/// Tickets on their way into order.
struct Tickets {
    sorter: Sorter,
    client: Option<String>,
    seen: HashSet<u64>,
    /// The last place of each number that came more than once.
    last: HashMap<u64, u64>,
    record: Vec<u8>,
    before: i64,
}

impl Tickets {
    fn new(folder: &Path, limits: Limits, client: Option<String>) -> Tickets {
        Tickets {
            sorter: Sorter::new(folder.to_owned(), limits.run_bytes),
            client,
            seen: HashSet::new(),
            last: HashMap::new(),
            record: Vec::new(),
            before: i64::MIN,
        }
    }

    /// Takes a ticket. One without a time goes behind the one before it when `in_order` says that the source has an order.
    fn add(
        &mut self,
        mut ticket: PastTicket,
        place: u64,
        in_order: bool,
    ) -> Result<(), HistoryError> {
        if let Some(client) = self.client.as_ref().filter(|_| ticket.client.is_empty()) {
            ticket.client.clone_from(client);
        }
        let id = hash(&ticket.id);
        if !self.seen.insert(id) {
            self.last.insert(id, place);
        }
        let known = ticket.opened.or_else(|| ticket.events.iter().find_map(|e| e.at));
        let key = match known {
            Some(at) => at.0,
            None if in_order => self.before,
            None => i64::MIN,
        };
        self.before = key;
        self.record.clear();
        self.record.extend_from_slice(&id.to_le_bytes());
        self.record.extend_from_slice(&has(&ticket).to_le_bytes());
        serde_json::to_writer(&mut self.record, &ticket).map_err(json)?;
        self.record.push(b'\n');
        self.sorter.push((key, 0), place, &self.record).map_err(disk)
    }
}

/// Bytes before a ticket's line: the hash of its number and what it has.
const HEAD: usize = 12;

struct Run {
    rejects: Rejects,
    summary: Summary,
    tickets: Tickets,
    rows: u64,
}

impl Run {
    fn tell(&mut self, watch: &mut dyn FnMut(Step)) {
        self.rows += 1;
        if self.rows.is_multiple_of(EACH) {
            watch(Step::Read(self.rows));
        }
    }

    fn own(mut self, source: Source, watch: &mut dyn FnMut(Step)) -> Result<Run, HistoryError> {
        let mut lines = JsonRows::new(Feed::new(source.stream), &[], source.limits.row_bytes);
        loop {
            let next = lines
                .line(|line| match line {
                    Line::End => Ok(None),
                    Line::Bad(bad) => Err(bad),
                    Line::Text(line, bytes) => own(line, bytes).map(Some),
                })
                .map_err(reading)?;
            match next {
                Ok(None) => return Ok(self),
                Ok(Some(ticket)) => self.tickets.add(ticket, self.rows, true)?,
                Err(bad) => self.rejects.add(&bad)?,
            }
            self.tell(watch);
        }
    }

    /// Gives each usable row as a part of a ticket.
    fn each(
        &mut self,
        source: Source,
        mapping: &Resolved,
        watch: &mut dyn FnMut(Step),
        then: &mut dyn FnMut(&mut Run, Part) -> Result<(), HistoryError>,
    ) -> Result<(), HistoryError> {
        let columns = source.columns.len();
        let row_bytes = source.limits.row_bytes;
        let feed = Feed::new(source.stream);
        let mut rows = match source.form {
            Form::Cells(dialect) => AnyRows::Cells(CsvRows::new(feed, dialect, row_bytes)),
            _ => AnyRows::Objects(JsonRows::new(feed, &source.columns, row_bytes)),
        };
        let mut row = Row::default();
        if let AnyRows::Cells(cells) = &mut rows {
            // What is broken above the header is no ticket.
            while let Next::Bad(_) = cells.next(&mut row).map_err(reading)? {}
        }
        loop {
            let next = match &mut rows {
                AnyRows::Cells(cells) => cells.next(&mut row),
                AnyRows::Objects(objects) => objects.next(&mut row),
            };
            let made = match next.map_err(reading)? {
                Next::End => return Ok(()),
                Next::Bad(bad) => Err(bad),
                Next::Row => {
                    self.summary.old_letters += row.old_letters;
                    fitting(&row, columns).and_then(|()| ticket(&row, mapping))
                }
            };
            match made {
                Ok(part) => then(self, part)?,
                Err(bad) => self.rejects.add(&bad)?,
            }
            self.tell(watch);
        }
    }

    fn of_rows(
        mut self,
        source: Source,
        mapping: &Resolved,
        watch: &mut dyn FnMut(Step),
    ) -> Result<Run, HistoryError> {
        self.each(source, mapping, watch, &mut |run, part| {
            run.tickets.add(part.ticket, run.rows, true)
        })?;
        Ok(self)
    }

    /// Rows of one ticket come together by the hash of its number, in the order of their times.
    fn of_events(
        mut self,
        source: Source,
        mapping: &Resolved,
        folder: &Path,
        limits: Limits,
        watch: &mut dyn FnMut(Step),
    ) -> Result<Run, HistoryError> {
        let mut parts = Sorter::new(folder.to_owned(), limits.run_bytes);
        let mut record = Vec::new();
        self.each(source, mapping, watch, &mut |run, part| {
            let key = (hash(&part.ticket.id).cast_signed(), part.at.map_or(i64::MIN, |at| at.0));
            record.clear();
            serde_json::to_writer(&mut record, &part).map_err(json)?;
            parts.push(key, run.rows, &record).map_err(disk)
        })?;
        self.summary.runs += parts.spilled;
        let mut merge = parts.merge().map_err(disk)?;
        let mut open: Option<Folding> = None;
        while let Some((_, place)) = merge.next(&mut record).map_err(disk)? {
            let part: Part = serde_json::from_slice(&record).map_err(json)?;
            match &mut open {
                Some(folding) if folding.ticket.id == part.ticket.id => folding.add(part, place),
                _ => {
                    if let Some(done) = open.replace(Folding::begin(part, place)) {
                        let first = done.first;
                        self.tickets.add(done.end(), first, false)?;
                    }
                }
            }
        }
        if let Some(done) = open {
            let first = done.first;
            self.tickets.add(done.end(), first, false)?;
        }
        Ok(self)
    }

    fn write(
        mut self,
        file: File,
        part: &Path,
        target: &Target,
        watch: &mut dyn FnMut(Step),
    ) -> Result<Summary, HistoryError> {
        watch(Step::Read(self.rows));
        let failed = || HistoryError::io(format!("write {}", part.display()));
        let mut out = BufWriter::with_capacity(1 << 20, file);
        let (seen, last) = (self.tickets.seen, self.tickets.last);
        let of = seen.len() as u64;
        drop(seen);
        self.summary.runs += self.tickets.sorter.spilled;
        let mut merge = self.tickets.sorter.merge().map_err(disk)?;
        let mut record = Vec::new();
        while let Some((key, place)) = merge.next(&mut record).map_err(disk)? {
            let mut eight = [0u8; 8];
            eight.copy_from_slice(&record[..8]);
            if last.get(&u64::from_le_bytes(eight)).is_some_and(|last| *last != place) {
                self.summary.duplicates += 1;
                continue;
            }
            let mut four = [0u8; 4];
            four.copy_from_slice(&record[8..HEAD]);
            let at = (key.0 != i64::MIN).then_some(UnixMs(key.0));
            self.summary.count(Has::from_bits(u32::from_le_bytes(four)), at);
            out.write_all(&record[HEAD..]).map_err(failed())?;
            if self.summary.tickets.is_multiple_of(EACH) {
                watch(Step::Write(self.summary.tickets, of));
            }
        }
        let file = out.into_inner().map_err(|e| failed()(e.into_error()))?;
        file.sync_all().map_err(failed())?;
        std::fs::rename(part, &target.out)
            .map_err(HistoryError::io(format!("rename {} to its name", part.display())))?;
        watch(Step::Write(self.summary.tickets, of));
        self.summary.rows = self.rows;
        self.summary.rejected = self.rejects.end()?;
        Ok(self.summary)
    }
}

enum AnyRows {
    Cells(CsvRows),
    Objects(JsonRows),
}

/// Cells beyond the header are let through when they say nothing: spreadsheets append them.
fn fitting(row: &Row, columns: usize) -> Result<(), Bad> {
    let more = (columns..row.len()).all(|at| blank(row.get(at)));
    if row.len() >= columns && more {
        return Ok(());
    }
    let says = format!("{} cells where the header has {columns}", row.len());
    Err(crate::ticket::aside(row, Why::Cells, says))
}

/// A line of our own form.
fn own(line: u64, bytes: &[u8]) -> Result<PastTicket, Bad> {
    let mut text = String::new();
    crate::letters::push_text(bytes, &mut text);
    let bad = |why, says| Err(Bad { line, why, says, head: head_of(bytes) });
    match serde_json::from_str::<PastTicket>(&text) {
        Ok(ticket) if ticket.id.is_empty() => bad(Why::NoId, "the ticket has an empty `id`".into()),
        Ok(ticket) => Ok(ticket),
        Err(e) if e.is_data() => bad(Why::Form, plain(&e)),
        Err(e) => bad(Why::Json, format!("column {}: {}", e.column(), plain(&e))),
    }
}
