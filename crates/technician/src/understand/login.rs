//! Addresses and logins in a text.

use super::{clean::is_address, token::Token};
use domain::Mention;

/// Adds the address or login that stands at `at`, unless it is only where a mail came from.
pub(crate) fn address_or_login(
    tokens: &[Token<'_>],
    at: usize,
    from: &str,
    out: &mut Vec<Mention>,
) {
    let Some(token) = tokens.get(at) else { return };
    let before = at.checked_sub(1).and_then(|b| tokens.get(b)).map_or("", |t| t.lower.as_str());
    if is_address(token.text) {
        let address = token.text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        let address =
            address.rsplit("mailto:").next().unwrap_or("").trim_end_matches(']').to_string();
        let address = address.split(['<', '>', '[', ']']).next().unwrap_or("").to_string();
        let sent_by = ["from", "to", "cc", "by", "via", "at", "under"].contains(&before);
        if address != from.to_lowercase() && !sent_by {
            out.push(Mention::Address(address));
        }
    } else if let Some((_, login)) = token.text.split_once('\\') {
        if login.chars().all(|c| c.is_alphanumeric() || "._-".contains(c)) && login.len() > 1 {
            out.push(Mention::Address(login.to_lowercase()));
        }
    } else if looks_like_login(token)
        && (names_a_login(tokens, at) || (token.bracketed && token.lower.len() > 3))
    {
        out.push(Mention::Address(token.lower.clone()));
    }
}

/// "user jroe", "login: jroe", "for account jroe". After a bare "login" or "account" only what is
/// marked as a login counts, since any verb can follow.
fn names_a_login(tokens: &[Token<'_>], at: usize) -> bool {
    let back =
        |n: usize| at.checked_sub(n).and_then(|b| tokens.get(b)).map_or("", |t| t.lower.as_str());
    let Some(token) = tokens.get(at) else { return false };
    if token.starts_sentence {
        return false;
    }
    match back(1) {
        "user" | "benutzer" => !(token.text.ends_with("ed") || token.text.ends_with("ing")),
        "username" | "userid" | "user-id" | "user:" | "username:" | "login:" | "userid:"
        | "id:" | "account:" => true,
        "login" | "account" | "acct" => {
            is_marked(token.text)
                || [
                    "for",
                    "of",
                    "unlock",
                    "disable",
                    "enable",
                    "reset",
                    "deactivate",
                    "block",
                    "reactivate",
                    "is",
                ]
                .contains(&back(2))
        }
        "is" => ["login", "username", "userid"].contains(&back(2)),
        _ => false,
    }
}

/// Digits, dots and underscores do not occur in everyday words.
fn is_marked(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit() || c == '.' || c == '_')
}

fn looks_like_login(token: &Token<'_>) -> bool {
    let text = token.text;
    let shape = text.len() >= 3
        && text.len() <= 32
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c));
    shape && !token.common && (is_marked(text) || (!text.contains('-') && text.len() >= 4))
}
