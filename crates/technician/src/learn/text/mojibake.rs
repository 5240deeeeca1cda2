//! UTF-8 that somebody read as Windows-1252 or Latin-1, read rightly again.
//!
//! Only sequences that are whole UTF-8 characters are changed: an `Ã` that stands alone, or text whose
//! bytes are lost, stays as it is.

use std::borrow::Cow;

/// Windows-1252 above Latin-1: what the bytes 0x80 to 0x9F stand for; 0 where nothing does.
const HIGH: [u16; 32] = [
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
    0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC,
    0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
];

/// Text can have been through the wrong reading this often.
const DEPTH: usize = 3;

/// The text with every garbled character repaired, also when it was garbled more than once.
pub fn repair(text: &str) -> Cow<'_, str> {
    let mut out = Cow::Borrowed(text);
    for _ in 0..DEPTH {
        match once(&out) {
            Some(better) => out = Cow::Owned(better),
            None => break,
        }
    }
    out
}

/// The byte that was read as this character.
fn byte_of(c: char) -> Option<u8> {
    let code = u32::from(c);
    if let Ok(byte) = u8::try_from(code) {
        return (byte >= 0x80).then_some(byte);
    }
    let at = HIGH.iter().position(|h| u32::from(*h) == code)?;
    u8::try_from(0x80 + at).ok()
}

fn once(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let mut out = String::new();
    let mut rest = text;
    let mut changed = false;
    while let Some(at) = rest.find(|c: char| ('\u{c2}'..='\u{f4}').contains(&c)) {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        match character(tail) {
            Some((c, length)) => {
                out.push(c);
                rest = tail.get(length..).unwrap_or("");
                changed = true;
            }
            None => {
                let length = tail.chars().next().map_or(1, char::len_utf8);
                out.push_str(tail.get(..length).unwrap_or(""));
                rest = tail.get(length..).unwrap_or("");
            }
        }
    }
    out.push_str(rest);
    changed.then_some(out)
}

/// The character whose bytes the text begins with, and how much of the text they take.
fn character(text: &str) -> Option<(char, usize)> {
    let mut bytes = [0u8; 4];
    let mut wanted = 1;
    let mut length = 0;
    for (at, c) in text.chars().enumerate().take(4) {
        *bytes.get_mut(at)? = byte_of(c)?;
        length += c.len_utf8();
        if at == 0 {
            wanted = match bytes[0] {
                0xC2..=0xDF => 2,
                0xE0..=0xEF => 3,
                0xF0..=0xF4 => 4,
                _ => return None,
            };
        }
        if at + 1 == wanted {
            let decoded = std::str::from_utf8(bytes.get(..wanted)?).ok()?.chars().next()?;
            return Some((decoded, length));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn umlauts_dashes_and_double_garbling_are_repaired() {
        for (garbled, right) in [
            ("Ã¶ffnen fÃ¼r mÃ¼ller", "öffnen für müller"),
            ("machine nÃ£o estÃ¡", "machine não está"),
            ("drive â€“ teams â€œxâ€\u{9d}", "drive – teams “x”"),
            ("ÃƒÂ¼ber", "über"),
            ("ä¸‡", "万"),
            ("Â· uplink", "· uplink"),
        ] {
            assert_eq!(repair(garbled), right);
        }
    }

    #[test]
    fn sound_and_lost_text_stays() {
        for text in
            ["", "plain", "São Paulo, für Ärger", "Ã alone", "Ã", "gr�n und Stra?e", "naïve à la"]
        {
            assert!(matches!(repair(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }
}
