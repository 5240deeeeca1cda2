//! LDAP messages as they arrive (RFC 4511), on top of the `lber` codec.
//!
//! INVARIANT: what arrives is measured before it is parsed: neither its length nor its nesting can
//! exhaust this process.

use super::filter::Filter;
use lber::common::TagClass;
use lber::structure::{PL, StructureTag};

/// Longest message taken, in bytes.
const MAX_LEN: usize = 1 << 18;
/// Deepest nesting taken.
const MAX_DEPTH: usize = 64;

pub(super) const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";
pub(super) const NO_REFERRALS: &str = "1.2.840.113556.1.4.1339";
pub(super) const NOTICE_OF_DISCONNECTION: &str = "1.3.6.1.4.1.1466.20036";

/// What cannot be a message of this protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: i64,
    pub(super) request: Request,
    pub(super) controls: Vec<Control>,
}

#[derive(Debug)]
pub(super) struct Control {
    pub(super) oid: String,
    pub(super) critical: bool,
    pub(super) value: Vec<u8>,
}

pub(super) enum Request {
    /// The password is `None` for anything but a simple bind.
    Bind {
        version: i64,
        name: String,
        password: Option<String>,
    },
    Unbind,
    Abandon,
    Search(Search),
    Modify {
        dn: String,
        changes: Vec<Change>,
    },
    Extended,
    /// Known to the protocol, not offered here; with the tag of its answer.
    Other(u64),
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Request {
    /// Its name, for faults and logs.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Request::Bind { .. } => "BIND",
            Request::Unbind => "UNBIND",
            Request::Abandon => "ABANDON",
            Request::Search(_) => "SEARCH",
            Request::Modify { .. } => "MODIFY",
            Request::Extended => "EXTENDED",
            Request::Other(_) => "OTHER",
        }
    }

    /// The entry it is about, for faults.
    pub(super) fn target(&self) -> &str {
        match self {
            Request::Bind { name, .. } => name,
            Request::Search(search) => &search.base,
            Request::Modify { dn, .. } => dn,
            _ => "",
        }
    }

    /// Tag of the answer that ends it.
    pub(super) fn answer_tag(&self) -> u64 {
        match self {
            Request::Bind { .. } => 1,
            Request::Search(_) => 5,
            Request::Modify { .. } => 7,
            Request::Other(tag) => *tag,
            Request::Extended | Request::Unbind | Request::Abandon => 24,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Base,
    OneLevel,
    Subtree,
}

#[derive(Debug)]
pub(super) struct Search {
    pub(super) base: String,
    pub(super) scope: Scope,
    pub(super) size_limit: usize,
    pub(super) types_only: bool,
    pub(super) filter: Filter,
    pub(super) attributes: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Add,
    Delete,
    Replace,
}

/// One change of one attribute. The values may be a password, so there is no `Debug`.
pub(super) struct Change {
    pub(super) how: How,
    pub(super) attribute: String,
    pub(super) values: Vec<Vec<u8>>,
}

/// Length of the first whole message, once it is all there.
pub(super) fn frame(buffer: &[u8]) -> Result<Option<usize>, Malformed> {
    if buffer.first().is_some_and(|b| *b != 0x30) {
        return Err(Malformed);
    }
    match header(buffer)? {
        Some((_, head, len)) if head + len > MAX_LEN => Err(Malformed),
        Some((_, head, len)) => Ok((buffer.len() >= head + len).then_some(head + len)),
        None => Ok(None),
    }
}

/// Whether it is constructed, bytes of tag and length, bytes of content.
fn header(bytes: &[u8]) -> Result<Option<(bool, usize, usize)>, Malformed> {
    let (Some(&tag), Some(&first)) = (bytes.first(), bytes.get(1)) else { return Ok(None) };
    let constructed = tag & 0x20 != 0;
    if first < 0x80 {
        return Ok(Some((constructed, 2, usize::from(first))));
    }
    let more = usize::from(first & 0x7f);
    if more == 0 || more > 4 || tag & 0x1f == 0x1f {
        return Err(Malformed);
    }
    let Some(digits) = bytes.get(2..2 + more) else { return Ok(None) };
    let len = digits.iter().fold(0usize, |len, b| (len << 8) | usize::from(*b));
    Ok(Some((constructed, 2 + more, len)))
}

/// Whether every part lies within its whole and nesting stays shallow.
fn well_nested(frame: &[u8]) -> bool {
    let (mut at, mut ends) = (0, vec![frame.len()]);
    while let Some(&end) = ends.last() {
        if at == end {
            ends.pop();
            continue;
        }
        let Ok(Some((constructed, head, len))) = header(frame.get(at..end).unwrap_or_default())
        else {
            return false;
        };
        let inner_end = at + head + len;
        if inner_end > end || ends.len() > MAX_DEPTH {
            return false;
        }
        if constructed {
            ends.push(inner_end);
            at += head;
        } else {
            at = inner_end;
        }
    }
    true
}

/// Reads one whole message.
pub(super) fn parse(frame: &[u8]) -> Result<Message, Malformed> {
    let mut parts = Parts::of(tree(frame)?)?;
    let id = int(&parts.primitive()?);
    let operation = parts.next()?;
    let controls = match parts.0.next() {
        Some(tag) if tag.class == TagClass::Context && tag.id == 0 => controls(tag)?,
        _ => Vec::new(),
    };
    if operation.class != TagClass::Application {
        return Err(Malformed);
    }
    Ok(Message { id, request: request(operation)?, controls })
}

fn tree(frame: &[u8]) -> Result<StructureTag, Malformed> {
    if !well_nested(frame) {
        return Err(Malformed);
    }
    lber::Parser::new().parse(frame).map(|(_, tag)| tag).map_err(|_| Malformed)
}

fn request(operation: StructureTag) -> Result<Request, Malformed> {
    Ok(match operation.id {
        0 => {
            let mut parts = Parts::of(operation)?;
            let version = int(&parts.primitive()?);
            let name = parts.text()?;
            let credentials = parts.next()?;
            let password = match (credentials.id, credentials.payload) {
                (0, PL::P(bytes)) => Some(String::from_utf8(bytes).map_err(|_| Malformed)?),
                _ => None,
            };
            Request::Bind { version, name, password }
        }
        2 => Request::Unbind,
        3 => Request::Search(search(operation)?),
        6 => {
            let mut parts = Parts::of(operation)?;
            let dn = parts.text()?;
            let changes = Parts::of(parts.next()?)?.0.map(change).collect::<Result<_, _>>()?;
            Request::Modify { dn, changes }
        }
        16 => Request::Abandon,
        23 => Request::Extended,
        8 | 10 | 12 | 14 => Request::Other(operation.id + 1),
        _ => return Err(Malformed),
    })
}

fn search(operation: StructureTag) -> Result<Search, Malformed> {
    let mut parts = Parts::of(operation)?;
    let base = parts.text()?;
    let scope = match int(&parts.primitive()?) {
        0 => Scope::Base,
        1 => Scope::OneLevel,
        2 => Scope::Subtree,
        _ => return Err(Malformed),
    };
    let _aliases = parts.primitive()?;
    let size_limit = usize::try_from(int(&parts.primitive()?)).map_err(|_| Malformed)?;
    let _time_limit = parts.primitive()?;
    let types_only = parts.primitive()?.iter().any(|b| *b != 0);
    let filter = Filter::decode(parts.next()?)?;
    let attributes = Parts::of(parts.next()?)?.0.map(text).collect::<Result<_, _>>()?;
    Ok(Search { base, scope, size_limit, types_only, filter, attributes })
}

fn change(tag: StructureTag) -> Result<Change, Malformed> {
    let mut parts = Parts::of(tag)?;
    let how = match int(&parts.primitive()?) {
        0 => How::Add,
        1 => How::Delete,
        2 => How::Replace,
        _ => return Err(Malformed),
    };
    let mut attribute = Parts::of(parts.next()?)?;
    let name = attribute.text()?;
    let values = Parts::of(attribute.next()?)?.0.map(primitive).collect::<Result<_, _>>()?;
    Ok(Change { how, attribute: name, values })
}

fn controls(tag: StructureTag) -> Result<Vec<Control>, Malformed> {
    let read = |tag| {
        let mut parts = Parts::of(tag)?;
        let oid = parts.text()?;
        let (mut critical, mut value) = (false, Vec::new());
        for part in parts.0 {
            match part.id {
                1 => critical = primitive(part)?.iter().any(|b| *b != 0),
                _ => value = primitive(part)?,
            }
        }
        Ok(Control { oid, critical, value })
    };
    Parts::of(tag)?.0.map(read).collect()
}

/// Page size and cookie.
pub(super) fn paging(value: &[u8]) -> Result<(usize, Vec<u8>), Malformed> {
    let mut parts = Parts::of(tree(value)?)?;
    let size = usize::try_from(int(&parts.primitive()?)).map_err(|_| Malformed)?;
    Ok((size, parts.primitive()?))
}

/// The parts of a constructed value, in order.
pub(super) struct Parts(pub(super) std::vec::IntoIter<StructureTag>);

impl Parts {
    pub(super) fn of(tag: StructureTag) -> Result<Parts, Malformed> {
        tag.expect_constructed().map(|parts| Parts(parts.into_iter())).ok_or(Malformed)
    }

    pub(super) fn next(&mut self) -> Result<StructureTag, Malformed> {
        self.0.next().ok_or(Malformed)
    }

    pub(super) fn primitive(&mut self) -> Result<Vec<u8>, Malformed> {
        primitive(self.next()?)
    }

    pub(super) fn text(&mut self) -> Result<String, Malformed> {
        text(self.next()?)
    }
}

pub(super) fn primitive(tag: StructureTag) -> Result<Vec<u8>, Malformed> {
    tag.expect_primitive().ok_or(Malformed)
}

pub(super) fn text(tag: StructureTag) -> Result<String, Malformed> {
    String::from_utf8(primitive(tag)?).map_err(|_| Malformed)
}

pub(super) fn int(bytes: &[u8]) -> i64 {
    let sign = if bytes.first().is_some_and(|b| b & 0x80 != 0) { -1 } else { 0 };
    bytes.iter().fold(sign, |n, b| (n << 8) | i64::from(*b))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::super::answer::Answer;
    use super::*;

    #[test]
    fn a_message_is_taken_only_when_whole() {
        let whole = Answer::ok().encode(300, 1, None, None);
        for cut in 0..whole.len() {
            assert_eq!(frame(&whole[..cut]), Ok(None), "{cut} bytes");
        }
        let mut two = whole.to_vec();
        two.extend_from_slice(&whole);
        assert_eq!(frame(&two), Ok(Some(whole.len())));
    }

    #[test]
    fn what_is_too_long_too_deep_or_nonsense_is_refused() {
        assert_eq!(frame(b"GET / HTTP/1.1\r\n"), Err(Malformed));
        assert_eq!(frame(&[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]), Err(Malformed));
        assert_eq!(frame(&[0x30, 0x80, 0, 0]), Err(Malformed));
        let mut deep = Vec::new();
        for _ in 0..100 {
            let len = u8::try_from(deep.len()).unwrap();
            let mut outer = if len < 0x80 { vec![0x30, len] } else { vec![0x30, 0x81, len] };
            outer.extend(deep);
            deep = outer;
            if deep.len() > 250 {
                break;
            }
        }
        assert!(!well_nested(&deep));
        // The inner part claims more than its whole holds.
        assert!(!well_nested(&[0x30, 3, 4, 9, 1]));
    }
}
