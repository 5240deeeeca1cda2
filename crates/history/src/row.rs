//! One row of a source as text, whatever it was written in.

use crate::letters::push_text;

/// The cells of a row, in one buffer that is used again for the next row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    /// Number of the line where it begins, from 1.
    pub(crate) line: u64,
    /// Cells that were Windows-1252.
    pub(crate) old_letters: u64,
    text: String,
    ends: Vec<usize>,
}

impl Row {
    /// Empties it for the row that begins at `line`.
    pub(crate) fn begin(&mut self, line: u64) {
        self.line = line;
        self.old_letters = 0;
        self.text.clear();
        self.ends.clear();
    }

    /// Appends a cell.
    pub(crate) fn push(&mut self, cell: &[u8]) {
        self.old_letters += u64::from(push_text(cell, &mut self.text));
        self.ends.push(self.text.len());
    }

    /// Appends a cell that is text already.
    pub(crate) fn push_str(&mut self, cell: &str) {
        match cell.contains('\0') {
            true => self.text.extend(cell.chars().filter(|c| *c != '\0')),
            false => self.text.push_str(cell),
        }
        self.ends.push(self.text.len());
    }

    /// The number of cells.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The cell at `index`; empty when there is none.
    pub(crate) fn get(&self, index: usize) -> &str {
        let Some(end) = self.ends.get(index) else {
            return "";
        };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..*end]
    }

    /// The cells in order.
    pub(crate) fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|at| self.get(at))
    }
}

/// What became of the next row.
pub(crate) enum Next {
    /// It is in the buffer.
    Row,
    /// It cannot be read; the source goes on behind it.
    Bad(Bad),
    /// There is none.
    End,
}

/// A row that is put aside.
#[derive(Clone, Debug)]
pub(crate) struct Bad {
    /// Number of the line where it begins, from 1.
    pub(crate) line: u64,
    /// Why.
    pub(crate) why: Why,
    /// The reason with its particulars.
    pub(crate) says: String,
    /// How it begins.
    pub(crate) head: String,
}

/// Why a row is put aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// A quote that is opened and not closed.
    Quote,
    /// Longer than a record may be.
    Long,
    /// Another number of cells than the header has.
    Cells,
    /// Not a JSON object.
    Json,
    /// Not a ticket in our own form.
    Form,
    /// No number of the ticket.
    NoId,
    /// A date that is not one in its column's form.
    Date,
    /// A number that is not one.
    Number,
}

impl Why {
    /// The reason in words, for a table.
    pub fn words(self) -> &'static str {
        match self {
            Why::Quote => "a quote is not closed",
            Why::Long => "longer than a row may be",
            Why::Cells => "another number of cells than the header",
            Why::Json => "not a JSON object",
            Why::Form => "not a ticket in our own form",
            Why::NoId => "no ticket number",
            Why::Date => "not a date",
            Why::Number => "not a number",
        }
    }
}

/// The first 200 characters.
pub(crate) fn head_of(bytes: &[u8]) -> String {
    let mut text = String::new();
    // At most four bytes a character; a cut one at the end falls away with the rest.
    let cut = &bytes[..bytes.len().min(1200)];
    let whole = std::str::from_utf8(cut).map_or_else(|e| e.valid_up_to(), |_| cut.len());
    push_text(if whole + 3 >= cut.len() { &cut[..whole] } else { cut }, &mut text);
    let end = text.char_indices().nth(200).map_or(text.len(), |(at, _)| at);
    text.truncate(end);
    text
}
