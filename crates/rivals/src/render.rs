//! The lines of the law in the languages of the engines.
//!
//! INVARIANT: a line means the same in each. Names that may be unknown are only looked at after their
//! `…_known`, and every engine reads conditions from left to right.

use crate::law::Article;

/// Puts `before` in front of every name, leaving quoted text and numbers alone.
fn prefixed(condition: &str, before: &str) -> String {
    let mut out = String::with_capacity(condition.len() + 32);
    let (mut quoted, mut in_word) = (false, false);
    for c in condition.chars() {
        let letter = c.is_ascii_lowercase() || c == '_';
        if c == '"' {
            quoted = !quoted;
        } else if !quoted && letter && !in_word {
            out.push_str(before);
        }
        in_word = letter || (in_word && c.is_ascii_digit());
        out.push(c);
    }
    out
}

/// `name ^= "text"` as its two sides.
fn begins(condition: &str) -> Option<(&str, &str)> {
    condition.split_once(" ^= ").map(|(name, text)| (name, text.trim_matches('"')))
}

/// The condition in Cedar.
pub(crate) fn cedar(condition: &str) -> String {
    match begins(condition) {
        Some((name, text)) => format!("context.{name} like \"{text}*\""),
        None => prefixed(condition, "context."),
    }
}

/// The condition in CEL.
pub(crate) fn cel(condition: &str) -> String {
    match begins(condition) {
        Some((name, text)) => format!("{name}.startsWith(\"{text}\")"),
        None => condition.to_owned(),
    }
}

/// The condition in Rego.
pub(crate) fn rego(condition: &str) -> String {
    if let Some((name, text)) = begins(condition) {
        return format!("startswith(input.{name}, \"{text}\")");
    }
    match condition.strip_prefix('!') {
        Some(name) => format!("input.{name} == false"),
        None => prefixed(condition, "input."),
    }
}

/// Every distinct list of kinds, and for each article which one is its own; `None` is every kind.
pub(crate) fn groups(law: &[Article]) -> (Vec<Vec<&'static str>>, Vec<Option<usize>>) {
    let mut groups: Vec<Vec<&'static str>> = Vec::new();
    let mut own = Vec::with_capacity(law.len());
    for article in law {
        own.push(match article.kinds.is_empty() {
            true => None,
            false => Some(groups.iter().position(|g| *g == article.kinds).unwrap_or_else(|| {
                groups.push(article.kinds.clone());
                groups.len() - 1
            })),
        });
    }
    (groups, own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_condition_in_three_languages() {
        let c = "100 * fleet_failures > relation2 == \"manager\"";
        let want = "100 * context.fleet_failures > context.relation2 == \"manager\"";
        assert_eq!(cedar(c), want);
        assert_eq!(rego("!in_window"), "input.in_window == false");
        assert_eq!(cel("group_name ^= \"Fin\""), "group_name.startsWith(\"Fin\")");
    }
}
