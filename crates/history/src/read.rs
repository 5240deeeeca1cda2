//! Opens a source: what it is written in and how is told from its head, of which a sample is kept.
//!
//! INVARIANT: the head is the only part of a source that is kept; the rest passes by once.

use crate::{
    HistoryError,
    csv::{CsvRows, Dialect},
    feed::Feed,
    jsonl::{JsonRows, Line, flatten},
    letters::{FromSixteen, push_text, sixteen},
    row::{Next, Row},
};
use domain::PastTicket;
use std::{
    collections::HashSet,
    io::{Cursor, Read},
};

/// How much may be held at a time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes from which form and columns are told.
    pub head_bytes: usize,
    /// Rows of the head that are looked at.
    pub sample_rows: usize,
    /// Bytes of the longest row.
    pub row_bytes: usize,
    /// Bytes of tickets that are sorted in memory before they go to a run on disk.
    pub run_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { head_bytes: 4 << 20, sample_rows: 5000, row_bytes: 4 << 20, run_bytes: 64 << 20 }
    }
}

/// What a source is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Our own: lines of [`PastTicket`].
    Own,
    /// Other objects, one a line.
    Objects,
    /// Cells with delimiters.
    Cells(Dialect),
}

/// A source that was opened and looked at.
pub struct Source {
    pub(crate) form: Form,
    pub(crate) columns: Vec<String>,
    pub(crate) sample: Vec<Row>,
    pub(crate) limits: Limits,
    pub(crate) stream: Box<dyn Read + Send>,
    letters: &'static str,
}

/// Reads on until `most` bytes are there or the stream ends; true when it ended.
fn take(from: &mut dyn Read, most: usize) -> Result<(Vec<u8>, bool), HistoryError> {
    let mut head = Vec::new();
    from.take(most as u64).read_to_end(&mut head).map_err(HistoryError::io("read the source"))?;
    let ended = head.len() < most;
    Ok((head, ended))
}

