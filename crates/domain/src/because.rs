//! Why a finding is what it is, in words that are only put together when somebody reads them.
//!
//! A judgement is made far more often than it is read; filling in the numbers waits until then.

use crate::UnixMs;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{borrow::Cow, cmp::Ordering, fmt, sync::Arc};

/// One blank of a sentence.
#[derive(Clone, Debug)]
pub enum Blank {
    /// Nothing.
    Empty,
    /// A whole number.
    Number(i64),
    /// A point in time.
    Time(UnixMs),
    /// A word of ours.
    Word(&'static str),
    /// Text from facts or policy.
    Text(Arc<str>),
}

impl fmt::Display for Blank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Blank::Empty => Ok(()),
            Blank::Number(n) => write!(f, "{n}"),
            Blank::Time(at) => write!(f, "{at}"),
            Blank::Word(w) => f.write_str(w),
            Blank::Text(t) => f.write_str(t),
        }
    }
}

/// The fact behind a finding, as a sentence.
#[derive(Clone, Debug)]
pub enum Because {
    /// A fixed sentence.
    Fixed(&'static str),
    /// A sentence of its own.
    Text(String),
    /// A sentence that many share, such as the reason of a rule.
    Shared(Arc<str>),
    /// A sentence with up to two blanks, each written `{}`.
    Filled(&'static str, [Blank; 2]),
    /// A sentence with up to four: apart, because few need them and every finding is as large as the
    /// largest.
    Long(Box<(&'static str, [Blank; 4])>),
}

impl Because {
    /// A sentence with blanks.
    #[inline]
    pub fn filled<const N: usize>(sentence: &'static str, blanks: [Blank; N]) -> Because {
        const { assert!(N <= 4, "a sentence has at most four blanks") };
        let mut blanks = blanks.into_iter();
        let mut next = || blanks.next().unwrap_or(Blank::Empty);
        if N <= 2 {
            return Because::Filled(sentence, [next(), next()]);
        }
        Because::Long(Box::new((sentence, [next(), next(), next(), next()])))
    }

    fn text(&self) -> Cow<'_, str> {
        match self {
            Because::Fixed(text) => Cow::Borrowed(text),
            Because::Text(text) => Cow::Borrowed(text),
            Because::Shared(text) => Cow::Borrowed(text),
            Because::Filled(..) | Because::Long(_) => Cow::Owned(self.to_string()),
        }
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.text().is_empty()
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Because::Fixed(text) => f.write_str(text),
            Because::Text(text) => f.write_str(text),
            Because::Shared(text) => f.write_str(text),
            Because::Filled(sentence, blanks) => fill(f, sentence, blanks),
            Because::Long(long) => fill(f, long.0, &long.1),
        }
    }
}

fn fill(f: &mut fmt::Formatter<'_>, sentence: &str, blanks: &[Blank]) -> fmt::Result {
    let mut blanks = blanks.iter();
    for (i, part) in sentence.split("{}").enumerate() {
        if i > 0
            && let Some(blank) = blanks.next()
        {
            write!(f, "{blank}")?;
        }
        f.write_str(part)?;
    }
    Ok(())
}

impl PartialEq for Because {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Because {}

impl PartialOrd for Because {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Because {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text().cmp(&other.text())
    }
}

impl From<String> for Because {
    fn from(text: String) -> Self {
        Because::Text(text)
    }
}

impl From<&'static str> for Because {
    fn from(text: &'static str) -> Self {
        Because::Fixed(text)
    }
}

/// Written as a list of sentences, as it was when a finding could have several.
impl Serialize for Because {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq([self.text()])
    }
}

impl<'de> Deserialize<'de> for Because {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Because::Text(Vec::<String>::deserialize(deserializer)?.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_filled_in_order_and_survive_the_journal() {
        let sentence = Because::filled(
            "{} targets of {}; the limit is {}",
            [Blank::Number(7), Blank::Word("reboot"), Blank::Number(5)],
        );
        assert_eq!(sentence.to_string(), "7 targets of reboot; the limit is 5");
        let short = Because::filled("until {}", [Blank::Time(UnixMs(0))]);
        assert_eq!(short.to_string(), "until 1970-01-01T00:00:00Z");
        let json = serde_json::to_string(&sentence).unwrap_or_default();
        assert_eq!(json, "[\"7 targets of reboot; the limit is 5\"]");
        assert_eq!(serde_json::from_str::<Because>(&json).ok(), Some(sentence));
    }
}
