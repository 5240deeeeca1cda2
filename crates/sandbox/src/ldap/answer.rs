//! LDAP messages as they go out.

use super::ber::PAGED_RESULTS;
use bytes::{Bytes, BytesMut};
use lber::common::TagClass;
use lber::structure::{PL, StructureTag};

/// The result of an operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) code: u8,
    pub(super) matched: String,
    pub(super) text: String,
    pub(super) referral: Option<String>,
}

impl Answer {
    pub(super) fn new(code: u8, text: impl Into<String>) -> Answer {
        Answer { code, text: text.into(), ..Answer::default() }
    }

    pub(super) fn ok() -> Answer {
        Answer::default()
    }

    /// Encodes it as the answer with this tag. An extended answer names itself with `oid`.
    pub(super) fn encode(
        self,
        id: i64,
        tag: u64,
        cookie: Option<&[u8]>,
        oid: Option<&str>,
    ) -> Bytes {
        let mut parts = vec![
            part(TagClass::Universal, 10, PL::P(vec![self.code])),
            octets(self.matched),
            octets(self.text),
        ];
        parts.extend(self.referral.map(|url| part(TagClass::Context, 3, PL::C(vec![octets(url)]))));
        parts.extend(oid.map(|oid| part(TagClass::Context, 10, PL::P(oid.into()))));
        let controls = cookie.map(|cookie| {
            let value = encode(sequence(vec![integer(0), octets(cookie)]));
            let control = sequence(vec![octets(PAGED_RESULTS), octets(value)]);
            part(TagClass::Context, 0, PL::C(vec![control]))
        });
        message(id, part(TagClass::Application, tag, PL::C(parts)), controls)
    }
}

/// Encodes one found entry.
pub(super) fn entry(id: i64, dn: &str, attributes: Vec<(String, Vec<Vec<u8>>)>) -> Bytes {
    let attributes = attributes.into_iter().map(|(name, values)| {
        let values = values.into_iter().map(octets).collect();
        sequence(vec![octets(name), part(TagClass::Universal, 17, PL::C(values))])
    });
    let parts = vec![octets(dn), sequence(attributes.collect())];
    message(id, part(TagClass::Application, 4, PL::C(parts)), None)
}

/// Encodes a pointer to another partition.
pub(super) fn reference(id: i64, url: &str) -> Bytes {
    message(id, part(TagClass::Application, 19, PL::C(vec![octets(url)])), None)
}

fn message(id: i64, operation: StructureTag, controls: Option<StructureTag>) -> Bytes {
    let mut parts = vec![integer(id), operation];
    parts.extend(controls);
    encode(sequence(parts))
}

fn encode(tag: StructureTag) -> Bytes {
    let mut out = BytesMut::new();
    // Writing to memory cannot fail.
    let _ = lber::write::encode_into(&mut out, tag);
    out.freeze()
}

fn part(class: TagClass, id: u64, payload: PL) -> StructureTag {
    StructureTag { class, id, payload }
}

fn octets(bytes: impl AsRef<[u8]>) -> StructureTag {
    part(TagClass::Universal, 4, PL::P(bytes.as_ref().to_vec()))
}

fn sequence(parts: Vec<StructureTag>) -> StructureTag {
    part(TagClass::Universal, 16, PL::C(parts))
}

fn integer(n: i64) -> StructureTag {
    let bytes = n.to_be_bytes();
    let plain = |w: &[u8]| !matches!(w, [0, b, ..] if b & 0x80 == 0);
    let start = (0..7).find(|at| plain(bytes.get(*at..).unwrap_or_default())).unwrap_or(7);
    part(TagClass::Universal, 2, PL::P(bytes.get(start..).unwrap_or_default().to_vec()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::super::ber::{int, primitive};
    use super::*;

    #[test]
    fn numbers_survive() {
        for n in [0, 1, 127, 128, 255, 256, 65_535, 2_147_483_647] {
            assert_eq!(int(&primitive(integer(n)).unwrap()), n, "{n}");
        }
        assert_eq!(int(&[0xff]), -1);
    }
}
