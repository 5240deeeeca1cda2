//! Rows that are put aside: counted by reason, and written down so that people can look.

use crate::{
    HistoryError,
    row::{Bad, Why},
};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

/// The file of rows that were put aside.
pub(crate) struct Rejects {
    path: PathBuf,
    file: BufWriter<File>,
    pub(crate) counts: BTreeMap<Why, u64>,
}

impl Rejects {
    /// Begins the file anew.
    pub(crate) fn create(path: &Path) -> Result<Rejects, HistoryError> {
        let failed = || HistoryError::io(format!("write {}", path.display()));
        let mut file = BufWriter::new(File::create(path).map_err(failed())?);
        file.write_all(b"line,reason,row\n").map_err(failed())?;
        Ok(Rejects { path: path.to_owned(), file, counts: BTreeMap::new() })
    }

    /// Puts a row aside.
    pub(crate) fn add(&mut self, bad: &Bad) -> Result<(), HistoryError> {
        *self.counts.entry(bad.why).or_default() += 1;
        // People open this file in a spreadsheet, which would carry out what begins like a formula.
        let plain =
            |text: &str| if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
        let quoted = |text: &str| format!("\"{}{}\"", plain(text), text.replace('"', "\"\""));
        let (says, head) = (quoted(&bad.says), quoted(&bad.head));
        writeln!(self.file, "{},{says},{head}", bad.line)
            .map_err(HistoryError::io(format!("write {}", self.path.display())))
    }

    /// Ends the file; without rows it is taken away.
    pub(crate) fn end(mut self) -> Result<BTreeMap<Why, u64>, HistoryError> {
        let failed = || HistoryError::io(format!("write {}", self.path.display()));
        self.file.flush().map_err(failed())?;
        if self.counts.is_empty() {
            std::fs::remove_file(&self.path).map_err(failed())?;
        }
        Ok(self.counts)
    }
}
