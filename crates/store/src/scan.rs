//! Reading a journal fast: many entries in one row of one text, on every core.
//!
//! INVARIANT: this only says that entries are well. A part in which anything is not exactly as it should
//! be, or that this cannot read, is read again value by value (`walk`), and only that names what is wrong.
//! SQLite hands out bytes as they are (`lite`); PostgreSQL makes one text of them.

use crate::{
    Store, StoreError,
    leaf::{Leaf, commitment},
    merkle::{Hash, leaf_hash},
    source::Source,
    sql::{Conn, query, with_nul},
    tip::as_i64,
};
use domain::ClientId;
use futures::{Stream, StreamExt as _};
use std::{
    num::NonZero,
    sync::{Arc, Mutex, PoisonError},
};

mod lite;

/// Entries that are read at once.
const PART: u64 = 1024;
/// Readers at most: more would only wait for the disk.
const READERS: usize = 8;
/// Longer bodies are read value by value, since in one text they would take too much memory.
const LONG: u32 = 16_384;

/// Ends each value. A value that holds it makes one end too many.
const END: char = '\u{1f}';

/// How a value stands in the text, after its type.
#[derive(Clone, Copy)]
enum As {
    Itself,
    Hex,
}

/// Columns in the order of [`Cursor::leaf`], then what stands beside the leaf.
const COLUMNS: [(&str, As); 14] = [
    ("e.seq", As::Itself),
    ("e.at_ms", As::Itself),
    ("e.case_id", As::Itself),
    ("e.actor", As::Itself),
    ("e.kind", As::Itself),
    ("e.digest", As::Hex),
    ("e.tier", As::Itself),
    ("e.findings", As::Itself),
    ("e.policy_version", As::Itself),
    ("e.outcome", As::Itself),
    ("e.commitment", As::Hex),
    ("e.leaf_hash", As::Hex),
    ("p.salt", As::Hex),
    ("p.body", As::Hex),
];

/// Entries from one number to before another.
#[derive(Debug)]
pub(crate) struct Part {
    /// The first number.
    pub(crate) from: u64,
    /// The number after the last.
    pub(crate) to: u64,
    /// Leaf hashes and how many entries are erased; `None`: to be read value by value.
    pub(crate) well: Option<(Vec<Hash>, u64)>,
}

/// Connections that nobody reads from at the moment.
type Idle = Arc<Mutex<Vec<Conn>>>;

/// How many entries a part has, and one text for all of them: type and value of each column.
fn statement() -> String {
    let value = |(column, how): &(&str, As)| match how {
        As::Hex => format!("typeof({column}) || hex({column}) || '{END}'"),
        As::Itself => {
            format!("typeof({column}) || COALESCE(CAST({column} AS TEXT), '') || '{END}'")
        }
    };
    let values: Vec<String> = COLUMNS.iter().map(value).collect();
    let (body, values) = values.split_last().map_or(("", &values[..]), |(b, v)| (b, v));
    format!(
        "SELECT COUNT(*), string_agg(one, '') FROM (
           SELECT {} || CASE WHEN length(p.body) > {LONG} THEN 'long{END}' ELSE {body} END AS one
           FROM entries e LEFT JOIN entry_private p ON p.client = e.client AND p.seq = e.seq
           WHERE e.client = $1 AND e.seq >= $2 AND e.seq < $3 ORDER BY e.seq) AS part",
        values.join(" || ")
    )
}

impl Store {
    /// The first `size` entries in parts, in order. Every part is read and hashed on some core.
    pub(crate) fn parts<'s>(
        &'s self,
        client: &'s ClientId,
        size: u64,
    ) -> impl Stream<Item = Result<Part, StoreError>> + 's {
        let sql: Arc<str> = statement().into();
        let idle = Idle::default();
        let cores = std::thread::available_parallelism().map_or(2, NonZero::get);
        let starts = (0..size.div_ceil(PART)).map(|n| n * PART);
        futures::stream::iter(starts)
            .map(move |from| {
                let to = size.min(from + PART);
                let work = read(
                    self.source.clone(),
                    idle.clone(),
                    sql.clone(),
                    client.clone(),
                    (from, to),
                );
                tokio::spawn(work)
            })
            .buffered((2 * cores).clamp(2, READERS))
            .map(move |done| match done {
                Ok(part) => part.map_err(|e| self.fail(e)),
                Err(e) => Err(StoreError::Broken(format!("reading {client} broke off: {e}"))),
            })
    }
}

