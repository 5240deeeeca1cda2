//! A part of a journal out of SQLite: the values of many entries in a few long ones, as bytes, since a
//! row for each entry, or a value for each column, would cost more than all the hashing.
//!
//! INVARIANT: nobody can shift a boundary between two values: texts end with a sign that none of them
//! holds (there are exactly as many as values), hashes stand apart from texts and are 32 bytes each,
//! and bodies come with their lengths.

use super::{END, LONG};
use crate::{
    leaf::{Fields, commits},
    merkle::{Hash, leaf_hash},
    sql::{Conn, query},
    tip::as_i64,
};
use std::str::SplitTerminator;

/// Texts of an entry, each with its end.
const TEXTS: [&str; 8] =
    ["seq", "at_ms", "case_id", "actor", "kind", "findings", "tier", "policy_version"];

/// What SQLite tells by comparing: after every number comes every text, then every blob.
fn is_text(column: &str) -> String {
    format!("{column} >= '' AND {column} < x''")
}

fn is_hash(column: &str) -> String {
    format!("{column} >= x'' AND length({column}) = 32")
}

fn or_null(column: &str, is: &str) -> String {
    format!("({column} IS NULL OR {is})")
}

/// How many entries there are, how many have values of the types that they should have, their texts,
/// their hashes, and the digests of those that have one.
pub(super) fn entries() -> String {
    let texts: Vec<String> = ["case_id", "actor", "kind", "findings"].map(is_text).into();
    let maybe = ["tier", "policy_version", "outcome"].map(|c| or_null(c, &is_text(c)));
    let hashes = ["leaf_hash", "commitment"].map(is_hash);
    let digest = or_null("digest", &is_hash("digest"));
    let well = [&texts[..], &maybe, &hashes, &[digest]].concat().join(" AND ");
    let values: String = TEXTS.iter().map(|c| format!("{c}, '{END}', ")).collect();
    format!(
        "SELECT COUNT(*), COUNT(*) FILTER (WHERE {well}),
           string_agg(concat({values} outcome, '{END}', tier IS NULL, policy_version IS NULL,
             outcome IS NULL, digest IS NULL, '{END}'), ''),
           string_agg(leaf_hash || commitment, ''), string_agg(digest, '')
         FROM entries WHERE client = $1 AND seq >= $2 AND seq < $3"
    )
}

/// The same of what stands beside the entries: numbers with lengths of bodies, salts, bodies.
pub(super) fn private() -> String {
    let well = format!("{} AND body >= x'' AND length(body) <= {LONG}", is_hash("salt"));
    format!(
        "SELECT COUNT(*), COUNT(*) FILTER (WHERE {well}),
           string_agg(concat(seq, '{END}', length(body), '{END}'), ''), string_agg(salt, ''),
           string_agg(CASE WHEN length(body) > {LONG} THEN x'' ELSE body END, '')
         FROM entry_private WHERE client = $1 AND seq >= $2 AND seq < $3"
    )
}

/// A part as it was read.
pub(super) struct Read {
    texts: Vec<u8>,
    hashes: Vec<u8>,
    digests: Vec<u8>,
    places: Vec<u8>,
    salts: Vec<u8>,
    bodies: Vec<u8>,
}

/// Reads a part; `None` when it is not whole or a value is not of its type.
pub(super) async fn read(
    conn: &mut Conn,
    client: &str,
    (from, to): (u64, u64),
) -> Result<Option<Read>, sqlx::Error> {
    let mut columns = Vec::with_capacity(6);
    for (sql, all) in [(entries(), true), (private(), false)] {
        let of = query(sql).bind(client).bind(as_i64(from)).bind(as_i64(to));
        let row = of.fetch_one(&mut *conn).await?;
        let (count, well): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        if well != count || all && count != as_i64(to - from) {
            return Ok(None);
        }
        for at in 2..5 {
            columns.push(row.try_get::<Option<Vec<u8>>, _>(at)?.unwrap_or_default());
        }
    }
    let mut columns = columns.into_iter();
    let mut next = || columns.next().unwrap_or_default();
    Ok(Some(Read {
        texts: next(),
        hashes: next(),
        digests: next(),
        places: next(),
        salts: next(),
        bodies: next(),
    }))
}

