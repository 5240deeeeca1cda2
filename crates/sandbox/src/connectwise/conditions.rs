//! The `conditions`, `childConditions` and `orderBy` languages, evaluated over JSON.
//!
//! Texts stand in double or single quotes, times in square brackets, references are reached with
//! `/`. Texts compare without regard to case.

use super::error::CwError;
use serde_json::Value;
use std::cmp::Ordering;

/// A parsed condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
    Test(String, Test),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Compare(Op, Literal),
    Contains(String),
    Like(String),
    In(Vec<Literal>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number(f64),
    Time(jiff::Timestamp),
    Bool(bool),
    Null,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Time(String),
    Sign(&'static str),
}

fn wrong(text: &str, what: &str) -> CwError {
    CwError::bad(format!("Invalid conditions: {what} in '{text}'"))
}

fn tokens(text: &str) -> Result<Vec<Token>, CwError> {
    let mut out = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let follows = rest.peek().copied();
        let sign = match (c, follows) {
            ('<', Some('=')) => Some("<="),
            ('>', Some('=')) => Some(">="),
            ('!', Some('=')) => Some("!="),
            ('<', Some('>')) => Some("<>"),
            _ => None,
        };
        if let Some(sign) = sign {
            rest.next();
            out.push(Token::Sign(if sign == "<>" { "!=" } else { sign }));
            continue;
        }
        match c {
            c if c.is_whitespace() => {}
            '=' => out.push(Token::Sign("=")),
            '<' => out.push(Token::Sign("<")),
            '>' => out.push(Token::Sign(">")),
            '(' => out.push(Token::Sign("(")),
            ')' => out.push(Token::Sign(")")),
            ',' => out.push(Token::Sign(",")),
            '"' | '\'' | '[' => {
                let end = if c == '[' { ']' } else { c };
                let mut value = String::new();
                loop {
                    match rest.next() {
                        Some('\\') if c != '[' => value.extend(rest.next()),
                        Some(n) if n == end => break,
                        Some(n) => value.push(n),
                        None => return Err(wrong(text, "an unterminated value")),
                    }
                }
                out.push(if c == '[' { Token::Time(value) } else { Token::Text(value) });
            }
            c => {
                let mut word = String::from(c);
                while let Some(n) = rest.next_if(|n| n.is_alphanumeric() || "_./-@:".contains(*n)) {
                    word.push(n);
                }
                out.push(Token::Word(word));
            }
        }
    }
    Ok(out)
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
}

/// Parses a condition.
pub(super) fn parse(text: &str) -> Result<Condition, CwError> {
    if text.matches('(').count() > 30 {
        return Err(wrong(text, "too deep a nesting"));
    }
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0 };
    let condition = parser.or()?;
    if parser.at < parser.tokens.len() {
        return Err(wrong(text, "text after the end"));
    }
    Ok(condition)
}