async fn read(
    source: Source,
    idle: Idle,
    sql: Arc<str>,
    client: ClientId,
    (from, to): (u64, u64),
) -> Result<Part, sqlx::Error> {
    let free = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut conn = match free {
        Some(conn) => conn,
        None => source.snapshot(Some(&client)).await?,
    };
    let read = match &mut conn {
        Conn::Sqlite(_) => Read::Lite(lite::read(&mut conn, client.as_str(), (from, to)).await?),
        Conn::Postgres(_) => {
            let row = query(sql.to_string())
                .bind(client.as_str())
                .bind(as_i64(from))
                .bind(as_i64(to))
                .fetch_one(&mut conn)
                .await?;
            // What is no text is for the other way of reading to name.
            let text: Option<String> = row.try_get(1).unwrap_or_default();
            let whole = row.try_get::<i64, _>(0).is_ok_and(|n| n == as_i64(to - from));
            Read::Text(text.filter(|_| whole))
        }
    };
    // Others may read with it while this is hashed.
    idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
    let well = match read {
        Read::Lite(read) => read.and_then(|r| lite::check(&r, client.as_str(), (from, to))),
        Read::Text(text) => text.and_then(|t| check(&t, client.as_str(), (from, to))),
    };
    Ok(Part { from, to, well })
}

/// A part as its database hands it out; `None`: not whole.
enum Read {
    Lite(Option<lite::Read>),
    Text(Option<String>),
}

/// Leaf hashes of a part and how many entries are erased; `None` when anything is not as it should be.
fn check(text: &str, client: &str, (from, to): (u64, u64)) -> Option<(Vec<Hash>, u64)> {
    // As many ends as there are values in so many rows: no value holds one.
    if text.matches(END).count() as u64 != (to - from) * COLUMNS.len() as u64 {
        return None;
    }
    let mut cursor = Cursor { values: text.split_terminator(END) };
    let (mut hashes, mut erased) = (Vec::new(), 0);
    for seq in from..to {
        let leaf = cursor.leaf(client)?;
        let hash = leaf_hash(&leaf.bytes());
        if u64::try_from(leaf.seq) != Ok(seq) || cursor.bytes()?? != hash {
            return None;
        }
        match (cursor.bytes()?, cursor.bytes()?) {
            (None, None) => erased += 1,
            (Some(salt), Some(body)) if commitment(&salt, &body) == leaf.commitment => {}
            _ => return None,
        }
        hashes.push(hash);
    }
    Some((hashes, erased))
}

/// The values of a text, one after another. `None`: not there, or of another type.
struct Cursor<'t> {
    values: std::str::SplitTerminator<'t, char>,
}

impl Cursor<'_> {
    fn leaf(&mut self, client: &str) -> Option<Leaf> {
        Some(Leaf {
            client: client.to_owned(),
            seq: self.int()?,
            at_ms: self.int()?,
            case_id: self.text()??,
            actor: self.text()??,
            kind: self.text()??,
            digest: self.bytes()?,
            tier: self.text()?,
            findings: self.text()??,
            policy_version: self.text()?,
            outcome: self.text()?,
            commitment: self.bytes()??,
        })
    }

    /// `Some(None)` where there is no value.
    fn value(&mut self, kind: &str) -> Option<Option<&str>> {
        match self.values.next()? {
            "null" => Some(None),
            value => Some(Some(value.strip_prefix(kind)?)),
        }
    }

    fn bytes(&mut self) -> Option<Option<Vec<u8>>> {
        let Some(digits) = self.value("blob")? else { return Some(None) };
        Some(Some(hex::decode(digits).ok()?))
    }

    fn text(&mut self) -> Option<Option<String>> {
        let text = self.value("text")?.map(str::to_owned);
        Some(text.map(with_nul))
    }

    fn int(&mut self) -> Option<i64> {
        let digits = self.value("integer")??;
        digits.parse().ok().filter(|n: &i64| n.to_string() == digits)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::{MSP_JOURNAL, Person, Role, StoreOptions, msp_journal};
    use domain::{PersonId, UnixMs};
    use futures::TryStreamExt as _;

    #[tokio::test]
    async fn what_the_store_writes_is_read_fast() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&StoreOptions::new(dir.path(), "desk.example.net")).await.unwrap();
        for n in 0..1_100 {
            let person = Person {
                id: PersonId::new(format!("p{n}")).unwrap(),
                name: "P".into(),
                email: "p@msp.example".into(),
                role: Role::Technician,
                password_hash: String::new(),
                away: None,
                deputy: None,
            };
            store.put_person(person, UnixMs(0)).await.unwrap();
        }
        let journal = msp_journal();
        let parts: Vec<Part> = store.parts(&journal, 1_100).try_collect().await.unwrap();
        let well: Vec<usize> = parts.iter().map(|p| p.well.as_ref().unwrap().0.len()).collect();
        assert_eq!(well, [1024, 76], "{MSP_JOURNAL}");
    }
}
