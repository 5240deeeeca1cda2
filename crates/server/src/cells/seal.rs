//! What two cells sign with: HMAC-SHA256 under a secret that only they have, and that is never sent.

use connectors::SecretSource;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

/// The shortest secret that is accepted, in characters.
const LENGTH: usize = 16;

/// A shared secret.
#[derive(Debug)]
pub(crate) struct Seal(SecretString);

impl Seal {
    /// # Errors
    /// When it cannot be read, or could be guessed.
    pub(crate) fn new(source: &SecretSource) -> Result<Seal, String> {
        let secret = source.read().map_err(|e| e.to_string())?;
        match secret.expose_secret().len() {
            0..LENGTH => Err(format!(
                "{source} holds fewer than {LENGTH} characters; write one made by `openssl rand -hex 32` in both cells"
            )),
            _ => Ok(Seal(secret)),
        }
    }

    /// A seal from its text.
    #[cfg(test)]
    pub(crate) fn of(text: &str) -> Seal {
        Seal(text.to_owned().into())
    }

    /// The signature over these parts, for this purpose, as hexadecimal digits.
    pub(crate) fn sign(&self, purpose: &str, parts: &[&[u8]]) -> String {
        self.mac(purpose, parts)
            .map(|mac| hex::encode(mac.finalize().into_bytes()))
            .unwrap_or_default()
    }

    /// Whether this is the signature over them. The time that it takes tells nothing.
    pub(crate) fn holds(&self, purpose: &str, parts: &[&[u8]], signature: &str) -> bool {
        let Ok(bytes) = hex::decode(signature) else { return false };
        self.mac(purpose, parts).is_some_and(|mac| mac.verify_slice(&bytes).is_ok())
    }

    fn mac(&self, purpose: &str, parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
        // HMAC takes keys of any length, so this cannot fail.
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret().as_bytes()).ok()?;
        for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
            // With lengths, so that no two lists of parts read alike.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        Some(mac)
    }
}

/// A text that was never sent before.
pub(crate) fn fresh_nonce() -> String {
    crate::clock::new_id().simple().to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_signature_is_of_these_parts_for_this_purpose_under_this_secret() {
        let seal = Seal::of("correct horse battery");
        let signed = seal.sign("ask", &[b"us1", b"12"]);
        assert!(seal.holds("ask", &[b"us1", b"12"], &signed));
        for (purpose, parts) in [("tell", [b"us1".as_slice(), b"12"]), ("ask", [b"us", b"112"])] {
            assert!(!seal.holds(purpose, &parts, &signed));
        }
        assert!(!Seal::of("another secret here").holds("ask", &[b"us1", b"12"], &signed));
        for wrong in ["", "zz", signed.get(2..).unwrap()] {
            assert!(!seal.holds("ask", &[b"us1", b"12"], wrong));
        }
        assert!(!format!("{seal:?}").contains("horse"));
    }
}
