//! Passwords and one-time sign-in tokens: only hashes are kept.

use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use sha2::{Digest as _, Sha256};
use std::sync::OnceLock;

/// argon2id in PHC form, with 16 random bytes of salt. Slow on purpose: call it off the runtime.
pub(crate) fn hash(password: &str) -> Result<String, String> {
    let mut salt = [0u8; 16];
    getrandom::fill(&mut salt).map_err(|e| format!("the system gives no randomness: {e}"))?;
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map(|hash| hash.to_string())
        .map_err(|e| format!("the password cannot be hashed: {e}"))
}

/// Whether the password belongs to the hash. A hash that cannot be read belongs to none.
pub(crate) fn verify(hash: &str, password: &str) -> bool {
    Argon2::default().verify_password(password.as_bytes(), hash).is_ok()
}

/// A hash that no password belongs to, to spend the same time on names that nobody has.
pub(crate) fn dummy_hash() -> String {
    static DUMMY: OnceLock<String> = OnceLock::new();
    DUMMY
        .get_or_init(|| {
            let mut secret = [0u8; 32];
            match getrandom::fill(&mut secret) {
                Ok(()) => hash(&hex::encode(secret)).unwrap_or_default(),
                Err(_) => String::new(),
            }
        })
        .clone()
}

/// SHA-256 of a one-time token, hexadecimal. Tokens are random, so a fast hash is enough.
pub(crate) fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_the_right_password_fits_and_salts_differ() {
        let one = hash("correct horse").unwrap();
        assert!(one.starts_with("$argon2id$"), "{one}");
        assert!(verify(&one, "correct horse"));
        assert!(!verify(&one, "correct horse "));
        assert!(!verify("not a hash", "correct horse"));
        assert_ne!(one, hash("correct horse").unwrap());
    }

    #[test]
    fn the_dummy_costs_the_same_and_fits_nothing() {
        let dummy = dummy_hash();
        let costs = |h: &str| h.split('$').nth(3).map(str::to_owned);
        assert_eq!(costs(&dummy), costs(&hash("x").unwrap()));
        assert!(!verify(&dummy, ""));
    }
}
