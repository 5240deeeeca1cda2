//! Distinguished names (RFC 4514).

/// A value as it stands in a distinguished name.
pub(super) fn escape(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(value.len());
    for (at, c) in value.chars().enumerate() {
        let edge = (c == ' ' && (at == 0 || at == last)) || (c == '#' && at == 0);
        if edge || matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// One spelling for every way to write the same name: lower case, no needless spaces or escapes.
/// `None` when it is no distinguished name.
pub(super) fn normal(text: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in split(text)? {
        let (name, value) = part.split_once('=')?;
        let name = name.trim();
        if name.is_empty()
            || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
        {
            return None;
        }
        let value = unescape(value)?;
        if value.is_empty() {
            return None;
        }
        parts.push(format!("{}={}", name.to_lowercase(), escape(&value.to_lowercase())));
    }
    Some(parts.join(","))
}

/// The name of the entry above a normal name.
pub(super) fn parent(normal: &str) -> &str {
    let mut escaped = false;
    for (at, c) in normal.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => return normal.get(at + 1..).unwrap_or_default(),
            _ => {}
        }
    }
    ""
}

/// Whether one normal name is the other or lies below it.
pub(super) fn is_within(normal: &str, base: &str) -> bool {
    normal.strip_suffix(base).is_some_and(|above| above.is_empty() || above.ends_with(','))
}

fn split(text: &str) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut escaped) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                parts.push(text.get(start..at)?);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..)?);
    (!escaped).then_some(parts)
}

fn unescape(value: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::new(), value.trim_start());
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..)?;
        if c != '\\' {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let hex = rest.get(..2).filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit()));
        if let Some(byte) = hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
            bytes.push(byte);
            rest = rest.get(2..)?;
        } else {
            let c = rest.chars().next()?;
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            rest = rest.get(c.len_utf8()..)?;
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    let escaped_space = value.ends_with("\\ ");
    Some(if escaped_space { text } else { text.trim_end().to_owned() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_same_name_in_any_spelling_is_one_name() {
        let plain = normal("CN=Jane Doe,OU=Staff,DC=acme,DC=test").unwrap();
        assert_eq!(normal("cn=jane doe, ou=STAFF , dc=acme,dc=test").as_ref(), Some(&plain));
        assert_eq!(normal("CN=Jane\\20Doe,OU=Staff,DC=acme,DC=test").as_ref(), Some(&plain));
        assert_eq!(normal("CN=M\\C3\\BCller,DC=test"), normal("CN=Müller,DC=test"));
        assert_eq!(parent(&plain), "ou=staff,dc=acme,dc=test");
        assert!(is_within(&plain, "ou=staff,dc=acme,dc=test"));
        assert!(!is_within("ou=overstaff,dc=test", "staff,dc=test"));
    }

    #[test]
    fn a_comma_inside_a_name_does_not_end_it() {
        let dn = format!("CN={},DC=test", escape("Doe, Jane"));
        assert_eq!(dn, "CN=Doe\\, Jane,DC=test");
        assert_eq!(parent(&normal(&dn).unwrap()), "dc=test");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for bad in ["jane", "CN=,DC=test", "=x", "CN=a,,DC=test", "CN=a\\"] {
            assert!(normal(bad).is_none(), "{bad}");
        }
    }
}
