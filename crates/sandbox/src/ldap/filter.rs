//! Search filters, judged as Active Directory judges them.
//!
//! Three-valued (RFC 4511 §4.5.1.7): an attribute that the schema does not know makes a condition
//! undefined, and an entry is found only when the whole filter is true. Text compares without
//! regard to case and accents, so a client that needs exactness must look again.

use super::ber::{Malformed, Parts, primitive, text};
use super::dn;
use super::schema::{Syntax, syntax};
use super::tree::{Entry, Tree};
use lber::common::TagClass;
use lber::structure::StructureTag;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

const ALL_BITS: &str = "1.2.840.113556.1.4.803";
const ANY_BIT: &str = "1.2.840.113556.1.4.804";
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    Equal(String, Vec<u8>),
    Substring {
        attribute: String,
        first: Option<Vec<u8>>,
        any: Vec<Vec<u8>>,
        last: Option<Vec<u8>>,
    },
    AtLeast(String, Vec<u8>),
    AtMost(String, Vec<u8>),
    Present(String),
    Rule {
        rule: String,
        attribute: String,
        value: Vec<u8>,
    },
}

impl Filter {
    pub(super) fn decode(tag: StructureTag) -> Result<Filter, Malformed> {
        if tag.class != TagClass::Context {
            return Err(Malformed);
        }
        let id = tag.id;
        if id == 7 {
            return Ok(Filter::Present(text(tag)?));
        }
        let mut parts = Parts::of(tag)?;
        let many = |parts: Parts| parts.0.map(Filter::decode).collect::<Result<Vec<_>, _>>();
        let pair = |parts: &mut Parts| Ok::<_, Malformed>((parts.text()?, parts.primitive()?));
        Ok(match id {
            0 => Filter::And(many(parts)?),
            1 => Filter::Or(many(parts)?),
            2 => Filter::Not(Box::new(Filter::decode(parts.next()?)?)),
            3 | 8 => {
                let (attribute, value) = pair(&mut parts)?;
                Filter::Equal(attribute, value)
            }
            4 => substring(parts)?,
            5 => {
                let (attribute, value) = pair(&mut parts)?;
                Filter::AtLeast(attribute, value)
            }
            6 => {
                let (attribute, value) = pair(&mut parts)?;
                Filter::AtMost(attribute, value)
            }
            9 => rule(parts)?,
            _ => return Err(Malformed),
        })
    }

    /// `None` when it cannot be told.
    pub(super) fn matches(&self, entry: &Entry, tree: &Tree) -> Option<bool> {
        match self {
            Filter::And(all) => fold_all(all.iter().map(|f| f.matches(entry, tree)), false),
            Filter::Or(any) => fold_all(any.iter().map(|f| f.matches(entry, tree)), true),
            Filter::Not(inner) => inner.matches(entry, tree).map(|m| !m),
            Filter::Present(attribute) => {
                known(attribute).map(|_| !entry.values(attribute).is_empty())
            }
            Filter::Equal(attribute, wanted) => {
                let syntax = known(attribute)?;
                let wanted = Wanted::read(syntax, wanted, tree)?;
                Some(entry.values(attribute).iter().any(|v| wanted.is(v)))
            }
            Filter::AtLeast(attribute, bound) => ordered(entry, attribute, bound, |o| o.is_ge()),
            Filter::AtMost(attribute, bound) => ordered(entry, attribute, bound, |o| o.is_le()),
            Filter::Substring { attribute, first, any, last } => {
                if known(attribute)? != Syntax::Text {
                    return None;
                }
                let found = |v: &Vec<u8>| holds(v, first.as_deref(), any, last.as_deref());
                Some(entry.values(attribute).iter().any(found))
            }
            Filter::Rule { rule, attribute, value } => by_rule(rule, attribute, value, entry, tree),
        }
    }
}

fn substring(mut parts: Parts) -> Result<Filter, Malformed> {
    let attribute = parts.text()?;
    let (mut first, mut any, mut last) = (None, Vec::new(), None);
    for piece in Parts::of(parts.next()?)?.0 {
        match piece.id {
            0 => first = Some(primitive(piece)?),
            1 => any.push(primitive(piece)?),
            2 => last = Some(primitive(piece)?),
            _ => return Err(Malformed),
        }
    }
    Ok(Filter::Substring { attribute, first, any, last })
}

fn rule(parts: Parts) -> Result<Filter, Malformed> {
    let (mut rule, mut attribute, mut value) = (String::new(), String::new(), Vec::new());
    for part in parts.0 {
        match part.id {
            1 => rule = text(part)?,
            2 => attribute = text(part)?,
            3 => value = primitive(part)?,
            _ => {}
        }
    }
    Ok(Filter::Rule { rule, attribute, value })
}

