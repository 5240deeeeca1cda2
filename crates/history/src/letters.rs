//! Bytes into characters: UTF-8, UTF-16, and Windows-1252 for whatever is neither.

use std::io::{self, Read};

/// What Windows-1252 has at 0x80 to 0x9F; unused places stay control characters.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Appends the bytes as text without NUL: as UTF-8, else as Windows-1252. True when it was the latter.
pub(crate) fn push_text(bytes: &[u8], text: &mut String) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(good) if !bytes.contains(&0) => {
            text.push_str(good);
            false
        }
        Ok(good) => {
            text.extend(good.chars().filter(|c| *c != '\0'));
            false
        }
        Err(_) => {
            text.extend(bytes.iter().filter(|b| **b != 0).map(|b| match b {
                0x80..=0x9f => HIGH[usize::from(b - 0x80)],
                b => char::from(*b),
            }));
            true
        }
    }
}

/// How 16-bit units stand in the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Units {
    Little,
    Big,
}

/// Whether the head of a source is UTF-16: by its mark, or by the zero bytes of plain letters.
pub(crate) fn sixteen(head: &[u8]) -> Option<Units> {
    match head {
        [0xff, 0xfe, ..] => return Some(Units::Little),
        [0xfe, 0xff, ..] => return Some(Units::Big),
        _ => {}
    }
    let look = &head[..head.len().min(4096)];
    let zeros = |odd: usize| look.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let many = look.len() / 5;
    match look.len() >= 16 {
        true if odd > many && even * 8 < odd => Some(Units::Little),
        true if even > many && odd * 8 < even => Some(Units::Big),
        _ => None,
    }
}

/// UTF-16 read as UTF-8. Lone surrogates become U+FFFD.
pub(crate) struct FromSixteen<R> {
    from: R,
    units: Units,
    raw: Vec<u8>,
    out: Vec<u8>,
    given: usize,
    first: bool,
}

impl<R: Read> FromSixteen<R> {
    pub(crate) fn new(from: R, units: Units) -> Self {
        FromSixteen { from, units, raw: Vec::new(), out: Vec::new(), given: 0, first: true }
    }

    fn refill(&mut self) -> io::Result<()> {
        let mut chunk = [0u8; 16 * 1024];
        self.out.clear();
        self.given = 0;
        while self.out.is_empty() {
            let count = match self.from.read(&mut chunk) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            self.raw.extend_from_slice(&chunk[..count]);
            let unit = |pair: &[u8]| match self.units {
                Units::Little => u16::from_le_bytes([pair[0], pair[1]]),
                Units::Big => u16::from_be_bytes([pair[0], pair[1]]),
            };
            let mut units: Vec<u16> = self.raw.chunks_exact(2).map(unit).collect();
            // The first half of a pair waits for the second.
            if count > 0 && units.last().is_some_and(|u| (0xd800..0xdc00).contains(u)) {
                units.pop();
            }
            self.raw.drain(..units.len() * 2);
            let mut letter = [0u8; 4];
            for c in char::decode_utf16(units) {
                let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
                let marks = std::mem::take(&mut self.first) && c == '\u{feff}';
                if !marks {
                    self.out.extend_from_slice(c.encode_utf8(&mut letter).as_bytes());
                }
            }
            if count == 0 {
                break;
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for FromSixteen<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.given == self.out.len() {
            self.refill()?;
        }
        let count = into.len().min(self.out.len() - self.given);
        into[..count].copy_from_slice(&self.out[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}