impl Source {
    /// Looks at the head of a stream.
    ///
    /// # Errors
    /// It cannot be read, holds nothing, or is compressed, a workbook, one JSON list or without column names.
    pub fn open(mut from: Box<dyn Read + Send>, limits: Limits) -> Result<Source, HistoryError> {
        let (mut head, mut ended) = take(&mut from, limits.head_bytes)?;
        let mut letters = "UTF-8";
        if let Some(units) = sixteen(&head) {
            letters = "UTF-16";
            from = Box::new(FromSixteen::new(Cursor::new(head).chain(from), units));
            (head, ended) = take(&mut from, limits.head_bytes)?;
        }
        if head.starts_with(b"\xef\xbb\xbf") {
            head.drain(..3);
        }
        refuse(&head)?;
        if head[..last_line(&head)].iter().any(|b| *b >= 0x80)
            && std::str::from_utf8(&head[..last_line(&head)]).is_err()
        {
            letters = "Windows-1252 in part";
        }
        let json = head.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{');
        let mut source = match json {
            true => json_source(&head, ended, limits)?,
            false => csv_source(&mut head, ended, limits)?,
        };
        source.letters = letters;
        source.stream = Box::new(Cursor::new(head).chain(from));
        Ok(source)
    }

    /// The columns by name, in order; empty for our own form.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Rows that were looked at.
    pub fn sampled(&self) -> usize {
        self.sample.len()
    }

    /// Whether the source is a history that [`crate::import`] wrote.
    pub fn is_own(&self) -> bool {
        self.form == Form::Own
    }

    /// What it is written in, in words.
    pub fn form(&self) -> String {
        match self.form {
            Form::Own => format!("history (JSON lines of our own form), {}", self.letters),
            Form::Objects => format!("JSON lines, {}", self.letters),
            Form::Cells(d) => {
                let name = match d.delimiter {
                    b'\t' => "tab".to_owned(),
                    other => format!("`{}`", char::from(other)),
                };
                format!("cells with {name} between them, {}", self.letters)
            }
        }
    }
}

/// The length without a last line that may be cut off.
fn last_line(head: &[u8]) -> usize {
    head.iter().rposition(|b| *b == b'\n').map_or(head.len(), |at| at + 1)
}

fn refuse(head: &[u8]) -> Result<(), HistoryError> {
    let text = match head {
        [] => "the source is empty",
        [0x1f, 0x8b, ..] => "the source is compressed: `zcat FILE | journeyman import -`",
        [b'P', b'K', 3, 4, ..] => {
            "the source is a workbook or an archive: save the sheet as CSV (UTF-8) and import that"
        }
        [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            "the source is an old workbook: save the sheet as CSV (UTF-8) and import that"
        }
        _ => {
            let mut seen = head.iter().filter(|b| !b.is_ascii_whitespace());
            let list = seen.next() == Some(&b'[') && matches!(seen.next(), Some(b'{' | b']'));
            match (list, head.iter().all(u8::is_ascii_whitespace)) {
                (true, _) => {
                    "the source is one JSON list: write one object a line, as `jq -c '.[]' FILE` does"
                }
                (_, true) => "the source is empty",
                _ => return Ok(()),
            }
        }
    };
    Err(HistoryError::Source(text.into()))
}

fn bare(form: Form, limits: Limits) -> Source {
    Source {
        form,
        columns: Vec::new(),
        sample: Vec::new(),
        limits,
        stream: Box::new(std::io::empty()),
        letters: "UTF-8",
    }
}

fn feed_of(head: &[u8]) -> Feed {
    Feed::new(Box::new(Cursor::new(head.to_vec())))
}

fn read_failed(e: std::io::Error) -> HistoryError {
    HistoryError::Io { what: "read the source".into(), source: e }
}

fn json_source(head: &[u8], ended: bool, limits: Limits) -> Result<Source, HistoryError> {
    let whole = if ended { head } else { &head[..last_line(head)] };
    let mut lines = JsonRows::new(feed_of(whole), &[], limits.row_bytes);
    let (mut own, mut objects, mut wrong) = (0, 0, String::new());
    let (mut columns, mut known) = (Vec::new(), HashSet::new());
    for _ in 0..limits.sample_rows {
        let more = lines
            .line(|line| {
                let Line::Text(_, bytes) = line else {
                    return !matches!(line, Line::End);
                };
                let mut text = String::new();
                push_text(bytes, &mut text);
                own += u32::from(serde_json::from_str::<PastTicket>(&text).is_ok());
                match serde_json::from_str::<serde_json::Value>(&text) {
                    Ok(value) if value.is_object() => {
                        objects += 1;
                        flatten(value, &mut |name, _| {
                            if columns.len() < MOST_COLUMNS && known.insert(name.to_owned()) {
                                columns.push(name.to_owned());
                            }
                        });
                    }
                    Ok(_) => {}
                    Err(e) if wrong.is_empty() => wrong = e.to_string(),
                    Err(_) => {}
                }
                true
            })
            .map_err(read_failed)?;
        if !more {
            break;
        }
    }
    if objects == 0 {
        return Err(HistoryError::Source(format!(
            "no line of the source is a JSON object ({wrong}): write one object a line, as `jq -c . FILE` does"
        )));
    }
    if own * 2 > objects {
        return Ok(bare(Form::Own, limits));
    }
    let mut rows = JsonRows::new(feed_of(whole), &columns, limits.row_bytes);
    let mut source = bare(Form::Objects, limits);
    source.sample = sample(limits, |row| rows.next(row))?;
    source.columns = columns;
    Ok(source)
}

/// Names in a JSON source that are looked at; more are no table.
const MOST_COLUMNS: usize = 2_000;

fn sample(
    limits: Limits,
    mut next: impl FnMut(&mut Row) -> std::io::Result<Next>,
) -> Result<Vec<Row>, HistoryError> {
    let mut rows = Vec::new();
    let mut row = Row::default();
    let mut bad = 0;
    while rows.len() < limits.sample_rows && bad < limits.sample_rows {
        match next(&mut row).map_err(read_failed)? {
            Next::Row => rows.push(row.clone()),
            Next::Bad(_) => bad += 1,
            Next::End => break,
        }
    }
    Ok(rows)
}

fn csv_source(head: &mut [u8], ended: bool, limits: Limits) -> Result<Source, HistoryError> {
    let dialect = match told_delimiter(head) {
        Some(delimiter) => Dialect { delimiter, ..dialect_with(head, b',') },
        None => sniff(head, limits)?,
    };
    let mut rows = CsvRows::new(feed_of(head), dialect, limits.row_bytes);
    let mut read = sample(limits, |row| rows.next(row))?;
    if !ended && read.len() > 2 && read.len() < limits.sample_rows {
        read.pop();
    }
    if read.is_empty() {
        return Err(HistoryError::Source("the source has no row that can be read".into()));
    }
    let header = read.remove(0);
    let columns: Vec<String> = header.cells().map(|c| c.trim().to_owned()).collect();
    let named = columns.iter().filter(|c| c.chars().any(char::is_alphabetic) || *c == "#").count();
    if columns.len() < 2 || named * 2 < columns.len() {
        return Err(HistoryError::Source(format!(
            "the first row must name the columns, with one of , ; tab | between them; it is: {}",
            crate::row::head_of(columns.join(" | ").as_bytes())
        )));
    }
    read.retain(|row| row.len() == columns.len());
    let mut source = bare(Form::Cells(dialect), limits);
    source.columns = columns;
    source.sample = read;
    Ok(source)
}

/// The delimiter of a first line `sep=;`, as spreadsheets write it; its text is blanked out.
fn told_delimiter(head: &mut [u8]) -> Option<u8> {
    let end = head.iter().position(|b| *b == b'\n')?;
    let line = head[..end].strip_suffix(b"\r").unwrap_or(&head[..end]);
    let line = line.strip_prefix(b"\"").unwrap_or(line);
    let delimiter = *line.strip_prefix(b"sep=")?.first()?;
    head[..end].fill(b' ');
    Some(delimiter)
}

fn dialect_with(head: &[u8], delimiter: u8) -> Dialect {
    let line = &head[..head.iter().position(|b| *b == b'\n').unwrap_or(head.len())];
    let line = line.trim_ascii();
    let single = line.len() > 2 && line.starts_with(b"'") && line.ends_with(b"'");
    let quote = if single { b'\'' } else { b'"' };
    let count = |a: u8| head.windows(2).filter(|w| *w == [a, quote]).count();
    let backslash = count(b'\\') > 0 && count(b'\\') * 2 > count(quote);
    Dialect { delimiter, quote, backslash }
}

/// The delimiter with which the most rows have as many cells as the first.
fn sniff(head: &[u8], limits: Limits) -> Result<Dialect, HistoryError> {
    let look = &head[..head.len().min(512 * 1024)];
    let base = dialect_with(look, b',');
    let mut best = (0.0, base);
    for delimiter in [b',', b';', b'\t', b'|'] {
        let dialect = Dialect { delimiter, ..base };
        let mut rows = CsvRows::new(feed_of(look), dialect, limits.row_bytes);
        let read = sample(Limits { sample_rows: 300, ..limits }, |row| rows.next(row))?;
        let Some(width) = read.first().map(Row::len).filter(|w| *w > 1) else {
            continue;
        };
        let same = read.iter().filter(|r| r.len() == width).count() as f64 / read.len() as f64;
        let score = same * (width as f64).ln_1p();
        if score > best.0 {
            best = (score, dialect);
        }
    }
    Ok(best.1)
}
