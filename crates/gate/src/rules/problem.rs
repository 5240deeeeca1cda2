//! What is wrong with a rule, in words that say what would be right.

/// One thing wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleProblem {
    /// Name of the rule.
    pub rule: String,
    /// What is wrong and what would be right.
    pub what: String,
    /// Where in the condition: characters from its start, counted from 1.
    pub at: Option<usize>,
}

impl RuleProblem {
    /// A problem of the rule as a whole.
    pub(super) fn new(rule: &str, what: impl Into<String>) -> RuleProblem {
        RuleProblem { rule: rule.to_string(), what: what.into(), at: None }
    }
}

impl std::fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "rule {:?}", self.rule)?;
        if let Some(at) = self.at {
            write!(f, ", character {at}")?;
        }
        write!(f, ": {}", self.what)
    }
}

impl std::error::Error for RuleProblem {}

/// At most this many characters of a foreign name are looked at and shown.
const SHOWN: usize = 60;

/// A foreign name, cut to a length that fits a message.
pub(super) fn shown(name: &str) -> String {
    match name.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name.to_string(),
    }
}

/// " Did you mean …?" with up to three of `names` that are close to `name`; else empty.
pub(super) fn near<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let name = shown(name).to_lowercase();
    let limit = (name.chars().count() / 3).max(2);
    let mut close: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|candidate| {
            let inside =
                name.len() >= 4 && (candidate.contains(&*name) || name.contains(candidate));
            let distance = distance(&name, candidate);
            (inside || distance <= limit).then_some((distance, candidate))
        })
        .collect();
    close.sort_unstable();
    let close: Vec<String> = close.iter().take(3).map(|(_, n)| format!("`{n}`")).collect();
    match close.as_slice() {
        [] => String::new(),
        names => format!("; did you mean {}?", names.join(" or ")),
    }
}

/// Levenshtein distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, to) in row.iter_mut().skip(1).zip(&b) {
            let up = *cell;
            left = (diagonal + usize::from(from != *to)).min(up + 1).min(left + 1);
            diagonal = up;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// `"a", "b" or "c"`.
pub(super) fn one_of(texts: &[&str]) -> String {
    let quoted: Vec<String> = texts.iter().map(|t| format!("{t:?}")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [head @ .., last] => format!("{} or {last}", head.join(", ")),
    }
}
