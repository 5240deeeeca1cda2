//! Temporary passwords, made by the platform.

use secrecy::{SecretString, zeroize::Zeroizing};

/// Without characters that are mistaken for one another when read aloud or copied by hand.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrsTUVWXYZ23456789K";

/// A password of four groups of four, 80 random bits, with upper case, lower case, digit and dash,
/// as the usual complexity rules ask.
pub(super) fn generate() -> Result<SecretString, String> {
    loop {
        let mut bytes = Zeroizing::new([0u8; 16]);
        getrandom::fill(bytes.as_mut())
            .map_err(|e| format!("the system gives no randomness: {e}"))?;
        let mut text = Zeroizing::new(String::with_capacity(19));
        for (i, byte) in bytes.iter().enumerate() {
            if i > 0 && i % 4 == 0 {
                text.push('-');
            }
            let index = usize::from(byte % 32);
            text.push(ALPHABET.get(index).copied().map_or('x', char::from));
        }
        let has = |f: fn(&char) -> bool| text.chars().any(|c| f(&c));
        if has(char::is_ascii_lowercase)
            && has(char::is_ascii_uppercase)
            && has(char::is_ascii_digit)
        {
            return Ok(text.as_str().into());
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;
    use std::collections::HashSet;

    #[test]
    fn passwords_differ_and_meet_complexity() {
        let all: HashSet<String> =
            (0..200).map(|_| generate().unwrap().expose_secret().to_owned()).collect();
        assert_eq!(all.len(), 200);
        for p in &all {
            assert_eq!(p.len(), 19, "{p}");
            assert!(p.contains('-'));
            assert!(!p.contains(['0', 'O', '1', 'l', 'I', 'i', 'o']), "{p} is hard to read");
        }
    }

    #[test]
    fn every_byte_maps_to_its_own_letter() {
        let letters: HashSet<u8> = ALPHABET.iter().copied().collect();
        assert_eq!(letters.len(), 32, "a repeated letter would bias the password");
    }
}