/// Any one that equals `decides` decides; else one that cannot be told; else the opposite.
fn fold_all(results: impl Iterator<Item = Option<bool>>, decides: bool) -> Option<bool> {
    let mut answer = Some(!decides);
    for result in results {
        match result {
            Some(r) if r == decides => return Some(decides),
            Some(_) => {}
            None => answer = None,
        }
    }
    answer
}

/// The syntax of an attribute that may stand in a filter.
fn known(attribute: &str) -> Option<Syntax> {
    syntax(attribute).filter(|s| *s != Syntax::Constructed)
}

/// A value to compare with, read by the attribute's syntax.
enum Wanted {
    Text(String),
    Number(i64),
    Name(String),
    Bytes(Vec<u8>),
}

impl Wanted {
    fn read(syntax: Syntax, value: &[u8], tree: &Tree) -> Option<Wanted> {
        let text = std::str::from_utf8(value);
        Some(match syntax {
            Syntax::Text => Wanted::Text(text.ok()?.to_owned()),
            Syntax::Number => Wanted::Number(text.ok()?.parse().ok()?),
            Syntax::Name => Wanted::Name(dn::normal(text.ok()?)?),
            Syntax::Category => {
                let text = text.ok()?;
                Wanted::Name(dn::normal(text).or_else(|| dn::normal(&tree.category(text)))?)
            }
            Syntax::Guid => Wanted::Bytes(match uuid::Uuid::try_parse(text.unwrap_or_default()) {
                Ok(id) if value.len() != 16 => id.to_bytes_le().to_vec(),
                _ => value.to_vec(),
            }),
            Syntax::Sid => Wanted::Bytes(
                text.ok().and_then(super::schema::parse_sid).unwrap_or_else(|| value.to_vec()),
            ),
            Syntax::Constructed => return None,
        })
    }

    fn is(&self, value: &[u8]) -> bool {
        match self {
            Wanted::Text(wanted) => same_text(wanted.as_bytes(), value),
            Wanted::Number(wanted) => number(value) == Some(*wanted),
            Wanted::Name(wanted) => same_name(wanted, value),
            Wanted::Bytes(wanted) => wanted == value,
        }
    }
}

/// Names in the tree are normal but for case.
pub(super) fn same_name(normal: &str, value: &[u8]) -> bool {
    normal.as_bytes().eq_ignore_ascii_case(value)
        || (!value.is_ascii() && String::from_utf8_lossy(value).to_lowercase() == normal)
}

fn number(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn same_text(a: &[u8], b: &[u8]) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    plain(a) == plain(b)
}

/// Without case and accents.
fn plain(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value).to_lowercase();
    text.nfkd().filter(|c| !is_combining_mark(*c)).collect()
}

fn holds(value: &[u8], first: Option<&[u8]>, any: &[Vec<u8>], last: Option<&[u8]>) -> bool {
    let value = plain(value);
    let Some(mut rest) = value.strip_prefix(&plain(first.unwrap_or_default())) else {
        return false;
    };
    for piece in any {
        let piece = plain(piece);
        let Some(after) = rest.find(&piece).and_then(|at| rest.get(at + piece.len()..)) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(&plain(last.unwrap_or_default()))
}

fn ordered(
    entry: &Entry,
    attribute: &str,
    bound: &[u8],
    fits: impl Fn(std::cmp::Ordering) -> bool,
) -> Option<bool> {
    let values = entry.values(attribute);
    match known(attribute)? {
        Syntax::Number => {
            let bound = number(bound)?;
            Some(values.iter().filter_map(|v| number(v)).any(|v| fits(v.cmp(&bound))))
        }
        Syntax::Text => {
            let bound = plain(bound);
            Some(values.iter().any(|v| fits(plain(v).cmp(&bound))))
        }
        _ => None,
    }
}

fn by_rule(rule: &str, attribute: &str, value: &[u8], entry: &Entry, tree: &Tree) -> Option<bool> {
    let syntax = known(attribute)?;
    match (rule, syntax) {
        (ALL_BITS | ANY_BIT, Syntax::Number) => {
            let mask = number(value)?;
            let fits = |v: i64| if rule == ALL_BITS { v & mask == mask } else { v & mask != 0 };
            Some(entry.values(attribute).iter().filter_map(|v| number(v)).any(fits))
        }
        (IN_CHAIN, Syntax::Name) => {
            let wanted = dn::normal(std::str::from_utf8(value).ok()?)?;
            Some(tree.reaches(entry, attribute, &wanted))
        }
        _ => None,
    }
}
