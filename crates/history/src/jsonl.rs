//! One JSON object a line: our own form, or anybody's objects as cells under dotted names.

use crate::{
    feed::Feed,
    row::{Bad, Next, Row, Why, head_of},
};
use serde_json::Value;
use std::{collections::HashMap, io};

/// Names of nested objects deeper than this are not told apart.
const DEPTH: usize = 6;

/// Reads lines of a source.
pub(crate) struct JsonRows {
    pub(crate) feed: Feed,
    max_bytes: usize,
    place: HashMap<String, usize>,
    cells: Vec<String>,
}

/// The next line that is not empty.
pub(crate) enum Line<'a> {
    /// Its number, and its bytes without the end of line.
    Text(u64, &'a [u8]),
    /// Too long.
    Bad(Bad),
    /// There is none.
    End,
}

impl JsonRows {
    pub(crate) fn new(feed: Feed, columns: &[String], max_bytes: usize) -> JsonRows {
        let place = columns.iter().enumerate().map(|(at, name)| (name.clone(), at)).collect();
        JsonRows { feed, max_bytes, place, cells: vec![String::new(); columns.len()] }
    }

    /// Finds the next line and gives it to `then`; it stays valid until the next call.
    pub(crate) fn line<T>(&mut self, then: impl FnOnce(Line<'_>) -> T) -> io::Result<T> {
        let mut seen = 0;
        loop {
            let data = self.feed.data();
            let end = data[seen..].iter().position(|b| *b == b'\n').map(|at| seen + at);
            if end.unwrap_or(data.len()) > self.max_bytes {
                let says = format!("the line is longer than {} bytes", self.max_bytes);
                let (line, head) = (self.feed.line, head_of(data));
                self.feed.pass_line()?;
                return Ok(then(Line::Bad(Bad { line, why: Why::Long, says, head })));
            }
            seen = data.len();
            let (text_end, all) = match end {
                Some(at) => (at, at + 1),
                None if self.feed.widen()? => continue,
                None if seen == 0 => return Ok(then(Line::End)),
                None => (seen, seen),
            };
            if self.feed.data()[..text_end].iter().all(u8::is_ascii_whitespace) {
                self.feed.pass(all);
                seen = 0;
                continue;
            }
            let line = self.feed.line;
            let given = then(Line::Text(line, &self.feed.data()[..text_end]));
            self.feed.pass(all);
            return Ok(given);
        }
    }

    /// The next object as cells.
    pub(crate) fn next(&mut self, row: &mut Row) -> io::Result<Next> {
        let (place, mut cells) = (std::mem::take(&mut self.place), std::mem::take(&mut self.cells));
        let next = self.line(|line| match line {
            Line::End => Next::End,
            Line::Bad(bad) => Next::Bad(bad),
            Line::Text(number, bytes) => {
                row.begin(number);
                let mut text = String::new();
                crate::letters::push_text(bytes, &mut text);
                match serde_json::from_str::<Value>(&text) {
                    Ok(Value::Object(object)) => {
                        cells.iter_mut().for_each(String::clear);
                        flatten(Value::Object(object), &mut |name, cell| {
                            if let Some(at) = place.get(name) {
                                cells[*at] = cell;
                            }
                        });
                        cells.iter().for_each(|c| row.push_str(c));
                        Next::Row
                    }
                    other => Next::Bad(Bad {
                        line: number,
                        why: Why::Json,
                        says: match other {
                            Ok(_) => "the line holds JSON, but not an object".into(),
                            Err(e) => format!("column {}: {}", e.column(), plain(&e)),
                        },
                        head: head_of(bytes),
                    }),
                }
            }
        });
        (self.place, self.cells) = (place, cells);
        next
    }
}

/// What the parser said, without the place: the line there is always 1.
pub(crate) fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

/// Gives every value under its dotted name. Lists of plain values are joined, lists of objects stay JSON.
pub(crate) fn flatten(value: Value, give: &mut dyn FnMut(&str, String)) {
    fn go(name: &str, value: Value, depth: usize, give: &mut dyn FnMut(&str, String)) {
        match value {
            Value::Object(object) if depth < DEPTH => {
                for (key, value) in object {
                    match name.is_empty() {
                        true => go(&key, value, depth + 1, give),
                        false => go(&format!("{name}.{key}"), value, depth + 1, give),
                    }
                }
            }
            Value::Null => give(name, String::new()),
            Value::String(text) => give(name, text),
            Value::Array(list) if !list.iter().any(|v| v.is_object() || v.is_array()) => {
                let words = list.into_iter().map(|v| match v {
                    Value::String(text) => text,
                    other => other.to_string(),
                });
                give(name, words.collect::<Vec<_>>().join(", "));
            }
            other => give(name, other.to_string()),
        }
    }
    go("", value, 0, give);
}
