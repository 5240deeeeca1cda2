//! Directory entries, and the encodings that only Active Directory uses.

use domain::UnixMs;
use ldap3::SearchEntry;
use uuid::Uuid;

/// `userAccountControl`: sign-in is blocked.
pub(super) const DISABLED: u32 = 0x2;
/// `msDS-User-Account-Control-Computed`: locked out now.
pub(super) const LOCKED_OUT: u32 = 0x10;

/// Relative ids, within the domain, of groups that administer it.
const DOMAIN_ADMIN_RIDS: [u32; 9] = [498, 512, 516, 517, 518, 519, 520, 526, 527];
/// Relative ids, within BUILTIN, of groups that administer a domain controller.
const BUILTIN_ADMIN_RIDS: [u32; 7] = [544, 548, 549, 550, 551, 552, 578];
/// 100 ns ticks per millisecond, and the milliseconds from 1601 to 1970.
const TICKS_PER_MS: i64 = 10_000;
const EPOCH_MS: i64 = 11_644_473_600_000;

/// One entry, with attribute names taken without regard to case.
#[derive(Clone, Debug)]
pub(super) struct Entry(SearchEntry);

impl Entry {
    pub(super) fn new(entry: SearchEntry) -> Self {
        Self(entry)
    }

    pub(super) fn dn(&self) -> &str {
        &self.0.dn
    }

    /// Every text value; empty when the attribute is absent or not readable.
    pub(super) fn texts(&self, name: &str) -> &[String] {
        let found = self.0.attrs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map_or(&[], |(_, values)| values.as_slice())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.texts(name).first().map(|s| s.trim()).filter(|s| !s.is_empty())
    }

    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    /// A bit mask; written by the directory as a signed number.
    pub(super) fn flags(&self, name: &str) -> Option<u32> {
        Some(i32::try_from(self.number(name)?).ok()?.cast_unsigned())
    }

    /// First value as bytes. The client library files bytes that happen to be UTF-8 under texts.
    pub(super) fn bytes(&self, name: &str) -> Option<&[u8]> {
        let binary = self.0.bin_attrs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        match binary {
            Some((_, values)) => values.first().map(Vec::as_slice),
            None => self.texts(name).first().map(|s| s.as_bytes()),
        }
    }

    /// The immutable id.
    pub(super) fn guid(&self) -> Option<String> {
        let bytes: [u8; 16] = self.bytes("objectGUID")?.try_into().ok()?;
        Some(Uuid::from_bytes_le(bytes).to_string())
    }

    pub(super) fn sid(&self) -> Option<Sid> {
        Sid::parse(self.bytes("objectSid")?)
    }

    pub(super) fn has_class(&self, class: &str) -> bool {
        self.texts("objectClass").iter().any(|c| c.eq_ignore_ascii_case(class))
    }
}

/// A security identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sid {
    bytes: Vec<u8>,
    parts: Vec<u32>,
}

impl Sid {
    pub(super) fn parse(bytes: &[u8]) -> Option<Sid> {
        let (head, tail) = bytes.split_at_checked(8)?;
        let count = usize::from(*head.get(1)?);
        if head.first() != Some(&1) || tail.len() != count * 4 {
            return None;
        }
        let parts = tail
            .chunks_exact(4)
            .filter_map(|c| Some(u32::from_le_bytes(c.try_into().ok()?)))
            .collect();
        Some(Sid { bytes: bytes.to_vec(), parts })
    }

    /// The bytes, for a filter.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Same domain, other relative id.
    pub(super) fn sibling(&self, rid: u32) -> Option<Sid> {
        let mut out = self.clone();
        *out.parts.last_mut()? = rid;
        let start = out.bytes.len().checked_sub(4)?;
        out.bytes.get_mut(start..)?.copy_from_slice(&rid.to_le_bytes());
        Some(out)
    }

    /// A group that administers the domain or its controllers, whatever its name.
    pub(super) fn administers(&self) -> bool {
        match self.parts.as_slice() {
            [32, rid] => BUILTIN_ADMIN_RIDS.contains(rid),
            [21, _, _, _, rid] => DOMAIN_ADMIN_RIDS.contains(rid),
            _ => false,
        }
    }
}

/// A value inside a filter (RFC 4515).
pub(super) fn escape(value: &str) -> String {
    escape_where(value.as_bytes(), |b| matches!(b, b'*' | b'(' | b')' | b'\\' | 0) || !b.is_ascii())
}

/// Bytes inside a filter, every one escaped.
pub(super) fn escape_bytes(value: &[u8]) -> String {
    escape_where(value, |_| true)
}

fn escape_where(value: &[u8], escaped: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(value.len() * 3);
    for &byte in value {
        match escaped(byte) {
            true => out.push_str(&format!("\\{byte:02x}")),
            false => out.push(char::from(byte)),
        }
    }
    out
}

/// The bytes of an id as the directory stores them, ready for a filter; `None` for what is no id.
pub(super) fn guid_filter(id: &str) -> Option<String> {
    let guid = Uuid::parse_str(id).ok()?;
    Some(format!("(objectGUID={})", escape_bytes(&guid.to_bytes_le())))
}

/// A Windows file time. `None` for never.
pub(super) fn file_time(ticks: i64) -> Option<UnixMs> {
    (ticks > 0 && ticks != i64::MAX).then(|| UnixMs(ticks / TICKS_PER_MS - EPOCH_MS))
}

/// A password as `unicodePwd` takes it: in quotes, UTF-16, little endian.
pub(super) fn quoted_password(password: &str) -> Vec<u8> {
    format!("\"{password}\"").encode_utf16().flat_map(u16::to_le_bytes).collect()
}
