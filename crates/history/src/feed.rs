//! Bytes of a source, looked at through a window that may be put back.
//!
//! INVARIANT: never more than one record of the largest size and one chunk are in memory.

use std::io::{self, Read};

const CHUNK: usize = 256 * 1024;

/// A window onto a stream.
pub(crate) struct Feed {
    from: Box<dyn Read + Send>,
    held: Vec<u8>,
    start: usize,
    ended: bool,
    /// Number of the line in which the window begins, from 1.
    pub(crate) line: u64,
    /// Bytes that the window has left behind.
    pub(crate) passed: u64,
}

impl Feed {
    /// A window at the beginning of the stream.
    pub(crate) fn new(from: Box<dyn Read + Send>) -> Feed {
        Feed { from, held: Vec::new(), start: 0, ended: false, line: 1, passed: 0 }
    }

    /// What is in the window.
    pub(crate) fn data(&self) -> &[u8] {
        &self.held[self.start..]
    }

    /// Widens the window by what can be read; false at the end of the stream.
    pub(crate) fn widen(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if self.start > 0 {
            self.held.drain(..self.start);
            self.start = 0;
        }
        let before = self.held.len();
        self.held.resize(before + CHUNK, 0);
        let read = loop {
            match self.from.read(&mut self.held[before..]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let count = *read.as_ref().unwrap_or(&0);
        self.held.truncate(before + count);
        read?;
        self.ended = count == 0;
        Ok(count > 0)
    }

    /// Moves the window on by `bytes`, counting lines.
    pub(crate) fn pass(&mut self, bytes: usize) {
        let end = (self.start + bytes).min(self.held.len());
        let left = &self.held[self.start..end];
        self.line += left.iter().filter(|b| **b == b'\n').count() as u64;
        self.passed += left.len() as u64;
        self.start = end;
    }

    /// Moves the window to the beginning of the next line, however far that is.
    pub(crate) fn pass_line(&mut self) -> io::Result<()> {
        loop {
            if let Some(at) = self.data().iter().position(|b| *b == b'\n') {
                self.pass(at + 1);
                return Ok(());
            }
            let all = self.data().len();
            self.pass(all);
            if !self.widen()? {
                return Ok(());
            }
        }
    }
}