/// Leaf hashes of a part and how many entries are erased; `None` when anything is not as it should be.
pub(super) fn check(read: &Read, client: &str, (from, to): (u64, u64)) -> Option<(Vec<Hash>, u64)> {
    let mut texts = Texts::new(&read.texts, (to - from).checked_mul(TEXTS.len() as u64 + 2)?)?;
    let mut hashes = read.hashes.as_chunks::<32>().0.iter();
    let mut digests = read.digests.as_chunks::<32>().0.iter();
    let mut beside = Beside::new(read)?;
    let mut well = Vec::with_capacity(usize::try_from(to - from).ok()?);
    let (mut erased, mut bytes) = (0, Vec::new());
    for seq in from..to {
        let place = texts.int()?;
        let at_ms = texts.int()?;
        let [case_id, actor, kind, findings, tier, policy_version, outcome, absent] =
            texts.next()?;
        let [no_tier, no_policy, no_outcome, no_digest] = absent.as_bytes().as_array::<4>()?;
        let some = |absent: &u8| *absent == b'0';
        let digest = if some(no_digest) { Some(&digests.next()?[..]) } else { None };
        let (hash, commitment) = (hashes.next()?, hashes.next()?);
        let fields = Fields {
            client,
            seq: place,
            at_ms,
            case_id,
            actor,
            kind,
            digest,
            tier: Some(tier).filter(|_| some(no_tier)),
            findings,
            policy_version: Some(policy_version).filter(|_| some(no_policy)),
            outcome: Some(outcome).filter(|_| some(no_outcome)),
            commitment,
        };
        bytes = fields.bytes(bytes);
        if u64::try_from(place) != Ok(seq) || leaf_hash(&bytes) != *hash {
            return None;
        }
        match beside.of(place)? {
            None => erased += 1,
            Some((salt, body)) if commits(salt, body, commitment) => {}
            Some(_) => return None,
        }
        well.push(*hash);
    }
    let rest = hashes.next().is_some() || digests.next().is_some() || !beside.is_over();
    (!rest).then_some((well, erased))
}

/// Texts one after another, each with its end.
struct Texts<'t>(SplitTerminator<'t, char>);

impl<'t> Texts<'t> {
    /// `None` when there are not so many, or they are no text.
    fn new(bytes: &'t [u8], count: u64) -> Option<Texts<'t>> {
        let ends = bytes.iter().filter(|b| u32::from(**b) == u32::from(END)).count();
        let text = std::str::from_utf8(bytes).ok()?;
        (ends as u64 == count).then(|| Texts(text.split_terminator(END)))
    }

    fn next<const N: usize>(&mut self) -> Option<[&'t str; N]> {
        let mut all = [""; N];
        for one in &mut all {
            *one = self.0.next()?;
        }
        Some(all)
    }

    /// A whole number in the only form that SQLite writes it.
    fn int(&mut self) -> Option<i64> {
        let digits = self.0.next()?;
        let plain = match digits.strip_prefix('-').unwrap_or(digits).as_bytes() {
            [b'0'] => digits.len() == 1,
            [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
            _ => false,
        };
        if plain { digits.parse().ok() } else { None }
    }
}

/// What stands beside entries, in their order; erased ones are left out.
struct Beside<'t> {
    places: Texts<'t>,
    salts: std::slice::Iter<'t, [u8; 32]>,
    bodies: &'t [u8],
    /// The next number and the length of its body.
    next: Option<(i64, usize)>,
}

impl<'t> Beside<'t> {
    fn new(read: &'t Read) -> Option<Beside<'t>> {
        let salts = read.salts.as_chunks::<32>().0;
        let places = Texts::new(&read.places, 2 * salts.len() as u64)?;
        let mut beside = Beside { places, salts: salts.iter(), bodies: &read.bodies, next: None };
        beside.step()?;
        Some(beside)
    }

    fn step(&mut self) -> Option<()> {
        self.next = match self.salts.len() {
            0 => None,
            _ => Some((self.places.int()?, usize::try_from(self.places.int()?).ok()?)),
        };
        Some(())
    }

    /// Salt and body of an entry; `Some(None)` when they are erased.
    fn of(&mut self, seq: i64) -> Option<Option<(&'t [u8; 32], &'t [u8])>> {
        let Some((_, length)) = self.next.filter(|(place, _)| *place == seq) else {
            return Some(None);
        };
        let salt = self.salts.next()?;
        let (body, rest) = self.bodies.split_at_checked(length)?;
        self.bodies = rest;
        self.step()?;
        Some(Some((salt, body)))
    }

    fn is_over(&self) -> bool {
        self.next.is_none() && self.bodies.is_empty()
    }
}