impl Parser<'_> {
    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(w)) if w.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, sign: &'static str) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Sign(sign));
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Result<Condition, CwError> {
        let mut left = self.and()?;
        while self.word("or") {
            left = Condition::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Condition, CwError> {
        let mut left = self.unary()?;
        while self.word("and") {
            left = Condition::And(Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Condition, CwError> {
        if self.word("not") {
            return Ok(Condition::Not(Box::new(self.unary()?)));
        }
        if self.sign("(") {
            let inner = self.or()?;
            return if self.sign(")") { Ok(inner) } else { Err(wrong(self.text, "')' missing")) };
        }
        let Some(Token::Word(path)) = self.tokens.get(self.at).cloned() else {
            return Err(wrong(self.text, "a field name expected"));
        };
        self.at += 1;
        let negated = self.word("not");
        let test = self.test()?;
        let test = Condition::Test(path, test);
        Ok(if negated { Condition::Not(Box::new(test)) } else { test })
    }

    fn test(&mut self) -> Result<Test, CwError> {
        for (sign, op) in [
            ("=", Op::Eq),
            ("!=", Op::Ne),
            ("<", Op::Lt),
            ("<=", Op::Le),
            (">", Op::Gt),
            (">=", Op::Ge),
        ] {
            if self.sign(sign) {
                return Ok(Test::Compare(op, self.literal()?));
            }
        }
        if self.word("contains") {
            return Ok(Test::Contains(self.quoted()?));
        }
        if self.word("like") {
            return Ok(Test::Like(self.quoted()?));
        }
        if self.word("in") {
            return self.list();
        }
        Err(wrong(self.text, "an operator expected (= != < <= > >= contains like in)"))
    }

    fn list(&mut self) -> Result<Test, CwError> {
        if !self.sign("(") {
            return Err(wrong(self.text, "'(' expected after in"));
        }
        let mut values = vec![self.literal()?];
        while self.sign(",") {
            values.push(self.literal()?);
        }
        if self.sign(")") { Ok(Test::In(values)) } else { Err(wrong(self.text, "')' missing")) }
    }

    fn quoted(&mut self) -> Result<String, CwError> {
        match self.literal()? {
            Literal::Text(text) => Ok(text.to_lowercase()),
            _ => Err(wrong(self.text, "a quoted text expected")),
        }
    }

    fn literal(&mut self) -> Result<Literal, CwError> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        match token {
            Some(Token::Text(text)) => Ok(Literal::Text(text)),
            Some(Token::Time(text)) => time(&text)
                .map(Literal::Time)
                .ok_or_else(|| wrong(self.text, "a time such as [2026-01-31T08:00:00Z] expected")),
            Some(Token::Word(word)) => match word.to_ascii_lowercase().as_str() {
                "true" => Ok(Literal::Bool(true)),
                "false" => Ok(Literal::Bool(false)),
                "null" => Ok(Literal::Null),
                other => other
                    .parse()
                    .map(Literal::Number)
                    .map_err(|_| wrong(self.text, "a number, a quoted text or a [time] expected")),
            },
            _ => Err(wrong(self.text, "a value expected")),
        }
    }
}

/// RFC 3339, or a date alone.
fn time(text: &str) -> Option<jiff::Timestamp> {
    let text = text.trim();
    let zoned = |t: &str| t.parse::<jiff::Timestamp>().ok();
    zoned(text)
        .or_else(|| zoned(&format!("{text}Z")))
        .or_else(|| zoned(&format!("{text}T00:00:00Z")))
}

impl Condition {
    /// Whether the object satisfies it. A field that is not there compares as null; through a list,
    /// one element that fits is enough.
    pub(super) fn matches(&self, object: &Value) -> bool {
        match self {
            Condition::And(a, b) => a.matches(object) && b.matches(object),
            Condition::Or(a, b) => a.matches(object) || b.matches(object),
            Condition::Not(inner) => !inner.matches(object),
            Condition::Test(path, test) => {
                let values = reach(object, path);
                if values.is_empty() {
                    return test.matches(&Value::Null);
                }
                values.iter().any(|v| test.matches(v))
            }
        }
    }
}

/// Every value that a path leads to. `lastUpdated` and `dateEntered` may stand for those in `_info`.
pub(super) fn reach<'a>(object: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![object];
    for key in path.split('/') {
        let mut next = Vec::new();
        for value in found {
            let items: &[Value] =
                value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            for item in items {
                let Some(fields) = item.as_object() else { continue };
                let direct =
                    fields.iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, v)| v);
                let info = || fields.get("_info").and_then(|i| i.get(key));
                next.extend(direct.or_else(info));
            }
        }
        found = next;
    }
    found
}

impl Test {
    fn matches(&self, value: &Value) -> bool {
        let text = || value.as_str().map(str::to_lowercase);
        match self {
            Test::Compare(op, literal) => {
                let order = compare(value, literal);
                match op {
                    Op::Eq => order == Some(Ordering::Equal),
                    Op::Ne => order != Some(Ordering::Equal),
                    Op::Lt => order == Some(Ordering::Less),
                    Op::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                    Op::Gt => order == Some(Ordering::Greater),
                    Op::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
                }
            }
            Test::Contains(part) => text().is_some_and(|t| t.contains(part)),
            Test::Like(pattern) => text().is_some_and(|t| like(&t, pattern)),
            Test::In(values) => values.iter().any(|l| compare(value, l) == Some(Ordering::Equal)),
        }
    }
}

fn compare(value: &Value, literal: &Literal) -> Option<Ordering> {
    match literal {
        Literal::Text(text) => Some(value.as_str()?.to_lowercase().cmp(&text.to_lowercase())),
        Literal::Number(n) => value.as_f64()?.partial_cmp(n),
        Literal::Time(at) => Some(time(value.as_str()?)?.cmp(at)),
        Literal::Bool(b) => Some(value.as_bool()?.cmp(b)),
        Literal::Null => value.is_null().then_some(Ordering::Equal),
    }
}

/// `*` and `%` stand for any text.
fn like(text: &str, pattern: &str) -> bool {
    let parts: Vec<&str> = pattern.split(['*', '%']).collect();
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return false };
    if parts.len() == 1 {
        return text == *first;
    }
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    for middle in &parts[1..parts.len() - 1] {
        let Some(place) = rest.find(middle) else { return false };
        rest = &rest[place + middle.len()..];
    }
    rest.ends_with(last)
}
