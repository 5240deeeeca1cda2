//! Rows of text with delimiters, as help desks and spreadsheets write them.
//!
//! A quote that somebody forgot must not swallow the rows behind it: a row over several lines with text behind a closing quote is given up at its first line,
//! and reading goes on with the second.

use crate::{
    feed::Feed,
    row::{Bad, Next, Row, Why, head_of},
};
use std::io;

/// How cells are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// Between cells.
    pub(crate) delimiter: u8,
    /// Around cells that hold delimiters or line ends.
    pub(crate) quote: u8,
    /// A backslash takes the meaning from the quote behind it.
    pub(crate) backslash: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    CellStart,
    Plain,
    Quoted,
    QuoteInQuoted,
}

/// Reads rows of a source.
pub(crate) struct CsvRows {
    pub(crate) feed: Feed,
    dialect: Dialect,
    max_bytes: usize,
    cell: Vec<u8>,
}

/// How a row ended: its bytes, those of its end of line too, and whether it is sound.
struct Found {
    bytes: usize,
    first_line: Option<usize>,
    junk: bool,
    open: bool,
    long: bool,
}

impl CsvRows {
    pub(crate) fn new(feed: Feed, dialect: Dialect, max_bytes: usize) -> CsvRows {
        CsvRows { feed, dialect, max_bytes, cell: Vec::new() }
    }

    /// The next row; lines without any text are passed over.
    pub(crate) fn next(&mut self, row: &mut Row) -> io::Result<Next> {
        loop {
            if self.feed.data().is_empty() && !self.feed.widen()? {
                return Ok(Next::End);
            }
            let line = self.feed.line;
            row.begin(line);
            let found = self.scan(row)?;
            let broken = found.open || found.long || (found.junk && found.first_line.is_some());
            if broken {
                return self.give_up(line, &found).map(Next::Bad);
            }
            self.feed.pass(found.bytes);
            if row.len() > 1 || !row.get(0).trim().is_empty() {
                return Ok(Next::Row);
            }
        }
    }

    fn give_up(&mut self, line: u64, found: &Found) -> io::Result<Bad> {
        let (why, says) = match found.open || found.junk {
            true => (
                Why::Quote,
                format!(
                    "the quote that is opened in line {line} is not closed before the row ends"
                ),
            ),
            false => (Why::Long, format!("the row is longer than {} bytes", self.max_bytes)),
        };
        let data = self.feed.data();
        let end = found.first_line.unwrap_or(found.bytes).min(data.len());
        let head = head_of(&data[..end]);
        match found.first_line {
            Some(at) => self.feed.pass(at + 1),
            None => self.feed.pass_line()?,
        }
        Ok(Bad { line, why, says, head })
    }

    fn scan(&mut self, row: &mut Row) -> io::Result<Found> {
        let Dialect { delimiter, quote, backslash } = self.dialect;
        let mut at = At::CellStart;
        let mut i = 0;
        let mut found = Found { bytes: 0, first_line: None, junk: false, open: false, long: false };
        self.cell.clear();
        loop {
            if i >= self.max_bytes {
                found.long = true;
                found.open = at == At::Quoted;
                break;
            }
            if i == self.feed.data().len() && !self.feed.widen()? {
                found.open = at == At::Quoted;
                row.push(&self.cell);
                break;
            }
            let rest = &self.feed.data()[i..];
            let byte = rest[0];
            let ends = byte == b'\n' || byte == b'\r';
            match at {
                At::CellStart if byte == quote => {
                    at = At::Quoted;
                    i += 1;
                }
                At::CellStart => at = At::Plain,
                At::Plain | At::QuoteInQuoted if byte == delimiter => {
                    row.push(&self.cell);
                    self.cell.clear();
                    at = At::CellStart;
                    i += 1;
                }
                At::Plain | At::QuoteInQuoted if ends => {
                    row.push(&self.cell);
                    i += 1;
                    if byte == b'\r' {
                        if i == self.feed.data().len() {
                            self.feed.widen()?;
                        }
                        i += usize::from(self.feed.data().get(i) == Some(&b'\n'));
                    }
                    break;
                }
                At::Plain => {
                    let stop = |b: &u8| *b == delimiter || *b == b'\n' || *b == b'\r';
                    let run = rest.iter().position(stop).unwrap_or(rest.len());
                    self.cell.extend_from_slice(&rest[..run]);
                    i += run;
                }
                At::Quoted if byte == quote => {
                    at = At::QuoteInQuoted;
                    i += 1;
                }
                At::Quoted if backslash && byte == b'\\' => {
                    if rest.len() == 1 && self.feed.widen()? {
                        continue;
                    }
                    let next = self.feed.data().get(i + 1).copied();
                    match next {
                        Some(b) if b == quote || b == b'\\' => {
                            self.cell.push(b);
                            i += 2;
                        }
                        _ => {
                            self.cell.push(byte);
                            i += 1;
                        }
                    }
                }
                At::Quoted => {
                    if byte == b'\n' {
                        found.first_line.get_or_insert(i);
                        if found.junk {
                            break;
                        }
                    }
                    let stop = |b: &u8| *b == quote || *b == b'\n' || (backslash && *b == b'\\');
                    let run = 1 + rest[1..].iter().position(stop).unwrap_or(rest.len() - 1);
                    self.cell.extend_from_slice(&rest[..run]);
                    i += run;
                }
                At::QuoteInQuoted if byte == quote => {
                    self.cell.push(quote);
                    at = At::Quoted;
                    i += 1;
                }
                // Given up at once: whoever opens a quote in every line would have each line read to the end of the file.
                At::QuoteInQuoted if found.first_line.is_some() => {
                    found.junk = true;
                    break;
                }
                At::QuoteInQuoted => {
                    found.junk = true;
                    self.cell.push(quote);
                    at = At::Quoted;
                }
            }
        }
        found.bytes = i;
        Ok(found)
    }
}
