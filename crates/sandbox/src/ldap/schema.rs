//! The part of the schema that the stand-in knows, and Active Directory's encodings.

use domain::UnixMs;

/// How the values of an attribute compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    Text,
    Number,
    /// A distinguished name.
    Name,
    /// A distinguished name that may be given as a class.
    Category,
    Guid,
    Sid,
    /// Computed when it is read; never in a filter.
    Constructed,
}

/// Every attribute with the spelling that answers use.
const ATTRIBUTES: &[(&str, Syntax)] = &[
    ("accountExpires", Syntax::Number),
    ("adminCount", Syntax::Number),
    ("badPwdCount", Syntax::Number),
    ("cn", Syntax::Text),
    ("dNSHostName", Syntax::Text),
    ("department", Syntax::Text),
    ("description", Syntax::Text),
    ("displayName", Syntax::Text),
    ("distinguishedName", Syntax::Name),
    ("givenName", Syntax::Text),
    ("groupType", Syntax::Number),
    ("lastLogonTimestamp", Syntax::Number),
    ("lockoutDuration", Syntax::Number),
    ("lockoutThreshold", Syntax::Number),
    ("lockoutTime", Syntax::Number),
    ("mail", Syntax::Text),
    ("managedBy", Syntax::Name),
    ("manager", Syntax::Name),
    ("maxPwdAge", Syntax::Number),
    ("member", Syntax::Name),
    ("memberOf", Syntax::Name),
    ("minPwdLength", Syntax::Number),
    ("mobile", Syntax::Text),
    ("msDS-User-Account-Control-Computed", Syntax::Constructed),
    ("name", Syntax::Text),
    ("objectCategory", Syntax::Category),
    ("objectClass", Syntax::Text),
    ("objectGUID", Syntax::Guid),
    ("objectSid", Syntax::Sid),
    ("operatingSystem", Syntax::Text),
    ("operatingSystemVersion", Syntax::Text),
    ("otherMailbox", Syntax::Text),
    ("ou", Syntax::Text),
    ("primaryGroupID", Syntax::Number),
    ("proxyAddresses", Syntax::Text),
    ("pwdLastSet", Syntax::Number),
    ("pwdProperties", Syntax::Number),
    ("sAMAccountName", Syntax::Text),
    ("servicePrincipalName", Syntax::Text),
    ("sn", Syntax::Text),
    ("title", Syntax::Text),
    ("userAccountControl", Syntax::Number),
    ("userPrincipalName", Syntax::Text),
    ("whenCreated", Syntax::Text),
];

pub(super) fn syntax(attribute: &str) -> Option<Syntax> {
    ATTRIBUTES.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute)).map(|(_, s)| *s)
}

/// `userAccountControl`: sign-in is blocked.
pub(super) const DISABLED: i64 = 0x2;
/// `userAccountControl`: a person's account.
pub(super) const NORMAL: i64 = 0x200;
/// `userAccountControl`: a computer's account.
pub(super) const WORKSTATION: i64 = 0x1000;
/// `userAccountControl`: the password never expires.
pub(super) const NO_EXPIRY: i64 = 0x1_0000;
/// Computed: locked out now.
pub(super) const LOCKED_OUT: i64 = 0x10;
/// Computed: the password is too old, or a change is due.
pub(super) const PASSWORD_EXPIRED: i64 = 0x80_0000;

/// 100 ns ticks per millisecond, and the milliseconds from 1601 to 1970.
const TICKS_PER_MS: i64 = 10_000;
const EPOCH_MS: i64 = 11_644_473_600_000;

/// A Windows file time.
pub(super) fn file_time(at: UnixMs) -> i64 {
    (at.0 + EPOCH_MS) * TICKS_PER_MS
}

/// A span as the domain's password policy writes it: negative ticks.
pub(super) fn span(ms: i64) -> i64 {
    -ms * TICKS_PER_MS
}

/// `20260131120000.0Z`.
pub(super) fn generalized_time(at: UnixMs) -> String {
    let time = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y%m%d%H%M%S.0Z").to_string()
}

/// A security identifier of NT authority.
pub(super) fn sid(parts: &[u32]) -> Vec<u8> {
    let count = u8::try_from(parts.len()).unwrap_or(u8::MAX);
    let mut bytes = vec![1, count, 0, 0, 0, 0, 0, 5];
    bytes.extend(parts.iter().flat_map(|p| p.to_le_bytes()));
    bytes
}

/// `S-1-5-…` as bytes.
pub(super) fn parse_sid(text: &str) -> Option<Vec<u8>> {
    let parts = text.strip_prefix("S-1-5-")?.split('-').map(|p| p.parse().ok());
    let parts: Vec<u32> = parts.collect::<Option<_>>()?;
    (!parts.is_empty() && parts.len() <= 15).then(|| sid(&parts))
}

/// A password in quotes, UTF-16, little endian.
pub(super) fn decode_password(value: &[u8]) -> Option<String> {
    if !value.len().is_multiple_of(2) {
        return None;
    }
    let units: Vec<u16> = value
        .chunks_exact(2)
        .filter_map(|c| Some(u16::from_le_bytes(c.try_into().ok()?)))
        .collect();
    let text = String::from_utf16(&units).ok()?;
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    Some(inner.to_owned())
}

/// Shortest password that the domain takes.
pub(super) const MIN_PASSWORD: usize = 8;

/// The domain's complexity rule: three kinds of characters, and no part of the person's name.
pub(super) fn good_password(password: &str, account: &str, display_name: &str) -> bool {
    let has = |kind: fn(char) -> bool| usize::from(password.chars().any(kind));
    let kinds = has(char::is_uppercase)
        + has(char::is_lowercase)
        + has(|c| c.is_ascii_digit())
        + has(|c| !c.is_alphanumeric());
    let lower = password.to_lowercase();
    let parts = display_name.split([',', '.', '-', '_', ' ', '#', '\t']).chain([account]);
    let named = parts.filter(|p| p.chars().count() >= 3).any(|p| lower.contains(&p.to_lowercase()));
    password.chars().count() >= MIN_PASSWORD && kinds >= 3 && !named
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn passwords_are_read_and_judged_as_a_domain_does() {
        let quoted: Vec<u8> = "\"Grün-42!\"".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode_password(&quoted).as_deref(), Some("Grün-42!"));
        assert_eq!(decode_password(b"plain text"), None);
        assert!(good_password("Grün-42!", "jane.doe", "Jane Doe"));
        for bad in ["Gr-4", "alllowercase", "lower1234", "My-Jane-2026", "xX1-jane.doe"] {
            assert!(!good_password(bad, "jane.doe", "Jane Doe"), "{bad}");
        }
    }

    #[test]
    fn times_and_identifiers_are_encoded_as_windows_does() {
        assert_eq!(file_time(UnixMs(0)), 116_444_736_000_000_000);
        assert_eq!(generalized_time(UnixMs(0)), "19700101000000.0Z");
        assert_eq!(parse_sid("S-1-5-32-544").unwrap(), sid(&[32, 544]));
        assert_eq!(parse_sid("S-1-5-32-x"), None);
    }
}
