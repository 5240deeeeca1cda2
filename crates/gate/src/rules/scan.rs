//! Bounds on a condition before any parser sees it.
//!
//! INVARIANT: what passes here has closed strings, few tokens and shallow brackets, and this scanner
//! and the parser agree on where strings end, so no input makes the parser recurse deeply.

use super::problem::RuleProblem;

/// Longest condition, in bytes.
const MAX_BYTES: usize = 2_000;
/// Deepest nesting of brackets, of `?:` and of signs in a row.
const MAX_DEPTH: usize = 32;
/// Most tokens. A node of the tree takes at least one.
const MAX_TOKENS: usize = 600;

/// A name in the condition, for finding places again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name<'a> {
    /// The identifier.
    pub(super) text: &'a str,
    /// Characters from the start, counted from 1.
    pub(super) at: usize,
}

/// The names in `source`, in order, or what is wrong with it.
pub(super) fn scan<'a>(rule: &str, source: &'a str) -> Result<Vec<Name<'a>>, RuleProblem> {
    if source.trim().is_empty() {
        return Err(RuleProblem::new(
            rule,
            "the condition is empty; write one, for example `user_active && hour < 18`",
        ));
    }
    if source.len() > MAX_BYTES {
        let what = format!(
            "the condition has {} bytes; {MAX_BYTES} are allowed. Split it into several rules",
            source.len()
        );
        return Err(RuleProblem::new(rule, what));
    }
    let mut scanner =
        Scanner { source, at: 0, names: Vec::new(), tokens: 0, depth: 0, signs: 0, choices: 0 };
    match scanner.run() {
        Ok(()) => Ok(scanner.names),
        Err(what) => {
            let at = source.get(..scanner.at).unwrap_or(source).chars().count() + 1;
            Err(RuleProblem { rule: rule.to_string(), what, at: Some(at) })
        }
    }
}

struct Scanner<'a> {
    source: &'a str,
    /// Byte offset of the token at hand.
    at: usize,
    names: Vec<Name<'a>>,
    tokens: usize,
    depth: usize,
    /// Signs (`!`, `-`) in a row.
    signs: usize,
    choices: usize,
}

type Scan<T> = Result<T, String>;

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn run(&mut self) -> Scan<()> {
        while let Some(first) = self.rest().chars().next() {
            let length = self.token(first)?;
            if !first.is_ascii_whitespace() {
                self.count(first)?;
            }
            self.at += length.max(1);
        }
        Ok(())
    }

    fn count(&mut self, first: char) -> Scan<()> {
        self.tokens += 1;
        if self.tokens > MAX_TOKENS {
            return Err(format!("the condition has more than {MAX_TOKENS} words and signs"));
        }
        match first {
            '(' | '[' | '{' => self.depth += 1,
            ')' | ']' | '}' => self.depth = self.depth.saturating_sub(1),
            '?' => self.choices += 1,
            _ => {}
        }
        self.signs = if matches!(first, '!' | '-') { self.signs + 1 } else { 0 };
        if self.depth.max(self.signs).max(self.choices) > MAX_DEPTH {
            return Err(format!("the condition is nested more than {MAX_DEPTH} deep"));
        }
        Ok(())
    }

    /// Length in bytes of the token that starts with `first`.
    fn token(&mut self, first: char) -> Scan<usize> {
        let rest = self.rest();
        let second = rest.chars().nth(1);
        match first {
            _ if first.is_ascii_whitespace() => Ok(1),
            '"' | '\'' => string(rest, first, false),
            'a'..='z' | 'A'..='Z' | '_' => self.word(rest),
            '0'..='9' => Ok(run_of(rest, |c| c.is_ascii_alphanumeric())),
            '=' if second != Some('=') => Err("compare with `==`, not `=`".into()),
            '&' if second != Some('&') => Err("write `&&` for \"and\"".into()),
            '|' if second != Some('|') => Err("write `||` for \"or\"".into()),
            '/' if second == Some('/') => Err("comments do not belong in a condition; \
                say why in the rule's `reason`"
                .into()),
            '=' | '&' | '|' => Ok(2),
            '!' | '<' | '>' if second == Some('=') => Ok(2),
            '!' | '<' | '>' | '(' | ')' | '[' | ']' | '.' | ',' | '-' | '+' | '*' | '/' | '%'
            | '?' | ':' => Ok(1),
            '{' | '}' => Err("maps and objects (`{…}`) do not belong in a condition".into()),
            _ => Err(format!("{first:?} does not belong in a condition outside of quotes")),
        }
    }

    fn word(&mut self, rest: &'a str) -> Scan<usize> {
        let length = run_of(rest, |c| c.is_ascii_alphanumeric() || c == '_');
        let (word, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if let Some(quote @ ('"' | '\'')) = after.chars().next() {
            return match word {
                "r" | "R" => Ok(length + string(after, quote, true)?),
                _ => Err(format!("`{word}` cannot stand before a text in quotes")),
            };
        }
        if let Some(sign) = match word.to_ascii_lowercase().as_str() {
            "and" => Some("&&"),
            "or" => Some("||"),
            "not" => Some("!"),
            _ => None,
        } {
            return Err(format!("write `{sign}`, not `{word}`"));
        }
        let at = self.source.get(..self.at).unwrap_or_default().chars().count() + 1;
        self.names.push(Name { text: word, at });
        Ok(length)
    }
}

fn run_of(text: &str, part: impl Fn(char) -> bool) -> usize {
    text.find(|c| !part(c)).unwrap_or(text.len())
}

/// Length of the string literal at the start of `text`, quotes included.
fn string(text: &str, quote: char, raw: bool) -> Scan<usize> {
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if raw => {
                let next = text.get(at + 1..).and_then(|t| t.chars().next());
                if matches!(next, Some('\'' | '"')) {
                    return Err("a raw text cannot hold `\\` before a quote".into());
                }
            }
            '\\' => match chars.next() {
                Some((_, 'n' | 'r' | 't' | '\\' | '"' | '\'')) => {}
                _ => {
                    return Err("in a text, `\\` stands only before n, r, t, \\ or a quote".into());
                }
            },
            '\n' | '\r' => break,
            _ if c == quote => {
                let end = at + 1;
                return match text.get(end..).is_some_and(|t| t.starts_with(['"', '\''])) {
                    true => Err("two texts in quotes stand side by side".into()),
                    false => Ok(end),
                };
            }
            _ => {}
        }
    }
    Err(format!("a text is not closed; end it with {quote} on the same line"))
}
