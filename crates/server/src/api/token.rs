//! Tokens of brains: `jm_<brain id>_<43 characters>`, shown once and kept by their hash alone.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::BrainId;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

/// Characters of the random part: 32 bytes in base64url.
const RANDOM_CHARS: usize = 43;

/// A new token and its hash. Fails when the system gives no randomness.
pub(crate) fn new_token(id: &BrainId) -> Result<(SecretString, String), String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| format!("the system gives no randomness: {e}"))?;
    let token = format!("jm_{id}_{}", URL_SAFE_NO_PAD.encode(bytes));
    let hash = hash(&token);
    Ok((token.into(), hash))
}

/// SHA-256 of a token, hexadecimal. Tokens are random, so a fast hash is enough.
pub(crate) fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// The brain that a token says it is of; `None` when it has not the form of one.
pub(crate) fn brain_of(token: &str) -> Option<BrainId> {
    let rest = token.strip_prefix("jm_")?;
    let (id, random) = rest.split_at_checked(rest.len().checked_sub(RANDOM_CHARS + 1)?)?;
    let random = random.strip_prefix('_')?;
    let right = random.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    right.then(|| BrainId::new(id).ok()).flatten()
}

/// A new secret that a brain's webhook is signed with: `whsec_` and 32 bytes in base64.
pub(crate) fn new_webhook_secret() -> Result<SecretString, String> {
    use base64::engine::general_purpose::STANDARD;
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| format!("the system gives no randomness: {e}"))?;
    Ok(format!("whsec_{}", STANDARD.encode(bytes)).into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn a_token_names_its_brain_and_no_two_are_alike() {
        for name in ["claude", "a_b", "ops@msp.example", "x_-."] {
            let id = BrainId::new(name).unwrap();
            let (one, kept) = new_token(&id).unwrap();
            let (other, _) = new_token(&id).unwrap();
            assert_eq!(brain_of(one.expose_secret()), Some(id));
            assert_eq!(hash(one.expose_secret()), kept);
            assert_ne!(one.expose_secret(), other.expose_secret());
            assert!(!kept.contains(&one.expose_secret()[name.len() + 4..]));
        }
    }

    #[test]
    fn what_is_no_token_is_no_brain() {
        let random = "a".repeat(RANDOM_CHARS);
        for text in [
            String::new(),
            "jm_".into(),
            format!("jm__{random}"),
            format!("jm_a{random}"),
            format!("jm_A_{random}"),
            format!("jm_a_{}é", &random[2..]),
            format!("xx_a_{random}"),
            format!("jm_a_{}", &random[1..]),
            format!("jm_a_{}=", &random[1..]),
        ] {
            assert_eq!(brain_of(&text), None, "{text}");
        }
    }
}
